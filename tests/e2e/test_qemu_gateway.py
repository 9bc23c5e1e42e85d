#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
A gateway on Debian's own kernel, the oldest that we run on, with several queues
of virtio_net on either side: a tunnel to a gateway of ours, with all that goes
through it. Then somebody else has an XDP program as well.
"""
# Takes a CPU: it boots a machine in QEMU.
import json
import os
import re
import secrets
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import qemu  # noqa: E402
from ike_conf import ike_conf  # noqa: E402
from lab import (Lab, finish, ok, search_plaintext, skip,  # noqa: E402
                 wait_until)

ADDRESSES = {"host-a": "10.1.0.2", "host-b": "10.2.0.2"}
FLOWS = 64  # that no queue has none of them: (3/4)^64 is nothing
TCP_S = 2
LIBXDP = "/usr/lib/x86_64-linux-gnu/bpf"
OTHER, DISPATCHER = "xdpfilt_alw_all.o", "xdp-dispatcher.o"


def ping(lab, ns, target, *words):
    return lab.run(ns, ["ping", "-n", "-c", "5", "-i", "0.1", "-W", "2",
                        *words, target], check=False).returncode == 0


def check_protected(lab, guest):
    needle = secrets.token_bytes(16)
    wire = lab.capture("wire", "br0")
    ok(ping(lab, "host-a", "10.2.0.2", "-p", needle.hex()),
       "host-a pings host-b, which is behind the guest")
    ok(guest.run(["ping", "-n", "-c", "5", "-i", "0.1", "-I", "10.2.0.1", "-p",
                  needle.hex(), "10.1.0.2"], check=False).returncode == 0,
       "the guard takes what the guest itself sends")
    packets = wire.stop()
    ok(len([p for p in packets if p.haslayer("ESP")]) == 20 and
       not search_plaintext(packets, needle),
       "on the wire all of that is ESP")


def received(guest, ifname):
    """By each queue of an interface."""
    lines = guest.run(["ethtool", "-S", ifname]).stdout
    return list(map(int, re.findall(r"rx_queue_\d+_packets: (\d+)", lines)))


def check_queues(lab, guest):
    """Datagrams of many flows, both ways, and every one of them arrives."""
    status = json.loads(guest.client("status", "--json").stdout)["interfaces"]
    ok({(i["xdp"], i["queues"]) for i in status.values()} ==
       {("native", qemu.QUEUES)},
       f"XDP runs in virtio_net, with {qemu.QUEUES} queues")
    before = received(guest, "lan0")
    arrived = 0
    for sender, target in (("host-a", "host-b"), ("host-b", "host-a")):
        address = ADDRESSES[target]
        sink = lab.capture(target, "eth0", f"udp and dst host {address}")
        lab.run(sender, ["/usr/bin/python3", "-c", SEND, address, str(FLOWS)])
        arrived += len(sink.stop())
    ok(arrived == 2 * FLOWS, f"datagrams of {FLOWS} flows arrive, both ways: "
       f"{arrived} of {2 * FLOWS}")
    by_queue = [now - then for now, then in
                zip(received(guest, "lan0"), before)]
    ok(len(by_queue) == qemu.QUEUES and all(by_queue),
       f"they came by every queue of the guest: {by_queue}")


SEND = """
import socket, sys, time
for _ in range(int(sys.argv[2])):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.sendto(b"x" * 200, (sys.argv[1], 9))
    time.sleep(0.005)
"""


def check_tcp(lab, guest):
    """What the guest itself sends are super-packets, which the guard takes."""
    iperf3 = ["iperf3", "-J", "-t", str(TCP_S)]
    for who, way, run in (
            ("host-b", "to", lambda server: lab.run(
                "host-a", [*iperf3, "-P", "4", "-c", server], timeout=30)),
            ("host-b", "from", lambda server: lab.run(
                "host-a", [*iperf3, "-P", "4", "-R", "-c", server],
                timeout=30)),
            ("host-a", "from the guest itself to", lambda server: guest.run(
                [*iperf3, "-B", "10.2.0.1", "-c", server], timeout=30)),
            ("host-a", "to the guest itself from", lambda server: guest.run(
                [*iperf3, "-B", "10.2.0.1", "-R", "-c", server],
                timeout=30))):
        server = lab.spawn(who, ["iperf3", "-s", "-1"])
        wait_until(lambda: ":5201" in lab.run(
            who, ["ss", "-Hltn"]).stdout, 10, "iperf3")
        done = run(ADDRESSES[who])
        octets = json.loads(done.stdout)["end"]["sum_received"]["bytes"]
        ok(octets > 1 << 20, f"TCP {way} {who} carries {octets >> 20} MiB")
        server.wait(10)


def check_counters(guest, gateway):
    theirs = {name: n for name, n in gateway.drops().items() if n}
    ours = guest.drops()
    ok(not ours, f"the guest's gateway dropped nothing: {ours}")
    ok(not theirs, f"nor did the other one: {theirs}")


def check_killed(lab, guest):
    """Nobody is there any more, but the programs are."""
    guest.run("kill -9 $(pidof cygnetd)")
    needle = secrets.token_bytes(16)
    wire = lab.capture("wire", "br0")
    guest.run("ip route replace 10.1.0.0/24 via 192.0.2.1")
    answers = (ping(lab, "host-b", "10.1.0.2", "-p", needle.hex()),
               guest.run(["ping", "-n", "-c", "3", "-i", "0.1", "-W", "1", "-p",
                          needle.hex(), "10.1.0.2"], check=False
                         ).returncode == 0)
    ok(not any(answers) and not search_plaintext(wire.stop(), needle),
       "a gateway that is killed lets nothing out in the clear")
    guest.run(["/cygnet/cygnetd", "--release"])
    wire = lab.capture("wire", "br0")
    guest.run(["ping", "-n", "-c", "1", "-W", "1", "-p", needle.hex(),
               "10.1.0.2"], check=False)
    ok(search_plaintext(wire.stop(), needle), "released, it does")


def set_mtu(lab, guest, mtu):
    """Of the guest's network behind it."""
    guest.run(f"ip link set dev lan0 mtu {mtu}")
    for ns, link in (("host-b", "eth0"), ("gw-b", "lan0"),
                     ("gw-b", "tap-lan0"), ("gw-b", "br-lan0")):
        lab.run(ns, ["ip", "link", "set", "dev", link, "mtu", str(mtu)])


