#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
What comes out of one tunnel and goes on: into another (hub and spoke), or into
the Internet with the hub's address (a road warrior), with a hub that forwards by
itself and with one that lets the kernel do it. Where the second tunnel is down,
and where NAT is not told of it, nothing leaves in the clear. What two gateways
send to each other for ever ends by its TTL.

    host-a --- gw-a === hub === gw-b --- host-b      wire: the Internet
"""
import os
import secrets
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import (BUILD, SIDES, SOCKET, STATE, Lab, finish, ok,  # noqa: E402
                 wait_until)
from tcp import transfer  # noqa: E402

HUB = "192.0.2.5"
HOST_A, HOST_B = ("host-a", "10.1.0.2"), ("host-b", "10.2.0.2")
INTERNET = ("wire", "192.0.2.9")
NOWHERE = "10.9.0.5"     # each of two gateways takes it for the other's
OCTETS = 1 << 18
SYN = "tcp[tcpflags] & tcp-syn != 0"  # none of these is large
TTL = 64
LAN_A, LAN_B, ALL = SIDES["a"].lan, SIDES["b"].lan, "0.0.0.0/0"

NAT = """\
flush ruleset
table ip nat {{
    chain postrouting {{
        type nat hook postrouting priority 100
        {exempt}
        oifname "wan0" masquerade
    }}
}}
"""
EXEMPT = "meta mark and 0x10000000 == 0x10000000 accept"

PAIR = """\
    {name} {{
        local_addrs = {out.src}
        remote_addrs = {out.dst}
        esp_proposals = aes128-sha256
        in {{
            spi = {into.spi:#x}
            encr_key = 0x{into_encr}
            integ_key = 0x{into_integ}
        }}
        out {{
            spi = {out.spi:#x}
            encr_key = 0x{out_encr}
            integ_key = 0x{out_integ}
        }}
    }}
"""


# A tunnel that nobody brings up: a policy without an SA.
DOWN = f"""\
connections {{
    to-b {{
        local_addrs = {HUB}
        remote_addrs = {SIDES["b"].outer}
        proposals = aes128-sha256-x25519
        local {{
            auth = psk
        }}
        remote {{
            auth = psk
        }}
        children {{
            net {{
                local_ts = {LAN_A}
                remote_ts = {LAN_B}
                esp_proposals = aes128gcm16
                start_action = none
            }}
        }}
    }}
}}
secrets {{
    ike-b {{
        secret = "never used"
    }}
}}
"""


def conf(forward, pairs, policies):
    """
    pairs     name: SA out, SA in
    policies  local_ts, remote_ts, and a name of pairs
    """
    manual = "".join(PAIR.format(
        name=name, out=out, into=into, out_encr=out.encr_key.hex(),
        out_integ=out.integ_key.hex(), into_encr=into.encr_key.hex(),
        into_integ=into.integ_key.hex()) for name, (out, into) in pairs.items())
    rules = "".join(f"""\
    p{i} {{
        action = protect
        local_ts = {local}
        remote_ts = {remote}
        manual = {name}
    }}
""" for i, (local, remote, name) in enumerate(policies))
    return f"""\
gateway {{
    protected = lan0
    unprotected = wan0
    forward = {forward}
    socket = {SOCKET}
    state_dir = {STATE}
}}
manual {{
{manual}}}
policies {{
{rules}}}
"""


def nat(lab, exempt):
    path = lab.write("nft.conf", NAT.format(exempt=exempt))
    lab.run("hub", ["nft", "-f", path])


def arrives(lab, near, far, timeout=20):
    try:
        return transfer(lab, near, far, secrets.token_bytes(OCTETS), timeout)
    except OSError:
        return False


def clear(lab):
    return lab.capture("wire", "br0", filter="not esp and not arp")


class Scene:
    """Gateways with these configurations, until the next one."""

    def __init__(self, lab, **confs):
        self.lab = lab
        self.gateways = {ns: lab.start_gateway(ns.replace("_", "-"), text)
                         for ns, text in confs.items()}

    def __enter__(self):
        return self.gateways

    def __exit__(self, *_):
        for gateway in self.gateways.values():
            gateway.stop()
            self.lab.run(gateway.ns, [
                f"{BUILD}/cygnetd", "-f", f"{self.lab.dir}/{gateway.ns}.conf",
                "--release"])


def keys(lab, outer):
    """Of the hub: a pair with that peer; and the peer's own."""
    out, into = lab.random_sa(HUB, outer), lab.random_sa(outer, HUB)
    return (out, into), (into, out)


def check_spokes(lab, mode):
    hub_a, spoke_a = keys(lab, SIDES["a"].outer)
    hub_b, spoke_b = keys(lab, SIDES["b"].outer)
    policies = [(LAN_A, LAN_B, "to-b"), (LAN_B, LAN_A, "to-a")]
    spokes = {
        "gw_a": conf("direct", {"to-hub": spoke_a}, [(LAN_A, LAN_B, "to-hub")]),
        "gw_b": conf("direct", {"to-hub": spoke_b}, [(LAN_B, LAN_A, "to-hub")])}
    nat(lab, EXEMPT)
    with Scene(lab, hub=conf(mode, {"to-a": hub_a, "to-b": hub_b}, policies),
               **spokes) as gateways:
        capture = clear(lab)
        ok(arrives(lab, HOST_A, HOST_B) and arrives(lab, HOST_B, HOST_A),
           f"{mode}: TCP goes both ways from spoke to spoke by the hub")
        nat(lab, "")
        ok(not arrives(lab, HOST_A, HOST_B, 2),
           f"{mode}: with NAT that is not told of the tunnels it does not")
        ok(gateways["hub"].drops()["nat_escape"] > 0,
           f"{mode}: that is counted as nat_escape")
        leaked = capture.stop()  # after the release all may be in the clear
    for exempt in (EXEMPT, ""):
        nat(lab, exempt)
        with Scene(lab, hub=conf(mode, {"to-a": hub_a}, policies[1:]) + DOWN,
                   **spokes) as gateways:
            capture = clear(lab)
            ok(not arrives(lab, HOST_A, HOST_B, 2) and
               gateways["hub"].drops()["no_sa" if exempt else "nat_escape"] > 0,
               f"{mode}: the second tunnel is down, and the hub drops")
            leaked += capture.stop()
    ok(not leaked, f"{mode}: in all that time nothing but ESP was on the wire: "
       f"{[packet.summary() for packet in leaked[:3]]}")


def check_road_warrior(lab, mode):
    hub_a, spoke_a = keys(lab, SIDES["a"].outer)
    nat(lab, EXEMPT)
    syns, private = (lab.capture("wire", "br0", filter=filter)
                     for filter in (SYN, "net 10.0.0.0/8"))
    with Scene(lab, hub=conf(mode, {"to-a": hub_a}, [(ALL, LAN_A, "to-a")]),
               gw_a=conf("direct", {"to-hub": spoke_a},
                         [(LAN_A, ALL, "to-hub")])):
        ok(arrives(lab, HOST_A, INTERNET),
           f"{mode}: a road warrior's TCP reaches the Internet by the hub")
        ends = {end for packet in syns.stop()
                for end in (packet["IP"].src, packet["IP"].dst)}
        leaked = private.stop()
    ok(ends == {HUB, INTERNET[1]} and not leaked,
       f"{mode}: and is the hub's there, as its answers are: {ends}")


def check_loop(lab):
    """Each has a route to NOWHERE by the other, and protects it."""
    both = [(ALL, ALL, "to-peer")]
    with Scene(lab, gw_a=conf("direct", {"to-peer": (lab.sa_ab, lab.sa_ba)},
                              both),
               gw_b=conf("direct", {"to-peer": (lab.sa_ba, lab.sa_ab)}, both)):
        capture = lab.capture("wire", "br0", filter="not arp")
        lab.run("host-a", ["ping", "-c1", "-W2", "-t", str(TTL), NOWHERE],
                check=False)
        packets = capture.stop()
    esp = sum(packet["IP"].proto == 50 for packet in packets)
    ok(esp == len(packets) and TTL - 10 < esp < TTL + 10,
       f"what two gateways send to each other ends by its TTL: {esp} packets "
       f"of ESP for one, and {len(packets) - esp} others")


def main():
    with Lab() as lab:
        lab.add_hub(HUB, "10.5.0.0/24")
        for side, far in (("a", LAN_B), ("b", LAN_A)):
            lab.run(f"gw-{side}", ["ip", "route", "add", far, "via", HUB])
            lab.run("hub", ["ip", "route", "add", SIDES[side].lan, "via",
                            SIDES[side].outer])
        for mode in ("direct", "kernel"):
            check_spokes(lab, mode)
            check_road_warrior(lab, mode)
        for side in SIDES:
            lab.run(f"gw-{side}", ["ip", "route", "replace", LAN_B if side ==
                                   "a" else LAN_A, "via",
                                   SIDES[SIDES[side].peer].outer])
            lab.run(f"gw-{side}", ["ip", "route", "add", "10.9.0.0/24", "via",
                                   SIDES[SIDES[side].peer].outer])
        check_loop(lab)
    return finish()


sys.exit(main())
