# SPDX-License-Identifier: BSD-2-Clause
"""Gateways of the laboratory that get other addresses while packets flow."""
import json
import re

from lab import ok, wait_until

OURS, OURS_NEW = "192.0.2.1", "192.0.2.11"
THEIRS, THEIRS_NEW = "192.0.2.2", "192.0.2.12"
MOVE_S = 10  # charon waits for a while, too
PINGS = 30
LOST_MAX = 15  # of them, at ten a second: while there is no address


def ping(lab):
    return lab.run("host-a", ["ping", "-c", "1", "-W", "2", "10.2.0.2"],
                   check=False).returncode == 0


def sa_of(gateway):
    """Our only IKE SA, or None."""
    sas = json.loads(gateway.client("sa", "--json").stdout)["sas"]
    all_of = [sa for item in sas for sa in item.values()]
    return all_of[0] if len(all_of) == 1 else None


def spis(gateway):
    sa = sa_of(gateway)
    return sa and (sa["initiator-spi"],
                   [c["spi-in"] for c in sa["child-sas"].values()])


def readdress(lab, ns, old, new):
    lab.run(ns, ["ip", "addr", "del", f"{old}/24", "dev", "wan0"])
    lab.run(ns, ["ip", "addr", "add", f"{new}/24", "dev", "wan0"])


def moves(lab, gateway, what, move, is_there, all_stay=False, by_us=True):
    """by_us: how long it takes is for Cygnet to say, not for its peer."""
    before = spis(gateway)
    pings = lab.spawn("host-a", ["ping", "-q", "-i", "0.1", "-c", str(PINGS),
                                 "10.2.0.2"])
    move()
    wait_until(lambda: sa_of(gateway) and is_there(sa_of(gateway)), MOVE_S,
               f"{what}: the IKE SA at another address")
    wait_until(lambda: ping(lab), MOVE_S, f"{what}: packets")
    if all_stay:
        ok(spis(gateway) == before, f"{what}: the SAs are those of before")
    else:
        ok(spis(gateway)[0] == before[0],
           f"{what}: the IKE SA is that of before")
    pings.wait(timeout=PINGS / 10 + 10)
    with open(pings.log_path) as log:
        lost = PINGS - int(re.search(r"(\d+) received", log.read())[1])
    if by_us:
        ok(lost <= LOST_MAX, f"{what}: {lost} of {PINGS} packets are lost")
