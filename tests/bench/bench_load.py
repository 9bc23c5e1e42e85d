#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Tunnels by the thousand with one gateway: up, their CHILD SAs rekeyed, their IKE
SAs rekeyed, down. cygnetd with TUNNELS of them, and charon with fewer.

    wire, an address for each initiator ==> gw-a, cygnetd
                                        ==> gw-b, charon

    bench_load [--json]

The initiators are those of tools/ike_load, 32 of them at a time: both responders
ask for cookies. The responder has CPU 1 with all its processes, and a connection
for whoever comes, whose networks are narrowed to one address each.

failed    of all
seconds   for all of them; and in ms, of one: the median and the worst
memory    anonymous memory of the responder's processes for each tunnel, less what
          they had before the first
status    ms for an answer of `cygnet status` or `swanctl --stats`, with the start
          of that program, asked again and again meanwhile

Not in it is what the kernel has: the slots of BPF's maps are there from the
beginning. charon carries ESP in a library of its own, as in bench_handshakes.
"""
import collections
import contextlib
import json
import os
import subprocess
import threading
import time

from bench import (GATEWAY_CPU, ROUNDS, SENDER_CPU, cell, main, spread)
from bench_handshakes import PSK, configuration, connection
import charon as strongswan
from lab import BUILD, Lab, LabError, SIDES, log_of, wait_until

TUNNELS, CHARON_TUNNELS = (64, 64) if ROUNDS == 1 else (10000, 1000)
SUITE, ESP = "aes128-sha256-x25519", "aes128gcm16"
FIRST, ADDRESSES = "198.18.0.1", "198.18.0.0/15"  # RFC 2544
FIRST_TS, REMOTE_TS = "10.64.0.1/32", "10.64.0.0/16"
PHASES = ("up", "rekey_child", "rekey_ike", "down")
PHASE_S = 150
REST_S = 0.1  # between two questions

Responder = collections.namedtuple("Responder", "name side tunnels pids ask")


def memory_kib(responder):
    total = 0
    for pid in responder.pids:
        with open(f"/proc/{pid}/status") as file:
            total += sum(int(line.split()[1]) for line in file
                         if line.startswith("RssAnon:"))
    return total


# --- the responders

def start_cygnetd(lab):
    here = SIDES["a"]
    gateway = lab.start_gateway("gw-a", configuration([connection(
        "any", here.outer, "%any", SUITE, here.lan, REMOTE_TS)]))
    return Responder("cygnetd", "a", TUNNELS,
                     [gateway.pid, gateway.role_pid("dp"),
                      gateway.role_pid("ike")], lambda: gateway.client("status"))


def start_charon(lab):
    here = SIDES["b"]
    peer = strongswan.start(
        lab, "gw-b", local=here.outer, remote="%any", ike=SUITE, esp=ESP,
        psk=PSK, local_ts=here.lan, remote_ts=REMOTE_TS, cookie_threshold=10,
        install_routes="no", log_default=0, log_ike=0, log_esp=0)
    return Responder("charon", "b", CHARON_TUNNELS, [peer.process.pid],
                     lambda: peer.swanctl("--stats"))


def start(lab):
    os.sched_setaffinity(0, {GATEWAY_CPU})
    lab.run("wire", ["ip", "route", "add", "local", ADDRESSES, "dev", "lo"])
    for side in SIDES:
        lab.run(f"gw-{side}", ["ip", "route", "add", ADDRESSES,
                               "via", "192.0.2.9"])
    responders = start_cygnetd(lab), start_charon(lab)
    os.sched_setaffinity(0, {SENDER_CPU})
    return responders


# --- a run

@contextlib.contextmanager
def asked(ask):
    """Asks all the while; a list of the times in ms."""
    times, over = [], threading.Event()

    def run():
        while not over.wait(REST_S):
            began = time.monotonic()
            ask()
            times.append(1000 * (time.monotonic() - began))

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield times
    finally:
        over.set()
        thread.join()


def phase_line(load, index):
    """What the load generator says of its phase, when it has come to its end."""
    def lines():
        found = [line for line in log_of(load).splitlines()
                 if line.startswith("{")]
        if load.poll() and len(found) <= index:
            raise LabError(f"ike_load ended: {log_of(load)}")
        return found[index:index + 1]

    return json.loads(wait_until(lines, PHASE_S, f"phase {PHASES[index]}")[0])


def run(lab, responder):
    """A row for each phase."""
    path = lab.write("first.conf", configuration([connection(
        "first", FIRST, SIDES[responder.side].outer, SUITE, FIRST_TS,
        SIDES[responder.side].lan)]))
    before = memory_kib(responder)
    load = lab.spawn("wire", ["taskset", "-c", str(SENDER_CPU),
                              f"{BUILD}/tools/ike_load", path,
                              str(responder.tunnels)], stdin=subprocess.PIPE)
    for index, phase in enumerate(PHASES):
        with asked(responder.ask) as times:
            if index:
                load.stdin.write("\n")
                load.stdin.flush()
            said = phase_line(load, index)
            wait_until(lambda: times, PHASE_S, "an answer")
        yield {"responder": responder.name, "phase": phase,
               "tunnels": responder.tunnels, **{
                   key: said[key] for key in ("failed", "seconds", "median_ms",
                                              "worst_ms")},
               "kib_each": (memory_kib(responder) - before) /
               responder.tunnels, "status_ms": spread(times)}
    load.stdin.close()
    load.wait(timeout=30)


# --- the report

def print_head(file):
    print(f"{'responder':9} {'tunnels':>7} {'phase':11} {'failed':>6} "
          f"{'seconds':>8} {'ms':>7} {'worst':>8} {'KiB each':>8} status, ms",
          file=file, flush=True)


def print_row(row, file):
    print(f"{row['responder']:9} {row['tunnels']:7} {row['phase']:11} "
          f"{row['failed']:6} {row['seconds']:8.2f} {row['median_ms']:7.2f} "
          f"{row['worst_ms']:8.1f} {row['kib_each']:8.2f}",
          cell(row["status_ms"], 1, 0), file=file, flush=True)


def measure(file):
    with Lab() as lab:
        responders = start(lab)
        print_head(file)
        for responder in responders:
            for row in run(lab, responder):
                print_row(row, file)
                yield row


if __name__ == "__main__":
    main("bench_load", measure)
