#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Redirection (RFC 5685) with strongSwan's charon, in both roles: the gateway has two
addresses, and sends its client from the one to the other.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import charon  # noqa: E402
from ike_conf import ESP, IKE, PSK, ike_conf  # noqa: E402
from lab import Lab, finish, ok, wait_until  # noqa: E402
from moves import OURS, OURS_NEW, THEIRS, THEIRS_NEW, ping, sa_of  # noqa: E402
from swanctl import swanctl  # noqa: E402

WAIT_S = 10


def hosts(gateway, ours, theirs):
    sa = sa_of(gateway)
    return sa and (sa["local-host"], sa["remote-host"]) == (ours, theirs) and \
        sa["child-sas"]


def test_we_are_redirected(lab, gateway, peer):
    gateway.client("up", "to-b/net")
    ok(ping(lab), "our tunnel to charon is up")
    done = peer.swanctl("--redirect", "--ike", "peer", "--gateway", THEIRS_NEW)
    ok("redirected 1" in done.stdout or done.returncode == 0,
       "charon redirects us")
    wait_until(lambda: hosts(gateway, OURS, THEIRS_NEW), WAIT_S,
               "our IKE SA with its other address")
    ok(ping(lab), "packets go by the other address")
    gateway.client("down", "to-b")


def test_charon_is_redirected(lab, gateway, peer):
    wait_until(lambda: not peer.list_sas(), WAIT_S, "charon's end")
    peer.initiate()
    ok(ping(lab), "charon's tunnel to us is up")
    done = swanctl(lab, "--redirect", "--peer-ip", "192.0.2.0/24", "--gateway",
                   OURS_NEW)
    ok(done.returncode == 0, "stock swanctl redirects it")
    wait_until(lambda: hosts(gateway, OURS_NEW, THEIRS), WAIT_S,
               "its IKE SA with our other address")
    ok(ping(lab), "packets go by our other address")
    done = swanctl(lab, "--redirect", "--ike", "none", "--gateway", OURS_NEW)
    ok(done.returncode != 0 and "no such client" in done.stdout + done.stderr,
       "where there is nobody to redirect that is said")


def main():
    with Lab() as lab:
        lab.run("gw-a", ["ip", "addr", "add", f"{OURS_NEW}/24", "dev", "wan0"])
        lab.run("gw-b", ["ip", "addr", "add", f"{THEIRS_NEW}/24", "dev",
                         "wan0"])
        conf = re.sub(r"local_addrs = .*\n", "", ike_conf("a"))
        gateway = lab.start_gateway("gw-a", conf)
        peer = charon.start(lab, "gw-b", local="%any", remote=OURS,
                            local_ts="10.2.0.0/24", remote_ts="10.1.0.0/24",
                            ike=IKE, esp=ESP, psk=PSK)
        test_we_are_redirected(lab, gateway, peer)
        test_charon_is_redirected(lab, gateway, peer)
    return finish()


sys.exit(main())
