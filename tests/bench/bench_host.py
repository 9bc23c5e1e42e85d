#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
TCP of the hosts themselves, from one gateway to the other, by iperf3: through
ipsec0 of two cygnetd, beside strongSwan's charon with kernel-libipsec on two
machines of their own, in rounds in turn. aes128gcm16, keys by IKEv2.

    gw-a  10.1.0.1  === gw-b  10.2.0.1      cygnetd
    ref-a 10.11.0.1 === ref-b 10.12.0.1     charon

    bench_host [--json]

Sender, receiver and both tunnels' ends share the CPUs of this machine.

received    Gbit/s, what the receiver got
at 1 CPU    the same in a second of the CPU time that all of them got together,
            where others use the machine, too

The ratios are theirs, pair by pair. Table, JSON and BENCH_ROUNDS are as in
bench.h.
"""
import collections
import json

from bench import ROUNDS, cell, cpu_seconds, main, spread
import charon as strongswan
from ike_conf import PSK, ike_conf
from lab import Lab, wait_until

ROUND_S = 3

# Two hosts, an address of the far one, and the processes of the tunnel.
Way = collections.namedtuple("Way", "name near far address pids")
# Gbit/s of one round.
Rate = collections.namedtuple("Rate", "received at_one_cpu")


def join_directly(lab):
    """Without the bridge of the laboratory, as the reference is."""
    for ns in ("gw-a", "gw-b"):
        lab.run(ns, ["ip", "link", "delete", "dev", "wan0"])
    lab._add_link(("gw-a", "wan0"), ("gw-b", "wan0"))
    for side in ("a", "b"):
        lab.add_wan_address(side)


def add_gateways(lab):
    """cygnetd on both sides."""
    join_directly(lab)
    pids = []
    for side in ("b", "a"):
        gateway = lab.start_gateway(f"gw-{side}", ike_conf(side, start_action=(
            "start" if side == "a" else "none")))
        pids += [gateway.pid, gateway.role_pid("dp"), gateway.role_pid("ike")]
    return Way("cygnet", "gw-a", "gw-b", "10.2.0.1", pids)


def add_reference(lab):
    """Two machines with a wire of their own, and charon on both."""
    wan = {"ref-a": "198.51.100.1", "ref-b": "198.51.100.2"}
    lan = {"ref-a": "10.11.0", "ref-b": "10.12.0"}
    for ns in wan:
        lab._add_machine(ns)
    lab._add_link(("ref-a", "wan0"), ("ref-b", "wan0"))
    ends = []
    for ns, peer in (("ref-a", "ref-b"), ("ref-b", "ref-a")):
        lab.run(ns, ["ip", "address", "add", f"{wan[ns]}/24", "dev", "wan0"])
        lab.run(ns, ["ip", "address", "add", f"{lan[ns]}.1/24", "dev", "lo"])
        ends.append(strongswan.start(
            lab, ns, local=wan[ns], remote=wan[peer],
            local_ts=f"{lan[ns]}.0/24", remote_ts=f"{lan[peer]}.0/24",
            ike="aes128-sha256-x25519", esp="aes128gcm16", psk=PSK,
            log_ike=1))
    ends[0].initiate(check=True)
    return Way("libipsec", "ref-a", "ref-b", "10.12.0.1",
               [end.process.pid for end in ends])


def start(lab):
    ways = add_gateways(lab), add_reference(lab)
    for way in ways:
        lab.spawn(way.far, ["iperf3", "-s"])
        wait_until(lambda: lab.run(way.near, [
            "ping", "-c1", "-W1", way.address], check=False).returncode == 0,
                   15, f"a way from {way.near} to {way.far}")
    return ways


def tunnel_cpu_s(way):
    return sum(map(cpu_seconds, way.pids))


def run_round(lab, way):
    before_s = tunnel_cpu_s(way)
    said = lab.run(way.near, ["iperf3", "-J", "-t", str(ROUND_S), "-c",
                              way.address], timeout=ROUND_S + 10)
    tunnel_s = tunnel_cpu_s(way) - before_s
    end = json.loads(said.stdout)["end"]
    cpu, got = end["cpu_utilization_percent"], end["sum_received"]
    ends_s = (cpu["host_total"] + cpu["remote_total"]) / 100 * got["seconds"]
    return Rate(got["bits_per_second"] / 1e9,
                got["bytes"] * 8 / 1e9 / (tunnel_s + ends_s))


def row_of(ways, pairs):
    row = {}
    for way, rates in zip(ways, zip(*pairs)):
        for name, figures in zip(Rate._fields, zip(*rates)):
            row[f"{way.name}_{name}_gbit"] = spread(figures)
    for i, name in enumerate(Rate._fields):
        row[f"{name}_ratio"] = spread([one[i] / other[i]
                                       for one, other in pairs])
    return row


def print_row(row, file):
    print("host to host TCP, Gbit/s   cygnet                 "
          "kernel-libipsec        ratio", file=file)
    for name, title in zip(Rate._fields, ("received", "at 1 CPU")):
        print(f"{title:26}", *(cell(row[key], 1) for key in (
            f"cygnet_{name}_gbit", f"libipsec_{name}_gbit", f"{name}_ratio")),
              sep="", file=file)


def rows(file):
    with Lab() as lab:
        ways = start(lab)
        pairs = [tuple(run_round(lab, way) for way in ways)
                 for _ in range(ROUNDS)]
    row = row_of(ways, pairs)
    print_row(row, file)
    yield row


main("bench_host", rows)
