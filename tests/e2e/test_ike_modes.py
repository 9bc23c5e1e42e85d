#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Transport mode and AH, negotiated by two gateways of ours: what they say to each other,
and for AH in tunnel mode their networks, goes through, before rekeying and after it,
and nothing but that protocol is on the wire.
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import Lab, finish, ok, wait_until  # noqa: E402

WAIT_S = 10
# Of the child, in place of these three lines.
SELECTORS = ("local_ts", "remote_ts", "esp_proposals")
CASES = (("esp-transport", ("mode = transport", "esp_proposals = aes128gcm16"), "esp"),
         ("ah-transport", ("mode = transport", "ah_proposals = sha256"), "ah"),
         ("ah-tunnel", ("local_ts", "remote_ts", "ah_proposals = sha256-x25519"),
          "ah"))


def conf(side, lines):
    """The lines that are names alone stay as they are."""
    kept = []
    for line in ike_conf(side).splitlines():
        key = line.strip().split(" ")[0]
        if key not in SELECTORS:
            kept.append(line)
        elif key in lines:
            kept.append(line)
        if key == SELECTORS[-1]:
            kept += [more for more in lines if "=" in more]
    return "\n".join(kept) + "\n"


def child(gateway):
    """The only one."""
    sas = json.loads(gateway.client("sa", "--json").stdout)["sas"]
    children = [c for named in sas for sa in named.values()
                for c in sa["child-sas"].values()]
    return children[0] if len(children) == 1 else None


def is_another(gateway, before):
    now = child(gateway)
    return now and now["spi-in"] != before


def ping(lab, near, target):
    return lab.run(near, ["ping", "-c", "3", "-i", "0.05", "-W", "1", "-s", "1000",
                          target], check=False).returncode == 0


def check(lab, name, lines, proto):
    near, target = (("gw-a", "192.0.2.2") if "transport" in name else
                    ("host-a", "10.2.0.2"))
    b = lab.start_gateway("gw-b", conf("b", lines))
    a = lab.start_gateway("gw-a", conf("a", lines))
    a.client("up", "to-b/net")
    wait_until(lambda: child(a) and child(b), WAIT_S, f"{name}: the child")
    for side in (a, b):
        got = child(side)
        ok(got["mode"] == ("TRANSPORT" if "transport" in name else "TUNNEL") and
           got["protocol"] == proto.upper(),
           f"{name}: {got['protocol']}, {got['mode']}")
    for what in ("brought up", "rekeyed"):
        wire = lab.capture("wire", "br0", "icmp")
        ok(ping(lab, near, target), f"{name}, {what}: what is said comes back")
        clear = [p for p in wire.stop() if proto == "esp" or "AH" not in p]
        ok(not clear, f"{name}, {what}: and was on the wire in no other way")
        before = child(a)["spi-in"]
        a.client("rekey", "to-b/net")
        wait_until(lambda: is_another(a, before), WAIT_S,
                   "rekeying")
    dropped = {reason: n for gateway in (a, b)
               for reason, n in gateway.drops().items() if n}
    ok(not dropped, f"{name}: nothing was dropped: {dropped}")
    a.stop()
    b.stop()


def main():
    with Lab() as lab:
        for case in CASES:
            check(lab, *case)
    return finish()


sys.exit(main())
