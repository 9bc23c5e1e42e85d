#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Handshakes per second of a responder on one core: cygnetd, beside strongSwan's
charon, in short rounds in turn.

    wire, INITIATORS addresses ==> gw-a, cygnetd
                               ==> gw-b, charon

    bench_handshakes [--json]

A handshake is IKE_SA_INIT, IKE_AUTH with one child by a pre-shared key, and the
DELETE of it all. Both responders share CPU 1 with all their processes: of
cygnetd these are three, and what counts is their sum. The initiators, one
process on CPU 0, are engines of ours, for both the same; they are fewer than
what a cookie is asked for.

handshakes   in a second
at 1 CPU     in a second of the CPU time that the responder got: where the
             initiators are slower than it, or others use its CPU too, this is
             still the same. The ratio is that of these, pair by pair.

Each installs its CHILD SAs where it carries ESP: cygnetd in its data path,
charon in its library for ESP in user space, for no kernel's is at hand; its
routes are switched off, and its log is as terse as ours. Table, JSON and
BENCH_ROUNDS are as in bench.h.
"""
import collections
import json
import os

from bench import (GATEWAY_CPU, ROUNDS, SENDER_CPU, cell, cpu_seconds, main,
                   spread)
import charon as strongswan
from lab import BUILD, Lab, LabError, SIDES, SOCKET, wait_until

ROUND_S = 0.2 if ROUNDS == 1 else 1
INITIATORS = 8
SUITES = ("aes128-sha256-ecp256", "aes128-sha256-x25519",
          "aes128-sha256-modp2048")
ESP = "aes128gcm16"
PSK = "a secret of both"
REMOTE_TS = "10.3.0.0/24"  # behind the initiators
REST_S = 0.001  # CPU time of one that has nothing to do, between two looks

Responder = collections.namedtuple("Responder", "name side pids")
# Handshakes per second of one round.
Rate = collections.namedtuple("Rate", "handshakes at_one_cpu")


# --- configurations

def connection(name, local, remote, ike, local_ts, remote_ts):
    return f"""\
    {name} {{
        local_addrs = {local}
        remote_addrs = {remote}
        proposals = {ike}
        local {{
            auth = psk
        }}
        remote {{
            auth = psk
        }}
        children {{
            net {{
                local_ts = {local_ts}
                remote_ts = {remote_ts}
                esp_proposals = {ESP}
            }}
        }}
    }}
"""


def configuration(connections):
    return f"""\
gateway {{
    protected = lan0
    unprotected = wan0
    socket = {SOCKET}
}}
connections {{
{"".join(connections)}}}
secrets {{
    ike {{
        secret = "{PSK}"
    }}
}}
"""


def address(i):
    return f"192.0.2.{101 + i}"


def initiators(side, ike):
    """The first one; each has an identity of its own, its address."""
    return configuration([connection("first", address(0), SIDES[side].outer,
                                     ike, "10.3.0.101/32", SIDES[side].lan)])


# --- the responders

def start_cygnetd(lab):
    here = SIDES["a"]
    gateway = lab.start_gateway("gw-a", configuration([connection(
        "any", here.outer, "%any", ",".join(SUITES), here.lan, REMOTE_TS)]))
    return Responder("cygnetd", "a", [gateway.pid, gateway.role_pid("dp"),
                                      gateway.role_pid("ike")])


def start_charon(lab):
    here = SIDES["b"]
    peer = strongswan.start(
        lab, "gw-b", local=here.outer, remote="%any", ike=",".join(SUITES),
        esp=ESP, psk=PSK, local_ts=here.lan, remote_ts=REMOTE_TS,
        install_routes="no", log_default=0, log_ike=0, log_esp=0)
    return Responder("charon", "b", [peer.process.pid])


def start(lab):
    """Both, on one CPU."""
    os.sched_setaffinity(0, {GATEWAY_CPU})
    for i in range(INITIATORS):
        lab.run("wire", ["ip", "address", "add", f"{address(i)}/24",
                         "dev", "br0"])
    return start_cygnetd(lab), start_charon(lab)


def cpu_at_rest(responder):
    """Once what was begun is done."""
    seen = [0]

    def rest():
        seen.append(sum(map(cpu_seconds, responder.pids)))
        return seen[-1] - seen[-2] < REST_S

    wait_until(rest, 10, f"rest of {responder.name}")
    return seen[-1]


# --- rounds

def run_round(lab, responder, conf):
    path = lab.write("initiators.conf", conf)
    before_s = cpu_at_rest(responder)
    done = lab.run("wire", [
        "taskset", "-c", str(SENDER_CPU), f"{BUILD}/tools/ike_load",
        path, str(INITIATORS), str(ROUND_S)], timeout=60)
    cpu_s = cpu_at_rest(responder) - before_s
    count, took_s = json.loads(done.stdout).values()
    if count < INITIATORS:
        raise LabError(f"{count} handshakes with {responder.name}")
    return Rate(count / took_s, count / cpu_s)


def run_suite(lab, suite, cygnetd, charon):
    """The row of one suite."""
    pairs = [[run_round(lab, responder, initiators(responder.side, suite))
              for responder in (cygnetd, charon)] for _ in range(ROUNDS)]
    return {"suite": suite, **row_of(pairs, cygnetd, charon)}


def row_of(pairs, cygnetd, charon):
    row = {}
    for responder, rates in zip((cygnetd, charon), zip(*pairs)):
        for name, figures in zip(Rate._fields, zip(*rates)):
            row[f"{responder.name}_{name}"] = spread(figures)
    row["ratio"] = spread([ours.at_one_cpu / theirs.at_one_cpu
                           for ours, theirs in pairs])
    return row


# --- the report

def print_head(file):
    print(f"handshakes per second: median of {ROUNDS} rounds (min to max)\n",
          file=file)
    print(f"{'suite':22} {'responder':9}", f"{'handshakes':23}",
          f"{'at 1 CPU':23}", "ratio", file=file, flush=True)


def print_row(row, file):
    for name in ("cygnetd", "charon"):
        cells = [cell(row[f"{name}_{rate}"], 1, 0) for rate in Rate._fields]
        if name == "cygnetd":
            cells.append(cell(row["ratio"], 1))
        print(f"{row['suite']:22} {name:9}", *cells, file=file, flush=True)


def measure(file):
    with Lab() as lab:
        cygnetd, charon = start(lab)
        print_head(file)
        for suite in SUITES:
            row = run_suite(lab, suite, cygnetd, charon)
            print_row(row, file)
            yield row


if __name__ == "__main__":
    main("bench_handshakes", measure)
