#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
A tunnel of everything (0.0.0.0/0) with an interface of its own, as clouds have them,
and BIRD on both gateways, which speak BGP inside of it: what one of them has behind it
the other learns and reaches, nothing of it in the clear, and what is withdrawn, or was
learned from a neighbour who is gone, is reached no more.
"""
import os
import secrets
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import (SIDES, Lab, eventually, finish, ok, search_plaintext,  # noqa: E402
                 wait_until)
from tcp import transfer  # noqa: E402

IFACE = "ipsec42"
INSIDE = {"a": "169.254.42.1", "b": "169.254.42.2"}
AS = {"a": 65001, "b": 65002}
HOLD_S = 3  # the least of RFC 4271 section 4.2
WAIT_S = 20
FAR, MORE = "10.2.0.2", "10.9.0.1"
OCTETS = 1 << 20

BIRD = """\
router id {inside};
protocol device {{ scan time 1; }}
protocol direct {{ ipv4; interface "lan0", "more0"; }}
protocol kernel {{ ipv4 {{ import none; export where source = RTS_BGP; }}; }}
protocol bgp peer {{
    local {inside} as {own};
    neighbor {peer} as {other};
    hold time {hold};
    connect retry time 1;
    connect delay time 1;
    error wait time 1, 2;
    ipv4 {{ import all; export where source = RTS_DEVICE; }};
}}
"""


def conf_of(side):
    here, there = SIDES[side], SIDES[SIDES[side].peer]
    text = ike_conf(side, start_action="trap")
    text = text.replace(f"local_ts = {here.lan}", "local_ts = 0.0.0.0/0")
    text = text.replace(f"remote_ts = {there.lan}", "remote_ts = 0.0.0.0/0")
    return text.replace("        dpd_delay", "        if_id_in = 42\n"
                        "        if_id_out = 42\n        dpd_delay")


def start_bird(lab, side):
    peer = SIDES[side].peer
    lab.run(f"gw-{side}", ["ip", "address", "add", f"{INSIDE[side]}/30", "dev",
                           IFACE])
    path = lab.write(f"bird-{side}.conf", BIRD.format(
        inside=INSIDE[side], own=AS[side], peer=INSIDE[peer], other=AS[peer],
        hold=HOLD_S))
    return lab.spawn(f"gw-{side}", ["bird", "-f", "-c", path, "-s",
                                    f"{os.path.dirname(path)}/bird-{side}.ctl"])


def route(lab, to):
    """By which interface gw-a reaches it; "": by none that BGP told it."""
    said = lab.run("gw-a", ["ip", "route", "show", "proto", "bird", "match",
                            to]).stdout
    return said.split(" dev ")[1].split()[0] if " dev " in said else ""


def reaches(lab, to):
    return lab.run("host-a", ["ping", "-n", "-c", "1", "-W", "1", to],
                   check=False).returncode == 0


def check_learned(lab):
    ok(eventually(lambda: route(lab, FAR) == IFACE, WAIT_S),
       "the neighbour's network is learned, and is behind the tunnel's interface")
    ok(eventually(lambda: reaches(lab, FAR), WAIT_S), "hosts behind reach it")
    wire = lab.capture("wire", "br0", filter="not arp and not ip6")
    payload = secrets.token_bytes(OCTETS)
    ok(transfer(lab, ("host-a", "10.1.0.2"), ("host-b", FAR), payload),
       "with TCP, both ways")
    packets = wire.stop()
    ok(packets and not search_plaintext(packets, payload[:16]) and
       all(p["IP"].proto == 50 or "UDP" in p and p["UDP"].dport in (500, 4500)
           for p in packets),
       "on the wire are ESP and IKE alone: BGP is inside, too")


def check_more(lab):
    lab.run("gw-b", ["ip", "link", "add", "more0", "type", "veth", "peer",
                     "name", "more1"])
    lab.run("gw-b", ["ip", "link", "set", "more1", "up"])
    lab.run("gw-b", ["ip", "address", "add", f"{MORE}/24", "dev", "more0"])
    lab.run("gw-b", ["ip", "link", "set", "more0", "up"])
    ok(eventually(lambda: reaches(lab, MORE), WAIT_S),
       "another network of the neighbour's is reached without a new SA")
    lab.run("gw-b", ["ip", "link", "del", "more0"])
    ok(eventually(lambda: not route(lab, MORE), WAIT_S) and
       route(lab, FAR) == IFACE, "and is withdrawn, while the first one stays")


def check_gone(lab, gateways):
    gateways["b"].stop()
    ok(eventually(lambda: not route(lab, FAR), WAIT_S),
       "with the neighbour's gateway go its routes")


def main():
    if not shutil.which("bird"):
        print("not ok - bird is there: sudo make install-deps")
        return 1
    with Lab() as lab:
        gateways = {side: lab.start_gateway(f"gw-{side}", conf_of(side))
                    for side in SIDES}
        birds = [start_bird(lab, side) for side in SIDES]
        wait_until(lambda: all(bird.poll() is None for bird in birds), 2, "BIRD")
        check_learned(lab)
        check_more(lab)
        check_gone(lab, gateways)
    return finish()


sys.exit(main())
