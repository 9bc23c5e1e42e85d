#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
tshark opens what two gateways send each other, with the keys of both SAs, and
finds every checksum of it right: IPv4 and IPv6, inside and outside.
"""
import collections
import json
import os
import secrets
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from families import (FAMILIES, HOSTS, manual_conf, outer,  # noqa: E402
                      ping)
from lab import SIDES, Lab, LabError, finish, ok  # noqa: E402

COUNT = 3

# Octets of the keys, of an AEAD with the salt; tshark's names.
Alg = collections.namedtuple("Alg", "name encr encr_bytes integ integ_bytes")
ALGS = (
    Alg("aes128-sha256", "AES-CBC [RFC3602]", 16,
        "HMAC-SHA-256-128 [RFC4868]", 32),
    Alg("aes256-sha512", "AES-CBC [RFC3602]", 32,
        "HMAC-SHA-512-256 [RFC4868]", 64),
    Alg("aes256gcm16", "AES-GCM with 16 octet ICV [RFC4106]", 36,
        "NULL", 0),
)


def row(sa, sender, family, alg):
    """Of the dissector's table."""
    key = f"0x{sa.integ_key.hex()}" if sa.integ_key else ""
    cells = (f"IPv{family}", outer(sender, family),
             outer(SIDES[sender].peer, family), f"{sa.spi:#010x}", alg.encr,
             f"0x{sa.encr_key.hex()}", alg.integ, key)
    return "uat:esp_sa:" + ",".join(f'"{cell}"' for cell in cells)


def dissect(lab, path, family, alg):
    argv = ["tshark", "-r", path, "-T", "json", "-Y", "esp",
            "-o", "esp.enable_encryption_decode:TRUE",
            "-o", "esp.enable_authentication_check:TRUE",
            "-o", "ip.check_checksum:TRUE",
            "-o", row(lab.sa_ab, "a", family, alg),
            "-o", row(lab.sa_ba, "b", family, alg)]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=60,
                          check=False)
    if done.returncode:
        raise LabError(f"tshark: {done.stderr}")
    return [packet["_source"]["layers"] for packet in json.loads(done.stdout)]


def values(tree, name):
    """All of that name, wherever they are."""
    if isinstance(tree, list):
        return [v for item in tree for v in values(item, name)]
    if not isinstance(tree, dict):
        return []
    return [v for key, item in tree.items()
            for v in ([item] if key == name else values(item, name))]


def check(lab, family, alg):
    lab.renew_sas(alg.encr_bytes, alg.integ_bytes)
    gateways = [lab.start_gateway(
        f"gw-{side}", manual_conf(lab, side, family, alg.name))
        for side in SIDES]
    for inner in FAMILIES:
        needle = secrets.token_bytes(8)
        capture = lab.capture("wire", "br0")
        ping(lab, "host-a", HOSTS[inner]["b"], "-s", "200", "-p", needle.hex(),
             count=COUNT)
        capture.stop()
        packets = dissect(lab, capture.path, family, alg)
        name = f"{alg.name}, IPv{inner} over IPv{family}"
        inside = [bytes.fromhex(octets.replace(":", "")) for octets
                  in values(packets, "esp.contained_data")]
        ok(len(packets) == len(inside) == 2 * COUNT and
           all(needle in octets for octets in inside),
           f"{name}: tshark opens what both gateways send")
        icmp = "icmp" if inner == 4 else "icmpv6"
        good = [values(packets, field) for field in
                ("esp.icv_good", f"{icmp}.checksum.status")]
        ok(good == [["1"] * len(packets)] * 2 and
           not values(packets, "_ws.malformed"),
           f"{name}: every ICV and checksum is right")
    for gateway in gateways:
        gateway.stop()


def main():
    with Lab(with_ipv6=True) as lab:
        for family in FAMILIES:
            for alg in ALGS:
                check(lab, family, alg)
    return finish()


sys.exit(main())