def check_jumbo(lab, guest):
    """This kernel's AF_XDP has no chains of frames: nothing is lost in silence."""
    set_mtu(lab, guest, 9000)
    lab.run("host-a", ["ip", "link", "set", "dev", "eth0", "mtu", "1500"])
    guest.start_gateway(ike_conf("b", "start"))
    ok("packets above 3562 octets are dropped as jumbo iface=lan0 mtu=9000"
       in guest.log("cygnetd"), "jumbo frames are warned of at start")
    wait_until(lambda: ping(lab, "host-b", "10.1.0.2"), qemu.SLOW_S,
               "the tunnel")
    lan = json.loads(guest.client("status", "--json").stdout
                     )["interfaces"]["lan0"]
    ok((int(lan["mtu"]), int(lan["largest"])) == (9000, 3562),
       "status shows what the MTU is, and what passes")
    said = guest.client("doctor", "/run/cygnet.conf", check=False).stdout
    ok("MTU 9000: packets above 3562 octets are dropped as jumbo" in said,
       "so does doctor")
    before = guest.drops().get("jumbo", 0)
    ok(not ping(lab, "host-b", "10.1.0.2", "-M", "dont", "-s", "5000") and
       guest.drops().get("jumbo", 0) - before == 5,
       "packets that are larger drop by that name")
    ok(ping(lab, "host-b", "10.1.0.2", "-M", "dont", "-s", "3400"),
       "those below arrive, cut")
    guest.stop_gateway()
    set_mtu(lab, guest, 1500)


def check_second_program(lab, guest):
    """libxdp's dispatcher and we: who is there first is not replaced."""
    guest.start_gateway(ike_conf("b", "start"))
    wait_until(lambda: ping(lab, "host-b", "10.1.0.2"), qemu.SLOW_S,
               "the tunnel")
    load = ["xdp-loader", "load", "-m", "native", "lan0", f"{LIBXDP}/{OTHER}"]
    ok(guest.run(load, check=False, timeout=20).returncode != 0 and
       ping(lab, "host-b", "10.1.0.2"),
       "libxdp does not take our place, and the tunnel goes on")
    guest.stop_gateway()
    guest.run(load, timeout=20)
    started = guest.run(["/cygnet/cygnetd", "-f", "/run/cygnet.conf"],
                        check=False)
    ok(started.returncode == 1 and "lan0" in started.stdout and
       "'xdp_dispatcher'" in started.stdout,
       "nor do we take its place, and say whose it is")


def main():
    why = qemu.missing()
    if why:
        skip("a gateway runs on Debian's kernel", why)
        return finish()
    with Lab() as lab:
        guest = qemu.start(
            lab, "gw-b", programs=["ping", "iperf3", "xdp-loader"],
            files={f"{LIBXDP}/{name}": f"{LIBXDP}/{name}"
                   for name in (OTHER, DISPATCHER)})
        guest.run("ip address add 192.0.2.2/24 dev wan0; "
                  "ip address add 10.2.0.1/24 dev lan0")
        guest.start_gateway(ike_conf("b"))
        gateway = lab.start_gateway("gw-a", ike_conf("a", "start"))
        wait_until(lambda: "child_sa up" in gateway.log(), qemu.SLOW_S,
                   "the tunnel")
        check_protected(lab, guest)
        check_queues(lab, guest)
        check_counters(guest, gateway)
        check_tcp(lab, guest)
        check_killed(lab, guest)
        check_jumbo(lab, guest)
        check_second_program(lab, guest)
    return finish()


sys.exit(main())
