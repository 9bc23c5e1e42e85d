#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The limits of an SA's life, on the wire. A manual SA carries what it may and not
a packet more; nothing leaves in the clear when it has ended, and the log says so
before and then. One of IKE's is rekeyed in time, by packets and by octets,
without a packet lost; one that nobody rekeys ends, and with it what it protects.
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import Lab, finish, ok, search_plaintext, wait_until  # noqa: E402
from stream import Stream  # noqa: E402

SOFT, HARD, SENT = 4, 10, 15  # packets
MARK = b"plain for all to see"
WAIT_S = 30


def pings(lab, n):
    """How many of n are answered; each holds MARK's first 16 octets."""
    done = lab.run("host-a", ["ping", "-n", "-c", str(n), "-i", "0.05", "-W",
                              "3", "-p", MARK[:16].hex(), "10.2.0.2"],
                   check=False)
    return int(done.stdout.split(" received")[0].split()[-1])


def limited(text, *lines):
    """What a pair of manual SAs, or a child, has besides."""
    at = "replay_window = 1024" if "manual {" in text else "esp_proposals ="
    return text.replace(at, "\n".join([*lines, at]), 1)


def check_manual(lab, wire):
    far = lab.start_gateway("gw-b", lab.default_conf("b"))
    gateway = lab.start_gateway("gw-a", limited(
        lab.default_conf("a"), f"soft_packets = {SOFT}",
        f"life_packets = {HARD}"))
    answered = pings(lab, SENT)
    ok(answered == HARD, f"manual: {HARD} packets may pass, {answered} of "
       f"{SENT} did")
    dropped = gateway.drops()["lifetime"]
    ok(dropped == SENT - HARD, f"manual: the {dropped} others are dropped as "
       "lifetime")
    log = gateway.log()
    ok("is to end, give it new keys soon" in log and
       "ended, give it new keys " in log and "cause=packets" in log,
       "manual: the log says so before and then")
    gateway.stop()
    far.stop()
    ok(not search_plaintext(wire.stop(), MARK[:16]),
       "manual: nothing is in the clear")


def children(gateway):
    sas = json.loads(gateway.client("sa", "--json").stdout)["sas"]
    return [child for sa in sas for conn in sa.values()
            for child in conn["child-sas"].values()]


def check_rekeyed(lab, *lines):
    far = lab.start_gateway("gw-b", ike_conf("b"))
    gateway = lab.start_gateway("gw-a", limited(ike_conf("a", "start"), *lines))
    wait_until(lambda: children(gateway) and children(far), WAIT_S, "the tunnel")
    before = gateway.drops()["lifetime"]
    stream = Stream(lab)
    wait_until(lambda: gateway.log().count("child_sa up") >= 3, 2 * WAIT_S,
               "two rekeyings")
    sent, received = stream.stop()
    ok(sent == received > 10, f"IKE, {lines[0]}: it is rekeyed, and {received} "
       f"of {sent} pings arrive")
    ok(gateway.drops()["lifetime"] == before, f"IKE, {lines[0]}: no SA ends before")
    gateway.stop()
    far.stop()


def check_ended(lab):
    """Nobody is to rekey it: it ends, and the peer is told."""
    wire = lab.capture("wire", "br0")
    far = lab.start_gateway("gw-b", ike_conf("b"))
    gateway = lab.start_gateway("gw-a", limited(
        ike_conf("a", "start"), f"life_packets = {HARD}"))
    wait_until(lambda: children(gateway) and children(far), WAIT_S, "the tunnel")
    answered = pings(lab, SENT)
    ok(answered == HARD, f"IKE, life_packets alone: {HARD} packets may pass, "
       f"{answered} did")
    wait_until(lambda: not children(gateway) and not children(far), WAIT_S,
               "the end of the CHILD SA")
    ok(True, "IKE, life_packets alone: both sides have deleted it")
    gateway.stop()
    far.stop()
    ok(not search_plaintext(wire.stop(), MARK[:16]),
       "IKE: nothing is in the clear")


def main():
    with Lab() as lab:
        check_manual(lab, lab.capture("wire", "br0"))
        # Far from its end, whatever else the machine does.
        check_rekeyed(lab, "rekey_packets = 20", "life_packets = 1000000",
                      "rand_packets = 0")
        check_rekeyed(lab, "rekey_bytes = 2k", "life_bytes = 1m",
                      "rand_bytes = 1k")
        check_ended(lab)
    return finish()


sys.exit(main())
