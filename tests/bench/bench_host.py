#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
TCP of the hosts themselves, from one gateway to the other, by iperf3: through
ipsec0 of two cygnetd, beside strongSwan's charon with kernel-libipsec on two
machines of their own, in rounds in turn. aes128gcm16, keys by IKEv2.

    gw-a  10.1.0.1 === wire === gw-b  10.2.0.1     cygnetd
    ref-a 10.11.0.1 ========== ref-b 10.12.0.1     charon, on the bare wire

    bench_host [--json]

Sender, receiver and both tunnels' ends share the CPUs of this machine. The
ratio is that of what the receiver got, pair by pair. Table, JSON and
BENCH_ROUNDS are as in bench.h.
"""
import json

from bench import ROUNDS, cell, main, spread
import charon as strongswan
from ike_conf import PSK, ike_conf
from lab import Lab, wait_until

ROUND_S = 3
OURS, THEIRS = ("gw-a", "gw-b", "10.2.0.1"), ("ref-a", "ref-b", "10.12.0.1")


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


def start(lab):
    for side in ("b", "a"):
        lab.start_gateway(f"gw-{side}", ike_conf(side, start_action=(
            "start" if side == "a" else "none")))
    add_reference(lab)
    for near, far, address in (OURS, THEIRS):
        lab.spawn(far, ["iperf3", "-s"])
        wait_until(lambda: lab.run(near, ["ping", "-c1", "-W1", address],
                                   check=False).returncode == 0, 15,
                   f"a way from {near} to {address}")


def gbit(lab, near, _, address):
    """What the receiver got in a round, in Gbit/s."""
    said = lab.run(near, ["iperf3", "-J", "-t", str(ROUND_S), "-c", address],
                   timeout=ROUND_S + 10)
    return json.loads(said.stdout)["end"]["sum_received"][
        "bits_per_second"] / 1e9


def rows(file):
    ours, theirs = [], []
    with Lab() as lab:
        start(lab)
        for _ in range(ROUNDS):
            ours.append(gbit(lab, *OURS))
            theirs.append(gbit(lab, *THEIRS))
    row = {"cygnet_gbit": spread(ours), "libipsec_gbit": spread(theirs),
           "ratio": spread([one / other
                            for one, other in zip(ours, theirs)])}
    print("host to host TCP, Gbit/s   cygnet                 "
          "kernel-libipsec        ratio", file=file)
    print(" " * 27 + "".join(cell(row[name], 1) for name in row), file=file)
    yield row


main("bench_host", rows)
