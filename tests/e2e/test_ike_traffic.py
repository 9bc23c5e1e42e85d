#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The daemon and strongSwan's charon carry traffic with every transform, whoever
begins: hosts ping each other, TCP by iperf3 goes one way and then the other, and
both still do after either side has rekeyed. Then how a tunnel ends, by either
side's wish or because a peer is dead, and what an operator reads where there is
nothing to agree on.
"""
import collections
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import charon  # noqa: E402
from ike_conf import PSK, ike_conf  # noqa: E402
from lab import Lab, LabError, finish, ok, wait_until  # noqa: E402

IPERF_S, IPERF_PORT = 1, 5201
IPERF_MIN_BYTES = 1 << 20
WAIT_S = 10
# As charon names them, the key's bits behind.
CBC, GCM, CHACHA = "AES_CBC", "AES_GCM_16", "CHACHA20_POLY1305"
SHA1, SHA2 = "HMAC_SHA1_96", "HMAC_SHA2_{}_{}"

# Of IKE, of ESP, and what charon is to say of both: cipher, hash, group.
Suite = collections.namedtuple("Suite", "ike esp cipher integ group")
SUITES = (
    Suite("aes128-sha1-modp2048", "aes128-sha1-modp2048", f"{CBC} 128", SHA1,
          "MODP_2048"),
    Suite("aes256-sha256-ecp256", "aes256-sha256-ecp256", f"{CBC} 256",
          SHA2.format(256, 128), "ECP_256"),
    Suite("aes192-sha384-ecp384", "aes192-sha384-ecp384", f"{CBC} 192",
          SHA2.format(384, 192), "ECP_384"),
    Suite("aes256-sha512-x25519", "aes256-sha512-x25519", f"{CBC} 256",
          SHA2.format(512, 256), "CURVE_25519"),
    Suite("aes128gcm16-prfsha256-modp2048", "aes128gcm16-ecp384", f"{GCM} 128",
          None, "MODP_2048"),
    Suite("aes256gcm16-prfsha384-ecp384", "aes256gcm16-ecp256", f"{GCM} 256",
          None, "ECP_384"),
    Suite("chacha20poly1305-prfsha512-x25519", "chacha20poly1305-modp2048",
          CHACHA, None, "CURVE_25519"),
)

# What charon is loaded with where both agree.
RIGHT = {"psk": PSK, "ike": SUITES[0].ike, "esp": SUITES[0].esp,
         "remote_ts": "10.1.0.0/24"}
# A clock that is so fast: 165 s of asking again take 8.
FAST_DAEMON = "tests/support/cygnetd_fast"
DPD_S = 30
DEAD_S = 20


class Tunnel:
    """Our daemon on gw-a, charon on gw-b."""

    def __init__(self, lab, peer, program="cygnetd", **conf):
        self.gateway = lab.start_gateway("gw-a", ike_conf("a", **conf),
                                         program)
        self.peer = peer

    def initiate(self, we):
        """The exit status; 0: it is up."""
        if we:
            return self.gateway.client("up", "to-b/net", check=False
                                       ).returncode
        return self.peer.initiate().returncode

    def rekey(self, we):
        before = self.count("child_sa up")
        if we:
            self.gateway.client("rekey", "to-b/net", check=False)
        else:
            self.peer.rekey()
        wait_until(lambda: self.count("child_sa up") > before, WAIT_S,
                   "the rekeying")

    def end(self, we, what="ike"):
        """Both forget it; false: one of them does not."""
        if we:
            self.gateway.client("down",
                                "to-b" if what == "ike" else "to-b/net",
                                check=False)
        else:
            self.peer.terminate(what)
        try:
            wait_until(lambda: self.children() == [[], []], WAIT_S, "the end")
        except LabError:
            return False
        return True

    def ours(self):
        """Our IKE SAs, as trees with swanctl's names."""
        sas = json.loads(self.gateway.client("sa", "--json").stdout)["sas"]
        return [sa for named in sas for sa in named.values()]

    def children(self):
        """Of both sides."""
        return [[child for sa in self.ours()
                 for child in sa["child-sas"].values()],
                [child for sa in self.peer.list_sas()
                 for child in sa["children"]]]

    def count(self, line):
        return self.gateway.log().count(line)

    def failures(self):
        """The lines that say what did not come about."""
        return [line.split(": ", 3)[-1] for line
                in self.gateway.log().splitlines() if "ike: failed" in line]


def role(we):
    return "we begin" if we else "charon begins"


# --- traffic

def ping(lab, ns="host-a", target="10.2.0.2"):
    return lab.run(ns, ["ping", "-c", "3", "-i", "0.05", "-W", "1", target],
                   check=False).returncode == 0


def tcp(lab, backwards):
    """Octets that arrive at the other host, or here, in IPERF_S."""
    done = lab.run("host-a", [
        "iperf3", "-J", "-c", "10.2.0.2", "-p", str(IPERF_PORT), "-t",
        str(IPERF_S), *(["-R"] if backwards else [])], check=False,
        timeout=IPERF_S + 20)
    answer = json.loads(done.stdout)
    if "error" in answer:
        print(f"# iperf3: {answer['error']}")
        return 0
    return answer["end"]["sum_received"]["bytes"]


def named(sa, suite):
    """Does the SA have the suite's cipher and hash?"""
    cipher = f"{sa['encr-alg']} {sa.get('encr-keysize', '')}".strip()
    return cipher == suite.cipher and sa.get("integ-alg") == suite.integ


