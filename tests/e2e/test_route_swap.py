#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Routes that are swapped under a steady load, the way to the peer and the way
behind it: from the first packet that goes the new way on none goes the old one,
and none is lost without a name. A neighbour that is another machine from one
moment to the next, and says nothing of it, is found out.
"""
# Runs alone: it asks how soon a change takes effect.
import collections
import os
import socket
import struct
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import Lab, finish, ok, scapy_layers, wait_until  # noqa: E402

HOST_B, PEER = "10.2.0.2", "192.0.2.2"
PORT = 9000
RATE_S = 0.0005
SWAPS = 6
SWAP_EVERY_S = 0.3
SOON_S = 0.5        # a loaded machine; it takes some milliseconds
SO_RCVBUFFORCE = 33
ESP, UDP = "esp and src 192.0.2.1", f"udp dst port {PORT}"   # the load alone

# A machine with two ways to the same place: what changes between them, and
# where what takes each of them is seen.
Ways = collections.namedtuple("Ways", "what ns there back seen number")


class Load(threading.Thread):
    """Numbered packets from host-a to host-b, from now until stop()."""

    def __init__(self, lab):
        super().__init__(daemon=True)
        self.sent = self.received = 0
        self._ended = threading.Event()
        self._out = lab.socket("host-a", socket.AF_INET, socket.SOCK_DGRAM)
        self._in = lab.socket("host-b", socket.AF_INET, socket.SOCK_DGRAM)
        self._in.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        self._in.bind((HOST_B, PORT))
        self.start()

    def run(self):
        while not self._ended.is_set():
            self._out.sendto(struct.pack("!I", self.sent) + b"x" * 60,
                             (HOST_B, PORT))
            self.sent += 1
            time.sleep(RATE_S)   # the rate; nothing is waited for

    def stop(self):
        self._ended.set()
        self.join()

    def count(self):
        """Packets that arrived so far."""
        while True:
            try:
                self._in.recv(2048, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return self.received
            self.received += 1

    def close(self):
        self._in.close()
        self._out.close()


def build(lab):
    """A second wire for gw-a, a second LAN cable for host-b."""
    lab._add_link(("gw-a", "wan1"), ("wire", "a1"))
    lab._add_link(("gw-b", "lan1"), ("host-b", "eth1"))
    lab.run("wire", ["ip", "link", "set", "dev", "a1", "master", "br0"])
    lab.run("gw-a", ["ip", "address", "add", "198.51.100.1/24", "dev", "wan1"])
    lab.run("gw-b", ["ip", "address", "add", "10.5.0.1/24", "dev", "lan1"])
    for key in ("all", "eth0", "eth1"):
        lab.run("host-b", ["sysctl", "-qw", f"net.ipv4.conf.{key}.rp_filter=0"])
    # What was reachable is in doubt after two seconds and not after thirty; what
    # an entry was made with holds for it. The kernel probes what it keeps for
    # somebody every five seconds, and what nobody keeps not at all.
    for key, value in (("base_reachable_time_ms", 2000),
                       ("delay_first_probe_time", 1),
                       ("retrans_time_ms", 100)):
        lab.run("gw-b", ["sysctl", "-qw", f"net.ipv4.neigh.lan0.{key}={value}"])


def start(lab):
    conf = {side: lab.default_conf(side) for side in "ab"}
    conf["a"] = conf["a"].replace("= wan0", "= wan0, wan1")
    conf["b"] = conf["b"].replace("= lan0", "= lan0, lan1")
    return [lab.start_gateway(f"gw-{side}", conf[side]) for side in "ab"]


def dropped(gateways):
    return sum(sum(gateway.drops().values()) for gateway in gateways)


# --- swaps

def esp_number(packet):
    return packet[scapy_layers().layers.ipsec.ESP].seq


def udp_number(packet):
    data = bytes(packet[scapy_layers().layers.inet.UDP].payload)
    return struct.unpack_from("!I", data)[0]


WAYS = [
    Ways("to the peer", "gw-a", f"replace {PEER}/32 dev wan1 src 192.0.2.1",
         f"del {PEER}/32 dev wan1", [("wire", "a"), ("wire", "a1")],
         esp_number),
    Ways("to the host behind it", "gw-b", f"replace {HOST_B}/32 dev lan1",
         f"del {HOST_B}/32 dev lan1", [("host-b", "eth0"), ("host-b", "eth1")],
         udp_number),
]


def swap(lab, ways):
    """Swaps there and back; returns when each swap was done."""
    times = []
    for i in range(SWAPS):
        time.sleep(SWAP_EVERY_S)   # the rate; nothing is waited for
        lab.run(ways.ns, ["ip", "route",
                          *(ways.back if i % 2 else ways.there).split()])
        times.append(time.time())
    time.sleep(SWAP_EVERY_S)
    return times


def walk(captured, number):
    """
    For each packet in the order of its number: its time, and which way it took.
    """
    packets = [(number(packet), float(packet.time), way)
               for way, packets in enumerate(captured) for packet in packets]
    return [(at, way) for _, at, way in sorted(packets)]


def check_swap(lab, gateways, ways):
    filter = ESP if ways.number is esp_number else UDP
    captures = [lab.capture(ns, ifname, filter) for ns, ifname in ways.seen]
    before = dropped(gateways)
    load = Load(lab)
    times = swap(lab, ways)
    load.stop()
    lost = 0

    def all_are_known():
        nonlocal lost
        lost = dropped(gateways) - before
        return load.count() + lost >= load.sent

    wait_until(all_are_known, 10, "all packets")
    took = walk([capture.stop() for capture in captures], ways.number)
    changes = [took[i][0] for i in range(1, len(took))
               if took[i][1] != took[i - 1][1]]
    ok(len(changes) == SWAPS,
       f"the way {ways.what} is swapped {SWAPS} times under load, and no packet "
       f"takes the old one after one took the new: {len(changes)} changes")
    late = [f"{(at - done) * 1000:.1f}" for at, done in zip(changes, times)]
    ok(all(at - done < SOON_S for at, done in zip(changes, times)),
       f"after each swap the next packets take the new way, ms: {late}")
    ok(load.sent == load.received + lost,
       f"{load.sent} sent = {load.received} received + {lost} with a name")
    load.close()


# --- rules that look at more than the destination

def counts(lab, seen, filter):
    """How many packets of a burst pass each of these interfaces."""
    captures = [lab.capture(ns, ifname, filter) for ns, ifname in seen]
    load = Load(lab)
    wait_until(lambda: load.count() > 100, 10, "packets by the rules' way")
    load.stop()
    load.close()
    return [len(capture.stop()) for capture in captures]


def check_rules(lab):
    """
    Of gw-a, by its own address; of gw-b, by where what it decrypted came in,
    which the kernel alone can tell.
    """
    lab.route_far_network("b")  # the kernel forwards nothing from nowhere
    lab.run("gw-a", ["ip", "route", "add", PEER, "dev", "wan1", "table", "77"])
    lab.run("gw-a", ["ip", "rule", "add", "from", "192.0.2.1", "table", "77"])
    lab.run("gw-b", ["ip", "route", "add", HOST_B, "dev", "lan1", "table", "78"])
    lab.run("gw-b", ["ip", "rule", "add", "iif", "ipsec0", "table", "78"])
    seen = counts(lab, WAYS[0].seen, ESP)
    ok(seen[0] == 0 and seen[1] > 100,
       f"a rule for gw-a's outer address leads ESP to wan1: {seen}")
    seen = counts(lab, WAYS[1].seen, UDP)
    ok(seen[0] == 0 and seen[1] > 100,
       f"a rule for ipsec0 leads what gw-b decrypted to lan1: {seen}")
    lab.run("gw-a", ["ip", "rule", "del", "from", "192.0.2.1", "table", "77"])
    lab.run("gw-b", ["ip", "rule", "del", "iif", "ipsec0", "table", "78"])


# --- a silent change of the MAC

def check_silent_mac(lab):
    """
    host-b is exchanged for a machine with the same address, which speaks to
    nobody first. The kernel probes what we have it keep, and finds that out.
    """
    load = Load(lab)
    wait_until(lambda: load.count() > 10, 5, "packets before")
    lab.run("host-b", ["sysctl", "-qw", "net.ipv4.conf.eth0.arp_notify=0"])
    lab.run("host-b", ["ip", "link", "set", "dev", "eth0", "address",
                       "02:00:00:00:00:b2"])
    at, began = load.count(), time.monotonic()
    wait_until(lambda: load.count() > at + 100, 15, "packets to the new MAC")
    ok(True, "host-b's MAC is another, and nobody said so: it is found out in "
       f"{time.monotonic() - began:.1f} s")
    load.stop()
    load.close()


def main():
    with Lab() as lab:
        build(lab)
        gateways = start(lab)
        for ways in WAYS:
            check_swap(lab, gateways, ways)
        check_rules(lab)
        check_silent_mac(lab)
    return finish()


sys.exit(main())
