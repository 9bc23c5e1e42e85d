#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
What those outside send to the gateway for somebody else. A source route (RFC
791 section 3.1) makes the gateway's own address the first station of a packet
for somebody behind it: judged by where it arrives, it was the host's, and the
kernel forwarded it as what a policy protects. Linux does so where
accept_source_route is 1, which is its default. A routing header of IPv6 (RFC
8754) is the same, but for its default. What claims to come from behind the
gateway was forwarded into a tunnel, where it looks as if it did. And a MAC
address that the gateway knew nothing of was another station's, whose frames
nobody judged: that of a macvlan (VRRP has one), or a new one of the interface.
"""
import os
import secrets
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import Lab, finish, ok, scapy_layers, search_plaintext  # noqa: E402

HOST_A, HOST_B, HOST_C = "10.1.0.2", "10.2.0.2", "10.3.0.2"
GW_A, GW_A_LAN = "192.0.2.1", "10.1.0.1"
COUNT = 5
LSRR, SSRR = 131, 137


def routed(option, station, target, needle):
    """From a host of the far network, as it claims, by way of a station."""
    inet = scapy_layers().layers.inet
    route = bytes((option, 7, 4, *map(int, target.split(".")), 0))
    return (inet.IP(src=HOST_B, dst=station, options=[inet.IPOption(route)]) /
            inet.UDP(sport=9000, dport=9000) / needle)


def send(lab, packets, ifname="wan0"):
    ether = scapy_layers().layers.l2.Ether(src=lab.mac("wire", "br0"),
                                           dst=lab.mac("gw-a", ifname))
    lab.inject("wire", "br0", [ether / packet for packet in packets])


def arrived(lab, option):
    """In the clear, to host-a."""
    needle = secrets.token_bytes(16)
    capture = lab.capture("host-a", "eth0")
    send(lab, [routed(option, GW_A, HOST_A, needle)] * COUNT)
    return len(search_plaintext(capture.stop(), needle))


def check_tunnel(lab, gateway):
    """A peer that is ours reaches nobody but whom its SA is for."""
    needle = secrets.token_bytes(16)
    sa = lab.scapy_sa(lab.sa_ba)
    capture = lab.capture("host-c", "eth0")
    send(lab, [sa.encrypt(routed(LSRR, GW_A_LAN, HOST_C, needle))
               for _ in range(COUNT)])
    n = len(search_plaintext(capture.stop(), needle))
    ok(n == 0, f"through the tunnel, {n} of {COUNT} leave its selectors")
    n = gateway.drops()["selector"]
    ok(n == COUNT, f"{n} of {COUNT} are counted as outside of them")


def forged(lab, sport, dport, ifname="wan0"):
    """As if host-a wrote to host-b; how many arrive there, through the tunnel."""
    inet = scapy_layers().layers.inet
    needle = secrets.token_bytes(16)
    capture = lab.capture("host-b", "eth0")
    send(lab, [inet.IP(src=HOST_A, dst=HOST_B) /
               inet.UDP(sport=sport, dport=dport) / needle] * COUNT, ifname)
    return len(search_plaintext(capture.stop(), needle))


def check_forged(lab, gateway, far):
    """Through a gateway that passes what no policy is about, and one that does
    not: there a DHCP lease passes all the same."""
    before = gateway.drops()["plaintext_in"]
    n = forged(lab, 9000, 9000)
    ok(n == 0, f"{n} forged packets of {COUNT} went through the tunnel")
    n = gateway.drops()["plaintext_in"] - before
    ok(n == COUNT, f"{n} of {COUNT} are counted as plaintext_in")
    n = forged(lab, 9000, 9000, "vrrp0")
    ok(n == 0, f"by a macvlan that was there before, {n} of {COUNT} did")
    add_station(lab, "vrrp1")
    n = forged(lab, 9000, 9000, "vrrp1")
    ok(n == 0, f"by one that came later, {n} of {COUNT} did")
    lab.run("gw-a", ["ip", "link", "set", "dev", "lan0", "down"])
    n = forged(lab, 9000, 9000)
    lab.run("gw-a", ["ip", "link", "set", "dev", "lan0", "up"])
    ok(n == 0, f"while lan0 was down, {n} of {COUNT} did")
    gateway.stop()
    conf = lab.default_conf("a").replace("gateway {",
                                         "gateway {\n    default = discard")
    gateway = lab.start_gateway("gw-a", conf)
    before = gateway.drops()["plaintext_in"]
    n = forged(lab, 67, 68)
    ok(n == 0, f"{n} forged leases of {COUNT} went through the tunnel")
    n = gateway.drops()["plaintext_in"] - before
    ok(n == COUNT, f"{n} of {COUNT} are counted as plaintext_in")
    far.stop()
    return gateway


def plain(lab, ifname, target=HOST_A):
    """As if host-b wrote to host-a; how many arrive there."""
    inet = scapy_layers().layers.inet
    needle = secrets.token_bytes(16)
    capture = lab.capture("host-a", "eth0")
    send(lab, [inet.IP(src=HOST_B, dst=target) /
               inet.UDP(sport=9000, dport=9000) / needle] * COUNT, ifname)
    return len(search_plaintext(capture.stop(), needle))


def check_broadcast(lab, gateway):
    """To the network behind, which the kernel is told to forward."""
    lab.run("gw-a", ["ip", "address", "del", f"{GW_A_LAN}/24", "dev", "lan0"])
    lab.run("gw-a", ["ip", "address", "add", f"{GW_A_LAN}/24", "brd", "+",
                     "dev", "lan0"])
    lab.run("gw-a", ["sysctl", "-qw", "net.ipv4.conf.all.bc_forwarding=1",
                     "net.ipv4.conf.wan0.bc_forwarding=1"])
    before = gateway.drops()["plaintext_in"]
    n = plain(lab, "wan0", "10.1.0.255")
    ok(n == 0, f"to the broadcast address, {n} of {COUNT} came in the clear")
    n = gateway.drops()["plaintext_in"] - before
    ok(n == COUNT, f"{n} of {COUNT} are counted as plaintext_in")


def add_station(lab, ifname):
    """Another one on wan0."""
    lab.run("gw-a", ["ip", "link", "add", ifname, "link", "wan0", "type",
                     "macvlan"])
    lab.run("gw-a", ["ip", "link", "set", "dev", ifname, "up"])


def check_station(lab):
    add_station(lab, "vrrp0")
    ok(plain(lab, "vrrp0") >= COUNT,
       f"without Cygnet, {COUNT} of {COUNT} come by a macvlan")


def check_stations(lab, gateway):
    """By the other one, and later by another address of its own."""
    n = plain(lab, "vrrp0")
    ok(n == 0, f"by a macvlan, {n} of {COUNT} came in the clear")
    gateway.stop()
    lab.run("gw-a", ["ip", "link", "set", "dev", "wan0", "address",
                     "02:00:00:00:00:77"])
    n = plain(lab, "wan0")
    ok(n == 0, f"by a new MAC while no daemon runs, {n} of {COUNT}")


def main():
    with Lab(with_dmz=True) as lab:
        lab.run("gw-a", ["sysctl", "-qw",
                         "net.ipv4.conf.all.accept_source_route=1",
                         "net.ipv4.conf.default.accept_source_route=1",
                         "net.ipv4.conf.wan0.accept_source_route=1"])
        lab.route_far_network("a")
        check_station(lab)
        n = arrived(lab, LSRR)
        ok(n == COUNT, f"without Cygnet, {n} of {COUNT} go where they say")
        gateway = lab.start_gateway("gw-a", lab.default_conf("a"))
        before = gateway.drops()["unparsed"]
        for name, option in (("loose", LSRR), ("strict", SSRR)):
            n = arrived(lab, option)
            ok(n == 0, f"{name} source route: {n} of {COUNT} came in the clear")
        n = gateway.drops()["unparsed"] - before
        ok(n == 2 * COUNT, f"{n} of {2 * COUNT} are counted as unparsed")
        check_tunnel(lab, gateway)
        check_broadcast(lab, gateway)
        far = lab.start_gateway("gw-b", lab.default_conf("b"))
        gateway = check_forged(lab, gateway, far)
        check_stations(lab, gateway)
    return finish()


sys.exit(main())
