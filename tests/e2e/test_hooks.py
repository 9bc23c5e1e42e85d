#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Others configure a gateway's network, too, and take off what they don't know: a
manager that sets qdiscs, an agent whose filter has the guard's place or goes
before it, `ip link set xdp off`. From then on nothing kept plaintext from leaving or
coming in, and nobody noticed.
"""
import os
import secrets
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import Lab, finish, ok, search_plaintext, wait_until  # noqa: E402

HOST_B = "10.2.0.2"
PORT, COUNT = 9000, 5


def shout(lab, ns, source):
    """To the far host; how many are seen in the clear."""
    needle = secrets.token_bytes(16)
    capture = lab.capture("wire", "a")
    with lab.socket(ns, socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((source, 0))
        for _ in range(COUNT):
            sock.sendto(needle, (HOST_B, PORT))
    return len(search_plaintext(capture.stop(), needle))


def check(lab, gateway, what, program, *command):
    told = f"attached again program={program} iface="
    before = gateway.log().count(told)
    lab.run("gw-a", command)
    wait_until(lambda: gateway.log().count(told) > before, 5,
               f"{program} to be there again")
    for ns, source in (("gw-a", "10.1.0.1"), ("host-a", "10.1.0.2")):
        n = shout(lab, ns, source)
        ok(n == 0, f"{what}: {n} of {COUNT} of {ns} leave in the clear")
    done = lab.run("host-a", ["ping", "-c", "3", "-i", "0.1", "-W", "2",
                              HOST_B], check=False)
    ok(done.returncode == 0, f"{what}: the tunnel carries")


def main():
    with Lab() as lab:
        lab.route_far_network("a")
        gateway = lab.start_gateway("gw-a", lab.default_conf("a"))
        far = lab.start_gateway("gw-b", lab.default_conf("b"))
        check(lab, gateway, "the qdisc is deleted", "guard",
              *"tc qdisc del dev wan0 clsact".split())
        check(lab, gateway, "the filter is deleted", "guard",
              *"tc filter del dev wan0 egress".split())
        check(lab, gateway, "another filter has its place", "guard",
              *"tc filter replace dev wan0 egress protocol all pref 1".split(),
              *"handle 1 bpf bytecode".split(), "1,6 0 0 4294967295",
              *"flowid 1:1".split())
        check(lab, gateway, "another filter goes before it", "guard",
              *"tc filter add dev wan0 egress protocol all pref 1".split(),
              *"bpf bytecode".split(), "1,6 0 0 4294967295",
              *"flowid 1:1".split())
        for ifname in ("wan0", "lan0"):
            check(lab, gateway, f"XDP of {ifname} is off", "edge",
                  *f"ip link set dev {ifname} xdp off".split())
        before = gateway.log().count("keep:")
        lab.run("gw-a", ["ip", "link", "del", "lan0"])
        wait_until(lambda: "interface is gone" in gateway.log(), 5, "a word")
        ok(gateway.log().count("keep:") == before,
           "what is gone with its interface is not missed")
        far.stop()
    return finish()


sys.exit(main())
