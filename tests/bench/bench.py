# SPDX-License-Identifier: BSD-2-Clause
"""
What the benchmarks in Python have in common, as bench.h for those in C: rounds,
medians with their spread, CPU time, and a report as a table and as JSON.
"""
import json
import os
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import LabError  # noqa: E402

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "11"))
GATEWAY_CPU, SENDER_CPU = 1, 0
EXIT_NEEDS_ROOT = 77


def cpu_seconds(pid):
    """
    Of all threads, with the kernel's work in their system calls; the softirqs
    in these too, unless it is built with IRQ_TIME_ACCOUNTING.
    """
    total_ns = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat") as file:
            total_ns += int(file.read().split()[0])
    return total_ns / 1e9


def spread(figures):
    return {"median": statistics.median(figures), "min": min(figures),
            "max": max(figures)}


def cell(figures, unit, decimals=2):
    """A cell of the table, of 23 characters."""
    median, least, most = (figures[name] / unit
                           for name in ("median", "min", "max"))
    return (f"{median:6.{decimals}f} "
            f"({least:5.{decimals}f} to {most:5.{decimals}f})").ljust(23)


def _run(name, rows):
    if os.geteuid() != 0:
        print(f"{name}: needs root; run: sudo make bench", file=sys.stderr)
        return EXIT_NEEDS_ROOT
    if os.cpu_count() < 2:
        return f"{name}: needs two CPUs"
    if sys.argv[1:] not in ([], ["--json"]):
        return f"{name}: the only option is --json"
    with_json = "--json" in sys.argv
    try:
        done = list(rows(sys.stderr if with_json else sys.stdout))
    except LabError as error:
        return f"{name}: {error}"
    if with_json:
        print(json.dumps(done, indent=2))
    return 0


def main(name, rows):
    """Ends the program. rows(file) prints the table and yields its rows."""
    sys.exit(_run(name, rows))
