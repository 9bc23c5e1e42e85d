#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The daemon is three processes, each of which may die alone: what the others do
meanwhile, and whether packets notice.
"""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import BUILD, Lab, finish, ok, wait_until  # noqa: E402
from stream import INTERVAL_S, Stream  # noqa: E402

IKE_KILLS = 6


def tunnels(gateway):
    return [(t["in"]["spi"], t["out"]["spi"])
            for t in gateway.status()["tunnels"].values()
            if t["state"] == "up"]


def is_up(gateway):
    return len(tunnels(gateway)) == 1


def roles(gateway):
    return [gateway.role_pid(role) for role in ("dp", "ike")]


def clear_packets(packets):
    """Those of the LANs' addresses on the wire."""
    return [p for p in packets if p.haslayer("IP") and
            str(p["IP"].src).startswith("10.")]


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


def check_up_twice(gateway):
    ups = gateway.log().count("_sa up")
    done = gateway.client("up", "to-b/net", check=False)
    ok(done.returncode == 0 and gateway.log().count("_sa up") == ups,
       f"what is up is not made once more: {done.stdout.strip()}")


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


def check_ike_killed(lab, gateway, far):
    """Again and again, in the midst of rekeyings."""
    before = tunnels(gateway)
    stream = Stream(lab)
    for n in range(IKE_KILLS):
        if n % 3 == 1:
            gateway.client("rekey", "to-b/net")
        if n % 3 == 2:
            far.client("rekey", "to-a")
        ups = gateway.log().count("ike: up")
        gateway.kill_role("ike")
        wait_until(lambda ups=ups: gateway.log().count("ike: up") > ups, 10,
                   "another ike")
    wait_until(lambda: is_up(gateway) and is_up(far), 10, "the tunnel")
    sent, received = stream.stop()
    ok(sent > 50 and sent == received,
       f"ike is killed {IKE_KILLS} times: {received} of {sent} pings arrive")
    ok(gateway.log().count("ike_sa up") <= IKE_KILLS // 3,
       "its IKE SAs are taken over, none is made anew but by a rekeying")
    ok(tunnels(gateway) != before, "and were rekeyed meanwhile")


def check_ctl_and_ike_killed(lab, gateway, far):
    """Nobody knows the IKE SA any more, but dp has the keys of its children."""
    before = tunnels(gateway)
    stream = Stream(lab)
    gateway.process.send_signal(signal.SIGKILL)
    gateway.kill_role("ike")
    gateway.process.wait(timeout=10)
    lab.run("host-a", ["ping", "-c", "2", "-i", "0.5", "10.2.0.2"])
    again = lab.start_gateway("gw-a", ike_conf("a", "trap"))
    wait_until(lambda: is_up(again) and tunnels(again) != before, 10,
               "another tunnel")
    sent, received = stream.stop()
    ok(sent > 50 and sent == received,
       f"ctl and ike are killed: {received} of {sent} pings arrive")
    ok(is_up(far), "without a trigger, the tunnel is made anew")
    return again


def check_dp_killed(lab, gateway, far):
    """The keys are gone; every CHILD SA is rekeyed."""
    before, (dp, ike) = tunnels(gateway), roles(gateway)
    capture = lab.capture("wire", "br0")
    stream = Stream(lab)
    gateway.kill_role("dp")
    wait_until(lambda: is_up(gateway) and
               not set(tunnels(gateway)) & set(before), 10, "other SAs")
    lab.run("host-a", ["ping", "-c", "3", "-i", "0.2", "10.2.0.2"])
    sent, received = stream.stop()
    lost_s = (sent - received) * INTERVAL_S
    ok(received > 50 and lost_s < 3,
       f"dp is killed: traffic flows again after {lost_s:.2f} s")
    ok(not clear_packets(capture.stop()), "and none of it was in the clear")
    ok(roles(gateway)[0] != dp and roles(gateway)[1] == ike,
       "another dp is there, and the same ike")
    wait_until(lambda: is_up(far) and
               {spi for pair in tunnels(far) for spi in pair} ==
               {spi for pair in tunnels(gateway) for spi in pair}, 10,
               "both sides to have the same SAs")
    ok(True, "the SPIs of before are deleted at the peer")


def check_trigger_while_ike_is_dead(lab, gateway):
    gateway.client("down", "to-b")
    wait_until(lambda: not is_up(gateway), 10, "the end of the tunnel")
    gateway.kill_role("ike")
    lab.run("host-a", ["ping", "-c", "1", "-W", "1", "10.2.0.2"], check=False)
    wait_until(lambda: is_up(gateway), 10, "the tunnel")
    ok(True, "a packet sent while ike is dead brings the tunnel up afterwards")


def main():
    with Lab() as lab:
        far = lab.start_gateway("gw-b", ike_conf("b"))
        gateway = lab.start_gateway("gw-a", ike_conf("a", "start"))
        wait_until(lambda: is_up(gateway) and is_up(far), 10, "the tunnel")
        gateway = check_ctl_killed(lab, gateway)
        check_second_ctl(lab, gateway)
        check_up_twice(gateway)
        check_ike_killed(lab, gateway, far)
        gateway = check_ctl_and_ike_killed(lab, gateway, far)
        check_dp_killed(lab, gateway, far)
        check_trigger_while_ike_is_dead(lab, gateway)
        check_ctl_stopped(lab, gateway)
    return finish()


sys.exit(main())
