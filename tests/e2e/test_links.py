#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Interfaces that change while a gateway runs: made anew, down and up, more queues.
Protected traffic goes on by itself afterwards, and nothing of it is ever seen
in the clear.
"""
import os
import re
import secrets
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from flows import Flow, sink, snmp, two_queues, xdp_received  # noqa: E402
from lab import (BUILD, Lab, LabError, finish, ok,  # noqa: E402
                 search_plaintext, wait_until)

FAR_HOST = "10.2.0.2"
CYGNETD = f"{BUILD}/cygnetd"
# So that a start fails at its last step.
LITTLE_MEMORY = ["sh", "-c", "ulimit -l 64; exec setpriv --bounding-set="
                 '-ipc_lock --inh-caps=-ipc_lock "$@"', "sh"]
PORT = 9
BACK_S = 5


def arrives(lab):
    """Does a ping from host to host, and back?"""
    return lab.run("host-a", ["ping", "-c", "1", "-W", "1", FAR_HOST],
                   check=False).returncode == 0


def comes_back(lab, what):
    begin = time.monotonic()
    try:
        wait_until(lambda: arrives(lab), BACK_S, what)
    except LabError:
        return ok(False, what)
    return ok(True, f"{what}, after {time.monotonic() - begin:.1f} s")


def shout(lab, ns, needle):
    """From a machine to the far host, whether that is possible or not."""
    with lab.socket(ns, socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("10.1.0.1" if ns == "gw-a" else "10.1.0.2", 0))
        for _ in range(5):
            try:
                sock.sendto(needle, (FAR_HOST, PORT))
            except OSError:
                pass


def make_anew(lab, gateway, ifname, add):
    """As a NIC that was pulled out: with its MAC, which others remember."""
    log, mac = gateway.log(), lab.mac("gw-a", ifname)

    def told(what):
        return gateway.log()[len(log):].count(f"{what} iface={ifname}")

    lab.run("gw-a", ["ip", "link", "del", ifname])
    wait_until(lambda: told("interface is gone"), 5, "the daemon to notice")
    add("a")
    lab.run("gw-a", ["ip", "link", "set", "dev", ifname, "address", mac])
    wait_until(lambda: told("interface made anew"), 5, "the daemon to notice")


def check_wan_anew(lab, gateway):
    """With the way there by the kernel: what is not guarded would leak."""
    for i in range(3):
        make_anew(lab, gateway, "wan0", lab.add_wan)
        lab.route_far_network("a")
        needle = secrets.token_bytes(16)
        capture = lab.capture("wire", "a")
        for ns in ("host-a", "gw-a"):
            shout(lab, ns, needle)
        comes_back(lab, f"wan0 made anew ({i + 1}): traffic goes on")
        ok(not search_plaintext(capture.stop(), needle),
           "nothing leaves in the clear")


def check_lan_anew(lab, gateway):
    make_anew(lab, gateway, "lan0", lab.add_lan)
    comes_back(lab, "lan0 made anew: traffic goes on")


def check_flap(lab):
    for ifname, other in (("wan0", ("wire", "a")), ("lan0", ("host-a", "eth0"))):
        needle = secrets.token_bytes(16)
        capture = lab.capture("wire", "b")
        lab.run("gw-a", ["ip", "link", "set", "dev", ifname, "down"])
        shout(lab, "host-a", needle)
        lab.run("gw-a", ["ip", "link", "set", "dev", ifname, "up"])
        comes_back(lab, f"{ifname} down and up: traffic goes on")
        lab.run(other[0], ["ip", "link", "set", "dev", other[1], "down"])
        shout(lab, "gw-a", needle)
        lab.run(other[0], ["ip", "link", "set", "dev", other[1], "up"])
        if other[0] == "host-a":
            lab.run("host-a", ["ip", "route", "replace", "default", "via",
                               "10.1.0.1"])
        comes_back(lab, f"the link of {ifname} down and up: traffic goes on")
        ok(not search_plaintext(capture.stop(), needle),
           "nothing of it was in the clear")


def check_more_queues(lab, gateway):
    """lan0 gets a second queue, and packets that arrive by it."""
    before = gateway.drops()["no_worker"]
    two_queues(lab, "gw-a", "lan0")
    two_queues(lab, "host-a", "eth0")
    wait_until(lambda: "iface=lan0 queue=1" in gateway.log(), 5,
               "the daemon to notice")
    lost = gateway.drops()
    udp = sink(lab, "host-b")
    had = snmp(lab, "host-b", "Ip", "InDelivers")
    seen = xdp_received(lab, "gw-a", "lan0", 1)
    sent = Flow(lab, "host-a", FAR_HOST, 1000, 1, 32).end()
    wait_until(lambda: snmp(lab, "host-b", "Ip", "InDelivers") - had >= sent, 5,
               "the last ones")
    udp.close()
    ok(xdp_received(lab, "gw-a", "lan0", 1) - seen > 100,
       "a queue that came has packets")
    ok(gateway.drops() == lost and before == lost["no_worker"],
       f"and none of {sent} is dropped")
    ok(int(gateway.status()["interfaces"]["lan0"]["queues"]) == 2,
       "status says so")


def check_fewer_queues(lab, gateway):
    """The kernel keeps queues that have sockets: the operator is told why."""
    done = lab.run("gw-a", ["ethtool", "-L", "lan0", "rx", "1", "tx", "1"],
                   check=False)
    ok(done.returncode != 0, "a queue with a socket can't be taken away: "
       f"{done.stderr.strip()}")
    comes_back(lab, "and traffic goes on")


def rxvlan(lab):
    """Does lan0 take tags off, does wan0?"""
    return [re.search("^rx-vlan-offload: (on|off)", lab.run(
        "gw-a", ["ethtool", "-k", ifname]).stdout, re.MULTILINE)[1]
        for ifname in ("lan0", "wan0")]


def release(lab):
    lab.run("gw-a", [CYGNETD, "--release"])


def check_offloads(lab):
    """wan0's is off already: that is the operator's."""
    lab.run("gw-a", ["ethtool", "-K", "wan0", "rxvlan", "off"])
    text = lab.default_conf("a")
    done = lab.run("gw-a", [*LITTLE_MEMORY, CYGNETD, "-f",
                            lab.write("fails.conf", text)], check=False)
    ok(done.returncode and "packet memory" in done.stderr and
       rxvlan(lab) == ["on", "off"],
       "a start that fails leaves the offloads as they were: " +
       done.stderr.strip().splitlines()[-1])
    gateway = lab.start_gateway("gw-a", text)
    ok(rxvlan(lab) == ["off", "off"], "what hides VLAN tags is turned off")
    gateway.kill()
    lab.start_gateway("gw-a", text).stop()
    ok(rxvlan(lab) == ["off", "off"],
       "and stays off while programs are attached")
    release(lab)
    ok(rxvlan(lab) == ["on", "off"],
       "what we turned off, and nothing else, is on again after the release")


def main():
    with Lab() as lab:
        check_offloads(lab)
        gateway = lab.start_gateway("gw-a", lab.default_conf("a"))
        lab.start_gateway("gw-b", lab.default_conf("b"))
        comes_back(lab, "traffic")
        check_wan_anew(lab, gateway)
        check_lan_anew(lab, gateway)
        check_flap(lab)
        check_more_queues(lab, gateway)
        check_fewer_queues(lab, gateway)
        wait_until(lambda: gateway.in_flight() == 0, 5, "packets to end: "
                   f"{gateway.drops()}, {gateway.passes()}")
        ok(True, "the books balance: nothing is in flight")
        ok(gateway.stop() == 0, "the daemon ends")
    return finish()


sys.exit(main())
