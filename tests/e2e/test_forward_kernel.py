#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
gateway.forward = kernel: what goes into a tunnel and what comes out of it is
forwarded by the kernel, so that its firewall sees it and may drop it. NAT that
is not told of the tunnel lets nothing escape in the clear, and with the
exemption by gateway.mark both go together.

gw-a forwards by the kernel and masquerades; gw-b is direct.
"""
import os
import secrets
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import Lab, finish, ok, wait_until  # noqa: E402
from tcp import PORT, transfer  # noqa: E402

HOST_A, HOST_B = ("host-a", "10.1.0.2"), ("host-b", "10.2.0.2")
WIRE = ("wire", "192.0.2.9")
OCTETS = 1 << 20
SYN = "tcp[tcpflags] & tcp-syn != 0"  # none of these is large
MARK = "0x10000000"
EXEMPT = f"meta mark and {MARK} == {MARK} accept"

RULES = """\
flush ruleset
table ip nat {{
    chain postrouting {{
        type nat hook postrouting priority 100
        {exempt}
        oifname "wan0" counter masquerade
    }}
}}
table ip filter {{
    chain forward {{
        type filter hook forward priority 0
        {drop}
        iifname "ipsec0" oifname "lan0" counter name into
        iifname "lan0" oifname "wan0" counter name out
    }}
    counter into {{ }}
    counter out {{ }}
}}
"""


def rules(lab, exempt="", drop=""):
    path = lab.write("nft.conf", RULES.format(exempt=exempt, drop=drop))
    lab.run("gw-a", ["nft", "-f", path])


def counted(lab, name):
    words = lab.run("gw-a", ["nft", "list", "counter", "ip", "filter",
                             name]).stdout.split()
    return int(words[words.index("packets") + 1])


def conf(lab, side):
    forward = "kernel" if side == "a" else "direct"
    return lab.default_conf(side).replace(
        "gateway {", f"gateway {{\n    forward = {forward}", 1)


def arrives(lab, near, far, timeout=20):
    try:
        return transfer(lab, near, far, secrets.token_bytes(OCTETS), timeout)
    except OSError:
        return False


def clear(lab):
    return lab.capture("wire", "br0", filter="not esp and not arp")


def check_both_ways(lab, gateway):
    capture = clear(lab)
    ok(arrives(lab, HOST_A, HOST_B), "TCP from host-a arrives at host-b")
    ok(arrives(lab, HOST_B, HOST_A), "TCP from host-b arrives at host-a")
    ok(not capture.stop(), "and nothing but ESP is on the wire")
    ok(counted(lab, "into") and counted(lab, "out"),
       "the kernel's firewall saw both directions")
    passes = gateway.passes()
    ok(passes["steer_out"] == 0 and passes["steer_host"] and
       passes["worker_host"],
       "on gw-a all of it went through the host interface")


def check_escape(lab, gateway):
    rules(lab)
    before = gateway.drops()["nat_escape"]
    capture = clear(lab)
    ok(not arrives(lab, HOST_A, HOST_B, 2),
       "with masquerade and without an exemption nothing arrives")
    ok(not capture.stop(), "and nothing leaves in the clear")
    ok(gateway.drops()["nat_escape"] > before, "nat_escape counts it")


def check_exempt(lab, gateway):
    rules(lab, EXEMPT)
    before = gateway.drops()
    check_both_ways(lab, gateway)
    ok(gateway.drops() == before, "with the exemption nothing is dropped")
    syns, private = (lab.capture("wire", "br0", filter=filter)
                     for filter in (SYN, "net 10.0.0.0/8"))
    ok(arrives(lab, HOST_A, WIRE), "host-a reaches what no policy covers")
    sources = {packet["IP"].src for packet in syns.stop()}
    ok(sources == {"192.0.2.1", WIRE[1]} and not private.stop(),
       f"and is masqueraded: {sources}")


def check_firewall(lab):
    rules(lab, EXEMPT, f'iifname "ipsec0" tcp dport {PORT} drop')
    ok(not arrives(lab, HOST_B, HOST_A, 2),
       "a FORWARD rule drops what came out of the tunnel")
    ok(arrives(lab, HOST_A, HOST_B), "and nothing else")


def main():
    with Lab() as lab:
        lab.route_far_network("a", "b")
        gateways = [lab.start_gateway(f"gw-{side}", conf(lab, side))
                    for side in "ab"]
        rules(lab, EXEMPT)
        wait_until(lambda: lab.run(
            "host-a", ["ping", "-c1", "-W1", HOST_B[1]],
            check=False).returncode == 0, 10, "an answer")
        check_both_ways(lab, gateways[0])
        check_escape(lab, gateways[0])
        check_exempt(lab, gateways[0])
        check_firewall(lab)
        for gateway in gateways:
            gateway.stop()
    return finish()


sys.exit(main())
