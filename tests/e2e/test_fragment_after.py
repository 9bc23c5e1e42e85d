#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Packets that are too big for the wire once protected, between two gateways, over
IPv4 and IPv6, bare and in UDP: with `fragment = after` one ESP packet goes in two
fragments, and the other end puts them together. So does an SA of one port; what
its sender himself had cut shows no ports, and drops by name.
"""
import os
import secrets
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import families  # noqa: E402
from lab import Lab, LabError, finish, ok, scapy_layers, wait_until  # noqa: E402

HOST_A, HOST_B = "10.1.0.2", "10.2.0.2"
PORT = 7
FULL = 1500     # of a packet that the LANs carry
UDP_HEADERS = 28
IP_MTU_DISCOVER, IP_PMTUDISC_DONT = 10, 0


def conf(lab, side, family, encap):
    return families.manual_conf(lab, side, family, encap=encap).replace(
        f"encap = {encap}\n", f"encap = {encap}\n        fragment = after\n")


def of_ports(text):
    """Its LAN-to-LAN policy is of UDP from and to one port."""
    assert "policies {\n    lan-to-lan {\n" in text
    return text.replace("    lan-to-lan {\n", f"""\
    lan-to-lan {{
        protocol = udp
        local_ports = {PORT}
        remote_ports = {PORT}
""").replace("        fragment = after\n", "")


def widen(lab):
    """The LANs carry as much as the wire."""
    for side in "ab":
        lab.run(f"host-{side}", ["ip", "link", "set", "dev", "eth0", "mtu",
                                 str(FULL)])


def start(lab, make):
    return [lab.start_gateway(f"gw-{side}", make(side)) for side in "ab"]


def udp_socket(lab, ns, address):
    sock = lab.socket(ns, socket.AF_INET, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT)
    sock.bind((address, PORT))
    sock.settimeout(3)
    return sock


def receive(sock):
    try:
        return sock.recv(65536)
    except TimeoutError:
        return b""


def check_wire(packets, family, what):
    """Two fragments each way."""
    inet6 = scapy_layers().layers.inet6
    if family == 4:
        said = [(p.payload.src, p.payload.frag, int(p.payload.flags.MF))
                for p in packets]
    else:
        head = inet6.IPv6ExtHdrFragment
        said = [(p.payload.src, p[head].offset, p[head].m) for p in packets
                if head in p]
    firsts = {s for s, at, more in said if at == 0 and more}
    lasts = {s for s, at, more in said if at and not more}
    ok(len(packets) == len(said) == 4 and len(firsts) == len(lasts) == 2,
       f"{what}: one ESP packet in two fragments each way")
    ok(max(len(p) for p in packets) <= FULL + 14, "which the wire carries")


def check(lab, family, encap):
    what = f"IPv{family}, {'in UDP' if encap == 'yes' else 'bare'}"
    gateways = start(lab, lambda side: conf(lab, side, family, encap))
    with udp_socket(lab, "host-a", HOST_A) as a, \
            udp_socket(lab, "host-b", HOST_B) as b:
        a.sendto(b"first", (HOST_B, PORT))  # whoever has to be found is
        receive(b)
        b.sendto(b"first", (HOST_A, PORT))
        receive(a)
        octets = secrets.token_bytes(FULL - UDP_HEADERS)
        before = [g.drops() for g in gateways]
        # Of IPv6, what has a fragment header: hosts say more to their link.
        capture = lab.capture("wire", "a", filter="ip or ip6[6] == 44")
        a.sendto(octets, (HOST_B, PORT))
        there = receive(b)
        b.sendto(there, (HOST_A, PORT))
        ok(receive(a) == octets, f"{what}: {FULL} octets go there and back")
        check_wire(capture.stop(), family, what)
    ok([g.drops() for g in gateways] == before, "with nothing dropped")
    for gateway in gateways:
        gateway.stop()
    lab.renew_sas()


def check_ports(lab):
    gateways = start(lab, lambda side: of_ports(conf(lab, side, 4, "no")))
    with udp_socket(lab, "host-a", HOST_A) as a, \
            udp_socket(lab, "host-b", HOST_B) as b:
        octets = secrets.token_bytes(FULL - UDP_HEADERS)
        a.sendto(octets, (HOST_B, PORT))
        ok(receive(b) == octets, f"an SA of one port carries {FULL} octets")
        before = gateways[0].drops()
        a.sendto(bytes(4000), (HOST_B, PORT))

        def lost():
            return {name: n - before[name]
                    for name, n in gateways[0].drops().items()
                    if n != before[name]}
        try:
            wait_until(lost, 3, "the drops")
        except LabError:
            pass    # said by the next line
        ok(lost() == {"fragment_ports": 2} and not receive(b),
           f"of what comes cut already it carries the first alone: {lost()}")
    for gateway in gateways:
        gateway.stop()


def main():
    with Lab(with_ipv6=True) as lab:
        widen(lab)
        for family in families.FAMILIES:
            for encap in ("no", "yes"):
                check(lab, family, encap)
        check_ports(lab)
    return finish()


sys.exit(main())
