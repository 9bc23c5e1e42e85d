#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The daemon and strongSwan's charon in IPv4 and IPv6, each of them inside each of
them, whoever begins: hosts reach each other both ways, by ping and by TCP, and
still do after either side has rekeyed. charon carries ESP in user space, always in
UDP.
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import charon  # noqa: E402
from families import (FAMILIES, HOSTS, conf_between, lan,  # noqa: E402
                      outer, ping, tcp)
from ike_conf import ESP, IKE, PSK, ike_conf  # noqa: E402
from lab import SIDES, Lab, finish, ok, wait_until  # noqa: E402

TCP_BYTES = 1 << 20
WAIT_S = 10


def conf(family, inner):
    """One tunnel, between these families' addresses."""
    text = conf_between(ike_conf("a"), "a", family)
    for side in SIDES:
        text = text.replace(f"_ts = {lan(side, 4)}\n",
                            f"_ts = {lan(side, inner)}\n")
    return text


def parameters(family, inner):
    """The same for charon."""
    return {"local": outer("b", family), "remote": outer("a", family),
            "local_ts": lan("b", inner), "remote_ts": lan("a", inner)}


def passes(lab, inner):
    """Both ways?"""
    return all([ping(lab, "host-a", HOSTS[inner]["b"]),
                ping(lab, "host-b", HOSTS[inner]["a"])])


def rekey(gateway, peer, we):
    before = gateway.log().count("child_sa up")
    if we:
        gateway.client("rekey", "to-b/net")
    else:
        peer.rekey()
    wait_until(lambda: gateway.log().count("child_sa up") > before, WAIT_S,
               "the rekeying")


def check(lab, gateway, peer, inner, name):
    for we in (True, False):
        who = f"{name}, {'we begin' if we else 'charon begins'}"
        begun = (gateway.client("up", "to-b/net", check=False) if we
                 else peer.initiate())
        if not ok(begun.returncode == 0, f"{who}: up"):
            continue
        ok(passes(lab, inner) and tcp(lab, inner, TCP_BYTES),
           f"{who}: ping and TCP")
        rekey(gateway, peer, not we)
        rekey(gateway, peer, we)
        ok(passes(lab, inner) and len(peer.list_sas()) == 1,
           f"{who}: still so after both have rekeyed the child")
        peer.terminate()
        wait_until(lambda: not peer.list_sas() and not json.loads(
            gateway.client("sa", "--json").stdout)["sas"], WAIT_S, "the end")


def main():
    with Lab(with_ipv6=True) as lab:
        peer = None
        for family in FAMILIES:
            for inner in FAMILIES:
                if peer:
                    peer.load(**parameters(family, inner))
                else:
                    peer = charon.start(lab, "gw-b", ike=IKE, esp=ESP, psk=PSK,
                                        **parameters(family, inner))
                gateway = lab.start_gateway("gw-a", conf(family, inner))
                wait_until(lambda: "ike: up" in gateway.log(),  # noqa: B023
                           WAIT_S, "the process that speaks IKE")
                check(lab, gateway, peer, inner,
                      f"IPv{inner} over IPv{family}")
                gateway.stop()
    return finish()


sys.exit(main())
