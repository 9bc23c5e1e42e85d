#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Processes that end at any moment, that do not go on, or that are started in a
strange environment: the daemon comes up again, and nobody waits without end.
"""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import (BUILD, Gateway, Lab, LabError, eventually,  # noqa: E402
                 finish, log_of, ok, wait_until)

FULL = os.environ.get("FULL") == "1"
ROUNDS = 210 if FULL else 42
KILLS = (("ctl",), ("dp",), ("ike",), ("dp", "ctl"), ("ike", "ctl"),
         ("dp", "ike"), ("ctl", "dp", "ike"))
STEP_S = 0.007  # from one round's kill to the next one's, and around
ROUND_S = 0.3
UP_S = 15
SILENT_S = 20   # ctl gives a process 10 s for its first word


def is_up(gateway):
    return any(t["state"] == "up"
               for t in gateway.status()["tunnels"].values())


def kill(pid, sig=signal.SIGKILL):
    try:
        os.kill(pid, sig)
    except (ProcessLookupError, TypeError):
        pass  # it has ended, or never was


def spawn(lab, path, words=()):
    process = lab.spawn("gw-a", [*words, f"{BUILD}/cygnetd", "-f", path])
    return Gateway(lab, "gw-a", process)


def come_up(gateway, what):
    wait_until(lambda: gateway.answers() and is_up(gateway), UP_S, what)


# --- at any moment

def kill_in(gateway, roles):
    for role in roles:
        kill(gateway.pid if role == "ctl" else gateway.role_pid(role))


def run_round(lab, path, number):
    """Returns the gateway, which is up."""
    gateway, roles = spawn(lab, path), KILLS[number % len(KILLS)]
    time.sleep(number * STEP_S % ROUND_S)
    kill_in(gateway, roles)
    if "ctl" in roles:
        gateway.process.wait(timeout=10)
        gateway = spawn(lab, path)
    come_up(gateway, f"round {number}, {' and '.join(roles)} killed")
    return gateway


def check_kills(lab, path):
    """Whatever the round before left: nothing, ctl's others, or no ctl."""
    try:
        for number in range(ROUNDS):
            gateway = run_round(lab, path, number)
            if number % 3 == 0:
                gateway.stop(timeout=20)
                continue
            gateway.process.kill()
            gateway.process.wait(timeout=10)
            if number % 3 == 1:
                kill_in(gateway, ("dp", "ike"))
    except LabError as error:
        ok(False, f"the gateway comes up, whoever is killed: {error}")
        return
    ok(True, f"the gateway comes up {ROUNDS} times, whoever is killed")


def check_ports_are_free(lab, path):
    """dp keeps IKE's sockets; ike alone would keep them from the next one."""
    gateway = spawn(lab, path)
    come_up(gateway, "the tunnel")
    kill_in(gateway, ("dp", "ctl"))
    gateway.process.wait(timeout=10)
    wait_until(lambda: not gateway.role_pid("ike"), 10, "the end of ike")
    ok(True, "without ctl and dp, ike ends")
    gateway = spawn(lab, path)
    come_up(gateway, "the tunnel after ctl and dp were killed")
    return gateway


def other_than(gateway, role, pid):
    return wait_until(lambda: {gateway.role_pid(role)} - {None, pid}, 10,
                      f"another {role}").pop()


def check_ike_before_dp(gateway):
    """What it asks of a dp that is not there yet is asked again."""
    gateway.client("down", "to-b")
    before = {role: gateway.role_pid(role) for role in ("dp", "ike")}
    kill(before["dp"])
    dp = other_than(gateway, "dp", before["dp"])
    kill(dp, signal.SIGSTOP)
    ups = gateway.log().count("ike: up")
    kill(before["ike"])
    wait_until(lambda: gateway.log().count("ike: up") > ups, 10, "another ike")
    time.sleep(0.5)  # it speaks with its peer
    kill(dp, signal.SIGCONT)
    come_up(gateway, "the tunnel of an ike that was there before dp")
    ok(True, "an ike that is there before dp brings its tunnels up")


def check_commands_meanwhile(gateway):
    """Right behind the end of an ike, before ctl may know of it, and after."""
    for pause_s in (0, 0, 0.002, 0.01):
        gateway.client("down", "to-b")
        kill(gateway.role_pid("ike"))
        time.sleep(pause_s)
        done = gateway.client("up", "to-b", check=False)
        ok(done.returncode == 0 and is_up(gateway),
           f"a command {pause_s * 1000:.0f} ms behind the end of ike is for "
           f"the next one {done.stderr}")
    kill(gateway.role_pid("ike"))
    done = gateway.client("rekey", "to-b", check=False)
    ok(done.returncode == 0,
       f"so is one about SAs that it takes over {done.stderr}")


