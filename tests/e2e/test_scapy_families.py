#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
gw-a against scapy in the peer's place, with every algorithm that keys by hand may
have, IPv4 and IPv6 inside and outside: scapy opens what gw-a sends, and gw-a what
scapy sends. As in test_scapy.py, scapy sits on gw-b, where no daemon runs.
"""
import collections
import os
import secrets
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from families import (FAMILIES, HOSTS, esp_of, hops, ip,  # noqa: E402
                      manual_conf, outer)
from lab import (Lab, finish, ok, scapy_layers,  # noqa: E402
                 search_plaintext)

PORT = 7
# Payloads that end at any place within a block of AES.
LENGTHS = (1, 33, 999)
SOCKET = {4: socket.AF_INET, 6: socket.AF_INET6}

# Octets of the keys, of AEADs with the salt; scapy's names.
Alg = collections.namedtuple("Alg", "name encr encr_bytes integ integ_bytes "
                             "icv", defaults=(None,))
SHA1, SHA256 = ("HMAC-SHA1-96", 20), ("SHA2-256-128", 32)
SHA384, SHA512 = ("SHA2-384-192", 48), ("SHA2-512-256", 64)
ALGS = (
    Alg("aes128-sha1", "AES-CBC", 16, *SHA1),
    Alg("aes192-sha256", "AES-CBC", 24, *SHA256),
    Alg("aes256-sha384", "AES-CBC", 32, *SHA384),
    Alg("aes128-sha512", "AES-CBC", 16, *SHA512),
    Alg("aes128gcm16", "AES-GCM", 20, None, 0),
    Alg("aes192gcm16", "AES-GCM", 28, None, 0),
    Alg("aes256gcm16", "AES-GCM", 36, None, 0),
    Alg("chacha20poly1305", "CHACHA20-POLY1305", 36, None, 0),
)
# Over one family, which the ciphers don't see. GCM's ICV has 16 octets in scapy.
MORE_ALGS = (
    Alg("aes128ccm16", "AES-CCM", 19, None, 0),
    Alg("aes192ccm12", "AES-CCM", 27, None, 0, 12),
    Alg("aes256ccm8", "AES-CCM", 35, None, 0, 8),
    Alg("aes128ctr-sha256", "AES-CTR", 20, *SHA256),
    Alg("aes256ctr-aescmac", "AES-CTR", 36, "AES-CMAC-96", 16),
    Alg("null-sha1", "NULL", 0, *SHA1),
    Alg("3des-sha1", "3DES", 24, *SHA1),
    Alg("des-md5", "DES", 8, "HMAC-MD5-96", 16),
    Alg("aes256", "AES-CBC", 32, None, 0),
)


def scapy_sa(sa, alg, family, sender):
    ipsec = scapy_layers().layers.ipsec
    return ipsec.SecurityAssociation(
        ipsec.ESP, spi=sa.spi, crypt_algo=alg.encr, crypt_key=sa.encr_key,
        crypt_icv_size=alg.icv,
        auth_algo=alg.integ, auth_key=sa.integ_key or None,
        tunnel_header=ip(family, outer(sender, family),
                         outer("b" if sender == "a" else "a", family)))


def check_sent(lab, sa, name, family, inner):
    inet = scapy_layers().layers.inet
    needles = [secrets.token_bytes(16) + bytes(n) for n in LENGTHS]
    capture = lab.capture("wire", "a")
    with lab.socket("host-a", SOCKET[inner], socket.SOCK_DGRAM) as udp:
        udp.bind((HOSTS[inner]["a"], PORT))
        for needle in needles:
            udp.sendto(needle, (HOSTS[inner]["b"], PORT))
    packets = capture.stop()
    # Before they are opened, which takes ESP out of them.
    clear = any(search_plaintext(packets, n[:16]) for n in needles)
    opened = [sa.decrypt(header) for header in map(esp_of, packets) if header]
    ok([bytes(p[inet.UDP].payload) for p in opened] == needles and
       all((p.src, p.dst, hops(p)) ==
           (HOSTS[inner]["a"], HOSTS[inner]["b"], 63) for p in opened),
       f"{name}: scapy opens what gw-a sends")
    ok(clear == name.startswith("null"),
       f"{name}: nothing of it is in the clear, unless it is NULL's")


def check_received(lab, sa, name, family, inner, ether):
    inet = scapy_layers().layers.inet
    needles = [secrets.token_bytes(16) + bytes(n) for n in LENGTHS]
    with lab.socket("host-a", SOCKET[inner], socket.SOCK_DGRAM) as udp:
        udp.bind((HOSTS[inner]["a"], PORT))
        udp.settimeout(2)
        lab.inject("wire", "a", [ether / sa.encrypt(
            ip(inner, HOSTS[inner]["b"], HOSTS[inner]["a"]) /
            inet.UDP(sport=PORT, dport=PORT) / needle) for needle in needles])
        got = []
        try:
            while len(got) < len(needles):
                got.append(udp.recv(2048))
        except TimeoutError:
            pass
    ok(got == needles, f"{name}: gw-a opens what scapy sends")


def check(lab, family, alg):
    ether = scapy_layers().layers.l2.Ether(src=lab.mac("gw-b", "wan0"),
                                           dst=lab.mac("gw-a", "wan0"))
    lab.renew_sas(alg.encr_bytes, alg.integ_bytes)
    gateway = lab.start_gateway("gw-a", manual_conf(lab, "a", family, alg.name))
    from_a = scapy_sa(lab.sa_ab, alg, family, "a")
    to_a = scapy_sa(lab.sa_ba, alg, family, "b")
    for inner in FAMILIES:
        name = f"{alg.name}, IPv{inner} over IPv{family}"
        check_sent(lab, from_a, name, family, inner)
        check_received(lab, to_a, name, family, inner, ether)
    dropped = {reason: n for reason, n in gateway.drops().items() if n}
    ok(not dropped, f"{alg.name} over IPv{family}: dropped is {dropped}")
    gateway.stop()


def main():
    with Lab(with_ipv6=True) as lab:
        # They keep the kernel from answering that it knows no ESP.
        sinks = [lab.socket("gw-b", kind, socket.SOCK_RAW, socket.IPPROTO_ESP)
                 for kind in SOCKET.values()]
        for family in FAMILIES:
            for alg in ALGS:
                check(lab, family, alg)
        for i, alg in enumerate(MORE_ALGS):
            check(lab, FAMILIES[i % len(FAMILIES)], alg)
        for sink in sinks:
            sink.close()
    return finish()


sys.exit(main())
