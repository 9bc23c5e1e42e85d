#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
`cygnet check NAME` finds of a tunnel that is up what would else surprise later: a
peer that wants another group when keys are renewed, packets that vanish because
they are too large, and who the peer has proved to be. And `cygnet status` says
since when the tunnel is up, how fast it is, and when its keys are renewed.
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import BUILD, Lab, eventually, finish, ok  # noqa: E402

CYGNET = f"{BUILD}/cygnet"
WITH_GROUP, ANOTHER_GROUP = "aes128gcm16-x25519", "aes128gcm16-ecp256"
WIRE = 1400  # octets; it says nothing of what it drops
OUTER = 54   # AES-GCM and IPv4 around a packet, at most


def check(gateway, *words):
    done = gateway.client("check", "--json", *words, check=False)
    return done.returncode, json.loads(done.stdout) if done.stdout else {}


def test_down(gateway):
    code, found = check(gateway, "to-b/net")
    ok(code == 3 and found["to-b/net"]["auth"]["result"] == "wrong" and
       "cygnet up" in found["to-b/net"]["auth"]["remedy"],
       "of a tunnel that is not up it says so, and what to do")
    done = gateway.client("check", "nothing", check=False)
    ok(done.returncode == 1 and "there is no such tunnel" in done.stderr,
       "a word that is no file is the name of a tunnel")
    done = gateway.client("check", "--mtu", check=False)
    ok(done.returncode == 2 and "none is named" in done.stderr,
       "and what is of tunnels needs one")


def test_up(lab, gateway):
    gateway.client("up", "-t", "20", "to-b/net")
    before = gateway.status()["tunnels"]["to-b/net"]
    code, found = check(gateway, "net")
    auth, pfs, mtu = (found["to-b/net"][what] for what in ("auth", "pfs",
                                                           "mtu"))
    ok(code == 0 and auth["result"] == pfs["result"] == mtu["result"] == "ok",
       f"of one that is up all is in order: {found}")
    ok((auth["local-id"], auth["remote-id"]) == ("192.0.2.1", "192.0.2.2"),
       "both identities are shown")
    after = gateway.status()["tunnels"]["to-b/net"]
    ok(pfs["dh-group"] == "CURVE_25519" and
       before["in"]["spi"] != after["in"]["spi"],
       "the rekeying was a real one, with a key exchange of its own")
    ok(mtu["largest"] == mtu["route"] and 1500 - OUTER <= mtu["largest"] < 1500,
       f"packets of {mtu['largest']} octets pass, as the route says")
    code, found = check(gateway, "to-b", "--auth")
    ok(code == 0 and set(found["to-b/net"]) == {"peer", "auth"},
       "what is asked for is what is done")
    text = gateway.client("check", "to-b", "--auth").stdout
    ok("to-b/net with 192.0.2.2\n  auth  ok " in text, "people read it")


def test_narrow(lab, gateway):
    lab.run("wire", ["ip", "link", "set", "dev", "b", "mtu", str(WIRE)])
    code, found = check(gateway, "net", "--mtu", "--to", "10.2.0.2")
    mtu = found["to-b/net"]["mtu"]
    ok(code == 3 and mtu["result"] == "wrong" and mtu["to"] == "10.2.0.2" and
       WIRE - OUTER - 3 <= mtu["largest"] < WIRE < mtu["route"] and
       "too big" in mtu["remedy"],
       f"where larger packets vanish it says from when on: {mtu}")
    lab.run("wire", ["ip", "link", "set", "dev", "b", "mtu", "1500"])
    code, found = check(gateway, "net", "--mtu", "--to", "10.2.0.77")
    ok(code == 0 and found["to-b/net"]["mtu"]["result"] == "skipped" and
       "--to" in found["to-b/net"]["mtu"]["remedy"],
       "where nobody replies it says that it does not know")


def test_group(lab, gateway, peer):
    peer.stop()
    lab.start_gateway("gw-b", ike_conf("b", esp=ANOTHER_GROUP))
    gateway.client("up", "-t", "20", "to-b/net")
    code, found = check(gateway, "net", "--pfs")
    pfs = found["to-b/net"]["pfs"]
    ok(code == 3 and pfs["result"] == "wrong" and
       "proposal mismatch (ESP)" in pfs["text"] and
       "esp_proposals" in pfs["remedy"],
       f"a peer that wants another group is found now: {pfs['text']}")
    ok(gateway.status()["tunnels"]["to-b/net"]["state"] == "up",
       "and the tunnel stays up")


def test_status(lab, gateway):
    def tunnel():
        return gateway.status()["tunnels"]["to-b/net"]

    up_for = tunnel()["established"]
    gateway.client("rekey", "net")
    ok(eventually(lambda: tunnel()["established"] > up_for) and
       0 < tunnel()["rekey-time"] <= 4000,
       "status says since when it is up, through rekeyings, and until when")
    flood = lab.spawn("host-a", ["ping", "-q", "-i", "0.02", "-s", "1000",
                                 "10.2.0.2"])
    ok(eventually(lambda: all(tunnel()[way].get("bits_per_second", 0) > 8000
                              for way in ("in", "out")), 20),
       f"and how fast it is: {tunnel()['out']}")
    line = [line for line in gateway.client("status").stdout.splitlines()
            if line.startswith("to-b/net")][0]
    ok("bit/s" in line and "%" in line and "passing" in line,
       f"in a row: {line}")
    flood.terminate()


def main():
    with Lab() as lab:
        gateway = lab.start_gateway("gw-a", ike_conf("a", esp=WITH_GROUP))
        peer = lab.start_gateway("gw-b", ike_conf("b", esp=WITH_GROUP))
        test_down(gateway)
        test_up(lab, gateway)
        test_status(lab, gateway)
        test_narrow(lab, gateway)
        test_group(lab, gateway, peer)
    return finish()


sys.exit(main())
