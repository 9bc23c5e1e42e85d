#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Traffic flow confidentiality: what tfc_padding and tfc_dummies make of packets on the
wire, opened by scapy and by another gateway, and what gw-a makes of the like from
scapy.
"""
import os
import secrets
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from families import (FAMILIES, HOSTS, esp_of, ip,  # noqa: E402
                      manual_conf, ping)
from lab import Lab, finish, ok, scapy_layers, wait_until  # noqa: E402

PORT = 7
PADDED = 900
DUMMIES = 20
LIMIT_S = 20
PROTO_NONE = 59
# Of aes128-sha256, in IPv4: header, ESP, IV, trailer and ICV; a block.
AROUND = 20 + 8 + 16 + 2 + 16
BLOCK = 16
SIZES = (60, 100, 500, 899, 900, 901, 1300)    # of inner packets


def conf(lab, side, lines):
    return manual_conf(lab, side, 4).replace(
        "replay_window = 1024\n", f"replay_window = 1024\n{lines}\n")


def outer_bytes(inner):
    return AROUND - 2 + (inner + 2 + BLOCK - 1) // BLOCK * BLOCK


def datagram(family, source, octets):
    inet = scapy_layers().layers.inet
    target = "b" if source == "a" else "a"
    head = (ip(family, HOSTS[family][source], HOSTS[family][target]) /
            inet.UDP(sport=PORT, dport=PORT))
    return head / secrets.token_bytes(octets - len(head))


def from_host(lab, packets):
    link = scapy_layers().layers.l2.Ether(src=lab.mac("host-a", "eth0"),
                                          dst=lab.mac("gw-a", "lan0"))
    lab.inject("host-a", "eth0", [link / p for p in packets])


def check_padding(lab, value, padded):
    """padded(inner octets) is what they become."""
    lab.renew_sas()
    gateway = lab.start_gateway("gw-a", conf(lab, "a",
                                             f"tfc_padding = {value}"))
    sa = lab.scapy_sa(lab.sa_ab)
    udp, padding = scapy_layers().layers.inet.UDP, scapy_layers().packet.Padding
    for family in FAMILIES:
        name = f"tfc_padding = {value}, IPv{family}"
        packets = [datagram(family, "a", n) for n in SIZES]
        capture = lab.capture("wire", "a")
        from_host(lab, packets)
        sent = [h for h in map(esp_of, capture.stop()) if h]
        ok([len(h) for h in sent] == [outer_bytes(padded(n)) for n in SIZES],
           f"{name}: packets on the wire have the lengths that they should")
        opened = [sa.decrypt(h) for h in sent]
        ok([bytes(p[udp].payload)[:len(w[udp].payload)]
            for p, w in zip(opened, packets)] ==
           [bytes(w[udp].payload) for w in packets],
           f"{name}: scapy opens them")
        ok([bytes(p[padding]) if padding in p else b"" for p in opened] ==
           [bytes(padded(n) - n) for n in SIZES],
           f"{name}: what is behind them is zeros")
    ok(not any(gateway.drops().values()), f"tfc_padding = {value}: none is lost")
    gateway.stop()


def check_received(lab, gateway):
    """Padded and dummy packets of scapy's, which has a raw trailer for neither."""
    scapy = scapy_layers()
    udp = scapy.layers.inet.UDP
    sa = lab.scapy_sa(lab.sa_ba)
    link = scapy.layers.l2.Ether(src=lab.mac("gw-b", "wan0"),
                                 dst=lab.mac("gw-a", "wan0"))
    before = gateway.drops()
    capture = lab.capture("host-a", "eth0", filter="udp or ip6")
    sent = []
    for seq, family in enumerate(FAMILIES, 1):
        inner = datagram(family, "b", 100)
        sent.append(bytes(inner[udp].payload))
        lab.inject("wire", "a", [
            link / seal(lab, sa, bytes(inner) + bytes(500), 2 * seq,
                        4 if family == 4 else 41),
            link / seal(lab, sa, secrets.token_bytes(700), 2 * seq + 1,
                        PROTO_NONE)])
    got = [p for p in capture.stop() if udp in p]
    ok([bytes(p[udp].payload) for p in got] == sent,
       "what scapy pads is delivered without its padding, and no dummy is")
    ok({name: n - before[name] for name, n in gateway.drops().items()
        if n != before[name]} == {"dummy": len(FAMILIES)},
       "dummies are discarded under their name, and nothing else is lost")


