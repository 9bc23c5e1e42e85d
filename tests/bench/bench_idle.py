#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
CPU time of a gateway that has nothing to do: two workers, a tunnel by IKEv2 that
is up and asked for a sign of life now and then, and no packets.

    bench_idle [--json]

A round is a second. Of each process cpu is that of all its threads, in percent
of one CPU, and wakes is how often one of them went to sleep again. Table, JSON
and BENCH_ROUNDS are as in bench.h.
"""
import os
import time

from bench import ROUNDS, cell, cpu_seconds, main, spread
from ike_conf import ike_conf
from lab import Lab, LabError, wait_until

ROUND_S = 1
SETTLE_S = 3  # what follows a handshake is over
WORKERS = 2
FAR_HOST = "10.2.0.2"


def conf(side, start_action):
    return ike_conf(side, start_action=start_action, dpd_delay=30).replace(
        "gateway {", f"gateway {{\n    workers = {WORKERS}", 1)


def start(lab):
    """The processes of gw-a, by name, once it rests."""
    lab.start_gateway("gw-b", conf("b", "none"))
    gateway = lab.start_gateway("gw-a", conf("a", "start"))
    wait_until(lambda: lab.run("host-a", ["ping", "-c1", "-W1", FAR_HOST],
                               check=False).returncode == 0, 15, "the tunnel")
    time.sleep(SETTLE_S)
    return {"main": gateway.pid, "dp": gateway.role_pid("dp"),
            "ike": gateway.role_pid("ike")}


def threads(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


def wakes(pid):
    """How often its threads have gone to sleep so far."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/status") as file:
            total += sum(int(line.split()[1]) for line in file
                         if line.startswith("voluntary_ctxt_switches"))
    return total


def run_round(pids):
    """CPU time in percent and wakes per second, of each process."""
    begun = time.monotonic()
    before = [(cpu_seconds(pid), wakes(pid)) for pid in pids]
    time.sleep(ROUND_S)
    after = [(cpu_seconds(pid), wakes(pid)) for pid in pids]
    took_s = time.monotonic() - begun
    return [(100 * (late[0] - early[0]) / took_s, (late[1] - early[1]) / took_s)
            for early, late in zip(before, after)]


def row_of(name, rounds):
    cpu, woken = zip(*rounds)
    return {"process": name, "cpu_percent": spread(cpu),
            "wakes_per_s": spread(woken)}


def print_row(row, file):
    print(f"{row['process']:8}", cell(row["cpu_percent"], 1, 3),
          cell(row["wakes_per_s"], 1, 1), file=file, flush=True)


def rows(file):
    with Lab() as lab:
        pids = start(lab)
        if threads(pids["dp"]) <= WORKERS:
            raise LabError(f"there are not {WORKERS} workers")
        rounds = [run_round(pids.values()) for _ in range(ROUNDS)]
    print(f"of a second: median of {ROUNDS} rounds (min to max)\n\n"
          f"{'process':8} {'cpu, percent':23} wakes", file=file)
    each = dict(zip(pids, zip(*rounds)))
    each["all"] = [tuple(map(sum, zip(*one))) for one in rounds]
    for name, figures in each.items():
        row = row_of(name, figures)
        print_row(row, file)
        yield row


main("bench_idle", rows)
