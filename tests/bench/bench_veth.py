#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Packets per second through two veth pairs: a gateway that encrypts, beside plain
AF_XDP forwarding, in short rounds in turn.

    host-a ==> gw-a, cygnetd      ==> wire:a     a manual SA, aes128gcm16
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

from bench import (GATEWAY_CPU, ROUNDS, SENDER_CPU, cell, cpu_seconds, main,
                   spread)
from lab import BUILD, Lab, LabError, log_of, scapy_layers, wait_until

ROUND_S = 1
SIZES = (64, 1400)  # octets of the inner packet
NOBODY = "02:00:00:00:00:fe"

# Where packets go in, through whom, where they come out.
Way = collections.namedtuple("Way", "name host ns sink pid")
# Packets so far, and the CPU time of the process between.
Seen = collections.namedtuple("Seen", "offered delivered cpu_s")
# Packets per second of one round.
Rate = collections.namedtuple("Rate", "offered delivered at_one_cpu")


# --- the network

def is_ready(plain):
    if plain.poll() is not None:
        raise LabError(f"veth_forward ended:\n{log_of(plain)}")
    return "ready" in log_of(plain)


def conf(lab):
    """Of gw-a, by an AEAD: its key is the cipher's and a salt of four octets."""
    lab.renew_sas(encr_bytes=20)
    text = lab.default_conf("a").replace("aes128-sha256", "aes128gcm16")
    text = text.replace(
        "gateway {", "gateway {\n    allow_manual_counter_mode = yes", 1)
    return "".join(line for line in text.splitlines(keepends=True)
                   if "integ_key" not in line)


def start(lab):
    """The two ways, and cygnetd. All is on one CPU that isn't told otherwise."""
    os.sched_setaffinity(0, {GATEWAY_CPU})
    for port in ("a", "b"):
        lab.run("wire", ["ip", "link", "set", "dev", port, "nomaster"])
    lab.run("gw-a", ["ip", "neigh", "replace", "192.0.2.2", "lladdr", NOBODY,
                     "dev", "wan0", "nud", "permanent"])
    gateway = lab.start_gateway("gw-a", conf(lab))
    plain = lab.spawn("gw-b", [f"{BUILD}/tests/bench/veth_forward",
                               "lan0", "wan0"])
    wait_until(lambda: is_ready(plain), 10, "veth_forward")
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


def print_row(row, file):
    for way in ("plain", "gateway"):
        cells = [cell(row[f"{way}_{name}_pps"], 1e6) for name in Rate._fields]
        if way == "gateway":
            cells.append(cell(row["ratio"], 1))
        print(f"{row['inner_bytes']:5} {way:8}", *cells, file=file, flush=True)


def measure(file):
    with Lab() as lab:
        plain, gateway, cygnetd = start(lab)
        print_head(file)
        for inner_bytes in SIZES:
            row = run_size(lab, inner_bytes, plain, gateway)
            print_row(row, file)
            yield row
        check_books(lab, gateway, cygnetd)


main("bench_veth", measure)
