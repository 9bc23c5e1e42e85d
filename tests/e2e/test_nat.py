#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
NAT that nobody told of the tunnel, on a gateway that masquerades. What the gateway
itself sends, and what comes in by an interface that Cygnet does not serve, had
another address when the guard met it, and left in the clear. host-c is behind
such an interface, with an address of the network that the tunnel is for.
"""
import os
import secrets
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import Lab, finish, ok, wait_until  # noqa: E402
from tcp import transfer  # noqa: E402

GW_A, GW_A_OUT = ("gw-a", "10.1.0.1"), "192.0.2.1"
HOST_C, HOST_B = ("host-c", "10.1.0.130"), ("host-b", "10.2.0.2")
WIRE, FAR_OUTSIDE = ("wire", "192.0.2.9"), "10.2.0.77"
SENDERS = {"the gateway itself": GW_A, "host-c, which is not served": HOST_C}
PORT = 9000
OCTETS = 1 << 18
SYN = "tcp[tcpflags] & tcp-syn != 0"  # none of these is large

RULES = """\
flush ruleset
table ip nat {{
    chain prerouting {{
        type nat hook prerouting priority -100
        iifname "wan0" udp dport {port} dnat to {host_c}
    }}
    chain postrouting {{
        type nat hook postrouting priority 100
        {exempt}
        oifname "wan0" masquerade
    }}
}}
"""


def rules(lab, exempt=""):
    path = lab.write("nft.conf", RULES.format(
        exempt=exempt, port=PORT, host_c=HOST_C[1]))
    lab.run("gw-a", ["nft", "-f", path])


def give_host_c_an_address(lab):
    for ns, *command in (
            ("host-c", "address", "add", f"{HOST_C[1]}/32", "dev", "eth0"),
            ("host-c", "route", "replace", "default", "via", "10.3.0.1", "src",
             HOST_C[1]),
            ("gw-a", "route", "add", HOST_C[1], "dev", "dmz0")):
        lab.run(ns, ["ip", *command])


def ping(lab, near, far):
    return lab.run(near[0], ["ping", "-n", "-c", "3", "-i", "0.1", "-W", "1",
                             far[1]], check=False).returncode == 0


def datagram(lab, near, far):
    with lab.socket(near[0], socket.AF_INET, socket.SOCK_DGRAM) as udp:
        try:
            udp.sendto(secrets.token_bytes(3000), (far[1], 9))
        except OSError:
            pass  # the sender is told that the guard dropped it


def arrives(lab, near, far, timeout):
    try:
        return transfer(lab, near, far, secrets.token_bytes(OCTETS), timeout)
    except OSError:
        return False


def check_escape(lab, gateway, name, near):
    before = gateway.drops()["nat_escape"]
    capture = lab.capture("wire", "br0", "not esp and not arp")
    ok(not ping(lab, near, HOST_B) and not arrives(lab, near, HOST_B, 1),
       f"{name}: nothing arrives at host-b")
    datagram(lab, near, HOST_B)
    left = capture.stop()
    ok(not left, f"{name}: and in the clear there leave {len(left)}")
    n = gateway.drops()["nat_escape"] - before
    ok(n >= 5, f"{name}: nat_escape counts ICMP, TCP and UDP, {n}")


def check_answer(lab, gateway):
    """Whom the tunnel is for comes by another way: what is he told?"""
    before = gateway.drops()["nat_escape"]
    capture = lab.capture("wire", "br0", f"udp and src host {GW_A_OUT}")
    with lab.socket("host-c", socket.AF_INET, socket.SOCK_DGRAM) as server, \
            lab.socket("wire", socket.AF_INET, socket.SOCK_DGRAM) as client:
        server.bind((HOST_C[1], PORT))
        server.settimeout(5)
        client.bind((FAR_OUTSIDE, 0))
        client.sendto(b"question", (GW_A_OUT, PORT))
        question, there = server.recvfrom(64)
        server.sendto(b"answer", there)
        wait_until(lambda: gateway.drops()["nat_escape"] > before, 5,
                   "nat_escape")
    ok(question == b"question" and not capture.stop(),
       "an answer to the far network does not leave under another address")


def check_exempt(lab, gateway):
    rules(lab, "ip daddr 10.2.0.0/24 accept")
    before = gateway.drops()
    capture = lab.capture("wire", "br0", "not esp and not arp")
    for name, near in SENDERS.items():
        ok(ping(lab, near, HOST_B) and arrives(lab, near, HOST_B, 20),
           f"{name}: exempt from NAT, all of it arrives")
    ok(not capture.stop(), "through the tunnel")
    ok(gateway.drops() == before, "and nothing is dropped")


def check_others(lab, gateway):
    before = gateway.drops()
    for name, near in SENDERS.items():
        capture = lab.capture("wire", "br0",
                              f"dst host {WIRE[1]} and (icmp or {SYN})")
        ok(ping(lab, near, WIRE) and arrives(lab, near, WIRE, 20),
           f"{name}: what no policy covers arrives")
        sources = {packet["IP"].src for packet in capture.stop()}
        ok(sources == {GW_A_OUT}, f"{name}: and is masqueraded: {sources}")
    ok(gateway.drops() == before, "nothing of that is dropped")


def check(lab, forward):
    print(f"# forward = {forward}", flush=True)
    gateway = lab.start_gateway("gw-a", lab.default_conf("a").replace(
        "gateway {", f"gateway {{\n    forward = {forward}", 1))
    rules(lab)
    for name, near in SENDERS.items():
        check_escape(lab, gateway, name, near)
    check_answer(lab, gateway)
    check_others(lab, gateway)
    check_exempt(lab, gateway)
    gateway.stop()


def main():
    with Lab(with_dmz=True) as lab:
        give_host_c_an_address(lab)
        lab.run("wire", ["ip", "address", "add", f"{FAR_OUTSIDE}/32", "dev",
                         "br0"])
        lab.route_far_network("a", "b")
        far = lab.start_gateway("gw-b", lab.default_conf("b"))
        for forward in "direct", "kernel":
            check(lab, forward)
        far.stop()
    return finish()


sys.exit(main())
