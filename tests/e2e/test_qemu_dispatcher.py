#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Somebody else has XDP programs on our interfaces, and libxdp lets them run beside
ours: on Debian's own kernel, with XDP in virtio_net. Whoever comes first, both
see their packets, nothing of what we protect is seen by the other or by anybody
in the clear, and nobody's end is the end of the other.
"""
# Takes a CPU: it boots a machine in QEMU.
import os
import re
import secrets
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import qemu  # noqa: E402
from lab import (Lab, finish, ok, search_plaintext, skip,  # noqa: E402
                 wait_until)
from others_xdp import (CONF, Xdp, carries, dispatcher_conf,  # noqa: E402
                        doctor, end_gateway, ping, release, start)


def check_both_see(lab, guest, xdp, name, when):
    """name is on lan0 of the guest."""
    needle = secrets.token_bytes(16)
    wire = lab.capture("wire", "br0")
    before = xdp.seen(name)
    went = ping(lab, "host-b", "10.1.0.2", "-p", needle.hex()) and \
        ping(lab, "host-a", "10.2.0.2", "-p", needle.hex())
    protected = xdp.seen(name) - before
    packets = wire.stop()
    ok(went and not search_plaintext(packets, needle) and
       len([p for p in packets if p.haslayer("ESP")]) == 20,
       f"{when}: the tunnel carries, and on the wire all of it is ESP")
    before = xdp.seen(name)
    local = ping(lab, "host-b", "10.2.0.1")
    passed = xdp.seen(name) - before
    ok(protected < 5 <= passed and local,
       f"{when}: the other sees what we pass, and nothing of what we protect: "
       f"{passed} and {protected}")


def start_refused(guest, prefix=()):
    """Exit status, and the line that says why."""
    done = guest.run([*prefix, "/cygnet/cygnetd", "-f", CONF], check=False,
                     timeout=20)
    return done.returncode, done.stdout


def check_refused(guest, xdp, conf):
    """Where joining was not asked for, or cannot last."""
    guest.write(CONF, conf.replace("    xdp = dispatcher\n", ""))
    status, said = start_refused(guest)
    ok(status == 1 and "lan0" in said and "gateway.xdp = dispatcher" in said and
       "xdp-loader unload lan0 -a" in said and len(said.splitlines()) == 1,
       "alone by the configuration, we do not take the dispatcher's place")
    guest.write(CONF, conf)
    status, said = start_refused(guest, [
        "/busybox/busybox", "unshare", "-m", "sh", "-c",
        'umount /sys/fs/bpf; mount -t bpf bpf /sys/fs/bpf && exec "$@"', "sh"])
    ok(status == 1 and "lan0" in said and len(said.splitlines()) == 1,
       "who is in the dispatcher cannot be read in another bpffs")
    ok(xdp.members("lan0") == ["another"], "nothing of ours is left")


def without_socket(guest, conf):
    guest.run("mkdir -p /run/cygnet/taken/by")
    return re.sub("socket = .*", "socket = /run/cygnet/taken", conf)


def check_start_fails(guest, xdp, conf):
    """After the data path is there: the control socket has no place."""
    guest.write(CONF, without_socket(guest, conf))
    status, said = start_refused(guest)
    ok(status == 1 and xdp.members("lan0") == ["another"] and
       xdp.members("wan0") == ["another"] and
       not xdp.pins(),
       "a start that fails leaves the dispatcher as it was")


def check_tcp(lab):
    """Its super-packets reach no driver that has XDP, whoever's."""
    server = lab.spawn("host-a", ["iperf3", "-s", "-1"])
    wait_until(lambda: ":5201" in lab.run(
        "host-a", ["ss", "-Hltn"]).stdout, 10, "iperf3")
    done = lab.run("host-b", ["iperf3", "-n", "1M", "-c", "10.1.0.2"],
                   check=False, timeout=30)
    ok(done.returncode == 0, "TCP goes through the tunnel")
    server.wait(10)


def check_changes(lab, guest, xdp):
    """Others come and go while packets go through the tunnel."""
    needle = secrets.token_bytes(16)
    wire = lab.capture("wire", "br0")
    pings = lab.spawn("host-b", ["ping", "-n", "-q", "-i", "0.02", "-w", "20",
                                 "-p", needle.hex(), "10.1.0.2"])
    for _ in range(2):
        for ifname in ("lan0", "wan0"):
            xdp.load(ifname, "second")
        there = xdp.members("lan0")
        for ifname in ("lan0", "wan0"):
            xdp.unload(ifname, "second")
    pings.send_signal(2)
    pings.wait(10)
    with open(pings.log_path) as file:
        sent, received = map(int, re.search(
            r"(\d+) packets transmitted, (\d+) received", file.read()).groups())
    ok(there == ["cygnet", "another", "second"] and sent > 50 and
       sent - received <= 8 and not search_plaintext(wire.stop(), needle),
       "others join and leave while the tunnel carries: "
       f"{received} of {sent} pings are answered, none goes in the clear")


