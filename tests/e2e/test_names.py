#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Peers by name, in both families, with a tunnel for all of IPv6 and a resolver on
the unprotected side: a name that the configuration gets later, by file or over
VICI, and processes that end and come again.
"""
import json
import os
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import dns  # noqa: E402
from ike_conf import ike_conf  # noqa: E402
from lab import SIDES, Lab, finish, ok, wait_until  # noqa: E402
from swanctl import swanctl_load  # noqa: E402

NAME, OTHER_NAME = "gw-b.example.net", "other.example.net"
RESOLVER = "2001:db8:ff::9"
PEER, PEER6 = SIDES["b"].outer, SIDES["b"].outer6
WAIT_S = 20


def everything(side, remote):
    """A tunnel for all of IPv6, to that peer; from where it is reached."""
    here, there = SIDES[side], SIDES[SIDES[side].peer]
    text = ike_conf(side).replace(f"local_addrs = {here.outer}\n", "\n")
    text = text.replace(f"remote_addrs = {there.outer}",
                        f"remote_addrs = {remote}")
    for lan in (here.lan, there.lan):
        text = text.replace(f"_ts = {lan}", "_ts = ::/0")
    return text.replace("unprotected = wan0",
                        f"unprotected = wan0\n    resolvers = {RESOLVER}")


def peers(gateway):
    """Where its IKE SAs that are up go to."""
    sas = json.loads(gateway.client("sa", "--json").stdout)["sas"]
    return sorted(sa["remote-host"] for conn in sas for sa in conn.values()
                  if sa["state"] == "ESTABLISHED")


def goes_to(gateway, address, sentence, conn="to-b"):
    """The next attempt does."""
    gateway.client("down", conn, check=False)
    wait_until(lambda: not peers(gateway), WAIT_S, "the end of the tunnel")

    def begun():
        """None while the process that speaks IKE is only being started."""
        done = gateway.client("up", f"{conn}/net", check=False)
        return None if "try again" in done.stderr else done

    done = wait_until(begun, WAIT_S, "the IKE process")
    ok(done.returncode == 0 and peers(gateway) == [address],
       f"{sentence} {peers(gateway)} {done.stderr}")


def reload(lab, gateway, text):
    lab.write("gw-a.conf", text)
    return gateway.client("reload", check=False).returncode == 0


def check_reload(lab, server):
    gateway = lab.start_gateway("gw-a", everything("a", PEER))
    goes_to(gateway, PEER, "a peer by its address needs no DNS")
    ok(gateway.role_pid("helper") is None and not server.questions(),
       "nobody asks, and there is no process that could")
    server.says(a=[PEER], aaaa=[PEER6])
    ok(reload(lab, gateway, everything("a", NAME)), "it gets a name")
    goes_to(gateway, PEER6, "where it has addresses of both families, it is "
            "IPv6")
    ok(RESOLVER in server.address and gateway.role_pid("helper"),
       "that a resolver at an address of IPv6 said, past the policy for all of it")
    before = peers(gateway), len(server.questions())
    ok(reload(lab, gateway, everything("a", NAME.upper())) and
       peers(gateway) == before[0], "the same in capitals changes nothing")
    server.says(a=[PEER])
    goes_to(gateway, PEER, "else IPv4")
    server.name = OTHER_NAME
    server.says(aaaa=[PEER6])
    ok(reload(lab, gateway, everything("a", OTHER_NAME)), "it gets another name")
    goes_to(gateway, PEER6, "that one counts")
    return gateway


def check_ctl_dies(lab, server, gateway):
    old = gateway.role_pid("helper"), gateway.role_pid("ike")
    os.kill(gateway.pid, signal.SIGKILL)
    gateway.process.wait()
    wait_until(lambda: gateway.role_pid("helper") is None, WAIT_S,
               "the end of helper")
    server.says(a=[PEER])
    gateway = lab.start_gateway("gw-a", everything("a", OTHER_NAME))
    wait_until(lambda: f"addr={PEER}" in gateway.log(), WAIT_S, "an answer")
    ok(peers(gateway) == [PEER6] and gateway.role_pid("ike") == old[1],
       "when ctl dies helper does, the next ctl's asks, and the tunnel stays")
    rekeyed = gateway.client("rekey", "to-b/net", check=False)
    wait_until(lambda: gateway.log().count("child_sa up") > 0, WAIT_S,
               "a rekeying")
    ok(rekeyed.returncode == 0 and peers(gateway) == [PEER6],
       "and is rekeyed, though the name leads elsewhere now")
    goes_to(gateway, PEER, "the next attempt goes where the name leads then")
    return gateway


def check_vici(lab, server, gateway):
    server.name = NAME
    server.says(a=[PEER])
    ok(reload(lab, gateway, everything("a", PEER).split("connections {")[0]),
       "no connection is left in the file")
    text = everything("a", NAME)
    loaded = swanctl_load(lab, text[text.index("connections {"):],
                          "--load-all")
    ok(loaded.returncode == 0, "swanctl loads one with a name")
    goes_to(gateway, PEER, "and it leads there")
    listed = swanctl_load(lab, "", "--list-conns")
    ok(f"remote: {NAME}" in " ".join(listed.stdout.split()),
       "swanctl lists it by that name")


def main():
    with Lab(with_ipv6=True) as lab:
        server = dns.start(lab, "wire", RESOLVER, NAME)
        lab.start_gateway("gw-b", everything("b", "%any"))
        gateway = check_reload(lab, server)
        gateway = check_ctl_dies(lab, server, gateway)
        check_vici(lab, server, gateway)
    return finish()


sys.exit(main())
