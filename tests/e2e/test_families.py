#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
A tunnel between two gateways in IPv4 and IPv6: each of them inside each of them,
with keys by hand and by IKE, ESP bare and in UDP. Ping and TCP go both ways,
nothing of it is in the clear on the wire, and what one gateway has sent the other
has received.
"""
import os
import secrets
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from families import (FAMILIES, HOSTS, conf_between, lan,  # noqa: E402
                      manual_conf, outer, ping, tcp)
from ike_conf import ike_conf  # noqa: E402
from lab import (SIDES, Lab, eventually, finish, ok,  # noqa: E402
                 scapy_layers, search_plaintext, wait_until)

COUNT = 5
TCP_BYTES = 4 << 20
ESP, UDP, NATT_PORT = 50, 17, 4500
WAIT_S = 30


def ike_families_conf(side, family, encap, start_action):
    """ike_conf() with a child for either family inside this one."""
    text = ike_conf(side, start_action)
    head, child, tail = text.partition("        children {\n")
    assert child
    return conf_between(f"""\
{head}        encap = {encap}
{child}            net6 {{
                local_ts = {lan(side, 6)}
                remote_ts = {lan(SIDES[side].peer, 6)}
                esp_proposals = aes256-sha256
                start_action = {start_action}
            }}
{tail}""", side, family)


# --- traffic

def ip_of(packet):
    """The IP header, of whichever family; None."""
    scapy = scapy_layers()
    from scapy.layers.inet6 import IPv6
    for layer in (scapy.layers.inet.IP, IPv6):
        if layer in packet:
            return packet[layer]
    return None


def is_esp(packet, family, in_udp):
    """Of one gateway to the other, bare or in UDP."""
    ip = ip_of(packet)
    if ip is None or {ip.src, ip.dst} != {outer(s, family) for s in SIDES}:
        return False
    protocol = ip.proto if family == 4 else ip.nh
    if not in_udp:
        return protocol == ESP
    octets = bytes(ip.payload)
    return (protocol == UDP and octets[2:4] == NATT_PORT.to_bytes(2, "big") and
            octets[8:12] != bytes(4))


def check_inner(lab, name, family, inner, in_udp):
    needle = secrets.token_bytes(16)
    capture = lab.capture("wire", "br0")
    arrived = ping(lab, "host-a", HOSTS[inner]["b"], "-p", needle.hex(),
                   count=COUNT)
    packets = capture.stop()
    esp = [p for p in packets if is_esp(p, family, in_udp)]
    ok(arrived and len(esp) == 2 * COUNT,
       f"{name}: {len(esp)} packets of ESP on the wire for {COUNT} pings")
    ok(not search_plaintext(packets, needle),
       f"{name}: the payload is not on the wire")
    ok(all([tcp(lab, inner, TCP_BYTES, backwards) > TCP_BYTES // 4
            for backwards in (False, True)]), f"{name}: TCP goes both ways")


def packets_of(gateway, way):
    """Of all SAs of its tunnels."""
    return sum(int(tunnel[way]["packets"])
               for tunnel in gateway.status()["tunnels"].values())


def have_arrived(counts):
    return counts[0] == counts[1] > 0 and counts[2] == counts[3] > 0


def check_counts(name, gateways):
    """Of TCP, the last packets may be under way yet."""
    a, b = gateways
    counts = []

    def look():
        counts[:] = [packets_of(a, "out"), packets_of(b, "in"),
                     packets_of(b, "out"), packets_of(a, "in")]
        return have_arrived(counts)

    arrived = eventually(look)
    dropped = {g.ns: {reason: n for reason, n in g.drops().items() if n}
               for g in gateways}
    ok(arrived, f"{name}: what was sent has arrived: {counts}")
    ok(not any(dropped.values()), f"{name}: nothing is dropped: {dropped}")


def check_manual(lab, family, encap):
    """Whose numbers are extended ones where it is in UDP."""
    name = f"keys by hand over IPv{family}, " \
           f"{'in UDP' if encap == 'yes' else 'bare'}"
    esp = "aes128-sha256-esn" if encap == "yes" else "aes128-sha256"
    lab.renew_sas()
    gateways = [lab.start_gateway(f"gw-{side}", manual_conf(
        lab, side, family, esp, encap)) for side in SIDES]
    for inner in FAMILIES:
        check_inner(lab, f"IPv{inner}, {name}", family, inner, encap == "yes")
    check_counts(name, gateways)
    for gateway in gateways:
        gateway.stop()


def check_ike(lab, family, encap):
    name = f"IKE over IPv{family}, {'in UDP' if encap == 'yes' else 'bare'}"
    gateways = [lab.start_gateway(f"gw-{side}", ike_families_conf(
        side, family, encap, "start" if side == "b" else "none"))
        for side in SIDES]
    wait_until(lambda: gateways[1].log().count("child_sa up") == 2, WAIT_S,
               f"both children, {name}")
    for inner in FAMILIES:
        check_inner(lab, f"IPv{inner}, {name}", family, inner, encap == "yes")
    check_counts(name, gateways)
    for gateway in gateways:
        gateway.stop()


def main():
    with Lab(with_ipv6=True) as lab:
        for family in FAMILIES:
            for encap in ("no", "yes"):
                check_manual(lab, family, encap)
                check_ike(lab, family, encap)
    return finish()


sys.exit(main())
