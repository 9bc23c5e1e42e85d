#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
More packets than the gateway can carry: what was sent is what arrived and what
was dropped under a name, exactly, while rings are full. Once gw-a's daemon is
stopped, so that its rings fill to the last; then senders on one processor, at
host-a and on gw-a itself, flood two gateways on the other.
"""
# Runs alone: it fills one CPU itself.
import os
import signal
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from flows import PORT, link_dropped, sink, snmp  # noqa: E402
from lab import Lab, LabError, finish, ok, wait_until  # noqa: E402

FAR_HOST = "10.2.0.2"
STALLED = 6000      # packets to a stopped daemon; its rings have 2048 slots
SENDERS = 2
FLOOD_S = 3
SENDER_CPU, GATEWAY_CPU = 0, 1
BURST = 25

# argv: seconds, destination, port
FLOOD = """
import socket, sys, time
end = time.monotonic() + float(sys.argv[1])
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
    udp.connect((sys.argv[2], int(sys.argv[3])))
    while time.monotonic() < end:
        for _ in range(100):
            udp.send(bytes(64))
"""


class Books:
    """Everything that is counted on the way from host-a to host-b."""

    def __init__(self, lab, gateways):
        self.lab = lab
        self.gateways = gateways

    def read(self):
        books = {"sent": snmp(self.lab, "host-a", "Udp", "OutDatagrams") +
                 snmp(self.lab, "gw-a", "Udp", "OutDatagrams"),
                 "arrived": snmp(self.lab, "host-b", "Ip", "InDelivers")}
        for ns, ifname in (("host-a", "eth0"), ("wire", "a"), ("wire", "b"),
                           ("wire", "br0"), ("host-b", "eth0")):
            books[f"{ns}:{ifname}"] = link_dropped(self.lab, ns, ifname)
        for gateway in self.gateways:
            for reason, n in gateway.drops().items():
                books[f"{gateway.ns}:{reason}"] = n
        return books


def difference(after, before):
    return {name: n - before[name] for name, n in after.items()
            if n != before[name]}


def check_account(lab, books, before, when):
    """sent = arrived + the sum of everything else, once all is quiet."""
    def balanced():
        d = difference(books.read(), before)
        return d["sent"] == sum(n for name, n in d.items() if name != "sent")

    try:
        wait_until(balanced, 10, "the account")
    except LabError:
        pass    # said by the next line
    d = difference(books.read(), before)
    sent, arrived = d.pop("sent"), d.pop("arrived", 0)
    ok(sent == arrived + sum(d.values()),
       f"{when}: sent {sent} = arrived {arrived} + {d}")
    ok(not any(gateway.in_flight() for gateway in books.gateways),
       f"{when}: no packet is on its way any more")
    return d


def check_stalled(lab, books, gateway):
    before = books.read()
    gateway.kill_role("dp", signal.SIGSTOP)
    try:
        with lab.socket("host-a", socket.AF_INET, socket.SOCK_DGRAM) as udp:
            for _ in range(STALLED):
                udp.sendto(bytes(64), (FAR_HOST, PORT))
    finally:
        gateway.kill_role("dp", signal.SIGCONT)
    d = check_account(lab, books, before, "daemon stopped and continued")
    full = d.get("gw-a:xsk_rx_full", 0) + d.get("gw-a:xsk_rx", 0)
    ok(full > 0, f"its rings were full: {full} packets")


def pin(pid, cpu):
    for task in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(task), [cpu])


def check_flood(lab, books, sender):
    before = books.read()
    senders = [lab.spawn(sender, [
        "taskset", "-c", str(SENDER_CPU), "/usr/bin/python3", "-c", FLOOD,
        str(FLOOD_S), FAR_HOST, str(PORT)]) for _ in range(SENDERS)]
    for process in senders:
        if process.wait(timeout=FLOOD_S + 20):
            raise LabError("a sender gave up")
    d = check_account(lab, books, before, f"{sender} floods")
    ok(sum(d.values()) > 0,
       f"{sender} floods: it was more than the gateways could carry")


def main():
    with Lab() as lab:
        gateways = [lab.start_gateway(f"gw-{side}", lab.default_conf(side))
                    for side in ("a", "b")]
        lab.run("host-a", ["ping", "-c", "2", "-i", "0.2", FAR_HOST])
        # Nobody reads it. Without a socket there would be answers, and they
        # are not in the account.
        udp = sink(lab, "host-b")
        books = Books(lab, gateways)
        check_stalled(lab, books, gateways[0])
        for gateway in gateways:
            pin(gateway.role_pid("dp"), GATEWAY_CPU)
        check_flood(lab, books, "host-a")
        check_flood(lab, books, "gw-a")
    return finish()


sys.exit(main())
