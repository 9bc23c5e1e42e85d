#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Virtual IPs between the IKEv2 engine and strongSwan's charon: asked for and
given in both roles, kept through rekeyings, told again to who comes again, and
refused where there is none.

Our engine is tests/ike/peer on gw-a, with sockets and without a data path. With
the name of a check as its argument it does that one alone.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import charon as strongswan  # noqa: E402
from ike_peer import (ESP, IKE, OUR_LAN, OURS, PSK, THEIR_LAN,  # noqa: E402
                      THEIRS, WAIT_S, Peer)
from lab import Lab, finish, ok, wait_until  # noqa: E402

POOL = """
pools {
    rw {
        addrs = 10.3.0.0/28
        dns = 10.2.0.53
    }
}
"""


def we_ask(charon, more=POOL, pools="pools = rw"):
    charon.load(local_ts=THEIR_LAN, remote_ts="dynamic", conn_more=pools,
                more=more)


def charon_asks(charon, vips="vips = 0.0.0.0"):
    charon.load(local_ts="dynamic", remote_ts=OUR_LAN, conn_more=vips, more="")


def down(charon, peer):
    peer.tell("terminate")
    peer.wait("event ike-down")
    wait_until(lambda: not charon.list_sas(), WAIT_S,
               "charon to forget the IKE SA")
    peer.quit()


def selectors(peer):
    return {tuple(sa.selectors) for sa in peer.sas().values()}


def check_we_ask(lab, charon):
    we_ask(charon)
    peer = Peer(lab, local_ts="vip:0.0.0.0")
    peer.tell("initiate")
    up = peer.wait("event child-up", "event failed")
    vip = charon.list_sas()[0].get("remote-vips", ["none"])[0]
    ok(up.startswith("event child-up") and vip == "10.3.0.1",
       f"charon gives us an address: {vip}, {up}")
    ok("vip 10.3.0.1" in peer.said() and "dns 10.2.0.53" in peer.said(),
       "we know which, and the DNS server")
    one = {("10.3.0.1-10.3.0.1=10.2.0.0-10.2.0.255",)}
    ok(selectors(peer) == one, f"the child is for it alone: {selectors(peer)}")
    for what in ("child", "ike"):
        peer.skip()
        peer.tell("rekey net" if what == "child" else "rekey")
        peer.wait("event child-up" if what == "child" else "event ike-up")
        ok(selectors(peer) == one, f"and after a rekeying of the {what}")
    peer.skip()
    charon.rekey()
    peer.wait("event child-up")
    ok(selectors(peer) == one, "and after one by charon")
    down(charon, peer)

    peer = Peer(lab, local_ts="vip:10.3.0.1")
    peer.tell("initiate")
    peer.wait("event child-up")
    ok("vip 10.3.0.1" in peer.said(), "who comes again has the same address")
    down(charon, peer)


def check_charon_asks(lab, charon):
    charon_asks(charon)
    peer = Peer(lab, local_ts=OUR_LAN, remote_ts="pool:10.4.0.0/28")
    charon.initiate()
    up = peer.wait("event child-up", "event failed")
    vips = [sa.get("local-vips") for sa in charon.list_sas()]
    ok(up.startswith("event child-up") and vips == [["10.4.0.1"]],
       f"we give charon an address: {vips}, {up}")
    ok("given 10.4.0.1" in peer.said(), "and know which")
    one = {("10.1.0.0-10.1.0.255=10.4.0.1-10.4.0.1",)}
    ok(selectors(peer) == one, f"the child is for it alone: {selectors(peer)}")
    for what in ("child", "ike"):
        peer.skip()
        charon.rekey(what)
        peer.wait("event child-up" if what == "child" else "event ike-up")
        ok(selectors(peer) == one,
           f"and after a rekeying of the {what} by charon")
    down(charon, peer)


def failure(charon, peer, we):
    if we:
        peer.tell("initiate")
    else:
        charon.initiate()
    said = peer.wait("event failed", "event child-up")
    stays = [sa["state"] for sa in charon.list_sas()] == ["ESTABLISHED"]
    down(charon, peer)
    return said, stays


def check_none(lab, charon):
    we_ask(charon, more="", pools="")
    said, stays = failure(charon, Peer(lab, local_ts="vip:0.0.0.0"), True)
    ok("INTERNAL_ADDRESS_FAILURE" in said and stays,
       f"charon without pools gives none: {said}")
    we_ask(charon)
    said, stays = failure(charon, Peer(lab, local_ts="vip:::"), True)
    ok("INTERNAL_ADDRESS_FAILURE" in said and stays,
       f"nor one of another family: {said}")
    said, stays = failure(charon, Peer(lab), True)
    ok("FAILED_CP_REQUIRED" in said and stays,
       f"charon with pools wants to be asked: {said}")
    charon_asks(charon)
    said, stays = failure(charon, Peer(lab), False)
    ok("no 'pools'" in said and stays, f"we without pools give none: {said}")
    charon_asks(charon, vips="")
    said, stays = failure(
        charon, Peer(lab, remote_ts="pool:10.4.0.0/28"), False)
    ok("asks for no virtual IP" in said and stays,
       f"we with pools want to be asked: {said}")


def main():
    with Lab() as lab:
        charon = strongswan.start(
            lab, "gw-b", local=THEIRS, remote=OURS, local_ts=THEIR_LAN,
            remote_ts=OUR_LAN, ike=IKE, esp=ESP, psk=PSK,
            retransmit_timeout=1.0)
        for check in (check_we_ask, check_charon_asks, check_none):
            if sys.argv[1:] in ([], [check.__name__]):
                check(lab, charon)
    return finish()


sys.exit(main())
