#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Where our program has an interface for itself, it keeps that until it is released,
although by now the configuration says that it joins others; see test_qemu_seat.py
for the other way round, which not every kernel has.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import Lab, finish, ok  # noqa: E402


def carries(lab):
    return lab.run("host-a", ["ping", "-n", "-c", "3", "-i", "0.1", "-W", "2",
                              "10.2.0.2"], check=False).returncode == 0


def main():
    with Lab() as lab:
        lab.start_gateway("gw-b", lab.default_conf("b"))
        conf = lab.default_conf("a")
        first = lab.start_gateway("gw-a", conf)
        first.kill()
        gateway = lab.start_gateway("gw-a", conf.replace(
            "gateway {\n", "gateway {\n    xdp = dispatcher\n"))
        ok({i["place"] for i in gateway.status()["interfaces"].values()} ==
           {"alone"} and carries(lab), "the only program stays the only one")
        ok(gateway.log().count("XDP stays alone") == 2,
           "the log says so of each interface, and how it is changed")
    return finish()


sys.exit(main())
