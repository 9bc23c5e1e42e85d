#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
A start that cannot succeed says why in one line, with the place in the file
where a file is to blame and with what to do, and leaves the machine as it was:
no program, no host interface, no rule.
"""
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import BUILD, SOCKET, Lab, finish, ok, skip  # noqa: E402

FOREIGN_XDP = """\
__attribute__((section("xdp"), used)) int foreign(void *ctx)
{
	return ctx ? 2 : 0;
}
char terms[] __attribute__((section("license"), used)) = "BSD";
"""
NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
          "--inh-caps=-all"]


def start(lab, path, prefix=(), words=()):
    """Exit status and lines on stderr; None if it did not end."""
    try:
        done = lab.run("gw-a", [*prefix, f"{BUILD}/cygnetd", *words, "-f", path],
                       check=False, timeout=5)
    except subprocess.TimeoutExpired:
        return None, []
    return done.returncode, done.stderr.splitlines()


def left_behind(lab):
    """What gw-a has that a machine without Cygnet has not."""
    net = json.loads(lab.run("gw-a", ["bpftool", "-j", "net"]).stdout)[0]
    found = [f"{p.get('kind', 'xdp')} on {p['devname']}"
             for p in net["xdp"] + net["tc"]]
    if "ipsec0" in lab.run("gw-a", ["ip", "-br", "link"]).stdout:
        found.append("ipsec0")
    if "220" in lab.run("gw-a", ["ip", "rule"]).stdout:
        found.append("a rule for table 220")
    if lab.run("gw-a", ["ip", "route", "show", "table", "all",
                        "10.2.0.0/24"]).stdout:
        found.append("a route")
    if "clsact" in lab.run("gw-a", ["tc", "qdisc"]).stdout:
        found.append("a qdisc")
    return found


def check_refused(lab, sentence, text, said, **kwargs):
    """
    said    words of the line, those of the remedy among them
    at      (start of the line in the file that is to blame, the word in it):
            the place that is told
    remains what is attached before and after
    """
    at = kwargs.pop("at", None)
    path = kwargs.pop("path", None) or lab.write("bad.conf", text)
    remains = kwargs.pop("remains", [])
    words = [*said, *([f"{path}:{place(text, *at)}: "] if at else [])]
    status, lines = start(lab, path, **kwargs)
    ok(status not in (None, 0), f"{sentence}: refused, exit status {status}")
    # What happened before, and is no reason: state of keys by hand was made.
    lines = [line for line in lines if not line.startswith("info: ")]
    ok(len(lines) == 1 and all(word in lines[0] for word in words),
       f"{sentence}: said in one line: {' / '.join(lines)}")
    found = left_behind(lab)
    ok(found == remains, f"{sentence}: left behind: {found or 'nothing'}")


def place(text, line_start, word):
    """line:column of the word in the last such line, both from 1."""
    return [f"{number}:{line.index(word) + 1}"
            for number, line in enumerate(text.splitlines(), 1)
            if line.lstrip().startswith(line_start)][-1]


def check_files(lab, good):
    """The file is to blame, before anything is touched."""
    check_refused(lab, "unknown key",
                  good.replace("_window", "_windov"),
                  ["replay_windov", "did you mean", "replay_window"],
                  at=("replay_windov", "replay_windov"))
    key = f"0x{lab.sa_ba.encr_key.hex()}"
    check_refused(lab, "key of a wrong length", good.replace(key, key[:-2]),
                  ["15 octets", "needs 16"],
                  at=(f"encr_key = {key[:-2]}", "0x"))
    check_refused(lab, "inbound SPI used twice",
                  tunnel_twice(good, f"spi = {lab.sa_ab.spi:#x}"),
                  ["same as manual.to-b.in.spi", "must differ"],
                  at=(f"spi = {lab.sa_ba.spi:#x}", "0x"))
    path = lab.write("open.conf", good, mode=0o644)
    check_refused(lab, "configuration that everybody can read", good,
                  [path, "chmod"], path=path)
    check_refused(lab, "no such file", good, ["none.conf", "No such file"],
                  path=os.path.join(lab.dir, "none.conf"))


def tunnel_twice(good, spi_out):
    """A second tunnel with the first one's inbound SPI."""
    head, rest = good.split("    to-b {", 1)
    body, tail = rest.split("\npolicies", 1)
    body = body[:body.rindex("}")]
    second = body.replace(spi_out, "spi = 0xabcdef")
    return f"{head}    to-b {{{body}    to-c {{{second}}}\npolicies{tail}"