def check_suites(lab, tunnel):
    lab.spawn("host-b", ["iperf3", "-s", "-p", str(IPERF_PORT)])
    for suite in SUITES:
        tunnel.peer.load(ike=suite.ike, esp=suite.esp)
        for we in (True, False):
            check_suite(lab, tunnel, suite, we)
    dropped = {name: n for name, n in tunnel.gateway.drops().items() if n}
    ok(not set(dropped) & {"icv", "replay", "padding", "selector", "crypto",
                           "inner_malformed", "esp_length"},
       f"no packet of all these was damaged: {dropped}")


def check_suite(lab, tunnel, suite, we):
    name = f"{suite.ike}, {suite.esp}, {role(we)}"
    if not ok(tunnel.initiate(we) == 0, f"{name}: up"):
        return
    sas = tunnel.peer.list_sas()
    ok(len(sas) == 1 and named(sas[0], suite) and
       sas[0]["dh-group"] == suite.group and
       named(sas[0]["children"][0], suite), f"{name}: as charon has it, too")
    octets = tcp(lab, not we)
    ok(ping(lab) and ping(lab, "host-b", "10.1.0.2") and
       octets > IPERF_MIN_BYTES, f"{name}: ping, and {octets} octets of TCP")
    tunnel.rekey(not we)
    tunnel.rekey(we)
    ok(ping(lab) and len(tunnel.peer.list_sas()) == 1,
       f"{name}: still so after both have rekeyed the child")
    ok(tunnel.end(not we), f"{name}: the other side ends it")


# --- the end

def check_ends(lab, tunnel):
    tunnel.peer.load(**RIGHT)
    for we in (True, False):
        who = "we delete" if we else "charon deletes"
        tunnel.initiate(we)
        ok(tunnel.end(we, "child") and len(tunnel.ours()) == 1 and
           len(tunnel.peer.list_sas()) == 1 and not ping(lab),
           f"{who} the child: both forget it, and the IKE SA stays")
        ok(tunnel.initiate(we) == 0 and ping(lab),
           "another one comes up, and carries packets at once")
        ok(tunnel.end(we) and not tunnel.ours() and
           not tunnel.peer.list_sas(), f"{who} the IKE SA: all of it is gone")


# --- nothing to agree on

def check_mismatch(tunnel):
    """What the log says; charon is loaded with other than ours."""
    rows = (
        ("the keys differ", {"psk": "another"},
         ("compare the pre-shared keys",), ("compare the pre-shared keys",)),
        ("IKE proposals differ", {"ike": "aes128-sha256-modp1024"},
         ("we have aes128-sha1-prfsha1-modp2048", "the peer accepts none"),
         ("we have aes128-sha1-prfsha1-modp2048",
          "the peer offers aes128-sha256")),
        ("ESP proposals differ", {"esp": "null-sha1"},
         ("proposal mismatch (ESP)", "the peer accepts none"),
         ("proposal mismatch (ESP)", "the peer offers ")),
        ("selectors differ", {"remote_ts": "10.9.0.0/24"},
         ("we have 10.1.0.0/24 === 10.2.0.0/24", "the peer accepts none"),
         ("we have 10.1.0.0/24 === 10.2.0.0/24",
          "the peer offers 10.9.0.0/24 === 10.2.0.0/24")),
    )
    for what, theirs, as_initiator, as_responder in rows:
        tunnel.peer.load(**{**RIGHT, **theirs})
        for we, words in ((True, as_initiator), (False, as_responder)):
            before = len(tunnel.failures())
            status = tunnel.initiate(we)
            wait_until(lambda: len(tunnel.failures()) > before,  # noqa: B023
                       WAIT_S, f"a line of the log where {what}")
            said = tunnel.failures()[-1]
            ok(status != 0 and all(word in said for word in words),
               f"{what}, {role(we)}: {said}")
            tunnel.end(we)


# --- a dead peer

def check_dead_peer(lab, peer):
    """With a clock that is faster, in a daemon that is the same otherwise."""
    peer.load(**RIGHT)
    tunnel = Tunnel(lab, peer, FAST_DAEMON, ike=RIGHT["ike"],
                    esp=RIGHT["esp"], start_action="start", dpd_delay=DPD_S,
                    dpd_action="restart")
    wait_until(lambda: tunnel.count("child_sa up"), WAIT_S, "the tunnel")
    mark = peer.mark()
    wait_until(lambda: peer.log(mark).count(
        "parsed INFORMATIONAL request") >= 2, WAIT_S, "two questions")
    ok(tunnel.count("ike_sa down") == 0 and ping(lab),
       "a peer that says nothing is asked whether it lives, and does")
    peer.process.kill()
    wait_until(lambda: tunnel.count("the peer does not answer"), DEAD_S,
               "the daemon to notice that the peer is dead")
    ok(tunnel.count("ike_sa down") == 1 and not ping(lab),
       "one that is dead is noticed, and the tunnel goes down")
    # Until it knows the connection it would refuse us, and nothing but silence
    # makes us try again.
    lab.run("wire", ["ip", "link", "set", "dev", "b", "down"])
    peer.start()
    peer.load()
    lab.run("wire", ["ip", "link", "set", "dev", "b", "up"])
    wait_until(lambda: tunnel.count("child_sa up") == 2, DEAD_S,
               "the tunnel again")
    ok(ping(lab) and len(peer.list_sas()) == 1,
       "when it is back, so is the tunnel, as dpd_action says")


def main():
    with Lab() as lab:
        peer = charon.start(lab, "gw-b", local="192.0.2.2", remote="192.0.2.1",
                            local_ts="10.2.0.0/24", **RIGHT)
        tunnel = Tunnel(lab, peer, ike=", ".join(s.ike for s in SUITES),
                        esp=", ".join(s.esp for s in SUITES))
        check_suites(lab, tunnel)
        check_ends(lab, tunnel)
        check_mismatch(tunnel)
        tunnel.gateway.stop()
        check_dead_peer(lab, peer)
    return finish()


sys.exit(main())
