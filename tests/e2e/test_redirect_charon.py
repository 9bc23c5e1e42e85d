#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Redirection (RFC 5685) with strongSwan's charon, in both roles: the gateway has two
addresses, and sends its client from the one to the other, which it says, or whose name.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import charon  # noqa: E402
import dns  # noqa: E402
from ike_conf import ESP, IKE, PSK, ike_conf  # noqa: E402
from lab import Lab, finish, ok, wait_until  # noqa: E402
from moves import OURS, OURS_NEW, THEIRS, THEIRS_NEW, ping, sa_of  # noqa: E402
from swanctl import swanctl  # noqa: E402

WAIT_S = 10
RESOLVER = "192.0.2.53"
NAME = "gw.example.net"


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


def redirect_us(gateway, peer):
    """charon says it of an IKE SA once."""
    wait_until(lambda: not peer.list_sas(), WAIT_S, "charon's end")
    gateway.client("up", "to-b/net")
    peer.swanctl("--redirect", "--ike", "peer", "--gateway", NAME)


def check_stays(lab, gateway, words, what):
    wait_until(lambda: words in gateway.log(), WAIT_S, f"a word: {words}")
    ok(hosts(gateway, OURS, THEIRS) and ping(lab), what)
    gateway.client("down", "to-b")


def test_we_are_redirected_to_a_name(lab, gateway, peer, server):
    server.says("nxdomain")
    redirect_us(gateway, peer)
    check_stays(lab, gateway, f"cannot resolve {NAME}, to which the peer redirects us",
                "where there is no such name we stay")
    server.says(a=[OURS])
    redirect_us(gateway, peer)
    check_stays(lab, gateway, "redirects us to this host itself",
                "where the name leads to us we stay, too")
    server.says(a=[THEIRS_NEW], aaaa=["2001:db8:99::1"])
    redirect_us(gateway, peer)
    wait_until(lambda: hosts(gateway, OURS, THEIRS_NEW), WAIT_S,
               "our IKE SA with where the name leads")
    ok(ping(lab), "packets go by the address that charon's name has")
    asked = server.questions()
    ok(asked and all(name == NAME for _, name, _ in asked),
       f"that name alone was asked for {asked}")
    gateway.client("down", "to-b")


def test_charon_is_redirected_to_a_name(lab, gateway, peer):
    wait_until(lambda: not peer.list_sas(), WAIT_S, "charon's end")
    peer.initiate()
    done = swanctl(lab, "--redirect", "--peer-ip", THEIRS, "--gateway", NAME)
    ok(done.returncode == 0, "stock swanctl redirects it to a name")
    wait_until(lambda: hosts(gateway, OURS_NEW, THEIRS), WAIT_S,
               "its IKE SA with where the name leads")
    ok(ping(lab), "packets go there")


def main():
    with Lab() as lab:
        lab.run("wire", ["ip", "addr", "add", f"{RESOLVER}/24", "dev", "br0"])
        server = dns.start(lab, "wire", RESOLVER, NAME)
        lab.run("gw-a", ["ip", "addr", "add", f"{OURS_NEW}/24", "dev", "wan0"])
        lab.run("gw-b", ["ip", "addr", "add", f"{THEIRS_NEW}/24", "dev",
                         "wan0"])
        conf = re.sub(r"local_addrs = .*\n", "", ike_conf("a"))
        conf = conf.replace("unprotected = wan0",
                            f"unprotected = wan0\n    resolvers = {RESOLVER}")
        gateway = lab.start_gateway("gw-a", conf)
        peer = charon.start(lab, "gw-b", local="%any", remote=OURS,
                            local_ts="10.2.0.0/24", remote_ts="10.1.0.0/24",
                            ike=IKE, esp=ESP, psk=PSK,
                            hosts=f"{OURS_NEW} {NAME}\n")
        test_we_are_redirected(lab, gateway, peer)
        test_we_are_redirected_to_a_name(lab, gateway, peer, server)
        test_charon_is_redirected(lab, gateway, peer)
        peer.terminate()
        test_charon_is_redirected_to_a_name(lab, gateway, peer)
    return finish()


sys.exit(main())
