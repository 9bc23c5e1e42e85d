#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Session resumption (RFC 5723) between two gateways: one that did not hear of the
other for a while comes back by its ticket, without a key exchange, though the
other's ike has ended; and not where the other has another key meanwhile.
"""
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import PSK, ike_conf  # noqa: E402
from lab import Lab, finish, ok, wait_until  # noqa: E402

RESUMED = "resumed by a ticket"
EXCHANGE = 18  # where its number is, RFC 7296 section 3.1
IKE_SA_INIT, IKE_SESSION_RESUME = 34, 38
QUESTIONS_BYTES = 1300  # of a capture: four of INFORMATIONAL, or fewer and a ticket
CHARON = """\
charon {
    retransmit_timeout = 0.8
    retransmit_base = 1
    retransmit_tries = 2
}
"""


def conf(side):
    text = ike_conf(side, dpd_delay=1)
    return CHARON + text.replace("        dpd_delay",
                                 "        resumption = yes\n        dpd_delay")


def pings(lab, sentence):
    done = lab.run("host-a", ["ping", "-c", "3", "-i", "0.2", "10.2.0.2"])
    ok(" 3 received" in done.stdout, sentence)


def settle(lab):
    """Four times one asked the other something: if only now, for the ticket."""
    wire = lab.capture("wire", "a", "udp port 4500")
    wait_until(lambda: os.path.getsize(wire.path) > QUESTIONS_BYTES, 20,
               "four questions and their answers")
    wire.stop()


def lose(lab, here, there):
    """The IKE SA of one ends; the other has not noticed."""
    settle(lab)
    gone = here.log().count("the peer does not answer")
    there.kill_role("ike", signal.SIGSTOP)
    wait_until(lambda: here.log().count("the peer does not answer") > gone, 20,
               "the end of the IKE SA")


def exchanges(wire):
    return [bytes(p["UDP"].payload)[EXCHANGE] for p in wire.stop()]


def resume(lab, here, there):
    wire = lab.capture("wire", "a", "udp port 500")
    here.client("up", "to-b")
    for gateway in (here, there):
        wait_until(lambda g=gateway: RESUMED in g.log(), 10, RESUMED)
    seen = exchanges(wire)
    ok(IKE_SESSION_RESUME in seen and IKE_SA_INIT not in seen,
       f"by a ticket: {seen}")
    pings(lab, "traffic flows again")


def refuse(lab, here, there):
    """Whoever lost his key does not come back by what he got with it."""
    lab.write("gw-b.conf", conf("b").replace(PSK, "another one"))
    there.client("reload")
    wire = lab.capture("wire", "a", "udp port 500")
    done = here.client("up", "to-b", check=False)
    ok("compare the pre-shared keys" in done.stderr, "another key is asked for")
    seen = exchanges(wire)
    ok(IKE_SESSION_RESUME in seen and IKE_SA_INIT in seen,
       f"and the ticket is worth nothing: {seen}")


def main():
    with Lab() as lab:
        there = lab.start_gateway("gw-b", conf("b"))
        here = lab.start_gateway("gw-a", conf("a"))
        for gateway in (there, here):
            wait_until(lambda g=gateway: "ike: up" in g.log(), 10, "ike")
        here.client("up", "to-b")
        pings(lab, "the tunnel is up")
        lose(lab, here, there)
        there.kill_role("ike", signal.SIGKILL)
        wait_until(lambda: "generation=1" in there.log(), 10, "the next ike")
        resume(lab, here, there)
        lose(lab, here, there)
        there.kill_role("ike", signal.SIGCONT)
        refuse(lab, here, there)
    return finish()


sys.exit(main())
