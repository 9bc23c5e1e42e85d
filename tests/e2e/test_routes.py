#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The tunnels' routes and the rules that lead to them: the host's own traffic
finds them, by the longest prefix; what is forwarded, what was decrypted and
the way to the peer do not. A tunnel may cover the gateway's own networks or
the whole world, and another program's rules stay where they are.
"""
import contextlib
import json
import os
import secrets
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import (BUILD, SIDES, Lab, finish, ok,  # noqa: E402
                 search_plaintext, wait_until)

HOST_A, HOST_B = "10.1.0.2", "10.2.0.2"
PEER = "192.0.2.2"
NO_ROUTER = "192.0.2.9"   # on the wire, and forwards nothing


def ping(lab, ns, target, *words):
    return lab.run(ns, ["ping", "-n", "-c", "3", "-i", "0.05", "-W", "1",
                        *words, target], check=False).returncode == 0


def shown(lab, *words):
    """What ip says on gw-a."""
    return json.loads(lab.run("gw-a", ["ip", "-json", "-details",
                                      *words]).stdout or "[]")


def tunnel_routes(lab):
    """The table comes into being with its first route."""
    done = lab.run("gw-a", ["ip", "-json", "route", "show", "table", "220"],
                   check=False)
    return json.loads(done.stdout or "[]")


def our_rules(lab):
    return [rule for rule in shown(lab, "rule") if rule["protocol"] == "220"]


def conf(lab, side, local_ts, remote_ts):
    """default_conf() with other selectors, and all interfaces of gw-a's."""
    here, there = SIDES[side], SIDES[SIDES[side].peer]
    text = lab.default_conf(side)
    if side == "a":
        text = text.replace("protected = lan0", "protected = lan0, dmz0", 1)
    return (text.replace(f"local_ts = {here.lan}", f"local_ts = {local_ts}")
            .replace(f"remote_ts = {there.lan}", f"remote_ts = {remote_ts}"))


def release(lab, ns):
    lab.run(ns, [f"{BUILD}/cygnetd", "-f", f"{lab.dir}/{ns}.conf", "--release"])


@contextlib.contextmanager
def gateways(lab, local_ts, remote_ts):
    """gw-a with these selectors, gw-b with the same from its side."""
    both = [lab.start_gateway("gw-a", conf(lab, "a", local_ts, remote_ts)),
            lab.start_gateway("gw-b", conf(lab, "b", remote_ts, local_ts))]
    wait_until(lambda: any(rule["table"] == "220"
                           for rule in shown(lab, "rule")), 5,
               "a rule of gw-a for the tunnel's route")
    try:
        yield
    finally:
        for gateway in both:
            gateway.stop()
            release(lab, gateway.ns)


@contextlib.contextmanager
def routes(lab, ns, *lines):
    """Routes of main on a gateway while the scene lasts."""
    for line in lines:
        lab.run(ns, ["ip", "route", "add", *line.split()])
    try:
        yield
    finally:
        for line in lines:
            lab.run(ns, ["ip", "route", "del", *line.split()], check=False)


def check_tunnel(lab, ns, target, sentence):
    """A ping that arrives, and that nobody on the wire can read."""
    needle = secrets.token_bytes(16)
    capture = lab.capture("wire", "br0")
    answered = ping(lab, ns, target, "-p", needle.hex())
    packets = capture.stop()
    ok(answered and not search_plaintext(packets, needle),
       f"{sentence}: {ns} pings {target}, unreadable on the wire")


def check_near(lab, covered):
    """LAN to LAN, LAN to gateway, gateway to LAN: none is for the tunnel."""
    capture = lab.capture("wire", "br0", filter="esp")
    sent = {"host-a to host-c": ping(lab, "host-a", "10.3.0.2"),
            "host-c to host-a": ping(lab, "host-c", HOST_A),
            "host-a to gw-a": ping(lab, "host-a", "10.1.0.1"),
            "gw-a to host-a": ping(lab, "gw-a", HOST_A),
            "gw-a to gw-b": ping(lab, "gw-a", PEER)}
    failed = [who for who, answered in sent.items() if not answered]
    ok(not failed and not capture.stop(),
       f"{covered}: what is for networks of gw-a's own goes there and not into "
       f"the tunnel; not answered: {failed or 'nobody'}")


def check_own_networks_inside(lab):
    covered = "10.0.0.0/8 is behind gw-b"
    default = f"default via {NO_ROUTER}"
    with routes(lab, "gw-a", default), routes(lab, "gw-b", default), \
            gateways(lab, "10.1.0.0/24", "10.0.0.0/8"):
        check_tunnel(lab, "host-b", HOST_A, covered)
        check_tunnel(lab, "host-a", HOST_B, covered)
        check_tunnel(lab, "gw-a", HOST_B, covered)
        check_near(lab, covered)