def check_machine(lab, good):
    """The file is right, the machine is not."""
    check_refused(lab, "no interface of that name",
                  good.replace("= lan0", "= lan7"), ["'lan7'", "ip link"],
                  at=("protected", "lan7"))
    lab.run("gw-a", ["ip", "link", "set", "dev", "wan0", "down"])
    check_refused(lab, "interface that is down", good,
                  ["'wan0' is down", "ip link set wan0 up"],
                  at=("unprotected", "wan0"))
    lab.run("gw-a", ["ip", "link", "set", "dev", "wan0", "up"])
    lab.run("gw-a", ["sysctl", "-qw", "net.ipv4.ip_forward=0"])
    check_refused(lab, "forwarding is off", good,
                  ["sysctl -w net.ipv4.ip_forward=1"])
    lab.run("gw-a", ["sysctl", "-qw", "net.ipv4.ip_forward=1"])


    check_refused(lab, "interface without Ethernet",
                  good.replace("= wan0", "= lo"),
                  ["'lo' is not Ethernet", "name another one"],
                  at=("unprotected", "lo"))
    check_channels(lab, good)
    check_refused(lab, "kernel that is too old", good,
                  ["Linux 2.6.", "too old", "boot Linux 6.1"],
                  prefix=["setarch", "--uname-2.6"])
    check_refused(lab, "no /dev/net/tun", good,
                  ["/dev/net/tun", "modprobe tun"], prefix=[
                      "unshare", "--mount", "sh", "-c",
                      'mount -t tmpfs tmpfs /dev/net && exec "$@"', "sh"])


def check_channels(lab, good):
    lab.run("gw-a", ["ip", "link", "add", "many0", "up", "numrxqueues", "65",
                     "numtxqueues", "65", "type", "veth", "peer", "name",
                     "many1"])
    check_refused(lab, "more channels than are served",
                  good.replace("= wan0", "= many0"),
                  ["'many0' has 65 queues", "ethtool -L many0 combined 64"],
                  at=("unprotected", "many0"))
    lab.run("gw-a", ["ip", "link", "delete", "dev", "many0"])


def check_socket(lab, good):
    check_refused(lab, "control socket below a plain file",
                  good.replace(SOCKET, f"{lab.dir}/bad.conf/vici"),
                  ["bad.conf", "gateway.socket"])
    for sentence, options, said in (
            ("read-only", "ro", "Read-only file system"),
            ("full", "nr_inodes=1", "No space left on device")):
        folder = f"{os.path.dirname(SOCKET)}/{sentence}"
        lab.run("gw-a", ["mkdir", folder])
        lab.run("gw-a", ["mount", "-t", "tmpfs", "-o", options, "tmpfs",
                         folder])
        check_refused(lab, f"folder of the sockets that is {sentence}",
                      good.replace(SOCKET, f"{folder}/vici"),
                      [folder, said, "make room there", "gateway.socket"])


def check_privileges(lab, good):
    """A file that nobody owns, so that only the privileges are missing."""
    path = lab.write("nobody.conf", good)
    shutil.chown(path, "nobody", "nogroup")
    os.chmod(lab.dir, 0o711)
    check_refused(lab, "no privileges", good, ["run as root"], path=path,
                  prefix=NOBODY)
    check_refused(lab, "lock without privileges", good, ["run as root"],
                  path=path, prefix=NOBODY, words=["--lock"])


def check_memory(lab, good):
    """A container that has no CAP_IPC_LOCK."""
    words = ["setpriv", "--bounding-set", "-ipc_lock", "--inh-caps",
             "-ipc_lock", "prlimit", "--memlock=65536:65536"]
    check_refused(lab, "too little locked memory", good,
                  ["packet memory", "raise", "ulimit -l"], prefix=words)


