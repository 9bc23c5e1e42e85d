#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
`cygnet doctor` on gw-a, before a daemon runs and while one does: each fact is
made bad on the machine itself, is found with its remedy, and is gone when the
remedy was applied. What follows from facts is tests/unit/test_doctor*.c's.
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import BUILD, Lab, finish, ok, wait_until  # noqa: E402

FOREIGN_XDP = """\
__attribute__((section("xdp"), used)) int foreign(void *ctx)
{
	return ctx ? 2 : 0;
}
char terms[] __attribute__((section("license"), used)) = "BSD";
"""
FIREWALL = """
add table inet wall
add chain inet wall forth { type filter hook forward priority 0; policy drop; }
add chain inet wall in { type filter hook input priority 0; }
add rule inet wall forth ip saddr 10.1.0.0/24 accept
add rule inet wall forth counter
add rule inet wall in accept
"""
# Takes a port until it is ended.
TAKE = """
import socket, time
udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
udp.bind(("127.0.0.1", 4500))
print("taken", flush=True)
time.sleep(60)
"""
NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
          "--inh-caps=-all"]


class Doctor:
    """On gw-a, with a configuration."""

    def __init__(self, lab, path):
        self.lab = lab
        self.path = path

    def run(self, *words, prefix=()):
        return self.lab.run("gw-a", [*prefix, f"{BUILD}/cygnet", "doctor",
                                     *words], check=False)

    def findings(self):
        """What is not ok, as (group, level, what, remedy)."""
        answer = json.loads(self.run("--json", self.path).stdout)
        return [tuple(f[key] for key in ("group", "level", "what", "remedy"))
                for f in answer["findings"] if f["level"] != "ok"]


def apply(lab, remedy):
    lab.run("gw-a", remedy.split())


def check_bad(doctor, sentence, level, group, words, remedy, undo=apply):
    """The fact is bad by now; undo makes it good, by the remedy itself."""
    found = [f for f in doctor.findings() if f[0] == group and
             all(word in f[2] for word in words)]
    right = len(found) == 1 and found[0][1] == level and remedy in found[0][3]
    ok(right, f"{sentence}: found with its remedy {found}")
    if not right:
        return
    undo(doctor.lab, found[0][3])
    left = [f for f in doctor.findings() if f[2] == found[0][2]]
    ok(not left, f"{sentence}: gone when that was done {left}")


def check_well(doctor):
    """After what the lab's own interfaces need."""
    for finding in doctor.findings():
        if finding[3].startswith("ethtool -K "):
            apply(doctor.lab, finding[3])
    left = [f for f in doctor.findings()
            if f[1] != "note" and f[0] != "kernel"]
    ok(not left, f"nothing is left to do on a sound machine {left}")
    done = doctor.run(doctor.path)
    lines = done.stdout.splitlines()
    ok("  ok       IPv4 forwarding is on" in lines and "wan0" in lines and
       "0 errors" in lines[-1], f"people read it, too: {lines[-1]}")


def check_exit_codes(doctor):
    lab = doctor.lab
    kernel = [f for f in doctor.findings() if f[1] in ("warning", "error")]
    sound = doctor.run(doctor.path).returncode
    ok(sound == (1 if kernel else 0), f"exit status {sound} on it")
    lab.run("gw-a", ["ip", "link", "add", "br8", "type", "bridge"])
    lab.run("gw-a", ["ip", "link", "set", "dev", "lan0", "master", "br8"])
    code = doctor.run(doctor.path).returncode
    ok(code == 1, f"exit status {code} with a warning")
    check_bad(doctor, "a port of a bridge", "warning", "lan0",
              ["a port of br8"], "ip link set lan0 nomaster")
    lab.run("gw-a", ["ip", "link", "set", "dev", "wan0", "down"])
    code = doctor.run(doctor.path).returncode
    ok(code == 2, f"exit status {code} with an error")
    check_bad(doctor, "an interface that is down", "error", "wan0", ["down"],
              "ip link set wan0 up")


def check_settings(doctor):
    lab = doctor.lab
    lab.run("gw-a", ["sysctl", "-qw", "net.ipv4.ip_forward=0"])
    check_bad(doctor, "forwarding is off", "error", "host",
              ["IPv4 forwarding is off"], "sysctl -w net.ipv4.ip_forward=1")
    lab.run("gw-a", ["sysctl", "-qw", "net.ipv4.conf.lan0.forwarding=0"])
    check_bad(doctor, "forwarding is off for one", "error", "lan0",
              ["forwarding is off"], "sysctl -w net/ipv4/conf/lan0/forwarding")
    lab.run("gw-a", ["ethtool", "-K", "wan0", "rxvlan", "on"])
    check_bad(doctor, "an offload", "warning", "wan0", ["rxvlan"],
              "ethtool -K wan0 rxvlan off")
    lab.run("gw-a", ["ip", "link", "add", "br7", "type", "bridge"])
    lab.run("gw-a", ["ip", "link", "set", "lan0", "master", "br7"])
    check_bad(doctor, "a bridge's port", "warning", "lan0", ["port of br7"],
              "ip link set lan0 nomaster")


