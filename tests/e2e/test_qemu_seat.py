#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Our seat in libxdp's dispatcher, on Debian's own kernel: who takes it over, where
we stay until we are released, and that it is closed rather than open where
somebody takes away what it needs.
"""
# Takes a CPU: it boots a machine in QEMU.
import json
import os
import secrets
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import qemu  # noqa: E402
from lab import (Lab, finish, ok, search_plaintext, skip,  # noqa: E402
                 wait_until)
from others_xdp import (CONF, Xdp, carries, dispatcher_conf,  # noqa: E402
                        doctor, end_gateway, ping, release, start)


def place(guest):
    status = json.loads(guest.client("status", "--json").stdout)
    return {i["place"] for i in status["interfaces"].values()}


def lock(guest, conf):
    guest.write(CONF, conf)
    guest.spawn("lock", ["/cygnet/cygnetd", "--lock", "-f", CONF])
    wait_until(lambda: "lock: up" in guest.log("lock"), qemu.SLOW_S,
               "the lock")


def check_lock(lab, guest, xdp, conf):
    """The lock takes the seat, and the gateway sits down in its place."""
    lock(guest, conf)
    ok(xdp.members("wan0") == ["cygnet"] and
       not ping(lab, "host-a", "192.0.2.2", count=2),
       "a lock closes by a seat as well")
    guest.start_gateway(conf)
    ok(xdp.members("wan0") == ["cygnet"] and carries(lab) and
       len(xdp.pins()) == 2, "and the gateway takes it over")
    end_gateway(guest, "-9")


def check_stays(lab, guest, conf):
    """Another configuration does not move what is there."""
    guest.start_gateway(conf.replace("    xdp = dispatcher\n", ""))
    ok(place(guest) == {"dispatcher"} and carries(lab),
       "a seat is kept until it is released")
    end_gateway(guest, "-9")
    release(guest)


def check_taken_away(lab, guest, xdp, conf):
    """Somebody tidies up: first a program, then the bpffs."""
    guest.start_gateway(conf)
    before = set(xdp.pins())
    end_gateway(guest, "-9")
    guest.run(["xdp-loader", "unload", "lan0", "-a"])
    guest.start_gateway(conf)
    ok(xdp.members("lan0") == ["cygnet"] and carries(lab) and
       len(before & set(xdp.pins())) == 1 and len(xdp.pins()) == 2,
       "taken off, we take a seat again, and keep no map of the old one")
    guest.run("rm -r /sys/fs/bpf/cygnet")
    ok(carries(lab), "while we live, nobody needs the pins")
    end_gateway(guest, "-9")
    guest.run("ip route replace 10.1.0.0/24 via 192.0.2.1")
    needle = secrets.token_bytes(16)
    wire = lab.capture("wire", "br0")
    passes = (ping(lab, "host-b", "10.1.0.2", "-p", needle.hex(), count=2),
              ping(lab, "host-b", "10.2.0.1", count=2))
    ok(not any(passes) and not search_plaintext(wire.stop(), needle),
       "killed without them, nothing passes at all")
    guest.start_gateway(conf)
    ok(carries(lab) and len(xdp.pins()) == 2, "a new start makes it good")
    end_gateway(guest, "-9")
    release(guest)


def check_last(lab, guest, xdp, conf):
    """Our turn comes after theirs, because the configuration says so."""
    xdp.load("lan0", "another")
    guest.start_gateway(conf.replace("xdp = dispatcher\n", "xdp = dispatcher\n"
                                     "    xdp_priority = 60\n"))
    before = xdp.seen("another")
    ok(xdp.members("lan0") == ["another", "cygnet"] and carries(lab) and
       xdp.seen("another") - before >= 10,
       "behind the other, which sees all, the tunnel carries")
    warning = "'another' (priority 50) runs before ours"
    ok(warning in guest.log("cygnetd") and warning in doctor(guest),
       "log and doctor warn of what runs before us")
    end_gateway(guest, "-9")
    release(guest)
    xdp.unload("lan0", "another")


def make_lan(guest):
    guest.run("ip link add veth0 type veth peer name veth1; "
              "ip link set veth1 up; ip link set veth0 up; "
              "ip address add 10.3.0.1/24 dev veth0")


def check_made_anew(guest, xdp, conf):
    """By a process that has no right any more to use libxdp."""
    make_lan(guest)
    guest.start_gateway(conf.replace("lan0", "veth0"))
    before = set(xdp.pins())
    guest.run("ip link del veth0")
    make_lan(guest)
    wait_until(lambda: "made anew iface=veth0: it is served again" in
               guest.log("cygnetd"), qemu.SLOW_S, "the interface")
    ok("edge" in guest.run(["xdp-loader", "status", "veth0"]).stdout and
       place(guest) == {"alone", "dispatcher"} and
       len(before) == 2 and len(xdp.pins()) == 1 and
       before > set(xdp.pins()),
       "on an interface that is made anew our program is at once, alone")
    guest.run(["xdp-loader", "unload", "wan0", "-a"])
    wait_until(lambda: place(guest) == {"alone"}, qemu.SLOW_S, "XDP on wan0")
    ok("edge" in guest.run(["xdp-loader", "status", "wan0"]).stdout and
       not xdp.pins(), "and so it is where somebody takes everything off")
    end_gateway(guest, "-9")
    release(guest)
    ok(not xdp.pins(), "released, nothing is kept")


def main():
    why = qemu.missing()
    if why:
        skip("we have a seat in libxdp's dispatcher", why)
        return finish()
    with Lab() as lab:
        guest = start(lab, ["another"])
        xdp = Xdp(guest)
        conf = dispatcher_conf(lab)
        lab.start_gateway("gw-a", lab.default_conf("a"))
        check_lock(lab, guest, xdp, conf)
        check_stays(lab, guest, conf)
        check_taken_away(lab, guest, xdp, conf)
        check_last(lab, guest, xdp, conf)
        check_made_anew(guest, xdp, conf)
    return finish()


sys.exit(main())