def check_whole_world(lab):
    covered = "0.0.0.0/0 is behind gw-b"
    with routes(lab, "gw-a", f"default via {NO_ROUTER}"), \
            gateways(lab, "10.1.0.0/24", "0.0.0.0/0"):
        check_tunnel(lab, "host-b", HOST_A, covered)
        check_tunnel(lab, "host-a", HOST_B, covered)
        check_tunnel(lab, "gw-a", HOST_B, f"{covered}, before main's default")
        check_near(lab, covered)
        ok(ping(lab, "host-b", "10.2.0.1") and ping(lab, "gw-b", HOST_B),
           "and gw-b, for whom that is local, reaches its own network")


def check_way_to_the_peer(lab):
    """
    gw-a reaches gw-b by main's default route alone, at first by a router that
    forwards nothing: the tunnel's route is by that one too, and follows.
    """
    covered = "0.0.0.0/0 and with it the peer is behind gw-b"
    lab.run("gw-a", ["ip", "route", "del", "192.0.2.0/24", "dev", "wan0"])
    with routes(lab, "gw-a", f"{NO_ROUTER} dev wan0",
                f"default via {NO_ROUTER}"), \
            gateways(lab, "10.1.0.0/24", "0.0.0.0/0"):
        ok(not ping(lab, "host-a", HOST_B),
           f"{covered}: by a wrong default route nothing arrives")
        lab.run("gw-a", ["ip", "route", "replace", "default", "via", PEER,
                         "dev", "wan0", "onlink"])
        check_tunnel(lab, "host-a", HOST_B, f"{covered}: after it was put right")
        check_tunnel(lab, "host-b", HOST_A, covered)
        wait_until(lambda: [route["gateway"] for route in tunnel_routes(lab)]
                   == [PEER], 5, "the tunnel's route by the right gateway")
        check_tunnel(lab, "gw-a", HOST_B, f"{covered}, and the tunnel's route "
                     "follows the way to the peer")
    lab.run("gw-a", ["ip", "route", "add", "192.0.2.0/24", "dev", "wan0",
                     "src", "192.0.2.1"])


def check_equal_and_longer(lab):
    """The tunnel wins over what is as long or shorter, whatever it is."""
    lab.run("gw-a", ["ip", "address", "add", "10.2.255.1/16", "dev", "lan0"])
    with routes(lab, "gw-a", f"10.2.0.0/24 via {PEER}"), \
            gateways(lab, "10.1.0.0/24", "10.2.0.0/24"):
        check_tunnel(lab, "gw-a", HOST_B, "a tunnel inside a connected "
                     "network, and beside the same route in main")
        lab.run("gw-a", ["ip", "route", "add", HOST_B, "via", PEER])
        ok(shown(lab, "route", "get", HOST_B)[0]["prefsrc"] == "192.0.2.1",
           "a longer prefix in main wins over the tunnel")
        lab.run("gw-a", ["ip", "route", "del", HOST_B])
    lab.run("gw-a", ["ip", "address", "del", "10.2.255.1/16", "dev", "lan0"])


def check_unguarded_way(lab):
    """The way to the peer is by an interface that Cygnet does not serve."""
    with routes(lab, "gw-a", f"{PEER} via 10.3.0.2"):
        gateway = lab.start_gateway("gw-a", lab.default_conf("a"))
        wait_until(lambda: "no route for policy=lan-to-lan" in gateway.log(),
                   5, "gw-a's warning")
        ok(not tunnel_routes(lab), "no route leads the host's own traffic to "
           "where no guard is")
        gateway.stop()
        release(lab, "gw-a")


def check_rules_of_others(lab):
    """strongSwan's rule, and one whose words are like ours."""
    for rule in ("priority 220 table 220", "priority 221 iif lo table 220"):
        lab.run("gw-a", ["ip", "rule", "add", *rule.split()])
    before = shown(lab, "rule")
    gateway = lab.start_gateway("gw-a", lab.default_conf("a"))
    wait_until(lambda: our_rules(lab), 5, "the rules of gw-a")
    ok({rule.get("iif") for rule in our_rules(lab)} == {"lo"},
       "our rules match only what arises on gw-a")
    wait_until(lambda: "ip rule del priority 220 table 220" in gateway.log(), 5,
               "gw-a's warning of the other rules")
    gateway.kill()
    gateway.process.wait(timeout=10)
    gateway = lab.start_gateway("gw-a", lab.default_conf("a"))
    wait_until(lambda: "ip rule del priority 220 table 220" in gateway.log(), 5,
               "gw-a's second start")
    ok(len(our_rules(lab)) == 2, "a second start has no more rules")
    gateway.stop()
    release(lab, "gw-a")
    ok(shown(lab, "rule") == before and not tunnel_routes(lab),
       "--release takes our rules and routes, and no others")


def main():
    with Lab(with_dmz=True) as lab:
        check_own_networks_inside(lab)
        check_whole_world(lab)
        check_way_to_the_peer(lab)
        check_equal_and_longer(lab)
        check_unguarded_way(lab)
        check_rules_of_others(lab)
    return finish()


sys.exit(main())
