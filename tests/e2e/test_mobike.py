#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Two of our gateways, one after the other of which gets another address while packets
flow: IKE and CHILD SAs stay those that they are (RFC 4555).
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import Lab, finish, ok, wait_until  # noqa: E402
from moves import (OURS, OURS_NEW, THEIRS, THEIRS_NEW,  # noqa: E402
                   moves, ping, readdress)


def test_moves(lab):
    a = lab.start_gateway("gw-a", re.sub(r"local_addrs = .*\n", "",
                                         ike_conf("a")))
    b = lab.start_gateway("gw-b", re.sub(r"local_addrs = .*\n", "",
                                         ike_conf("b")))
    a.client("up", "to-b/net")
    wait_until(lambda: ping(lab), 5, "packets between two of ours")
    moves(lab, a, "ours, the initiator, moves",
          lambda: readdress(lab, "gw-a", OURS, OURS_NEW),
          lambda sa: sa["local-host"] == OURS_NEW, all_stay=True)
    moves(lab, a, "ours, the responder, moves",
          lambda: readdress(lab, "gw-b", THEIRS, THEIRS_NEW),
          lambda sa: sa["remote-host"] == THEIRS_NEW, all_stay=True)
    lab.run("gw-b", ["ping", "-c", "1", "-W", "2", "10.1.0.2"])
    ok(True, "the gateway's own packets find the peer at its new address")


def main():
    with Lab() as lab:
        test_moves(lab)
    return finish()


sys.exit(main())
