#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Jumbo frames, in XDP of the driver: both sides of both gateways at MTU 9000, then
the wire at 1500 beside networks of 9000. What fits arrives as it was sent, by
chains of frames; of what does not, the sender hears, or it is cut.
"""
import os
import re
import secrets
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import (Lab, finish, ok, scapy_layers,  # noqa: E402
                 search_plaintext, wait_until)
from tcp import transfer  # noqa: E402

JUMBO, USUAL = 9000, 1500
INNER = 8926  # of aes128-sha256 on JUMBO, in whole blocks of AES
INNER_USUAL = 1438
PING_HEADERS = 28
LAN = (("host-a", "eth0"), ("gw-a", "lan0"), ("gw-b", "lan0"),
       ("host-b", "eth0"))
WAN = (("gw-a", "wan0"), ("wire", "a"), ("wire", "b"), ("wire", "br0"),
       ("gw-b", "wan0"))
TCP_OCTETS = 8 << 20
HOST_A, HOST_B = ("host-a", "10.1.0.2"), ("host-b", "10.2.0.2")


def set_mtu(lab, links, mtu):
    for ns, link in links:
        lab.run(ns, ["ip", "link", "set", "dev", link, "mtu", str(mtu)])


def ping(lab, ns, octets, *words, target="10.2.0.2", df="do"):
    """One echo request, of so many octets with its headers."""
    lab.run(ns, ["ip", "route", "flush", "cache"])
    return lab.run(ns, ["ping", "-n", "-c", "1", "-W", "2", "-M", df, "-s",
                        str(octets - PING_HEADERS), *words, target],
                   check=False)


def told(lab, ns, octets):
    """The MTU that a sender hears of; None: none."""
    said = ping(lab, ns, octets)
    found = re.search(r"mtu ?= ?(\d+)", said.stdout + said.stderr)
    return int(found.group(1)) if found else None


def largest(packets):
    inet = scapy_layers().layers.inet
    return max((p[inet.IP].len for p in packets
                if inet.IP in p and p[inet.IP].proto == 50), default=0)


def check_arrives(lab, ns):
    """With a needle, that is not on the wire."""
    needle = secrets.token_bytes(16)
    wire = lab.capture("wire", "br0")
    answer = ping(lab, ns, 8900, "-p", needle.hex())
    packets = wire.stop()
    ok(answer.returncode == 0, f"{ns} pings host-b with 8900 octets")
    ok(largest(packets) > 8900 and not search_plaintext(packets, needle),
       f"on the wire they are one ESP packet of {largest(packets)}, and no "
       "plaintext")


def check_sizes(lab, gateways):
    """Around wherever a frame of memory ends."""
    sizes = [64, 1400, 3400, 3480, 3500, 3512, 3542, 3556, 3563, 3570, 3571,
             3600, 3840, 4096, 7650, 7700, INNER - 1, INNER]
    lost = [n for n in sizes if ping(lab, "host-a", n).returncode]
    ok(not lost, f"packets of {len(sizes)} sizes pass, {INNER} the largest: "
       f"{lost or 'all'}")
    said = told(lab, "host-a", INNER + 1)
    ok(said == INNER, f"one octet more is too big, and {said} is what fits")
    drops = {name: n for g in gateways for name, n in g.drops().items() if n}
    ok(drops == {"too_big": 1}, f"nothing else was dropped: {drops}")


def check_tcp(lab, near, far, what):
    ok(transfer(lab, near, far, secrets.token_bytes(TCP_OCTETS)),
       f"{TCP_OCTETS >> 20} MiB over TCP arrive as they were sent: {what}")


def check_books(gateways):
    for g in gateways:
        wait_until(lambda: g.in_flight() == 0, 10,
                   "every packet is where it ends")
    ok(True, "every packet that was steered is seen to end")


def check_status(lab, gateway):
    shown = gateway.status()["interfaces"].values()
    ok({(int(i["mtu"]), int(i["largest"]), i["xdp"]) for i in shown} ==
       {(JUMBO, JUMBO, "native")},
       "status shows the MTU, and that nothing larger is left out")
    mtu = lab.run("gw-a", ["cat", "/sys/class/net/ipsec0/mtu"]).stdout
    ok(JUMBO - 200 < int(mtu) < JUMBO, f"ipsec0 has what is left: {mtu.strip()}")


def check_narrow_wire(lab, gateways):
    """A router's part: errors, fragments, MSS."""
    set_mtu(lab, WAN, USUAL)
    wait_until(lambda: told(lab, "host-a", 8900) == INNER_USUAL, 10,
               "the gateway to see the MTU of the wire")
    ok(True, f"beside a wire of {USUAL}, a sender hears that {INNER_USUAL} "
       "fits")
    ok(ping(lab, "host-a", 8900, df="dont").returncode == 0,
       "without DF, 8900 octets are cut, and arrive")
    check_tcp(lab, HOST_A, HOST_B, "of networks of 9000 over that wire")


def check_wider_again(lab):
    """As the MTU grows, sockets that take no chains are made anew."""
    set_mtu(lab, WAN, JUMBO)
    wait_until(lambda: ping(lab, "host-a", 8900).returncode == 0, 20,
               "8900 octets to pass")
    ok(True, "when the wire is wide again, so is the tunnel")


def main():
    with Lab() as lab:
        set_mtu(lab, LAN + WAN, JUMBO)
        gateways = [lab.start_gateway(f"gw-{side}", lab.default_conf(side))
                    for side in "ab"]
        check_status(lab, gateways[0])
        check_arrives(lab, "host-a")
        check_sizes(lab, gateways)
        check_arrives(lab, "gw-a")
        check_tcp(lab, HOST_A, HOST_B, "in jumbo frames")
        check_tcp(lab, HOST_B, HOST_A, "the other way")
        check_tcp(lab, ("gw-a", "10.1.0.1"), HOST_B, "the gateway's own")
        check_tcp(lab, HOST_B, ("gw-a", "10.1.0.1"), "to the gateway")
        check_books(gateways)
        check_narrow_wire(lab, gateways)
        check_books(gateways)
        for gateway in gateways:
            gateway.stop()
        set_mtu(lab, WAN, USUAL)
        gateways = [lab.start_gateway(f"gw-{side}", lab.default_conf(side))
                    for side in "ab"]
        check_wider_again(lab)
    finish()


if __name__ == "__main__":
    main()
