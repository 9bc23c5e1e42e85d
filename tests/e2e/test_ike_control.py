#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Debian's stock swanctl, and `cygnet`, bring the tunnels of a gateway up, look at
them, rekey them and take them down; the peer is another gateway of ours.
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import Lab, finish, ok  # noqa: E402
from swanctl import swanctl  # noqa: E402


def ping(lab):
    return lab.run("host-a", ["ping", "-c", "1", "-W", "2", "10.2.0.2"],
                   check=False).returncode == 0


def test_swanctl(lab):
    conns = swanctl(lab, "--list-conns").stdout
    ok("to-b: IKEv2" in conns and "10.2.0.0/24" in conns,
       "swanctl lists the connection of the file")
    ok(not swanctl(lab, "--list-sas").stdout.strip(), "and no SA yet")
    up = swanctl(lab, "--initiate", "--child", "net")
    ok(up.returncode == 0 and "successfully" in up.stdout,
       "it brings the child up, and is told when it is")
    sas = swanctl(lab, "--list-sas").stdout
    ok("ESTABLISHED" in sas and "INSTALLED" in sas and
       "AES_CBC-128/HMAC_SHA2_256_128/PRF_HMAC_SHA2_256/CURVE_25519" in sas and
       "AES_GCM_16-128" in sas, "it lists the SAs, as charon would")
    ok(ping(lab), "which carry packets")
    raw = swanctl(lab, "--list-sas", "--raw").stdout
    ok("bytes-in=84 " in raw and "packets-out=1 " in raw, "and count them")
    ok(swanctl(lab, "--rekey", "--child", "net").returncode == 0 and
       ping(lab), "it rekeys the child")
    ok(swanctl(lab, "--rekey", "--ike", "to-b").returncode == 0 and ping(lab),
       "and the IKE SA")
    down = swanctl(lab, "--terminate", "--ike", "to-b")
    ok(down.returncode == 0 and not swanctl(lab, "--list-sas").stdout.strip(),
       "it takes them down")
    ok(not ping(lab), "and then nothing passes")
    bad = swanctl(lab, "--initiate", "--child", "nothing")
    ok(bad.returncode != 0, "what is not configured is refused")


def test_cygnet(lab, gateway):
    up = gateway.client("up", "to-b/net", check=False)
    ok(up.returncode == 0 and ping(lab), "cygnet up brings it up")
    table = gateway.client("sa").stdout
    ok("to-b" in table and "net" in table, "cygnet sa lists it")
    ok(json.loads(gateway.client("sa", "--json").stdout), "also as JSON")
    ok("passing" in gateway.client("status").stdout,
       "cygnet status says that it passes packets")
    ok(gateway.client("rekey", "to-b/net", check=False).returncode == 0,
       "cygnet rekey rekeys it")
    down = gateway.client("down", "to-b", check=False)
    ok(down.returncode == 0 and not ping(lab), "cygnet down takes it down")
    ok(gateway.client("up", "nothing", check=False).returncode == 1,
       "what is not configured is a failure")


def main():
    with Lab() as lab:
        gateway = lab.start_gateway("gw-a", ike_conf("a"))
        lab.start_gateway("gw-b", ike_conf("b"))
        test_swanctl(lab)
        test_cygnet(lab, gateway)
    return finish()


sys.exit(main())