# --- that do not go on

def check_stopped_dp(gateway):
    dp = gateway.role_pid("dp")
    kill(dp, signal.SIGSTOP)
    begin = time.monotonic()
    state = is_up(gateway)
    ok(state and time.monotonic() - begin < 8,
       "status is answered while dp does not go on")
    ok("dp: it does not answer" in gateway.log(), "and the log says so")
    kill(dp, signal.SIGCONT)
    wait_until(lambda: "dp: it answers again" in gateway.log(), 10,
               "dp's answer")
    ok(is_up(gateway) and gateway.role_pid("dp") == dp,
       "dp goes on as if nothing had been")


def check_stopped_ike(gateway):
    kill(gateway.role_pid("ike"), signal.SIGSTOP)
    ok(gateway.answers(), "status is answered while ike does not go on")
    ok(gateway.stop() == 0, "nor does it keep the daemon from ending")
    ok(gateway.role_pid("ike") is None, "which takes it along")


def check_silent_dp(lab, path):
    """Of a ctl that was killed; it may not be started a second time."""
    gateway = spawn(lab, path)
    come_up(gateway, "the tunnel")
    dp = gateway.role_pid("dp")
    kill(dp, signal.SIGSTOP)
    gateway.process.kill()
    gateway.process.wait(timeout=10)
    late = lab.spawn("gw-a", [f"{BUILD}/cygnetd", "-f", path])
    ok(late.wait(timeout=SILENT_S) == 1 and "does not answer" in log_of(late),
       "a start that finds a dp which says nothing fails, and says why")
    kill(dp, signal.SIGCONT)
    return dp


def check_silent_ike(lab, path, dp):
    gateway = spawn(lab, path)
    come_up(gateway, "the tunnel")
    ok(gateway.role_pid("dp") == dp, "when dp goes on, it is found again")
    ike = gateway.role_pid("ike")
    kill(ike, signal.SIGSTOP)
    gateway.process.kill()
    gateway.process.wait(timeout=10)
    gateway = spawn(lab, path)
    wait_until(lambda: "ike: the process at" in gateway.log(), SILENT_S,
               "a line about ike")
    ok("fuser -k" in gateway.log(), "of a silent ike the log says what to do")
    kill(ike)
    wait_until(lambda: gateway.role_pid("ike") not in (None, ike), SILENT_S,
               "another ike")
    come_up(gateway, "the tunnel after a silent ike")
    ok(True, "and when it is gone there is another one")
    return gateway


# --- strange environments

def check_environment(lab, path):
    gateway = spawn(lab, path, [
        "sh", "-c", 'trap "" CHLD; exec "$@" <&- >&- 2>&-', "sh"])
    come_up(gateway, "the tunnel, with no standard descriptors")
    ok(True, "it runs without standard descriptors, SIGCHLD ignored")
    ike, before = gateway.role_pid("ike"), len(descriptors(gateway.pid))
    kill(ike)
    wait_until(lambda: gateway.role_pid("ike") not in (None, ike), 10,
               "another ike")
    come_up(gateway, "the tunnel with another ike")
    ok(eventually(lambda: len(descriptors(gateway.pid)) == before),
       "a process that ends takes its descriptors in ctl along")
    shut = [name for name in descriptors(gateway.role_pid("ike"))
            if "bpf" in name or "tun" in name or "inotify" in name]
    ok(not shut, f"ike has nothing that is dp's {shut}")
    ok(gateway.stop() == 0, "and it ends when it is told to")


def descriptors(pid):
    folder = f"/proc/{pid}/fd"
    return [os.readlink(f"{folder}/{fd}") for fd in os.listdir(folder)]


def main():
    with Lab() as lab:
        lab.start_gateway("gw-b", ike_conf("b"))
        path = lab.write("ends.conf", ike_conf("a", "start"))
        gateway = check_ports_are_free(lab, path)
        check_ike_before_dp(gateway)
        check_commands_meanwhile(gateway)
        check_stopped_dp(gateway)
        check_stopped_ike(gateway)
        gateway = check_silent_ike(lab, path, check_silent_dp(lab, path))
        gateway.stop(timeout=20)
        check_environment(lab, path)
        check_kills(lab, path)
    return finish()


sys.exit(main())
