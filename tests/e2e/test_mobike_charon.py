#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Addresses that change, with strongSwan's charon: either side has another one while
packets flow, and its SAs go on from there (RFC 4555); without MOBIKE the connection is
made anew. charon's data path here moves no CHILD SA: it rekeys them from its new
address.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import charon  # noqa: E402
from ike_conf import ESP, IKE, PSK, ike_conf  # noqa: E402
from lab import Lab, finish, ok, wait_until  # noqa: E402
from moves import (MOVE_S, OURS, OURS_NEW, THEIRS, THEIRS_NEW,  # noqa: E402
                   moves, ping, readdress, sa_of, spis)


def load(lab, gateway, peer, ours="mobike = yes", theirs=""):
    gateway.client("down", "to-b", check=False)
    wait_until(lambda: not peer.list_sas(), 10, "charon's end of the SAs")
    conf = re.sub(r"local_addrs = .*\n", f"{ours}\n", ike_conf("a"))
    lab.write("gw-a.conf", conf)
    gateway.client("reload")
    peer.load(more=theirs)


def test_we_move(lab, gateway, peer):
    for role in "initiator", "responder":
        what = f"we, the {role}, move"
        load(lab, gateway, peer)
        if role == "initiator":
            gateway.client("up", "to-b/net")
        else:
            peer.initiate()
        ok(ping(lab), f"{what}: it comes up")
        moves(lab, gateway, what,
              lambda: readdress(lab, "gw-a", OURS, OURS_NEW),
              lambda sa: sa["local-host"] == OURS_NEW)
        readdress(lab, "gw-a", OURS_NEW, OURS)
        wait_until(lambda: sa_of(gateway)["local-host"] == OURS and ping(lab),
                   MOVE_S, f"{what}: and back")


def test_charon_moves(lab, gateway, peer):
    for role in "initiator", "responder":
        what = f"charon, the {role}, moves"
        load(lab, gateway, peer)
        if role == "responder":
            gateway.client("up", "to-b/net")
        else:
            peer.initiate()
        ok(ping(lab), f"{what}: it comes up")
        moves(lab, gateway, what,
              lambda: readdress(lab, "gw-b", THEIRS, THEIRS_NEW),
              lambda sa: sa["remote-host"] == THEIRS_NEW, by_us=False)
        readdress(lab, "gw-b", THEIRS_NEW, THEIRS)
        wait_until(lambda: sa_of(gateway)["remote-host"] == THEIRS and
                   ping(lab), MOVE_S, f"{what}: and back")


def test_rekey_afterwards(lab, gateway, peer):
    load(lab, gateway, peer)
    gateway.client("up", "to-b/net")
    readdress(lab, "gw-a", OURS, OURS_NEW)
    wait_until(lambda: sa_of(gateway)["local-host"] == OURS_NEW and ping(lab),
               MOVE_S, "our move")
    before = spis(gateway)
    gateway.client("rekey", "to-b/net")
    wait_until(lambda: spis(gateway) not in (None, before), MOVE_S, "a rekeying")
    ok(ping(lab), "SAs that are rekeyed go on from the new address")
    readdress(lab, "gw-a", OURS_NEW, OURS)
    wait_until(lambda: sa_of(gateway) and
               sa_of(gateway)["local-host"] == OURS and ping(lab), MOVE_S,
               "and back")


def test_without(lab, gateway, peer):
    """charon takes us by our address: it is %any there."""
    for ours, theirs in (("mobike = no", ""), ("mobike = yes", "mobike = no")):
        what = f"we have {ours}, charon {theirs or 'mobike = yes'}"
        load(lab, gateway, peer, ours, theirs)
        gateway.client("up", "to-b/net")
        before = spis(gateway)
        readdress(lab, "gw-a", OURS, OURS_NEW)
        wait_until(lambda: sa_of(gateway) and
                   sa_of(gateway)["local-host"] == OURS_NEW and
                   sa_of(gateway)["state"] == "ESTABLISHED", MOVE_S,
                   f"{what}: another IKE SA")
        ok(spis(gateway) != before and ping(lab), f"{what}: it is made anew")
        readdress(lab, "gw-a", OURS_NEW, OURS)
        wait_until(lambda: sa_of(gateway) and
                   sa_of(gateway)["local-host"] == OURS and ping(lab), MOVE_S,
                   f"{what}: and back")


def main():
    with Lab() as lab:
        gateway = lab.start_gateway("gw-a", ike_conf("a"))
        peer = charon.start(lab, "gw-b", local="%any", remote="%any",
                            local_ts="10.2.0.0/24", remote_ts="10.1.0.0/24",
                            ike=IKE, esp=ESP, psk=PSK)
        peer.load(remote=f"{OURS},{OURS_NEW}")
        test_we_move(lab, gateway, peer)
        test_charon_moves(lab, gateway, peer)
        test_rekey_afterwards(lab, gateway, peer)
        test_without(lab, gateway, peer)
    return finish()


sys.exit(main())
