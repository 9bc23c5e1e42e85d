#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
ICMP errors quote the packet that they are about. One about a packet that came
through a tunnel, from a router whose own address no policy covers (the gateway's
kernel, where it has no address inside; a router behind it), is for the far host,
and takes nothing of what was in the tunnel out in the clear: it goes back by the
same tunnel, where the packet that it quotes lets it in (RFC 4301 section 6.2).

    host-b === gw-a --- host-a, a router --- 10.9.0.0/24
"""
import os
import secrets
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import Lab, finish, ok, search_plaintext  # noqa: E402

INSIDE, LAN = "10.9.0.0/24", "10.1.0.0/24"
NOWHERE = "10.9.0.77"    # host-a has no route to it
COUNT = 3    # a router has five errors, and one more a second


def ping(lab, needle, *words):
    """What the far host is told."""
    return lab.run("host-b", ["ping", "-n", "-c", str(COUNT), "-i", "0.05", "-W",
                              "1", "-s", "100", "-p", needle.hex(), *words,
                              NOWHERE], check=False).stdout


def quoted(lab, *words):
    """How many packets with what was sent through the tunnel are in the clear, and
    how many errors came back."""
    needle = secrets.token_bytes(16)
    capture = lab.capture("wire", "a")
    said = ping(lab, needle, *words)
    return len(search_plaintext(capture.stop(), needle)), said.count("From ")


def check(lab, gateway, mode):
    for what, words in (("the gateway's kernel", ("-t", "2")),
                        ("a router behind it", ())):
        before = gateway.drops()["icmp_quote"]
        n, errors = quoted(lab, *words)
        ok(n == 0, f"{mode}: {n} errors of {what} left in the clear")
        ok(errors > 0, f"{mode}: {errors} of them come out of the tunnel")
        n = gateway.drops()["icmp_quote"] - before
        ok(n == 0, f"{mode}: {n} are dropped as icmp_quote")


def main():
    with Lab() as lab:
        lab.route_far_network("a")
        lab.run("gw-a", ["ip", "route", "add", INSIDE, "via", "10.1.0.2"])
        lab.run("gw-b", ["ip", "route", "add", INSIDE, "via", "192.0.2.1"])
        # The far kernel takes nothing from where it has no way back to.
        lab.run("gw-b", ["ip", "route", "add", LAN, "via", "192.0.2.1"])
        lab.run("host-a", ["sysctl", "-qw", "net.ipv4.ip_forward=1"])
        for ns in ("gw-a", "host-a"):
            lab.run(ns, ["sysctl", "-qw", "net.ipv4.icmp_ratelimit=0"])
        lab.run("host-a", ["ip", "route", "add", "unreachable", INSIDE])
        for mode in ("direct", "kernel"):
            lab.renew_sas()
            near, far = (lab.start_gateway(f"gw-{side}", lab.default_conf(
                side).replace(LAN, INSIDE).replace(
                    "gateway {", f"gateway {{\n    forward = {mode}"))
                for side in ("a", "b"))
            check(lab, near, mode)
            near.stop()
            far.stop()
    return finish()


sys.exit(main())
