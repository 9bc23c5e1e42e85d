#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
What IKE negotiates for ESP beside the defaults, with strongSwan's charon: the numbers
on the wire, the keys with their salts, and the packets. What is weak comes up where
both sides allow it, and is said to be weak.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import charon  # noqa: E402
from ike_conf import IKE, PSK, ike_conf  # noqa: E402
from lab import Lab, finish, ok, search_plaintext, wait_until  # noqa: E402

NEEDLE = "5ec2e75ec2e7"
WEAK = ("3des-md5", "3des-sha1")
ESP = (
    "null-sha256", "aes128-sha1", "aes256ctr-sha384", "aes128gcm12",
    "aes256gcm8", "aes128ccm16", "aes192ccm12", "aes256ccm8", "aes128-aesxcbc",
    "aes128-aescmac", "chacha20poly1305", *WEAK,
)


def allowing_weak(text):
    return text.replace("gateway {\n",
                        "gateway {\n    allow_weak_algorithms = yes\n")


def ping(lab):
    return lab.run("host-a", ["ping", "-c", "3", "-i", "0.1", "-W", "1", "-p",
                              NEEDLE, "10.2.0.2"], check=False).returncode == 0


def check(lab, peer, esp):
    peer.load(esp=esp)
    text = ike_conf("a", "start", esp=esp)
    gateway = lab.start_gateway(
        "gw-a", allowing_weak(text) if esp in WEAK else text)
    wait_until(lambda: gateway.log().count("child_sa up"), 10, "the tunnel")
    capture = lab.capture("wire", "a")
    ok(ping(lab), f"{esp}: hosts reach each other")
    packets = capture.stop()
    clear = search_plaintext(packets, bytes.fromhex(NEEDLE))
    ok(bool(clear) == esp.startswith("null"),
       f"{esp}: in the clear with NULL alone")
    algs = gateway.status()["tunnels"]["to-b/net"]["algs"]
    by_libcrypto = esp.startswith(("aes192ccm", "3des"))
    backend = " by openssl" if by_libcrypto else ""
    ok(algs == esp + (" weak" if esp in WEAK else "") + backend,
       f"{esp}: status has {algs}")
    sas = gateway.client("sa").stdout
    ok((" weak" in sas) == (esp in WEAK), f"{esp}: and sa says what is weak")
    drops = {reason: n for reason, n in gateway.drops().items() if n}
    ok("icv" not in drops and "crypto" not in drops,
       f"{esp}: nothing is dropped for its protection")
    gateway.stop()
    wait_until(lambda: not peer.list_sas(), 5, "the DELETE")


def main():
    with Lab() as lab:
        peer = charon.start(
            lab, "gw-b", local="192.0.2.2", remote="192.0.2.1",
            local_ts="10.2.0.0/24", remote_ts="10.1.0.0/24", ike=IKE,
            esp=ESP[0], psk=PSK)
        for esp in ESP:
            check(lab, peer, esp)
    return finish()


sys.exit(main())
