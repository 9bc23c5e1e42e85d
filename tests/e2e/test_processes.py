#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The daemon is three processes, each of which may die alone: what the others do
meanwhile, and whether packets notice.
"""
import os
import re
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import BUILD, Lab, finish, log_of, ok, wait_until  # noqa: E402

INTERVAL_S = 0.005


class Stream:
    """Pings from host-a to host-b, one every INTERVAL_S, until stop()."""

    def __init__(self, lab):
        self._ping = lab.spawn("host-a", [
            "ping", "-n", "-q", "-i", str(INTERVAL_S), "-W", "1", "10.2.0.2"])

    def stop(self):
        """How many were sent, and how many came back."""
        self._ping.send_signal(signal.SIGINT)
        self._ping.wait(timeout=10)
        said = log_of(self._ping)
        return tuple(map(int, re.search(
            r"(\d+) packets transmitted, (\d+) received", said).groups()))


def tunnels(gateway):
    return [(t["in"]["spi"], t["out"]["spi"])
            for t in gateway.status()["tunnels"].values()]


def is_up(gateway):
    return len(tunnels(gateway)) == 1


def roles(gateway):
    return [gateway.role_pid(role) for role in ("dp", "ike")]


def check_ctl_killed(lab, gateway):
    """Returns the gateway with the ctl that came after it."""
    before, processes = tunnels(gateway), roles(gateway)
    stream = Stream(lab)
    gateway.process.send_signal(signal.SIGKILL)
    gateway.process.wait(timeout=10)
    done = lab.run("gw-a", [f"{BUILD}/cygnetd", "--release"], check=False)
    ok(done.returncode == 1 and "running" in done.stderr,
       "without ctl, dp keeps others from taking its programs off")
    lab.run("host-a", ["ping", "-c", "2", "-i", "0.5", "10.2.0.2"])
    again = lab.start_gateway("gw-a", ike_conf("a", "start"))
    sent, received = stream.stop()
    ok(sent > 50 and sent == received,
       f"ctl is killed and started again: {received} of {sent} pings arrive")
    ok(roles(again) == processes, "dp and ike are the processes of before")
    ok(tunnels(again) == before, "the SPIs are those of before")
    ok("child_sa up" not in again.log(), "and no other SAs were negotiated")
    return again


def check_second_ctl(lab, gateway):
    path = lab.write("second.conf", ike_conf("a", "start"))
    done = lab.run("gw-a", [f"{BUILD}/cygnetd", "-f", path], check=False)
    ok(done.returncode == 1 and "already running" in done.stderr,
       f"a second ctl is refused: {done.stderr.strip()}")
    ok(gateway.answers() and is_up(gateway), "and the first goes on")


def check_ctl_stopped(lab, gateway):
    """As an operator does: all of it ends."""
    ok(gateway.stop() == 0, "told to end, ctl ends")
    ok(roles(gateway) == [None, None], "and the other roles with it")


def main():
    with Lab() as lab:
        far = lab.start_gateway("gw-b", ike_conf("b"))
        gateway = lab.start_gateway("gw-a", ike_conf("a", "start"))
        wait_until(lambda: is_up(gateway) and is_up(far), 10, "the tunnel")
        gateway = check_ctl_killed(lab, gateway)
        check_second_ctl(lab, gateway)
        check_ctl_stopped(lab, gateway)
    return finish()


sys.exit(main())
