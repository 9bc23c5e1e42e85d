#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
What an operator looks at while it goes on: `cygnet top` has the rates of what
passes, `cygnet log` says what happens, `cygnet reauth` makes the IKE SA anew, and
`cygnet debug` shows the messages of IKE with a peer, without a secret, until its
time is over.
"""
import json
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import PSK, ike_conf  # noqa: E402
from lab import BUILD, Lab, eventually, finish, log_of, ok  # noqa: E402

CYGNET = f"{BUILD}/cygnet"
DEBUG_S = 8


def lines(process):
    return log_of(process).splitlines()


# --- debug

def test_debug(lab, gateway, peer):
    began = time.monotonic()
    ours = lab.spawn("gw-a", [CYGNET, "debug", "to-b", "--for", f"{DEBUG_S}s"])
    theirs = lab.spawn("gw-b", [CYGNET, "--json", "debug", "192.0.2.1",
                                "--for", str(DEBUG_S)])

    def comes_up():
        # It may not be registered yet.
        gateway.client("down", "-t", "5", "to-b", check=False)
        gateway.client("up", "-t", "20", "to-b/net")
        return ("out IKE_SA_INIT request 0: SA(IKE: aes128-" in log_of(ours) and
                "IKE_SA_INIT" in log_of(theirs))

    ok(eventually(comes_up), "debug shows the messages of a handshake")
    gateway.client("rekey", "net")
    ok(eventually(lambda: "CREATE_CHILD_SA response" in log_of(ours)),
       "and those of a rekeying")
    text = log_of(ours)
    ok("out IKE_AUTH request 1: IDi(192.0.2.1) AUTH(psk) N(MOBIKE_SUPPORTED) "
       "N(SUPPORTED_AUTH_METHODS) SA(ESP: aes128gcm16) TSi(10.1.0.0/24) TSr(10.2.0.0/24)" in text and
       "in  IKE_AUTH response 1: IDr(192.0.2.2) AUTH(psk)" in text,
       "with identities, proposals and selectors in words")
    heard = [json.loads(line)["data"] for line in lines(theirs) if line]
    ok(all(message["remote-host"] == "192.0.2.1" for message in heard) and
       {message["direction"] for message in heard} == {"in", "out"},
       "and of the peer, both ways, as JSON")
    ok(PSK not in text and PSK not in log_of(theirs), "without the secret")
    gateway.kill_role("ike")
    seen = len(lines(ours))
    ok(eventually(lambda: gateway.client("rekey", "net",
                                         check=False).returncode == 0 and
                  len(lines(ours)) > seen),
       "it goes on when the process that speaks IKE is another one")
    codes = ours.wait(DEBUG_S + 10), theirs.wait(DEBUG_S + 10)
    ok(codes == (0, 0) and time.monotonic() - began >= DEBUG_S,
       f"it ends by itself: {codes}")
    first = lab.spawn("gw-a", [CYGNET, "debug", "192.0.2.2"])

    def takes_place():
        gateway.client("debug", "192.0.2.2", "--for", "1s")
        return first.poll() is not None

    ok(eventually(takes_place) and first.returncode == 1 and
       "another" in log_of(first), "and when another one takes its place")
    done = gateway.client("debug", "nobody", check=False)
    ok(done.returncode == 1 and "neither an address nor a connection" in
       done.stderr, "it needs a peer")


# --- top

def test_top(lab, gateway):
    flood = lab.spawn("host-a", ["ping", "-q", "-i", "0.02", "-s", "1000",
                                 "10.2.0.2"])
    top = lab.spawn("gw-a", [CYGNET, "--json", "top", "-n", "3", "1"])
    ok(top.wait(10) == 0 and len(lines(top)) == 3,
       "top shows as many times as it is asked for")
    rates = [json.loads(line)["tunnels"]["to-b/net"] for line in lines(top)]
    ok(any(rate["out"]["packets_per_second"] > 10 and
           rate["in"]["bits_per_second"] > 80000 for rate in rates),
       f"with what passes: {rates[-1]}")
    text = gateway.client("top", "-n", "1").stdout
    ok("1 of 1 tunnels up" in text and "to-b/net" in text and "bit/s" in text,
       "people read a page")
    flood.terminate()


# --- log, reauth

def ike_id(gateway):
    sas = json.loads(gateway.client("sa", "--json").stdout)["sas"]
    return [sa["to-b"]["uniqueid"] for sa in sas if "to-b" in sa and
            sa["to-b"]["state"] == "ESTABLISHED"]


def test_reauth(lab, gateway):
    log = lab.spawn("gw-a", [CYGNET, "log"])

    def is_heard():
        gateway.client("rekey", "net")
        return "[CHD] to-b: child 'net' is rekeyed" in log_of(log)

    ok(eventually(is_heard), "log says in words what happens")
    before = ike_id(gateway)
    done = gateway.client("reauth", "to-b", check=False)
    ok(done.returncode == 0, f"reauth begins {done.stderr}")
    ok(eventually(lambda: len(ike_id(gateway)) == 1 and
                  ike_id(gateway) != before) and
       eventually(lambda: gateway.status()["tunnels"]["to-b/net"]["state"] ==
                  "up"), "and the IKE SA is another one, with the tunnel up")
    ok(eventually(lambda: "[IKE] to-b: IKE SA 'to-b' is up" in log_of(log)),
       "which the log has, too")
    log.terminate()


def main():
    with Lab() as lab:
        gateway = lab.start_gateway("gw-a", ike_conf("a"))
        peer = lab.start_gateway("gw-b", ike_conf("b"))
        test_debug(lab, gateway, peer)
        test_top(lab, gateway)
        test_reauth(lab, gateway)
    return finish()


sys.exit(main())
