#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
How IKE SAs live, with strongSwan's charon: reauthentication by either side's time,
before and after the break; childless IKE SAs; and who comes more than once.
"""
import json
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import charon  # noqa: E402
from ike_conf import ESP, IKE, PSK, ike_conf  # noqa: E402
from lab import Lab, eventually, finish, ok, wait_until  # noqa: E402

REAUTH_S, OVER_S = 8, 2
TIMES = f"reauth_time = {REAUTH_S}s\nover_time = {OVER_S}s\nrand_time = 0"
WAIT_S = REAUTH_S + 5
HALF_OPEN_S = 2  # at charon: what we give up
PINGS = 100
LOST_MAX = 2  # what is under way when charon deletes the old SAs


def ping(lab):
    return lab.run("host-a", ["ping", "-c", "1", "-W", "2", "10.2.0.2"],
                   check=False).returncode == 0


def ike_sas(gateway):
    """Ours, by the numbers of their initiators."""
    sas = json.loads(gateway.client("sa", "--json").stdout)["sas"]
    return {sa["initiator-spi"]: sa for item in sas for sa in item.values()}


def load(lab, gateway, peer, ours="", charon_section="", theirs="",
         remote_id=""):
    """Both anew, with these lines in their connections; nothing is up."""
    gateway.client("down", "to-b", check=False)
    wait_until(lambda: not peer.list_sas(), 5, "charon's end of the SAs")
    conf = ike_conf("a").replace("        dpd_delay", f"{ours}\n        dpd_delay")
    if remote_id:
        conf = re.sub(r"(remote \{\n +auth = psk)", rf"\1\n id = {remote_id}",
                      conf)
    lab.write("gw-a.conf", conf + f"charon {{\n{charon_section}\n}}\n")
    gateway.client("reload")
    peer.load(conn_more=theirs)


def up(lab, gateway, what):
    gateway.client("up", "to-b/net", check=False)
    ok(ping(lab), f"{what}: it comes up")
    (spi, sa), = ike_sas(gateway).items()
    return spi, sa


def wait_anew(gateway, peer, spi, what):
    wait_until(lambda: set(ike_sas(gateway)) - {spi} and
               spi not in ike_sas(gateway), WAIT_S, "another IKE SA")
    wait_until(lambda: len(peer.list_sas()) == 1, 5, "charon to have one")
    ok(len(ike_sas(gateway)) == 1, f"{what}: one other is in its place")


def test_ours(lab, gateway, peer):
    for scheme in "no", "yes":
        what = f"reauth_time of ours, make_before_break = {scheme}"
        load(lab, gateway, peer, TIMES, f"make_before_break = {scheme}")
        spi, sa = up(lab, gateway, what)
        ok(0 < int(sa["reauth-time"]) <= REAUTH_S, f"{what}: it is listed")
        pings = lab.spawn("host-a", ["ping", "-q", "-i", "0.1", "-c",
                                     str(PINGS), "10.2.0.2"])
        wait_anew(gateway, peer, spi, what)
        ok(eventually(lambda: ping(lab)), f"{what}: which carries packets")
        pings.wait(timeout=PINGS / 10 + 5)
        with open(pings.log_path) as log:
            lost = PINGS - int(re.search(r"(\d+) received", log.read())[1])
        ok(lost <= LOST_MAX, f"{what}: {lost} of {PINGS} packets are lost")


def test_theirs(lab, gateway, peer):
    """With pre-shared keys it begins itself, and tells nobody when."""
    what = "reauth_time of charon's"
    load(lab, gateway, peer, theirs=TIMES)
    spi, _ = up(lab, gateway, what)
    wait_anew(gateway, peer, spi, what)
    ok(eventually(lambda: ping(lab)), f"{what}: which carries packets")


def test_childless(lab, gateway, peer):
    for ours, theirs, works in (("prefer", "allow", True),
                                ("force", "force", True),
                                ("prefer", "never", True),
                                ("force", "never", False),
                                ("allow", "force", False)):
        what = f"childless = {ours}, charon's {theirs}"
        load(lab, gateway, peer, f"childless = {ours}",
             theirs=f"childless = {theirs}")
        gateway.client("up", "to-b/net", check=False)
        ok(ping(lab) == works,
           f"{what}: it {'works' if works else 'is refused'}")
    for ours, theirs, works in (("allow", "force", True),
                                ("force", "allow", False),
                                ("never", "force", False)):
        what = f"charon begins with childless = {theirs}, ours {ours}"
        load(lab, gateway, peer, f"childless = {ours}",
             theirs=f"childless = {theirs}")
        peer.initiate()
        ok(ping(lab) == works,
           f"{what}: it {'works' if works else 'is refused'}")


def test_initial_contact(lab, gateway, peer):
    load(lab, gateway, peer, remote_id="192.0.2.2")
    peer.load(remote_more="id = 192.0.2.1")
    spi, _ = up(lab, gateway, "INITIAL_CONTACT")
    peer.process.kill()
    peer.process.wait(timeout=5)
    peer.start()
    peer.load()
    peer.initiate()
    wait_until(lambda: spi not in ike_sas(gateway), 5, "the old one to go")
    ok(len(ike_sas(gateway)) == 1 and ping(lab),
       "what charon forgot is gone when it comes again")
    ok(eventually(lambda: "INITIAL_CONTACT" in gateway.log()), "and the log says why")


def main():
    with Lab() as lab:
        gateway = lab.start_gateway("gw-a", ike_conf("a"))
        peer = charon.start(lab, "gw-b", local="192.0.2.2", remote="192.0.2.1",
                            local_ts="10.2.0.0/24", remote_ts="10.1.0.0/24",
                            ike=IKE, esp=ESP, psk=PSK,
                            half_open_timeout=HALF_OPEN_S)
        test_ours(lab, gateway, peer)
        test_theirs(lab, gateway, peer)
        test_childless(lab, gateway, peer)
        test_initial_contact(lab, gateway, peer)
    return finish()


sys.exit(main())
