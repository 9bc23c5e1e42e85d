#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The relay is a bad path, and the same one each time: what it delays, drops,
doubles and reorders, by datagrams that the gateways' machines count out to each
other, without Cygnet. Then two gateways in between, whose windows refuse as many
packets as it doubled, and no other.
"""
# Runs alone: it asks what became of every packet.
import os
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import relay  # noqa: E402
from flows import Flow, sink, snmp  # noqa: E402
from lab import Lab, finish, ok, wait_until  # noqa: E402

OURS, THEIRS = "192.0.2.1", "192.0.2.2"
DATAGRAMS = 2000
BURST = 100
PLACES = 16
SO_RCVBUFFORCE = 33  # of Linux; Python has no name for it
QUIET_S = 0.5
# ESP in UDP; after a marker of four zeros it is IKE instead.
PORT, MARKER = 4500, bytes(4)
SPI = b"\0\0\x10\0"
SCRIPT = {"delay_ms": 50, "reorder": PLACES, "drop_permille": 50,
          "dup_permille": 50, "seed": 7}


def ping(lab):
    lab.run("gw-a", ["ping", "-c", "1", "-W", "2", THEIRS])


class Ends:
    """Two sockets, one on each side of the relay."""

    def __init__(self, lab):
        self.at = {}
        for ns, address in (("gw-a", OURS), ("gw-b", THEIRS)):
            udp = lab.socket(ns, socket.AF_INET, socket.SOCK_DGRAM)
            udp.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 1 << 24)
            udp.bind((address, PORT))
            udp.settimeout(QUIET_S)
            self.at[ns] = udp
        ping(lab)   # neighbours are known: no datagram waits for them

    def send(self, kind=SPI, count=DATAGRAMS, ns="gw-a"):
        """Numbered; in bursts, or the receiver's link had no room."""
        peer = THEIRS if ns == "gw-a" else OURS
        for i in range(count):
            self.at[ns].sendto(kind + i.to_bytes(4, "big"), (peer, PORT))
            if i % BURST == BURST - 1:
                time.sleep(0.001)

    def receive(self, ns="gw-b"):
        """The numbers, until nothing comes any more."""
        numbers = []
        try:
            while True:
                numbers.append(int.from_bytes(
                    self.at[ns].recv(65535)[-4:], "big"))
        except TimeoutError:
            return numbers

    def trip_s(self, kind=SPI):
        begin = time.monotonic()
        self.send(kind, count=1)
        self.at["gw-b"].recv(65535)
        return time.monotonic() - begin


def overtaken_by(numbers):
    """The most places that a datagram lost on the way."""
    latest, most = -1, 0
    for number in numbers:
        latest = max(latest, number)
        most = max(most, latest - number)
    return most


def check_clean(lab, ends):
    path = relay.start(lab)
    ends.send()
    ok(ends.receive() == list(range(DATAGRAMS)),
       "without a script all arrives, once and in order")
    ends.send(MARKER, 10)
    ends.receive()
    ping(lab)
    counts = path.stop()
    ok(counts["a"]["in"]["esp"] == counts["a"]["out"]["esp"] == DATAGRAMS and
       counts["a"]["out"]["ike"] == 10 and counts["a"]["out"]["clear"] == 1 and
       counts["b"]["out"]["clear"] == 1,
       "ESP, IKE and what is in the clear are counted, in and out")
    ok(counts["a"]["lost"] == counts["b"]["lost"] == 0, "and nothing is lost")
    ping(lab)
    ok(True, "when it ends, the bridge is there again")


def fate(lab, ends, ns="gw-a", **script):
    """What arrives of a run, and the counts."""
    path = relay.start(lab, **{**SCRIPT, "only": "esp", **script})
    ends.send(ns=ns)
    numbers = ends.receive("gw-b" if ns == "gw-a" else "gw-a")
    return numbers, path.stop()["a" if ns == "gw-a" else "b"]


def check_fate(lab, ends):
    numbers, counts = fate(lab, ends)
    seen = set(numbers)
    ok(counts["lost"] == 0 and
       DATAGRAMS - len(seen) == counts["dropped"] and
       len(numbers) - len(seen) == counts["duplicated"] and
       30 < counts["dropped"] < 200 and 30 < counts["duplicated"] < 200,
       f"{counts['dropped']} of {DATAGRAMS} are dropped and "
       f"{counts['duplicated']} arrive twice, as it counts")
    places = overtaken_by(numbers)
    ok(0 < places == counts["places"] <= PLACES and counts["overtaken"] > 100,
       f"{counts['overtaken']} are overtaken, by at most {places}")
    again, _ = fate(lab, ends)
    ok(set(again) == seen and len(again) == len(numbers),
       "the same seed drops and doubles the same")
    ok(set(fate(lab, ends, seed=8)[0]) != seen, "another one does not")
    ok(set(fate(lab, ends, ns="gw-b")[0]) != seen, "nor does the other direction")
    calm, _ = fate(lab, ends, reorder=0, dup_permille=0)
    ok(calm == sorted(seen),
       "what is dropped does not depend on what else is done")


def check_delay(lab, ends):
    path = relay.start(lab, delay_ms=100, only="ike")
    esp, ike = ends.trip_s(), ends.trip_s(MARKER)
    ok(esp < 0.1 <= ike < 1, "of IKE alone it delays IKE alone: "
       f"{ike * 1000:.0f} ms, ESP {esp * 1000:.0f} ms")
    path.stop()
    path = relay.start(lab, drop_permille=1000, only="esp")
    ends.send(count=10)
    ends.send(MARKER, 10)
    counts = path.counts()["a"]
    ok(len(ends.receive()) == 10 and counts["dropped"] == 10 and
       counts["out"]["esp"] == 0, "of ESP alone it drops ESP alone")
    path.stop()


def check_windows(lab):
    gateways = [lab.start_gateway(f"gw-{side}", lab.default_conf(side))
                for side in ("a", "b")]
    lab.run("host-a", ["ping", "-c", "2", "-i", "0.2", "10.2.0.2"])
    udp = sink(lab, "host-b")
    path = relay.start(lab, **{**SCRIPT, "only": "esp"})
    before = snmp(lab, "host-b", "Ip", "InDelivers")
    sent = Flow(lab, "host-a", "10.2.0.2", pps=5000, seconds=1).end()

    def arrived():
        return snmp(lab, "host-b", "Ip", "InDelivers") - before

    counts = path.counts()["a"]
    wait_until(lambda: arrived() >= sent - counts["dropped"], 5, "the last")
    time.sleep(QUIET_S)
    counts = path.stop()["a"]
    drops = {name: n for name, n in gateways[1].drops().items() if n}
    ok(counts["in"]["esp"] == sent and counts["lost"] == 0 and
       arrived() == sent - counts["dropped"],
       f"of {sent} packets in ESP, of which {counts['dropped']} were dropped, "
       f"{arrived()} arrive")
    ok(drops == {"replay": counts["duplicated"]},
       f"the {counts['duplicated']} that were doubled are replays, and "
       f"nothing else is: {drops}")
    udp.close()
    for gateway in gateways:
        gateway.stop()


def main():
    with Lab() as lab:
        ends = Ends(lab)
        check_clean(lab, ends)
        check_fate(lab, ends)
        check_delay(lab, ends)
        check_windows(lab)
    return finish()


sys.exit(main())
