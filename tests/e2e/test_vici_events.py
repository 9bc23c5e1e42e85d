#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
VICI's events, as a client of another make hears them, while the tunnel between
two gateways of ours comes up, is rekeyed, goes down, and cannot come up.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import Lab, finish, ok  # noqa: E402
from vici import Vici  # noqa: E402

EVENTS = ("ike-updown", "child-updown", "ike-rekey", "child-rekey",
          "ike-update", "alert")


def child_of(ike):
    """The only one."""
    return next(iter(ike["child-sas"].values()))


def test_up(watch, client):
    answer = client.ask("initiate", child="net", timeout="10000",
                        init_limits="no")
    ok(answer == {"success": "yes"}, f"a child comes up: {answer}")
    ike = watch.wait("ike-updown")
    ok(ike and ike["up"] == "yes" and ike["to-b"]["state"] == "ESTABLISHED" and
       "child-sas" not in ike["to-b"], "ike-updown has the IKE SA alone")
    child = watch.wait("child-updown")
    ok(child and child["up"] == "yes" and
       child_of(child["to-b"])["name"] == "net",
       "child-updown has the child below it")
    return ike["to-b"], child_of(child["to-b"])


def test_rekey(watch, client, ike, child):
    answer = client.ask("rekey", child_id=child["uniqueid"])
    ok(answer == {"success": "yes", "matches": "1"}, "a child is rekeyed")
    event = watch.wait("child-rekey")
    pair = event and event["to-b"]["child-sas"]["net"]
    ok(pair and pair["old"]["uniqueid"] == child["uniqueid"] and
       pair["old"]["spi-in"] == child["spi-in"] and
       pair["new"]["spi-in"] != child["spi-in"],
       "child-rekey has the old one and the new one")
    answer = client.ask("rekey", ike_id=ike["uniqueid"])
    ok(answer == {"success": "yes", "matches": "1"}, "an IKE SA is rekeyed")
    event = watch.wait("ike-rekey")
    ok(event and event["to-b"]["old"]["uniqueid"] == ike["uniqueid"] and
       event["to-b"]["new"]["initiator-spi"] != ike["initiator-spi"],
       "ike-rekey has the old one and the new one")
    ok(watch.wait("ike-updown", 8) is None and
       watch.wait("child-updown", 0.1) is None,
       "and nothing went up or down")
    return event["to-b"]["new"], pair["new"]


def test_down(watch, client, ike, child):
    answer = client.ask("terminate", ike_id=ike["uniqueid"])
    ok(answer == {"success": "yes", "matches": "1", "terminated": "1"},
       f"the IKE SA ends: {answer}")
    event = watch.wait("child-updown")
    ok(event and "up" not in event and
       child_of(event["to-b"])["uniqueid"] == child["uniqueid"],
       "child-updown says so of the child")
    event = watch.wait("ike-updown")
    ok(event and "up" not in event and
       event["to-b"]["uniqueid"] == ike["uniqueid"], "and ike-updown of it")


def test_alert(watch, client):
    answer = client.ask("initiate", child="net", timeout="10000")
    ok(answer["success"] == "no", "with other proposals it does not come up")
    alert = watch.wait("alert")
    ok(alert and alert["type"] == "proposal-mismatch-ike",
       f"and an alert says why: {alert}")


def test_stranger(lab, watch):
    """What anybody may send has its alert, too, and names no IKE SA."""
    for octets, kind in (("b'x' * 5", "parse-error-header"),
                         ("bytes([1] * 16 + [46, 32, 37, 8] + [0] * 7 + [28])",
                          "invalid-ike-spi")):
        lab.run("gw-b", ["python3", "-c", "import socket\n"
                         "s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)"
                         f"\ns.sendto({octets}, ('192.0.2.1', 500))"])
        alert = watch.wait("alert")
        ok(alert == {"type": kind}, f"a datagram is an alert: {alert}")


def main():
    with Lab() as lab:
        lab.start_gateway("gw-a", ike_conf("a"))
        other = lab.start_gateway("gw-b", ike_conf("b"))
        watch, client = Vici(lab.socket_path("gw-a")), Vici(
            lab.socket_path("gw-a"))
        watch.register(*EVENTS)
        ike, child = test_up(watch, client)
        ike, child = test_rekey(watch, client, ike, child)
        test_down(watch, client, ike, child)
        test_stranger(lab, watch)
        ok(client.ask("no-such-command") is None,
           "what there is not is unknown")
        other.stop()
        lab.start_gateway("gw-b", ike_conf("b", ike="aes256-sha384-ecp384"))
        test_alert(watch, client)
        watch.close()
        client.close()
    return finish()


sys.exit(main())
