#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
A gateway with pools: two road warriors, alice and bob, each with addresses of their
own and an SA of their own, by one connection. strongSwan's charon on gw-b is both.
They stay reachable through rekeyings and the end of each process, and pools
change over VICI. Then one is gone without a word and comes again, and our own
initiator is one.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import charon  # noqa: E402
from ike_conf import ESP, IKE, PSK, ike_conf  # noqa: E402
from lab import SOCKET, Lab, dropped, finish, ok, wait_until  # noqa: E402
from swanctl import swanctl, swanctl_load  # noqa: E402

HOST, HOST6 = "10.1.0.2", "2001:db8:1::2"
ALICE, BOB, BOB6 = "10.3.0.1", "10.3.0.2", "2001:db8:3::1"
GATEWAY = f"""\
gateway {{
    protected = lan0
    unprotected = wan0
    socket = {SOCKET}
}}
charon {{
    retransmit_timeout = 0.5
    retransmit_base = 1.0
    retransmit_tries = 2
}}
connections {{
    rw {{
        local_addrs = 192.0.2.1
        proposals = {IKE}
        dpd_delay = 1
        pools = rw, rw6
        local {{
            auth = psk
        }}
        remote {{
            auth = psk
        }}
        children {{
            net {{
                local_ts = 10.1.0.0/24, 10.5.0.0/24, 2001:db8:1::/64
                esp_proposals = {ESP}
            }}
        }}
    }}
}}
pools {{
    rw6 {{
        addrs = 2001:db8:3::/120
    }}
}}
secrets {{
    ike-any {{
        secret = "{PSK}"
    }}
}}
"""
POOL = "pools {{\n    rw {{\n        addrs = {}\n    }}\n}}\n"


def warrior(name, vips, remote_ts):
    return f"""\
    {name} {{
        version = 2
        local_addrs = 192.0.2.2
        remote_addrs = 192.0.2.1
        proposals = {IKE}
        vips = {vips}
        local {{
            auth = psk
            id = {name}@example.org
        }}
        remote {{
            auth = psk
        }}
        children {{
            {name} {{
                remote_ts = {remote_ts}
                esp_proposals = {ESP}
            }}
        }}
    }}
"""


WARRIORS = ("connections {\n" + warrior("alice", "0.0.0.0", "10.1.0.0/24,10.5.0.0/24") +
            warrior("bob", "0.0.0.0, ::", "10.1.0.0/24,2001:db8:1::/64") +
            f"}}\nsecrets {{\n    ike-any {{\n        secret = \"{PSK}\"\n    }}\n}}\n")


INITIATOR = ike_conf("b", start_action="start").replace(
    "local_ts = 10.2.0.0/24", "local_ts = dynamic").replace(
        "        local {", "        vips = 0.0.0.0\n        local {", 1)


def ping(lab, ns, *words):
    return lab.run(ns, ["ping", "-c", "1", "-W", "2", *words],
                   check=False).returncode == 0


def works(lab, what, *vips):
    for vip in vips:
        host = HOST6 if ":" in vip else HOST
        ok(ping(lab, "gw-b", "-I", vip, host) and ping(lab, "host-a", vip),
           f"{what}: {vip} is heard and reached")


def up(peer, name):
    return peer.swanctl("--initiate", "--child", name, "--timeout", "5",
                        check=False)


def routes(lab):
    return {line.split()[0] for family in ("-4", "-6") for line in lab.run(
        "gw-a", ["ip", family, "route", "show", "table", "220"],
        check=False).stdout.splitlines()}


def load_pool(lab, addrs):
    return swanctl_load(lab, POOL.format(addrs), "--load-pools")


def both_come(lab, peer, gateway):
    said = up(peer, "alice")
    ok(said.returncode and "INTERNAL_ADDRESS_FAILURE" in said.stdout,
       "without its pool there is no address")
    peer.swanctl("--terminate", "--ike", "alice", check=False)
    load_pool(lab, "10.3.0.0/28")
    for name in ("alice", "bob"):
        said = up(peer, name)
        ok(said.returncode == 0, f"{name} comes")
    works(lab, "both are there", ALICE, BOB, BOB6)
    ok(routes(lab) == {ALICE, BOB, BOB6},
       f"each address has a route: {routes(lab)}")
    ok(ping(lab, "gw-a", ALICE) and ping(lab, "gw-a", BOB6),
       "the gateway itself reaches them")
    said = swanctl(lab, "--list-pools", "--leases").stdout
    ok(all(f"{vip}   " in said for vip in (ALICE, BOB, BOB6)) and
       "alice@example.org" in said, "leases are listed")
    said = load_pool(lab, "10.4.0.0/28")
    ok("in use" in said.stdout + said.stderr, "a pool in use stays as it is")


def main():
    with Lab(with_ipv6=True) as lab:
        peer = charon.Charon(lab, "gw-b", charon.DEFAULTS)
        peer.load_text(WARRIORS)
        gateway = lab.start_gateway("gw-a", GATEWAY)
        both_come(lab, peer, gateway)
        peer.swanctl("--rekey", "--child", "alice")
        peer.swanctl("--rekey", "--ike", "bob")
        works(lab, "rekeyed", ALICE, BOB, BOB6)
        for role in ("ike", "dp"):
            gateway.kill_role(role)
            for vip in (ALICE, BOB):
                wait_until(lambda: ping(lab, "gw-b", "-I", vip, HOST), 20,
                           f"a packet after {role} ended")
            works(lab, f"{role} ended", ALICE, BOB, BOB6)
        gateway.client("reload")
        works(lab, "the configuration is read again", ALICE, BOB, BOB6)
        peer.swanctl("--terminate", "--ike", "alice")
        wait_until(lambda: routes(lab) == {BOB, BOB6}, 5, "alice's route to go")
        before = gateway.drops()
        ok(not ping(lab, "host-a", ALICE) and
           dropped(gateway, before).get("no_sa"), "alice goes, with her route")
        works(lab, "bob stays", BOB, BOB6)
        peer.swanctl("--terminate", "--ike", "bob")
        wait_until(lambda: not routes(lab), 5, "bob's routes to go")
        load_pool(lab, "10.4.0.0/28")
        up(peer, "alice")
        works(lab, "of another pool", "10.4.0.1")
        peer.process.kill()
        wait_until(lambda: not routes(lab), 20, "alice to be missed")
        peer.start()
        peer.load_text(WARRIORS)
        up(peer, "alice")
        works(lab, "alice is back", "10.4.0.1")
        peer.process.terminate()  # its addresses and rules go
        peer.process.wait(10)
        lab.start_gateway("gw-b", INITIATOR)
        wait_until(lambda: ping(lab, "gw-b", "-I", "10.4.0.2", HOST), 10,
                   "our own initiator")
        works(lab, "our own initiator", "10.4.0.2")
    return finish()


sys.exit(main())
