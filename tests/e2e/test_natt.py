#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
ESP in UDP through a NAT (RFC 3948): gw-a is behind it (tests/support/natt.py), and gw-b
knows it by the NAT's address.

The NAT forgets what its mapping was and makes another one, as those do that had no
packet for a while. What gw-b sends then arrives if it follows, and if it does not, not;
and nobody who cannot authenticate moves it.
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from families import manual_conf, outer  # noqa: E402
from ike_conf import ike_conf  # noqa: E402
from lab import SIDES, finish, ok, scapy_layers, wait_until  # noqa: E402
from natt import GW_A, GW_B, NAT_OUT, NATT, NatLab  # noqa: E402

HOST_A, HOST_B = "10.1.0.2", "10.2.0.2"
PORTS = 5000, 5001, 5002, 5003, 5004  # the NAT's, one after the other
FORGED = 6000
KEEPALIVE_S = 1
KEEPALIVE = b"\xff"

class World(NatLab):
    """gw-a is behind the NAT."""

    def conf(self, side, more="", keepalive_s=KEEPALIVE_S):
        text = self.default_conf(side).replace(SIDES["b"].outer, GW_B)
        if side == "b":
            text = text.replace(f"remote_addrs = {GW_A}",
                                f"remote_addrs = {NAT_OUT}")
            more += f"\n        remote_port = {PORTS[0]}"
        text = text.replace(
            "replay_window = 1024",
            f"replay_window = 1024\n        encap = yes{more}")
        return with_keepalive(text, keepalive_s)

    def ike_conf(self, side):
        peer = NAT_OUT if side == "b" else GW_B
        text = ike_conf(side, "start" if side == "a" else "none")
        text = text.replace(f"remote_addrs = {SIDES[SIDES[side].peer].outer}",
                            f"remote_addrs = {peer}")
        text = text.replace(f"local_addrs = {SIDES['b'].outer}",
                            f"local_addrs = {GW_B}")
        return with_keepalive(text, KEEPALIVE_S)


def with_keepalive(conf, keepalive_s):
    return conf.replace("gateway {",
                        f"gateway {{\n    keepalive = {keepalive_s}s", 1)


def reconfigure(lab, gateway, conf):
    lab.write(f"{gateway.ns}.conf", conf)
    gateway.client("reload")


def ping(lab, near, far, count=3):
    return lab.run(f"host-{near}", [
        "ping", "-n", "-c", str(count), "-i", "0.2", "-W", "1", far],
        check=False).returncode == 0


def is_mapped(lab):
    """Has gw-a a port of the NAT? What gw-b sends there before takes it away."""
    return f"src={GW_A} " in lab.run("wire", [
        "cat", "/proc/net/nf_conntrack"]).stdout


# --- what keeps a mapping alive

def keepalives(packets):
    """Of those, whence they came."""
    return [(p["IP"].src, p["UDP"].sport) for p in packets
            if bytes(p["UDP"].payload)[:p["UDP"].len - 8] == KEEPALIVE]


def heard(lab, seconds, meanwhile=None):
    """Who sends keepalives, as the outside sees them."""
    capture = lab.capture("wire", "b", "udp and port 4500")
    if meanwhile:
        meanwhile()
    else:
        time.sleep(seconds)
    return keepalives(capture.stop())


def check_keepalive(lab, a, b):
    quiet = heard(lab, 4 * KEEPALIVE_S)
    ok(quiet.count((NAT_OUT, PORTS[0])) >= 2,
       f"gw-a keeps its mapping alive: {quiet}")
    ok(quiet.count((GW_B, NATT)) >= 2, "and nobody said that gw-b need not")
    ok(all(g.drops()["nat_keepalive"] for g in (a, b)),
       "both swallow what they hear, and count it")
    busy = heard(lab, 0, lambda: ping(lab, "a", HOST_B, 20))
    ok(len(busy) <= 2, f"while there is traffic nobody does: {busy}")
    reconfigure(lab, b, lab.conf("b", keepalive_s=0))
    quiet = heard(lab, 3 * KEEPALIVE_S)
    ok((GW_B, NATT) not in quiet and (NAT_OUT, PORTS[0]) in quiet,
       "keepalive = 0s is none")


# --- a mapping that changes

def to_nat(lab, action):
    """To which ports of the NAT gw-b sent, in that time."""
    capture = lab.capture("wire", "b", f"udp and src host {GW_B}")
    action()
    return {p["UDP"].dport for p in capture.stop()}


def check_not_followed(lab, b):
    lab.map_to({GW_A: PORTS[1]})
    ok(not ping(lab, "a", HOST_B), "after another mapping nothing comes back")
    ok(not ping(lab, "b", HOST_A), "nor does gw-b reach what is behind gw-a")
    wait_until(lambda: f"from={NAT_OUT}:{PORTS[1]}: not followed" in b.log(), 5,
               "gw-b's log")
    ok(True, "gw-b says where the peer is, and how it would be followed")