def seal(lab, sa, text, seq, next_header):
    ipsec = scapy_layers().layers.ipsec
    esp = ipsec._ESPPlain(spi=sa.spi, seq=seq, nh=next_header,
                          iv=secrets.token_bytes(16), data=text)
    esp = sa.crypt_algo.encrypt(sa, sa.crypt_algo.pad(esp), sa.crypt_key)
    sa.auth_algo.sign(esp, sa.auth_key)
    return ip(4, lab.sa_ba.src, lab.sa_ba.dst, proto=50) / esp


def sends_dummies(gateway, n):
    before = gateway.passes()["worker_dummy"]
    wait_until(lambda: gateway.passes()["worker_dummy"] >= before + n, LIMIT_S,
               f"{n} dummies")


def check_dummies(lab):
    lab.renew_sas()
    gateway = lab.start_gateway("gw-a", conf(
        lab, "a", f"tfc_padding = {PADDED}\ntfc_dummies = 100"))
    check_received(lab, gateway)
    capture = lab.capture("wire", "a", filter="src host 192.0.2.1")
    sends_dummies(gateway, DUMMIES)
    gateway.stop()  # else the wire is never quiet
    sent = [h for h in map(esp_of, capture.stop()) if h]
    sa, ipsec = lab.scapy_sa(lab.sa_ab), scapy_layers().layers.ipsec
    headers = [sa.crypt_algo.decrypt(sa, h[ipsec.ESP], sa.crypt_key,
                                     sa.auth_algo.icv_size).nh for h in sent]
    ok(len(sent) >= DUMMIES and set(headers) == {PROTO_NONE},
       "tfc_dummies: dummies are sent while nobody has traffic")
    ok({len(h) for h in sent} == {outer_bytes(PADDED)},
       "they are as large as what is padded")


def check_both(lab):
    """Two gateways, each with dummies of any size, and traffic in between."""
    lab.renew_sas()
    gateways = [lab.start_gateway(f"gw-{side}", conf(
        lab, side, "tfc_padding = mtu\ntfc_dummies = 200"))
        for side in ("a", "b")]
    early = gateways[1].drops()  # of gw-a's, before a worker was there
    ok(ping(lab, "host-a", HOSTS[4]["b"]), "traffic passes beside the dummies")
    inside = lab.capture("host-b", "eth0", filter="not arp and not ip6")
    for gateway in gateways:
        sends_dummies(gateway, DUMMIES)
    ok(all(g.drops()["dummy"] >= DUMMIES for g in gateways),
       "each gateway discards those of the other")
    ok(not inside.stop(), "and no host sees any")
    for gateway, before in zip(gateways, (dict.fromkeys(early, 0), early)):
        lost = {name: n - before[name] for name, n in gateway.drops().items()
                if n != before[name] and name != "dummy"}
        ok(not lost, f"{gateway.ns}: nothing else is lost {lost or ''}")
    for gateway in gateways:
        gateway.stop()


def main():
    largest = (1500 - AROUND + 2) // BLOCK * BLOCK - 2
    with Lab(with_ipv6=True) as lab:
        # It keeps the kernel from answering that it knows no ESP.
        with lab.socket("gw-b", socket.AF_INET, socket.SOCK_RAW,
                        socket.IPPROTO_ESP):
            check_padding(lab, PADDED, lambda n: max(n, PADDED))
            check_padding(lab, "mtu", lambda n: largest)
            check_dummies(lab)
        check_both(lab)
    return finish()


sys.exit(main())
