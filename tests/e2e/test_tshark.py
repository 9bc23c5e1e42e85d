#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Wireshark's dissector reads what we say in IKE, whole: given the keys that
strongSwan's charon logs, it opens every message of ours and finds the payloads
that belong there, none of them malformed.
"""
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import charon  # noqa: E402
from ike_conf import ESP, IKE, PSK, ike_conf  # noqa: E402
from lab import Lab, LabError, finish, ok, wait_until  # noqa: E402

US = "192.0.2.1"
# Wireshark's names of the algorithms of IKE.
ENCR, INTEG = ("AES-CBC-128 [RFC3602]", "HMAC_SHA2_256_128 [RFC4868]")
# RFC 7296 section 3.1 and 3.2: exchanges, and payloads that ours have to have.
EXCHANGES = {
    "34": ("IKE_SA_INIT", {"33", "34", "40", "41"}),
    "35": ("IKE_AUTH", {"46", "35", "39", "33", "44", "45"}),
    "36": ("CREATE_CHILD_SA", {"46", "33", "40", "44", "45"}),
    "37": ("INFORMATIONAL", {"46"}),
}


def keys_of(peer):
    """A row of the dissector's table: SPIs, then keys and algorithms."""
    sa, keys = peer.list_sas()[0], peer.ike_keys()
    row = [sa["initiator-spi"], sa["responder-spi"], keys["Sk_ei"].hex(),
           keys["Sk_er"].hex(), f'"{ENCR}"', keys["Sk_ai"].hex(),
           keys["Sk_ar"].hex(), f'"{INTEG}"']
    return "uat:ikev2_decryption_table:" + ",".join(row)


def dissect(path, keys):
    done = subprocess.run(
        ["tshark", "-r", path, "-o", keys, "-T", "json", "-Y", "isakmp",
         "--no-duplicate-keys"], capture_output=True, text=True, timeout=60,
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
    found = [v for key, item in tree.items() if key != name
             for v in values(item, name)]
    here = tree.get(name, [])
    return found + (here if isinstance(here, list) else [here])


def check(packets):
    ours = [p for p in packets if p["ip"]["ip.src"] == US]
    seen = {}
    for packet in ours:
        kind = packet["isakmp"]["isakmp.exchangetype"]
        seen.setdefault(kind, []).append(
            set(values(packet, "isakmp.nextpayload")) |
            set(values(packet, "isakmp.typepayload")))
    ok(not any(values(p, "_ws.malformed") for p in ours),
       f"none of our {len(ours)} messages is malformed")
    for kind, (name, wanted) in EXCHANGES.items():
        ok(kind in seen and all(wanted <= payloads for payloads in seen[kind]),
           f"{name} has what belongs there: {len(seen.get(kind, []))} of ours")


def main():
    with Lab() as lab:
        peer = charon.start(lab, "gw-b", **{
            "local": "192.0.2.2", "remote": US, "local_ts": "10.2.0.0/24",
            "remote_ts": "10.1.0.0/24", "ike": IKE, "esp": ESP, "psk": PSK})
        capture = lab.capture("wire", "br0", "udp port 500 or 4500")
        gateway = lab.start_gateway("gw-a", ike_conf("a", "start"))
        wait_until(lambda: "child_sa up" in gateway.log(), 10, "the tunnel")
        gateway.client("rekey", "to-b/net")
        wait_until(lambda: gateway.log().count("child_sa up") == 2, 10,
                   "a rekeying")
        keys = keys_of(peer)
        gateway.stop()
        capture.stop()
        check(dissect(capture.path, keys))
    return finish()


sys.exit(main())
