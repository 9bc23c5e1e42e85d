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
from ike_conf import ESP, IKE, PSK, ike_conf  # noqa: E402
from lab import SIDES, Lab, finish, ok, wait_until  # noqa: E402

HERE, THERE = SIDES["a"], SIDES["b"]
FAMILIES = (4, 6)
HOSTS = {4: ("10.1.0.2", "10.2.0.2"), 6: ("2001:db8:1::2", "2001:db8:2::2")}
TCP_BYTES = 1 << 20
WAIT_S = 10


def of(family, four, six):
    return four if family == 4 else six


def conf(outer, inner):
    """One tunnel, between these families' addresses."""
    text = ike_conf("a")
    for side in (HERE, THERE):
        text = text.replace(f"_addrs = {side.outer}\n",
                            f"_addrs = {of(outer, side.outer, side.outer6)}\n")
        text = text.replace(f"_ts = {side.lan}\n",
                            f"_ts = {of(inner, side.lan, side.lan6)}\n")
    return text


def parameters(outer, inner):
    """The same for charon."""
    return {"local": of(outer, THERE.outer, THERE.outer6),
            "remote": of(outer, HERE.outer, HERE.outer6),
            "local_ts": of(inner, THERE.lan, THERE.lan6),
            "remote_ts": of(inner, HERE.lan, HERE.lan6)}


def ping(lab, inner):
    """Both ways."""
    return all([lab.run(ns, ["ping", "-n", "-c", "3", "-i", "0.05", "-W", "1",
                             target], check=False).returncode == 0
                for ns, target in zip(("host-b", "host-a"), HOSTS[inner])])


def tcp(lab, inner):
    server = lab.spawn("host-b", ["iperf3", "-s", "-1"])
    wait_until(lambda: ":5201" in lab.run("host-b", ["ss", "-Hltn"]).stdout,
               WAIT_S, "iperf3 on host-b")
    done = lab.run("host-a", ["iperf3", "-J", "-c", HOSTS[inner][1], "-n",
                              str(TCP_BYTES)], check=False, timeout=20)
    server.wait(WAIT_S)
    return "error" not in json.loads(done.stdout)


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
        ok(ping(lab, inner) and tcp(lab, inner), f"{who}: ping and TCP")
        rekey(gateway, peer, not we)
        rekey(gateway, peer, we)
        ok(ping(lab, inner) and len(peer.list_sas()) == 1,
           f"{who}: still so after both have rekeyed the child")
        peer.terminate()
        wait_until(lambda: not peer.list_sas() and not json.loads(
            gateway.client("sa", "--json").stdout)["sas"], WAIT_S, "the end")


def main():
    with Lab(with_ipv6=True) as lab:
        peer = None
        for outer in FAMILIES:
            for inner in FAMILIES:
                if peer:
                    peer.load(**parameters(outer, inner))
                else:
                    peer = charon.start(lab, "gw-b", ike=IKE, esp=ESP, psk=PSK,
                                        **parameters(outer, inner))
                gateway = lab.start_gateway("gw-a", conf(outer, inner))
                wait_until(lambda: "ike: up" in gateway.log(),  # noqa: B023
                           WAIT_S, "the process that speaks IKE")
                check(lab, gateway, peer, inner,
                      f"IPv{inner} over IPv{outer}")
                gateway.stop()
    return finish()


sys.exit(main())