def check_foreign(lab, good):
    """A program of somebody else is not replaced, on either interface."""
    source = lab.write("foreign.c", FOREIGN_XDP)
    built = os.path.join(lab.dir, "foreign.o")
    subprocess.run(["clang", "-O2", "-target", "bpf", "-c", source, "-o",
                    built], check=True, timeout=30)
    for ifname in ("lan0", "wan0"):
        lab.run("gw-a", ["ip", "link", "set", "dev", ifname, "xdp", "obj",
                         built, "sec", "xdp"])
        check_refused(lab, f"foreign XDP program on {ifname}", good,
                      ["foreign", f"ip link set dev {ifname} xdp off"],
                      remains=[f"xdp on {ifname}"])
        if ifname == "wan0":
            check_refused(lab, "lock of an interface with a foreign program",
                          good, ["foreign", f"ip link set dev {ifname} xdp off"],
                          remains=[f"xdp on {ifname}"], words=["--lock"])
        lab.run("gw-a", ["ip", "link", "set", "dev", ifname, "xdp", "off"])


def check_dispatcher(lab, good):
    """A place in libxdp's dispatcher that could not last, or cannot be had."""
    joins = good.replace("gateway {\n", "gateway {\n    xdp = dispatcher\n")
    check_refused(lab, "dispatcher without the bpffs that all see", joins,
                  ["gateway.xdp", "lan0", "mount -t bpf bpf /sys/fs/bpf"])
    path = lab.write("dispatcher.conf", joins)
    outside = ["nsenter", "--mount=/proc/1/ns/mnt"]
    status, said = start(lab, path, outside)
    if status is None:
        lab.run("gw-a", [*outside, f"{BUILD}/cygnetd", "--release"])
        skip("a kernel without freplace is told", "this one has it")
        return
    ok(status == 1 and len(said) == 1 and "BPF_PROG_TYPE_EXT" in said[0] and
       "lan0" in said[0] and "leave gateway.xdp out" in said[0] and
       not left_behind(lab),
       "a kernel without freplace is told in one line, and nothing is left")


def check_filter(lab, good):
    """Nor is a filter where the guard has to be."""
    place = ["dev", "wan0", "egress", "pref", "1"]
    lab.run("gw-a", ["tc", "qdisc", "add", "dev", "wan0", "clsact"])
    lab.run("gw-a", ["tc", "filter", "add", *place, "handle", "1", "bpf",
                     "direct-action", "bytecode", "1,6 0 0 0"])
    before = lab.run("gw-a", ["tc", "filter", "show", *place]).stdout
    check_refused(lab, "foreign filter", good,
                  ["tc filter del dev wan0 egress pref 1"],
                  remains=["clsact/egress on wan0", "a qdisc"])
    ok(before == lab.run("gw-a", ["tc", "filter", "show", *place]).stdout,
       f"foreign filter: it is still there: {before.split()}")
    lab.run("gw-a", ["tc", "qdisc", "del", "dev", "wan0", "clsact"])


def check_second(lab, good):
    """A second daemon does not disturb the first one."""
    gateway = lab.start_gateway("gw-a", good)
    before = left_behind(lab)
    programs = lab.run("gw-a", ["bpftool", "-j", "net"]).stdout
    other = good.replace(SOCKET, f"{SOCKET}.other")
    check_refused(lab, "second daemon", other,
                  ["already running"], remains=before)
    ok(lab.run("gw-a", ["bpftool", "-j", "net"]).stdout == programs and
       gateway.answers(), "the first daemon and its programs are still there")


def main():
    with Lab() as lab:
        good = lab.default_conf("a")
        check_files(lab, good)
        check_machine(lab, good)
        check_privileges(lab, good)
        check_memory(lab, good)
        check_socket(lab, good)
        check_foreign(lab, good)
        check_dispatcher(lab, good)
        check_filter(lab, good)
        check_second(lab, good)
    return finish()


sys.exit(main())