def check_followed(lab, b):
    reconfigure(lab, b, lab.conf("b", "\n        follow = yes"))
    ok(ping(lab, "b", HOST_A), "told to follow, gw-b reaches it at once")
    lab.map_to({GW_A: PORTS[2]})
    first = ping(lab, "a", HOST_B, 5)
    ok(first and ping(lab, "b", HOST_A), "and after the next change, too")
    sent = to_nat(lab, lambda: ping(lab, "b", HOST_A))
    ok(sent == {PORTS[2]}, f"it sends to {sent}")


def from_elsewhere(packet, mangle):
    """As somebody on the way sends it from another port."""
    copy = packet.copy()
    octets = bytearray(bytes(copy["UDP"].payload))
    mangle(octets)
    copy["UDP"].remove_payload()
    copy = copy / bytes(octets)
    copy["UDP"].sport = FORGED
    for layer, field in (("IP", "chksum"), ("UDP", "chksum")):
        delattr(copy[layer], field)
    return copy


def check_forged(lab, b):
    """Neither a copy, nor a higher number, nor a keepalive moves it."""
    capture = lab.capture("wire", "b", f"udp and src host {NAT_OUT}")
    ping(lab, "a", HOST_B)
    esp = [p for p in capture.stop() if p["UDP"].len > 20][-1]

    def raise_number(octets):
        octets[4:8] = (int.from_bytes(octets[4:8], "big") + 9).to_bytes(4, "big")

    before = b.drops()
    lab.inject("wire", "b", [
        from_elsewhere(esp, lambda octets: None),
        from_elsewhere(esp, raise_number),
        from_elsewhere(esp, lambda octets: octets.__setitem__(
            slice(None), KEEPALIVE))])
    wait_until(lambda: b.drops()["nat_keepalive"] > before["nat_keepalive"], 5,
               "the last of them")
    after = b.drops()
    ok(after["replay"] == before["replay"] + 1 and
       after["icv"] == before["icv"] + 1,
       "a copy is a replay, a forged number has a wrong ICV")
    sent = to_nat(lab, lambda: ping(lab, "b", HOST_A))
    ok(sent == {PORTS[2]}, f"and gw-b sends to {sent}, as before")


def check_home(lab, b):
    reconfigure(lab, b, lab.conf("b"))
    sent = to_nat(lab, lambda: ping(lab, "b", HOST_A))
    ok(sent == {PORTS[0]}, "who is told not to follow any more sends home")


# --- IKE knows who is behind it

def check_ike(lab):
    lab.map_to({GW_A: PORTS[3]})
    b = lab.start_gateway("gw-b", lab.ike_conf("b"))
    a = lab.start_gateway("gw-a", lab.ike_conf("a"))
    wait_until(lambda: ping(lab, "a", HOST_B, 1), 20, "the tunnel")
    quiet = heard(lab, 4 * KEEPALIVE_S)
    ok(quiet.count((NAT_OUT, PORTS[3])) >= 2,
       f"IKE: who is behind the NAT keeps its mapping alive: {quiet}")
    ok((GW_B, NATT) not in quiet, "and who is not, does not")
    lab.map_to({GW_A: PORTS[4]})
    ok(wait_until(lambda: ping(lab, "a", HOST_B, 1), 20, "gw-b to follow"),
       "IKE: after another mapping a new CHILD SA goes there")
    sent = to_nat(lab, lambda: ping(lab, "b", HOST_A))
    ok(sent == {PORTS[4]}, f"gw-b sends to {sent}")
    for gateway in a, b:
        gateway.stop()


# --- over IPv6, where UDP has a checksum

def check_ipv6(lab):
    gateways = [lab.start_gateway(f"gw-{side}", with_keepalive(
        manual_conf(lab, side, 6, encap="yes"), KEEPALIVE_S)) for side in SIDES]
    capture = lab.capture("wire", "br0", "ip6 and udp port 4500")
    before = [g.drops()["nat_keepalive"] for g in gateways]
    wait_until(lambda: all(g.drops()["nat_keepalive"] > n
                           for g, n in zip(gateways, before)), 10, "keepalives")
    packets = capture.stop()
    again = [p.__class__(bytes(p)) for p in packets]
    for packet in again:
        packet["UDP"].chksum = None
    ok({p["IPv6"].src for p in packets} == {outer(s, 6) for s in SIDES} and
       all(bytes(p["UDP"].payload) == KEEPALIVE for p in packets),
       "over IPv6 both send keepalives")
    ok([bytes(p) for p in again] == [bytes(p) for p in packets],
       "whose checksums are right")
    for gateway in gateways:
        gateway.stop()


def main():
    scapy_layers()
    with World(with_ipv6=True) as lab:
        check_ipv6(lab)
        lab.renew_sas()
        lab.build_nat()
        lab.map_to({GW_A: PORTS[0]})
        a = lab.start_gateway("gw-a", lab.conf("a"))
        wait_until(lambda: is_mapped(lab), 10, "gw-a's mapping")
        b = lab.start_gateway("gw-b", lab.conf("b"))
        ok(ping(lab, "a", HOST_B) and ping(lab, "b", HOST_A),
           "through the NAT packets go both ways")
        check_keepalive(lab, a, b)
        check_not_followed(lab, b)
        check_followed(lab, b)
        check_forged(lab, b)
        check_home(lab, b)
        for gateway in a, b:
            gateway.stop()
        check_ike(lab)
    return finish()


sys.exit(main())
