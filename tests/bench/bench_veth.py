#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Packets per second through two veth pairs: a gateway that encrypts, beside plain
AF_XDP forwarding, in short rounds in turn.

    host-a ==> gw-a, cygnetd      ==> wire:a     a manual SA, aes128-sha256
    host-b ==> gw-b, veth_forward ==> wire:b     nothing is changed

    bench_veth [--json]

Both share CPU 1. The flood comes from veth_send on CPU 0, where XDP runs too
and copies into the memory of the gateway. The wire is a dead end: what arrives
there is for a MAC address of nobody, and the kernel drops it at once.

offered     what XDP of the gateway saw, in a second
delivered   what arrived on the wire; the rest of a flood finds the receive ring
            full, and the gateway's is checked to be a drop with a name
at 1 CPU    delivered, in a second of the CPU time that the gateway's process
            got: where others use its CPU too, this is still the same. The ratio
            is that of these, pair by pair.

Most of that time is the kernel's: veth proves plumbing more than speed. Table,
JSON and BENCH_ROUNDS are as in bench.h.
"""
import collections
import json
import os
import statistics
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import (BUILD, Lab, LabError, log_of, scapy_layers,  # noqa: E402
                 wait_until)

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "11"))
ROUND_S = 1
SIZES = (64, 1400)  # octets of the inner packet
GATEWAY_CPU, SENDER_CPU = 1, 0
NOBODY = "02:00:00:00:00:fe"
EXIT_NEEDS_ROOT = 77

# Where packets go in, through whom, where they come out.
Way = collections.namedtuple("Way", "name host ns sink pid")
# Packets so far, and the CPU time of the process between.
Seen = collections.namedtuple("Seen", "offered delivered cpu_s")
# Packets per second of one round.
Rate = collections.namedtuple("Rate", "offered delivered at_one_cpu")


# --- the network

def start(lab):
    """The two ways, and cygnetd. All is on one CPU that isn't told otherwise."""
    os.sched_setaffinity(0, {GATEWAY_CPU})
    for port in ("a", "b"):
        lab.run("wire", ["ip", "link", "set", "dev", port, "nomaster"])
    lab.run("gw-a", ["ip", "neigh", "replace", "192.0.2.2", "lladdr", NOBODY,
                     "dev", "wan0", "nud", "permanent"])
    gateway = lab.start_gateway("gw-a", lab.default_conf("a"))
    plain = lab.spawn("gw-b", [f"{BUILD}/tests/bench/veth_forward",
                               "lan0", "wan0"])
    wait_until(lambda: "ready" in log_of(plain), 10, "veth_forward")
    return (Way("plain", "host-b", "gw-b", "b", plain.pid),
            Way("gateway", "host-a", "gw-a", "a", gateway.role_pid("dp")), gateway)


def frame(inner_bytes, dst):
    """UDP from the network of gw-a to that of gw-b, in hex."""
    inet = scapy_layers().layers.inet
    headers = inet.IP(src="10.1.0.2", dst="10.2.0.2") / inet.UDP(dport=9)
    payload = bytes(inner_bytes - len(headers))
    return bytes(inet.Ether(dst=dst, src=NOBODY) / headers / payload).hex()


def received(lab, ns, ifname):
    link = lab.run(ns, ["ip", "-s", "-json", "link", "show", "dev", ifname])
    return json.loads(link.stdout)[0]["stats64"]["rx"]["packets"]


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


def look(lab, way):
    return Seen(received(lab, way.ns, "lan0"), received(lab, "wire", way.sink),
                cpu_seconds(way.pid))


def look_at_rest(lab, way):
    """Once nothing is under way any more."""
    seen = [look(lab, way)]

    def rest():
        seen.append(look(lab, way))
        return seen[-1][:2] == seen[-2][:2]

    wait_until(rest, 10, f"rest behind {way.ns}")
    return seen[-1]


def check_books(lab, way, gateway):
    """All was steered to the worker, and then arrived or was dropped by name."""
    def balanced():
        seen = look(lab, way)
        dropped = sum(gateway.drops().values())
        return (seen.offered == gateway.passes()["steer_out"] ==
                seen.delivered + dropped)

    wait_until(balanced, 10, "every packet to arrive, or to be a named drop")


# --- rounds

def run_round(lab, way, inner_bytes):
    octets = frame(inner_bytes, lab.mac(way.ns, "lan0"))
    before = look_at_rest(lab, way)
    sender = lab.run(way.host, [
        "taskset", "-c", str(SENDER_CPU), f"{BUILD}/tests/bench/veth_send",
        "eth0", str(ROUND_S), octets])
    after = look_at_rest(lab, way)
    took_s = float(sender.stdout)
    more = Seen(*(late - early for early, late in zip(before, after)))
    if not more.delivered:
        raise LabError(f"nothing came through {way.ns}")
    return Rate(more.offered / took_s, more.delivered / took_s,
                more.delivered / more.cpu_s)


def spread(figures):
    return {"median": statistics.median(figures), "min": min(figures),
            "max": max(figures)}


def run_size(lab, inner_bytes, plain, gateway):
    """The row of one size."""
    pairs = [(run_round(lab, plain, inner_bytes),
              run_round(lab, gateway, inner_bytes))
             for _ in range(ROUNDS)]
    row = {"inner_bytes": inner_bytes}
    for way, rates in zip((plain, gateway), zip(*pairs)):
        for name, figures in zip(Rate._fields, zip(*rates)):
            row[f"{way.name}_{name}_pps"] = spread(figures)
    row["ratio"] = spread([g.at_one_cpu / p.at_one_cpu for p, g in pairs])
    return row


# --- the report

def print_head(file):
    print(f"million packets per second: median of {ROUNDS} rounds "
          "(min to max)\n", file=file)
    print(f"bytes {'way':8}", *(f"{name:23}" for name in (
        "offered", "delivered", "at 1 CPU")), "ratio", file=file, flush=True)


def cell(figures, unit):
    median, least, most = (figures[name] / unit
                           for name in ("median", "min", "max"))
    return f"{median:6.2f} ({least:5.2f} to {most:5.2f})"


def print_row(row, file):
    for way in ("plain", "gateway"):
        cells = [cell(row[f"{way}_{name}_pps"], 1e6) for name in Rate._fields]
        if way == "gateway":
            cells.append(cell(row["ratio"], 1))
        print(f"{row['inner_bytes']:5} {way:8}", *cells, file=file, flush=True)


def main():
    if os.geteuid() != 0:
        print("bench_veth: needs root; run: sudo make bench", file=sys.stderr)
        return EXIT_NEEDS_ROOT
    if os.cpu_count() < 2:
        return "bench_veth: needs two CPUs"
    if sys.argv[1:] not in ([], ["--json"]):
        return "bench_veth: the only option is --json"
    with_json = "--json" in sys.argv
    table = sys.stderr if with_json else sys.stdout
    rows = []
    with Lab() as lab:
        plain, gateway, cygnetd = start(lab)
        print_head(table)
        for inner_bytes in SIZES:
            rows.append(run_size(lab, inner_bytes, plain, gateway))
            print_row(rows[-1], table)
        check_books(lab, gateway, cygnetd)
    if with_json:
        print(json.dumps(rows, indent=2))
    return 0


try:
    sys.exit(main())
except LabError as error:
    sys.exit(f"bench_veth: {error}")
