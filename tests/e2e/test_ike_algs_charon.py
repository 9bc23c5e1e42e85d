#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
What IKE itself is protected by, with strongSwan's charon: each key exchange, PRF,
cipher and MAC that both have. One of ours begins; charon rekeys the child, with a key
exchange of its own, and then the IKE SA.
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import charon  # noqa: E402
from ike_conf import PSK, ike_conf  # noqa: E402
from lab import Lab, finish, ok, wait_until  # noqa: E402
from swanctl import swanctl  # noqa: E402

# Each key exchange once, and each of the rest at least once; `weak` where one of
# them is.
IKES = (
    ("3des-md5", "prfmd5", "modp768", "weak"),
    ("3des-sha1", "prfsha1", "modp1024", "weak"),
    ("aes128-sha1", "prfsha1", "modp1536", "weak"),
    ("aes128-aesxcbc", "prfaesxcbc", "modp2048", ""),
    ("aes192-sha384", "prfsha384", "modp3072", ""),
    ("aes256-sha512", "prfsha512", "modp4096", ""),
    ("aes128ctr-aescmac", "prfaescmac", "modp6144", ""),
    ("aes192ctr-sha256", "prfsha256", "modp8192", ""),
    ("aes128gcm8", "prfaescmac", "ecp256", ""),
    ("aes192gcm12", "prfsha384", "ecp384", ""),
    ("aes256gcm16", "prfsha512", "ecp521", ""),
    ("aes128-sha256", "prfsha256", "modp1024s160", "weak"),
    ("aes128-sha256", "prfsha256", "modp2048s224", "weak"),
    ("aes128-sha256", "prfsha256", "modp2048s256", "weak"),
    ("aes128ccm8", "prfaesxcbc", "ecp224bp", ""),
    ("aes192ccm12", "prfsha256", "ecp256bp", ""),
    ("aes256ccm16", "prfsha384", "ecp384bp", ""),
    ("chacha20poly1305", "prfsha512", "ecp512bp", ""),
    ("aes256ctr-sha512", "prfsha1", "curve25519", ""),
    ("aes256gcm16", "prfsha256", "curve448", ""),
)


def conf_of(ike, esp):
    return ike_conf("a", ike=ike, esp=esp).replace(
        "gateway {\n", "gateway {\n    allow_weak_algorithms = yes\n")


def ping(lab):
    return lab.run("host-a", ["ping", "-c", "1", "-W", "2", "10.2.0.2"],
                   check=False).returncode == 0


def ike_sas(gateway):
    """Ours, by the numbers of their initiators."""
    sas = json.loads(gateway.client("sa", "--json").stdout)["sas"]
    return {sa["initiator-spi"]: sa for item in sas for sa in item.values()}


def children(gateway):
    return {child["spi-in"] for sa in ike_sas(gateway).values()
            for child in sa.get("child-sas", {}).values()
            if child["state"] == "INSTALLED"}


def check(lab, gateway, peer, row):
    protection, prf, ke, weak = row
    ike = f"{protection}-{prf}-{ke}"
    lab.write("gw-a.conf", conf_of(ike, f"aes128gcm16-{ke}"))
    gateway.client("reload")
    peer.load(ike=ike, esp=f"aes128gcm16-{ke}")
    gateway.client("up", "to-b/net", check=False)
    ok(ping(lab), f"{ike}: it comes up")
    (first,) = ike_sas(gateway).values()
    (theirs,) = peer.list_sas()
    names = ("encr-alg", "integ-alg", "prf-alg", "dh-group")
    ok([first.get(n) for n in names] == [theirs.get(n) for n in names],
       f"{ike}: {'/'.join(first.get(n, '') for n in names)} at both ends")
    ok(("weak" in first) == bool(weak), f"{ike}: {weak or 'not weak'}")
    before = children(gateway)
    peer.rekey("child")
    wait_until(lambda: children(gateway) and not children(gateway) & before, 5,
               "the new child")
    ok(ping(lab), f"{ike}: charon rekeys the child")
    peer.rekey("ike")
    wait_until(lambda: first["initiator-spi"] not in ike_sas(gateway), 5,
               "the new IKE SA")
    gateway.client("down", "to-b", check=False)
    wait_until(lambda: not peer.list_sas(), 5, "the DELETE")
    ok(not ike_sas(gateway), f"{ike}: rekeyed, it is taken down")


# Why charon does not list what we do: it does not know it, or not by itself.
ALONE = {"NULL_AES_GMAC", "AES_128_GMAC", "AES_192_GMAC", "AES_256_GMAC"}


def test_lists(lab, peer):
    theirs = charon.parse_raw(peer.swanctl("--list-algs", "--raw").stdout
                              .removeprefix("get-algorithms reply "))
    ours = charon.parse_raw(swanctl(lab, "--list-algs", "--raw").stdout
                            .removeprefix("get-algorithms reply "))
    ok(set(ours) <= set(theirs) and len(ours) == 7,
       "swanctl --list-algs has charon's kinds")
    for kind, names in ours.items():
        unknown = set(names) - set(theirs[kind]) - ALONE
        ok(names and not unknown, f"{kind}: {len(names)} by charon's names, "
           f"{', '.join(sorted(unknown)) or 'no other'}")


def main():
    with Lab() as lab:
        peer = charon.start(
            lab, "gw-b", local="192.0.2.2", remote="192.0.2.1",
            local_ts="10.2.0.0/24", remote_ts="10.1.0.0/24",
            ike="aes128-sha256-x25519", esp="aes128gcm16", psk=PSK, log_ike=1)
        gateway = lab.start_gateway("gw-a", conf_of("default", "default"))
        test_lists(lab, peer)
        for row in IKES:
            check(lab, gateway, peer, row)
    return finish()


sys.exit(main())
