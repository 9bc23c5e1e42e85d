#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
An operator sees why a tunnel is not up: each side's proposals or selectors where
they have nothing in common, on both gateways, until it is up. And `cygnet up`
says how it ended, whatever becomes of the process that speaks IKE.
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ESP, IKE, ike_conf  # noqa: E402
from lab import BUILD, Lab, finish, log_of, ok, wait_until  # noqa: E402

WAIT_S = 10
SUITE = "aes128-sha256-prfsha256-curve25519"


def tunnel(gateway, name):
    return gateway.status()["tunnels"][name]


def failure(gateway, name):
    return wait_until(lambda: tunnel(gateway, name).get("failure"), WAIT_S,
                      f"a failure of {name}")


def sides(found):
    return found["what"], found["ours"], found.get("peers")


def check(gateway):
    return gateway.client("status", "--check", check=False)


def lines(gateway):
    return [line.strip() for line in gateway.client("status").stdout.split("\n")]


def test_ike_proposals(lab, b):
    a = lab.start_gateway("gw-a", ike_conf("a", "start",
                                           ike="aes256-sha384-ecp384"))
    theirs = "aes256-sha384-prfsha384-ecp384"
    ok(sides(failure(a, "to-b/net")) ==
       ("proposal mismatch (IKE)", [theirs], None),
       "the initiator knows its own proposals, and that they were refused")
    ok(sides(failure(b, "to-a/net")) ==
       ("proposal mismatch (IKE)", [SUITE], [theirs]),
       "the responder knows both sides'")
    shown = lines(b)
    at = shown.index(f"ours   {SUITE}")
    ok(shown[at + 1] == f"peer   {theirs}" and
       "ago, peer 192.0.2.1: proposal mismatch (IKE)" in shown[at - 1],
       "and shows them one below the other")
    ok("peer   (it gave no details)" in lines(a), "which the initiator can't")
    done = check(a)
    ok(done.returncode == 3 and "to-b/net" in done.stdout and
       "proposal mismatch" in done.stdout,
       "`status --check` shows the tunnel that should be up: exit code 3")
    ok(check(b).returncode == 0 and not check(b).stdout,
       "and none where nothing has to be up")
    up = a.client("up", "to-b/net", check=False)
    ok(up.returncode == 1 and f"to-b/net: proposal mismatch (IKE): we have "
       f"{theirs}" in up.stderr, "`up` says so, too")
    a.stop()


def test_children(lab, b):
    a = lab.start_gateway("gw-a", ike_conf("a", "start", esp="aes256-sha512"))
    ok(sides(failure(a, "to-b/net")) ==
       ("proposal mismatch (ESP)", ["aes256-sha512"], None) and
       wait_until(lambda: sides(failure(b, "to-a/net")) ==
                  ("proposal mismatch (ESP)", [ESP], ["aes256-sha512"]),
                  WAIT_S, "the mismatch"), "proposals of a child likewise")
    ok(len(json.loads(a.client("sa", "--json").stdout)["sas"]) == 1 and
       tunnel(a, "to-b/net")["state"] == "down",
       "though the IKE SA is up, the tunnel is not")
    a.stop()
    a = lab.start_gateway("gw-a", ike_conf("a", "start").replace(
        "remote_ts = 10.2.0.0/24", "remote_ts = 10.9.0.0/24"))
    ok(sides(failure(a, "to-b/net")) ==
       ("selector mismatch", ["10.1.0.0/24 === 10.9.0.0/24"], None) and
       wait_until(lambda: sides(failure(b, "to-a/net")) ==
                  ("selector mismatch", ["10.2.0.0/24 === 10.1.0.0/24"],
                   ["10.9.0.0/24 === 10.1.0.0/24"]), WAIT_S, "the mismatch"),
       "and selectors, as the one that looks would write them")
    a.stop()


def test_up(lab, b):
    a = lab.start_gateway("gw-a", ike_conf("a", "start", ike=IKE))
    wait_until(lambda: check(a).returncode == 0, WAIT_S, "the tunnel")
    ok(tunnel(a, "to-b/net")["state"] == "up" and
       "failure" not in tunnel(a, "to-b/net"), "then it is up")
    ok("failure" not in tunnel(b, "to-a/net"), "and nobody speaks of failures")
    counters = json.loads(b.client("counters", "--json").stdout)
    ok(counters["sas"] == {"ike_up": 1, "ike_connecting": 0, "child_up": 1} and
       "to-a/net" in counters["tunnels"], "`counters` counts the SAs")
    policy = json.loads(b.client("policy", "--json").stdout)
    ok(policy == {"policies": {"to-a/net": {
        "policy": 0, "action": "protect", "local_ts": "10.2.0.0/24",
        "remote_ts": "10.1.0.0/24", "protocol": 0, "direction": "both",
        "tunnel": "to-a/net"}},
        "default": "bypass"}, "`policy` shows that of the child")
    a.client("down", "to-b")
    gone = wait_until(lambda: tunnel(b, "to-a/net").get("failure"), WAIT_S,
                      "the end of the tunnel")
    ok((gone["kind"], gone["text"]) == ("ended", "deleted by the peer"),
       "a tunnel that the peer ended says so")
    ok(check(a).returncode == 3 and "ended" in check(a).stdout,
       "and one that we ended ourselves, which should be up")
    return a


def test_process_ends(lab, a, b):
    b.kill()
    up = lab.spawn("gw-a", [f"{BUILD}/cygnet", "up", "to-b/net"])
    wait_until(lambda: tunnel(a, "to-b/net")["state"] == "connecting", WAIT_S,
               "the attempt")
    a.kill_role("ike")
    code = up.wait(WAIT_S)
    ok(code == 1 and "the IKE process ended" in log_of(up),
       "who waits is told at once when the process that speaks IKE ends: "
       f"{log_of(up).strip()}")
    wait_until(lambda: failure(a, "to-b/net")["text"] ==
               "the IKE process ended", WAIT_S, "the reason")
    ok(True, "and so is who looks at the tunnel")


def main():
    with Lab() as lab:
        b = lab.start_gateway("gw-b", ike_conf("b"))
        test_ike_proposals(lab, b)
        test_children(lab, b)
        a = test_up(lab, b)
        test_process_ends(lab, a, b)
    return finish()


sys.exit(main())
