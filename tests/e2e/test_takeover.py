#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Processes of the daemon that are killed while strongSwan's charon asks all the
time whether the peer lives: held for three times as long as it would wait, it
does not notice, nor does the traffic.
"""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import charon  # noqa: E402
from ike_conf import ESP, IKE, PSK, ike_conf  # noqa: E402
from lab import Lab, finish, ok, wait_until  # noqa: E402
from stream import INTERVAL_S, Stream  # noqa: E402

DPD_DELAY_S, RESEND_S, SENDS = 1, 0.4, 4
HOLD_S = 3 * (DPD_DELAY_S + RESEND_S * SENDS)


def sas(peer):
    """What charon knows its SAs by."""
    return [(sa["uniqueid"], [child["uniqueid"] for child in sa["children"]])
            for sa in peer.list_sas()]


def check_hold(lab, peer, stream, before, sentence):
    time.sleep(HOLD_S)
    sent, received = stream.stop()
    ok(sent > 50 and sent == received,
       f"{sentence}: {received} of {sent} pings arrive in {HOLD_S:.1f} s")
    ok(sas(peer) == before, f"{sentence}: charon has the SAs of before")


def check_ctl(lab, gateway, peer, before):
    stream = Stream(lab)
    gateway.process.send_signal(signal.SIGKILL)
    gateway.process.wait(timeout=10)
    check_hold(lab, peer, stream, before, "ctl is dead")
    again = lab.start_gateway("gw-a", ike_conf("a", "start"))
    ok(sas(peer) == before, "the next ctl makes no others")
    return again


def check_ike(lab, gateway, peer, before):
    stream = Stream(lab)
    gateway.kill_role("ike")
    check_hold(lab, peer, stream, before, "ike is killed")
    wait_until(lambda: "generation=1" in gateway.log(), 10, "the next ike")


def check_dp(lab, gateway, peer, before):
    """The keys of its SAs are gone with it: charon's are deleted."""
    ike, children = before[0]
    stream = Stream(lab)
    gateway.kill_role("dp")
    wait_until(lambda: len(sas(peer)) == 1 and len(sas(peer)[0][1]) == 1 and
               not set(sas(peer)[0][1]) & set(children), 10, "another child")
    lab.run("host-a", ["ping", "-c", "3", "-i", "0.2", "10.2.0.2"])
    sent, received = stream.stop()
    lost_s = (sent - received) * INTERVAL_S
    ok(received > 50 and lost_s < 3,
       f"dp is killed: traffic flows again after {lost_s:.2f} s")
    ok(sas(peer)[0][0] == ike, "by a rekeying under the same IKE SA")


def check_that_charon_would_notice(gateway, peer):
    gateway.kill_role("ike", signal.SIGSTOP)
    wait_until(lambda: not peer.list_sas(), HOLD_S, "charon to give up")
    ok(True, "an ike that does not answer is noticed in a third of that time")
    gateway.kill_role("ike", signal.SIGCONT)


def main():
    with Lab() as lab:
        peer = charon.start(lab, "gw-b", retransmit_timeout=RESEND_S, **{
            "local": "192.0.2.2", "remote": "192.0.2.1",
            "local_ts": "10.2.0.0/24", "remote_ts": "10.1.0.0/24",
            "ike": IKE, "esp": ESP, "psk": PSK, "dpd_delay": f"{DPD_DELAY_S}s"})
        gateway = lab.start_gateway("gw-a", ike_conf("a", "start"))
        wait_until(lambda: "child_sa up" in gateway.log(), 10, "the tunnel")
        before = sas(peer)
        gateway = check_ctl(lab, gateway, peer, before)
        check_ike(lab, gateway, peer, before)
        check_dp(lab, gateway, peer, before)
        check_that_charon_would_notice(gateway, peer)
    return finish()


sys.exit(main())
