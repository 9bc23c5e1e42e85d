#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Two workers: flows that arrive by both queues of an interface leave in one
order of sequence numbers, none is lost, and so it is where an interface has one
queue alone, whose worker sends for the other. With an SA that is spread each
sends what it received, and no number comes twice.
"""
import ctypes
import os
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from flows import (Flow, sink, snmp, two_queues,  # noqa: E402
                   xdp_received)
from lab import Lab, finish, log_of, ok, wait_until  # noqa: E402

FAR_HOST = "10.2.0.2"
FLOWS = 32          # by source ports of their own, hence by either queue
PPS = 2400
SECONDS = 2


def conf(lab, side, workers, spread="no"):
    return lab.default_conf(side).replace(
        "gateway {", f"gateway {{\n    workers = {workers}").replace(
        "replay_window", f"spread = {spread}\n        replay_window")


def delivered(lab):
    return snmp(lab, "host-b", "Ip", "InDelivers")


class Senders:
    """
    How many packets each queue of gw-a's wan0, which is one worker's, puts on the
    wire: the kernel leaves its number in the packet, also where no queue of the
    wire follows it.
    """

    ATTACH, SOL_PACKET, STATISTICS = 26, 263, 6  # of <linux/if_packet.h>
    NUMBERS = (0, 1, 2)         # as sent, or one more: as received

    def __init__(self, lab):
        self.sockets = [self._count(lab, n) for n in self.NUMBERS]

    def _count(self, lab, number):
        """Takes packets with that number, and of those the first octet."""
        program = b"".join(struct.pack("=HBBI", *step) for step in (
            (0x20, 0, 0, 0xfffff000 + 24), (0x15, 0, 1, number),
            (0x06, 0, 0, 1), (0x06, 0, 0, 0)))
        steps = ctypes.create_string_buffer(program)
        raw = lab.socket("wire", socket.AF_PACKET, socket.SOCK_RAW)
        raw.setsockopt(socket.SOL_SOCKET, self.ATTACH, struct.pack(
            "HxxxxxxP", len(program) // 8, ctypes.addressof(steps)))
        raw.bind(("a", 3))  # ETH_P_ALL: a bridge takes them before others
        return raw

    def stop(self):
        counts = []
        for raw in self.sockets:
            counts.append(struct.unpack("II", raw.getsockopt(
                self.SOL_PACKET, self.STATISTICS, 8))[0])
            raw.close()
        return sum(n > 100 for n in counts), counts


def send_flows(lab, gateways, what):
    """Returns the sequence numbers, as they came on the wire."""
    udp = sink(lab, "host-b")
    before, lost = delivered(lab), [g.drops() for g in gateways]
    esp = lab.capture("wire", "a", "esp")
    sent = Flow(lab, "host-a", FAR_HOST, PPS, SECONDS, FLOWS).end()
    wait_until(lambda: delivered(lab) - before >= sent, 5, "the last ones")
    udp.close()
    ok(delivered(lab) - before == sent, f"{what}: all {sent} arrived")
    ok([g.drops() for g in gateways] == lost, f"{what}: nothing was dropped")
    spi = lab.sa_ab.spi
    numbers = [p["ESP"].seq for p in esp.stop()
               if "ESP" in p and p["ESP"].spi == spi]
    ok(len(numbers) >= sent * 0.9,
       f"{what}: {len(numbers)} packets were seen on the wire")
    return numbers


def check_flows(lab, gateways, what):
    numbers = send_flows(lab, gateways, what)
    ok(numbers == sorted(set(numbers)),
       f"{what}: each sequence number is above the one before")


def check_queues(lab):
    for ns, ifname in (("host-a", "eth0"), ("wire", "a"), ("wire", "b")):
        two_queues(lab, ns, ifname)
    gateways = start(lab)
    for gateway in gateways:
        ok(gateway.status()["gateway"]["workers"] == 2,
           f"{gateway.ns} says that it has two workers")
    lab.run("host-a", ["ping", "-c", "2", "-i", "0.2", FAR_HOST])
    senders = Senders(lab)
    check_flows(lab, gateways, "two queues everywhere")
    n, counts = senders.stop()
    ok(n == 1, f"one worker of gw-a sent all of them: {counts}")
    seen = [xdp_received(lab, "gw-a", "lan0", queue) for queue in (0, 1)]
    ok(min(seen) > 100, f"both queues of gw-a's lan0 had packets: {seen}")
    return gateways


def check_spread(lab):
    """The peer's window is 1024, and workers are never so far apart."""
    gateways = start(lab, "yes")
    lab.run("host-a", ["ping", "-c", "2", "-i", "0.2", FAR_HOST])
    senders = Senders(lab)
    numbers = send_flows(lab, gateways, "an SA that is spread")
    ok(len(numbers) == len(set(numbers)),
       "an SA that is spread: no sequence number came twice")
    ok(max(numbers) - min(numbers) < len(numbers) * 1.1,
       "an SA that is spread: none was left out")
    n, counts = senders.stop()
    ok(n == 2, f"both workers of gw-a sent: {counts}")
    return gateways


def start(lab, spread="no"):
    return [lab.start_gateway(f"gw-{side}", conf(lab, side, 2, spread))
            for side in ("a", "b")]


def stop(gateways):
    for gateway in gateways:
        gateway.process.terminate()
        ok(gateway.process.wait(timeout=10) == 0, f"{gateway.ns} ended")


def check_single_queue(lab):
    """wan0 of gw-a has one queue, and no way to have more."""
    lab.run("gw-a", ["ip", "link", "del", "wan0"])
    lab.add_wan("a", queues=1)
    gateways = start(lab)
    ok("iface=wan0 queues=1 workers=2" in log_of(gateways[0].process),
       "gw-a says that wan0 lacks a queue, and what that costs")
    ok("ethtool -L wan0" in log_of(gateways[0].process), "and the remedy")
    lab.run("host-a", ["ping", "-c", "2", "-i", "0.2", FAR_HOST])
    check_flows(lab, gateways, "one queue outside")
    return gateways


def main():
    with Lab() as lab:
        stop(check_queues(lab))
        stop(check_spread(lab))
        check_single_queue(lab)
    return finish()


sys.exit(main())
