#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Extended sequence numbers (RFC 4303 section 2.2.1) between two Cygnets, which
strongSwan's userspace data path does not have: negotiated, carrying, rekeyed; and
one side that wants them alone.
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import Lab, finish, ok, wait_until  # noqa: E402
from stream import Stream  # noqa: E402


def children(gateway):
    sas = json.loads(gateway.client("sa", "--json").stdout)["sas"]
    return [child for sa in sas for conn in sa.values()
            for child in conn["child-sas"].values()]


def uses_esn(gateway):
    return [child.get("esn") for child in children(gateway)] == [1]


def check(lab, esp, sentence, want):
    far = lab.start_gateway("gw-b", ike_conf("b", esp=esp[1]))
    gateway = lab.start_gateway("gw-a", ike_conf("a", "start", esp=esp[0]))
    wait_until(lambda: children(gateway) and children(far), 10, "the tunnel")
    stream = Stream(lab)
    gateway.client("rekey", "to-b/net")
    wait_until(lambda: gateway.log().count("child_sa up") == 2, 10, "a rekeying")
    lab.run("host-a", ["ping", "-c", "10", "-i", "0.2", "10.2.0.2"])
    sent, received = stream.stop()
    ok(sent == received > 20, f"{sentence}: {received} of {sent} pings arrive")
    wait_until(lambda: len(children(gateway)) == 1 and
               len(children(far)) == 1, 10, "one pair")
    ok(uses_esn(gateway) == uses_esn(far) == want,
       f"{sentence}: {'extended' if want else '32-bit'} numbers on both sides")
    gateway.stop()
    far.stop()


def main():
    with Lab() as lab:
        for esp in ("aes128gcm16-esn", "aes256-sha512-esn",
                    "chacha20poly1305-esn-noesn"):
            check(lab, (esp, esp), esp, True)
        check(lab, ("aes128gcm16-esn-noesn", "aes128gcm16-noesn"),
              "one side without", False)
    return finish()


sys.exit(main())
