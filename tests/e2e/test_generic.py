#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Where the driver has no XDP of its own, the kernel's generic one serves: a
tunnel over a macvlan interface, and what status says of it. A driver that has
XDP and refuses it serves likewise: veth, where its peer's MTU is too large.
"""
import os
import secrets
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import (BUILD, SIDES, Lab, finish, log_of, ok,  # noqa: E402
                 search_plaintext)


def make_macvlan(lab, ns, ifname, address):
    """In place of the veth interface, which goes below it."""
    for command in (f"link set {ifname} down",
                    f"link set {ifname} name under0",
                    "address flush dev under0",
                    "link set under0 up",
                    f"link add link under0 name {ifname} type macvlan "
                    "mode bridge",
                    f"link set {ifname} up",
                    f"address add {address}/24 dev {ifname}"):
        lab.run(ns, ["ip", *command.split()])


def check_refused(lab):
    """More queues to send by than the other end has to receive by."""
    lab.run("host-b", ["ethtool", "-L", "eth0", "tx", "2"])
    gateway = lab.start_gateway("gw-b", lab.default_conf("b"))
    ok(gateway.status()["interfaces"]["lan0"]["xdp"] == "generic" and
       "lan0: its driver has a native mode and refuses it" in
       log_of(gateway.process), "a driver that refuses is named as such")
    gateway.stop()
    lab.run("gw-b", [f"{BUILD}/cygnetd", "--release"])
    lab.run("host-b", ["ethtool", "-L", "eth0", "tx", "1"])


def main():
    with Lab() as lab:
        check_refused(lab)
        lab.renew_sas()
        make_macvlan(lab, "gw-a", "wan0", SIDES["a"].outer)
        gateway = lab.start_gateway("gw-a", lab.default_conf("a"))
        far = lab.start_gateway("gw-b", lab.default_conf("b"))
        status = gateway.status()["interfaces"]
        ok(status["wan0"]["xdp"] == "generic" and
           status["lan0"]["xdp"] == "native",
           "status says which interface has generic XDP")
        needle = secrets.token_bytes(16)
        capture = lab.capture("wire", "br0")
        ping = lab.run("host-a", ["ping", "-c", "5", "-i", "0.1", "-p",
                                  needle.hex(), "10.2.0.2"], check=False)
        ok(ping.returncode == 0, "the tunnel over it carries packets")
        own = lab.run("gw-a", ["ping", "-c", "3", "-i", "0.1", "-p",
                               needle.hex(), "10.2.0.2"], check=False)
        ok(own.returncode == 0, "and the gateway's own")
        packets = capture.stop()
        ok(len([p for p in packets if p.haslayer("ESP")]) >= 16 and
           not search_plaintext(packets, needle),
           "all of it is ESP on the wire")
        ok(far.drops()["icv"] == 0 and gateway.drops()["icv"] == 0,
           "nothing was damaged")
        gateway.kill()
        gateway.process.wait(10)
        capture = lab.capture("wire", "br0")
        lab.run("host-a", ["ping", "-c", "5", "-i", "0.1", "-W", "1", "-p",
                           needle.hex(), "10.2.0.2"], check=False)
        lab.run("gw-a", ["ping", "-c", "5", "-i", "0.1", "-W", "1", "-p",
                         needle.hex(), "10.2.0.2"], check=False)
        ok(not search_plaintext(capture.stop(), needle),
           "a kill lets nothing out in the clear")
    return finish()


sys.exit(main())