def check_firewall(doctor):
    lab = doctor.lab
    path = lab.write("firewall", FIREWALL)
    lab.run("gw-a", ["nft", "-f", path])
    check_bad(doctor, "a firewall that direct mode passes by", "warning",
              "host", ["FORWARD", "(2, policy drop)"], "nft list ruleset",
              lambda lab, _: lab.run("gw-a", ["nft", "flush", "ruleset"]))


def check_port(doctor):
    lab = doctor.lab
    taker = lab.spawn("gw-a", ["/usr/bin/python3", "-c", TAKE])
    with open(taker.log_path) as log:
        wait_until(log.readline, 10, "the port")
    with open(f"/proc/{taker.pid}/comm") as file:
        name = file.read().strip()

    def end(*_):
        taker.kill()
        taker.wait(timeout=10)

    check_bad(doctor, "a port that is taken", "error", "host",
              ["UDP port 4500", f"by {name}"], "ss -lunp sport = :4500", end)


def check_foreign(doctor):
    lab = doctor.lab
    source = lab.write("foreign.c", FOREIGN_XDP)
    built = os.path.join(lab.dir, "foreign.o")
    subprocess.run(["clang", "-O2", "-target", "bpf", "-c", source, "-o",
                    built], check=True, timeout=30)
    lab.run("gw-a", ["ip", "link", "set", "dev", "wan0", "xdp", "obj", built,
                     "sec", "xdp"])
    check_bad(doctor, "a foreign XDP program", "error", "wan0",
              ["'foreign'"], "ip link set dev wan0 xdp off",
              lambda lab, remedy: apply(lab, remedy.split(": ")[1]))


def check_memory(doctor):
    """A container that may lock nothing."""
    done = doctor.run(doctor.path, prefix=[
        "setpriv", "--bounding-set", "-ipc_lock", "--inh-caps", "-ipc_lock",
        "prlimit", "--memlock=65536:65536"])
    ok("locked memory is limited to 64 KiB" in done.stdout and
       "ulimit -l unlimited" in done.stdout and done.returncode == 2,
       "too little locked memory is found")


def check_files(doctor):
    lab = doctor.lab
    with open(doctor.path) as file:
        text = file.read()
    bad = lab.write("bad.conf", text.replace("protected = lan0",
                                             "protectd = lan0", 1))
    done = doctor.run(bad)
    ok(done.returncode == 2 and f"{bad}:2:" in done.stdout and
       "protectd" in done.stdout, "a mistake in the configuration has a place")
    gone = lab.write("gone.conf", text.replace("= lan0", "= lan7"))
    done = doctor.run(gone)
    ok(done.returncode == 2 and f"{gone}:2:17: interface 'lan7'" in done.stdout,
       "so has an interface that does not exist")
    done = doctor.run()
    ok(done.returncode == 2 and "/etc/cygnet/cygnet.conf" in done.stdout,
       "without a name it is the daemon's own")
    done = doctor.run(doctor.path, "more")
    ok(done.returncode == 2 and "'more'" in done.stderr and not done.stdout,
       "one file is all it takes")


def check_nobody(doctor):
    os.chmod(doctor.lab.dir, 0o711)
    done = doctor.run(doctor.path, prefix=NOBODY)
    ok("without root" in done.stdout and "sudo cygnet doctor" in done.stdout,
       "without root it says what it cannot see")


def what_is_there(lab):
    """Programs, interfaces and rules of gw-a."""
    return [lab.run("gw-a", argv).stdout for argv in (
        ["bpftool", "-j", "net"], ["ip", "-br", "link"], ["ip", "rule"],
        ["ip", "route", "show", "table", "all"], ["tc", "qdisc"])]


def check_with_daemon(doctor):
    lab = doctor.lab
    with open(doctor.path) as file:
        gateway = lab.start_gateway("gw-a", file.read())
    wait_until(lambda: gateway.role_pid("ike"), 10, "ike")
    before = what_is_there(lab)
    done = doctor.run(doctor.path)
    ok("cygnetd runs" in done.stdout and
       done.stdout.count("our programs run, XDP in the driver veth") == 2,
       "it says so when a daemon runs")
    ok("is taken by" not in done.stdout, "whose own the ports are")
    lab.run("gw-a", ["sysctl", "-qw", "net.ipv4.conf.ipsec0.rp_filter=1"])
    check_bad(doctor, "a strict filter on ipsec0", "error", "host",
              ["rp_filter"], "sysctl -w net.ipv4.conf.ipsec0.rp_filter=2")
    ok(what_is_there(lab) == before and gateway.answers(),
       "it disturbs no daemon")
    gateway.stop()
    check_bad(doctor, "a daemon that has ended", "warning", "wan0",
              ["closed"], "cygnetd --release",
              lambda lab, _: lab.run("gw-a", [f"{BUILD}/cygnetd",
                                              "--release"]))


def main():
    with Lab() as lab:
        doctor = Doctor(lab, lab.write("doctor.conf", ike_conf("a")))
        check_well(doctor)
        before = what_is_there(lab)
        doctor.run(doctor.path)
        ok(what_is_there(lab) == before, "it leaves nothing behind")
        check_exit_codes(doctor)
        check_settings(doctor)
        check_firewall(doctor)
        check_port(doctor)
        check_foreign(doctor)
        check_memory(doctor)
        check_files(doctor)
        check_nobody(doctor)
        check_with_daemon(doctor)
    return finish()


sys.exit(main())