def check_killed(lab, guest, xdp, name):
    """Nobody is there any more, but the programs are."""
    end_gateway(guest, "-9")
    guest.run("ip route replace 10.1.0.0/24 via 192.0.2.1")
    needle = secrets.token_bytes(16)
    wire = lab.capture("wire", "br0")
    before = xdp.seen(name)
    answers = (ping(lab, "host-b", "10.1.0.2", "-p", needle.hex()),
               ping(lab, "host-a", "10.2.0.2"))
    protected = xdp.seen(name) - before
    ok(not any(answers) and not search_plaintext(wire.stop(), needle) and
       protected < 5, "killed, we let nothing out in the clear")
    ok(ping(lab, "host-b", "10.2.0.1") and xdp.seen(name) - before >= 5,
       "and the other goes on")


def check_restart(lab, guest, xdp, conf, name):
    before = xdp.members("lan0")
    guest.start_gateway(conf)
    ok(xdp.members("lan0") == before == xdp.members("wan0") and
       len(before) == 2, "a new start sits down where the earlier one was")
    check_both_see(lab, guest, xdp, name, "after a restart")


def check_taken_back(lab, guest, xdp, conf):
    """A start over an earlier one's programs, which fails."""
    end_gateway(guest, "-9")
    guest.write(CONF, without_socket(guest, conf))
    status, _ = start_refused(guest)
    needle = secrets.token_bytes(16)
    wire = lab.capture("wire", "br0")
    gone = not ping(lab, "host-b", "10.1.0.2", "-p", needle.hex())
    ok(status == 1 and gone and "cygnet" in xdp.members("lan0") and
       not search_plaintext(wire.stop(), needle) and
       ping(lab, "host-b", "10.2.0.1"),
       "a start that fails leaves the earlier one's programs in force")


def check_release(lab, guest, xdp, name):
    release(guest)
    before = xdp.seen(name)
    ok(xdp.members("lan0") == xdp.members("wan0") == [name] and
       not xdp.pins(),
       "released, the other is alone in the dispatcher")
    ok(ping(lab, "host-b", "10.2.0.1") and xdp.seen(name) - before >= 5,
       "and sees its packets")


def check_other_first(lab, guest, xdp, conf):
    for ifname in ("lan0", "wan0"):
        xdp.load(ifname, "another")
    check_refused(guest, xdp, conf)
    check_start_fails(guest, xdp, conf)
    guest.start_gateway(conf)
    ok(xdp.members("lan0") == ["cygnet", "another"] == xdp.members("wan0"),
       "we join the dispatcher, and run first")
    said = doctor(guest)
    ok("in libxdp's dispatcher with the XDP program 'another' (priority 50)" in
       said, "doctor says who is there as well")
    check_both_see(lab, guest, xdp, "another", "the other came first")
    check_tcp(lab)
    check_changes(lab, guest, xdp)
    check_killed(lab, guest, xdp, "another")
    check_restart(lab, guest, xdp, conf, "another")
    check_taken_back(lab, guest, xdp, conf)
    check_release(lab, guest, xdp, "another")
    for ifname in ("lan0", "wan0"):
        xdp.unload(ifname, "another")


def check_data_path_dies(lab, guest):
    """ctl starts it again, without a moment in the clear."""
    needle = secrets.token_bytes(16)
    wire = lab.capture("wire", "br0")
    pings = lab.spawn("host-b", ["ping", "-n", "-q", "-i", "0.02", "-w", "20",
                                 "-p", needle.hex(), "10.1.0.2"])
    guest.run("for id in $(pidof cygnetd); do grep -q role=dp "
              "/proc/$id/cmdline && kill -9 $id; done; true")
    wait_until(lambda: carries(lab), qemu.SLOW_S, "the tunnel")
    pings.send_signal(2)
    pings.wait(10)
    ok(not search_plaintext(wire.stop(), needle),
       "the data path dies and comes back, and nothing goes in the clear")


def check_ours_first(lab, guest, xdp, conf):
    guest.start_gateway(conf)
    ok(xdp.members("lan0") == ["cygnet"] == xdp.members("wan0"),
       "without a dispatcher, we make one")
    for ifname in ("lan0", "wan0"):
        xdp.load(ifname, "another")
    ok(xdp.members("lan0") == ["cygnet", "another"] == xdp.members("wan0"),
       "another joins us")
    check_both_see(lab, guest, xdp, "another", "we came first")
    check_data_path_dies(lab, guest)
    for ifname in ("lan0", "wan0"):
        xdp.unload(ifname, "another")
    ok(xdp.members("lan0") == ["cygnet"] == xdp.members("wan0") and
       carries(lab), "the other leaves, and we go on")
    end_gateway(guest)
    release(guest)
    ok(not xdp.members("lan0") and not xdp.pins(),
       "released, nothing is left of us and of the dispatcher")


def main():
    why = qemu.missing()
    if why:
        skip("XDP programs of others run beside ours", why)
        return finish()
    with Lab() as lab:
        guest = start(lab, ["another", "second"])
        xdp = Xdp(guest)
        conf = dispatcher_conf(lab)
        lab.start_gateway("gw-a", lab.default_conf("a"))
        check_other_first(lab, guest, xdp, conf)
        check_ours_first(lab, guest, xdp, conf)
    return finish()


sys.exit(main())
