#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
A guest with Debian's kernel in the place of gw-b: it boots, does what it is
told, reaches the others and is reached, and ends.
"""
# Takes a CPU: it boots a machine in QEMU.
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import qemu  # noqa: E402
from lab import Lab, finish, ok, skip  # noqa: E402

LIMIT_S = 60  # on a machine that is busy, too


def check_commands(guest):
    ok(guest.run(["uname", "-r"]).stdout.startswith("6.1."),
       "a guest runs Debian's kernel 6.1")
    failed = guest.run("printf '%s\n' \"it's\" >&2; exit 3", check=False)
    ok((failed.returncode, failed.stdout) == (3, "it's\n"),
       "a command's exit status and its output come back")
    long = guest.run("head -c 300000 /dev/zero | tr '\\0' x").stdout
    ok(long == "x" * 300000, "a long output comes back whole")
    late = guest.run("echo before; sleep 30", check=False, timeout=1)
    ok(late.returncode == 137 and late.stdout.startswith("before\n"),
       "a command that is out of time is killed")


def check_network(lab, guest):
    links = json.loads(guest.run(["ip", "-json", "link"]).stdout)
    ok({link["ifname"] for link in links} == {"lo", "wan0", "lan0"},
       "it has the interfaces of the machine whose place it takes")
    driver = guest.run(["ethtool", "-i", "wan0"]).stdout
    channels = guest.run(["ethtool", "-l", "wan0"]).stdout
    ok("driver: virtio_net" in driver and
       channels.count(f"Combined:\t{qemu.CPUS}\n") == 1 and
       channels.count(f"Combined:\t{qemu.QUEUES}\n") == 1,
       "they are virtio_net's, with a queue for each CPU and as many for XDP")
    guest.run("ip address add 192.0.2.2/24 dev wan0; "
              "ip address add 10.2.0.1/24 dev lan0")
    ok(guest.run("ping -c 2 -i 0.2 192.0.2.1 && ping -c 2 -i 0.2 10.2.0.2",
                 check=False).returncode == 0,
       "it reaches gw-a over the wire, and host-b behind it")
    ok(lab.run("host-b", ["ping", "-c", "2", "-i", "0.2", "10.2.0.1"],
               check=False).returncode == 0, "and is reached")


def main():
    why = qemu.missing()
    if why:
        skip("a guest boots", why)
        return finish()
    begin = time.monotonic()
    with Lab() as lab:
        guest = qemu.start(lab, "gw-b", programs=["ping"])
        check_commands(guest)
        check_network(lab, guest)
        ok(guest.stop() == 0, "it ends when it is told to")
        took = time.monotonic() - begin
        ok(took < LIMIT_S, f"all that took {took:.1f} s")
    return finish()


sys.exit(main())
