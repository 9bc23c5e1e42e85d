# SPDX-License-Identifier: BSD-2-Clause
"""
XDP programs of somebody else in a guest (qemu.py), loaded by xdp-loader into
libxdp's dispatcher, each counting what it sees.

    guest = others_xdp.start(lab, "gw-b", ["another"])
    xdp = others_xdp.Xdp(guest)
    xdp.load("lan0", "another")
    xdp.seen("another")

Of the same priority libxdp runs them by their names, and ours is `cygnet`: what
comes before that in the alphabet shows whose priority counts.
"""
import os
import re
import subprocess

import qemu
from lab import wait_until

DISPATCHER = "/usr/lib/x86_64-linux-gnu/bpf/xdp-dispatcher.o"
CONF = "/run/cygnet.conf"

COUNTER = """\
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char terms[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} NAME_seen SEC(".maps");

SEC("xdp")
int NAME(struct xdp_md *ctx)
{
	const __u32 zero = 0;
	__u64 *n = bpf_map_lookup_elem(&NAME_seen, &zero);

	if (n)
		__sync_fetch_and_add(n, 1);
	return XDP_PASS;
}
"""


def build(lab, name):
    """A program of somebody else, that counts what it sees."""
    source = lab.write(f"{name}.c", COUNTER.replace("NAME", name))
    built = os.path.join(lab.dir, f"{name}.o")
    include = "/usr/include/" + subprocess.run(
        ["gcc", "-dumpmachine"], check=True, capture_output=True,
        text=True).stdout.strip()
    subprocess.run(["clang", "-O2", "-g", "-target", "bpf", f"-I{include}",
                    "-c", source, "-o", built], check=True, timeout=30)
    return built


class Xdp:
    """The guest's interfaces, as xdp-loader sees them."""

    def __init__(self, guest):
        self.guest = guest

    def load(self, ifname, name):
        self.guest.run(["xdp-loader", "load", "-m", "native", ifname,
                        f"/theirs/{name}.o"], timeout=20)

    def _rows(self, ifname):
        said = self.guest.run(["xdp-loader", "status", ifname]).stdout
        return re.findall(r"=>\s+(\d+)\s+(\S+)\s+(\d+)", said)

    def members(self, ifname):
        """Names, in the order in which they run."""
        return [name for _, name, _ in self._rows(ifname)]

    def unload(self, ifname, name):
        number = next(i for _, who, i in self._rows(ifname) if who == name)
        self.guest.run(["xdp-loader", "unload", ifname, "-i", number],
                       timeout=20)

    def seen(self, name):
        """Packets, on all interfaces."""
        said = self.guest.run(["bpftool", "map", "dump", "name",
                               f"{name}_seen"]).stdout
        return sum(map(int, re.findall(r'"value": (\d+)', said)))

    def pins(self):
        """What is kept of us in the bpffs."""
        return self.guest.run("ls /sys/fs/bpf/cygnet || true").stdout.split()


def start(lab, names):
    """A guest in the place of gw-b, a gateway but for cygnetd."""
    guest = qemu.start(
        lab, "gw-b", programs=["ping", "xdp-loader", "bpftool"],
        files={DISPATCHER: DISPATCHER} | {
            f"/theirs/{name}.o": build(lab, name) for name in names})
    guest.run("ip address add 192.0.2.2/24 dev wan0; "
              "ip address add 10.2.0.1/24 dev lan0; "
              "sysctl -qw net.ipv4.ip_forward=1")
    return guest


def dispatcher_conf(lab):
    """gw-b's, in libxdp's dispatcher."""
    return lab.default_conf("b").replace(
        "gateway {\n", "gateway {\n    xdp = dispatcher\n")


def doctor(guest):
    """What it says of the configuration that runs."""
    return guest.run(["/cygnet/cygnet", "doctor", CONF], check=False,
                     timeout=20).stdout


def end_gateway(guest, how=""):
    guest.run(f"kill {how} $(pidof cygnetd); "
              "while pidof cygnetd; do sleep 0.1; done", timeout=20)


def release(guest):
    """Who was killed lets go of ipsec0 a moment later."""
    wait_until(lambda: guest.run(["/cygnet/cygnetd", "--release"], check=False,
                                 timeout=20).returncode == 0, 10, "--release")


def ping(lab, ns, target, *words, count=5):
    return lab.run(ns, ["ping", "-n", "-c", str(count), "-i", "0.1", "-W", "1",
                        *words, target], check=False).returncode == 0


def carries(lab):
    return ping(lab, "host-a", "10.2.0.2") and ping(lab, "host-b", "10.1.0.2")
