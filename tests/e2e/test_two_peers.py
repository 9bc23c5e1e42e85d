#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Two peers of one gateway, each with a network of its own, and both of them
authentic: one sends as if it were the other, and tells a host by ICMP of a packet
that went to the other (RFC 4301 sections 5.2 and 6.2). scapy is both of them.

    host-a --- gw-a === 192.0.2.2, 10.2.0.0/24
                    === 192.0.2.3, 10.4.0.0/24
"""
import os
import secrets
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import Lab, finish, ok, scapy_layers, wait_until  # noqa: E402

HOST_A, HOST_B, HOST_C, ROUTER_C = "10.1.0.2", "10.2.0.2", "10.4.0.2", "10.4.0.1"
PORT = 9000
COUNT = 5


def pair(name, peer, into, out):
    def direction(sa):
        return f"""spi = {sa.spi:#x}
            encr_key = 0x{sa.encr_key.hex()}
            integ_key = 0x{sa.integ_key.hex()}"""
    return f"""
    {name} {{
        local_addrs = 192.0.2.1
        remote_addrs = {peer}
        esp_proposals = aes128-sha256
        in {{
            {direction(into)}
        }}
        out {{
            {direction(out)}
        }}
    }}"""


def conf(lab, sas, more=""):
    text = lab.default_conf("a").replace("gateway {", f"gateway {{\n    {more}")
    text = text.replace("manual {", "manual {" + pair(
        "to-c", "192.0.2.3", sas["c"], lab.random_sa("192.0.2.1", "192.0.2.3")))
    return text.replace("policies {", """policies {
    to-c {
        action = protect
        local_ts = 10.1.0.0/24
        remote_ts = 10.4.0.0/24
        manual = to-c
    }""")


class Peers:
    """What both send to gw-a."""

    def __init__(self, lab, sas):
        self.lab = lab
        self.inet = scapy_layers().layers.inet
        self.sas = {name: lab.scapy_sa(sa) for name, sa in sas.items()}
        self.ether = scapy_layers().layers.l2.Ether(
            src=lab.mac("gw-b", "wan0"), dst=lab.mac("gw-a", "wan0"))
        self.seq = 0

    def send(self, name, packets):
        for packet in packets:
            self.seq += 1
            sealed = self.sas[name].encrypt(self.inet.IP(bytes(packet)),
                                            seq_num=self.seq)
            self.lab.inject("wire", "a", [self.ether / sealed])

    def datagrams(self, src):
        inet = self.inet
        return [inet.IP(src=src, dst=HOST_A) / inet.UDP(sport=PORT, dport=PORT) /
                secrets.token_bytes(16) for _ in range(COUNT)]

    def errors(self, src, target):
        """That host-a's packets do not reach the target."""
        inet = self.inet
        about = (inet.IP(src=HOST_A, dst=target, ttl=9) /
                 inet.UDP(sport=PORT, dport=PORT) / bytes(8))
        return [inet.IP(src=src, dst=HOST_A) / inet.ICMP(type=3, code=1) /
                about] * COUNT


def moved(gateway, before):
    return {name: n - before[name] for name, n in gateway.drops().items()
            if n != before[name]}


def check(lab, gateway, what, packets, wanted):
    """wanted: the drop that each is to be, None: they arrive."""
    send, kind = packets
    before = gateway.drops()
    capture = lab.capture("host-a", "eth0", filter=kind)
    send()
    if wanted:
        wait_until(lambda: gateway.drops()[wanted] - before[wanted] >= COUNT, 5,
                   f"{wanted}")
    got = len(capture.stop())
    ok(got == (0 if wanted else COUNT), f"{what}: {got} of {COUNT} arrive")
    found = moved(gateway, before)
    ok(found == ({wanted: COUNT} if wanted else {}), f"and drops are {found}")


def check_sources(lab, gateway, peers):
    for name, src, wanted in (("b", HOST_B, None), ("c", HOST_C, None),
                              ("c", HOST_B, "selector"),
                              ("b", HOST_C, "selector"),
                              ("c", HOST_A, "selector")):
        check(lab, gateway, f"peer {name} sends from {src}",
              (lambda n=name, s=src: peers.send(n, peers.datagrams(s)), "udp"),
              wanted)


def check_errors(lab, gateway, peers, foreign, word):
    """foreign: the drop of an error that is about what went to the other."""
    for name, src, target, wanted in (
            ("c", ROUTER_C, HOST_C, None), ("c", "203.0.113.9", HOST_C, None),
            ("c", "203.0.113.9", HOST_B, "selector"),
            ("c", HOST_B, HOST_B, "selector"), ("c", ROUTER_C, HOST_B, foreign)):
        check(lab, gateway,
              f"{word}: {src} by peer {name} about what went to {target}",
              (lambda n=name, s=src, t=target:
               peers.send(n, peers.errors(s, t)), "icmp"), wanted)


def main():
    with Lab() as lab:
        sas = {"b": lab.sa_ba, "c": lab.random_sa("192.0.2.3", "192.0.2.1")}
        peers = Peers(lab, sas)
        gateway = lab.start_gateway("gw-a", conf(lab, sas))
        with lab.socket("host-a", socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind((HOST_A, PORT))
            check_sources(lab, gateway, peers)
            check_errors(lab, gateway, peers, None, "by the selectors alone")
            gateway.stop()
            gateway = lab.start_gateway(
                "gw-a", conf(lab, sas, "icmp_quote_check = yes"))
            check_errors(lab, gateway, peers, "icmp_selector", "checked")
    return finish()


sys.exit(main())
