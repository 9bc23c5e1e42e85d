#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
A gateway with one interface, as on a cloud instance, which is an unprotected one.
It has a tunnel for itself; then it is the router of hosts on the same wire,
whose packets come in by the interface by which the tunnel's leave.
"""
import os
import secrets
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import Lab, finish, ok, search_plaintext  # noqa: E402

HOST_B = "10.2.0.2"
GW_A = "192.0.2.1"
NEAR, ROUTER = "10.1.0.9", "10.1.0.1"   # on the wire of gw-a's one NIC
COUNT = 5


def one_armed(conf):
    return conf.replace("    protected = lan0\n", "")


def ping(lab, ns, needle, *words):
    return lab.run(ns, ["ping", "-n", "-c", str(COUNT), "-i", "0.05", "-W",
                        "2", "-s", "100", "-p", needle.hex(), *words, HOST_B],
                   check=False)


def check(lab, ns, what, clear):
    """clear: how often each of the pings and its answer cross the wire so."""
    needle = secrets.token_bytes(16)
    capture = lab.capture("wire", "b")
    local = lab.capture("wire", "a")
    done = ping(lab, ns, needle)
    n = len(search_plaintext(capture.stop(), needle))
    ok(done.returncode == 0 and f"{COUNT} received" in done.stdout,
       f"{what}: {COUNT} pings are answered")
    ok(n == 0, f"{what}: {n} octets of them were in the clear beyond the wire")
    n = len(search_plaintext(local.stop(), needle))
    ok(n == clear * COUNT,
       f"{what}: {n} of {clear * COUNT} were on the wire between the two")


def check_host(lab):
    conf = one_armed(lab.default_conf("a")).replace("10.1.0.0/24", GW_A)
    gateway = lab.start_gateway("gw-a", conf)
    far = lab.start_gateway("gw-b", lab.default_conf("b").replace(
        "10.1.0.0/24", GW_A))
    check(lab, "gw-a", "a host for itself", 0)
    gateway.stop()
    far.stop()


def check_router(lab):
    lab.run("gw-a", ["ip", "link", "delete", "lan0"])
    lab.run("gw-a", ["ip", "address", "add", f"{ROUTER}/24", "dev", "wan0"])
    lab.run("wire", ["ip", "address", "add", f"{NEAR}/24", "dev", "br0"])
    lab.run("wire", ["ip", "route", "add", "10.2.0.0/24", "via", ROUTER])
    lab.route_far_network("a")
    lab.renew_sas()
    gateway = lab.start_gateway("gw-a", one_armed(lab.default_conf("a")))
    lab.start_gateway("gw-b", lab.default_conf("b"))
    check(lab, "wire", "a router of its own wire", 2)
    n = gateway.drops()["redirect"]
    ok(n > 0, f"its kernel names the peer as a shorter way, {n} times in vain")


def main():
    with Lab() as lab:
        check_host(lab)
        check_router(lab)
    return finish()


sys.exit(main())
