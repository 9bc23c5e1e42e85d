#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Populate from packet (RFC 4301 section 4.4.1.2) between two gateways of ours: an SA for
each host that is asked for, then one for each flow of UDP, of which each carries its
own packets and no others'; rekeyed, and no more of them than there may be.
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import Lab, dropped, eventually, finish, ok, wait_until  # noqa: E402

WAIT_S = 10
PORT = 7001  # of host-b, at all its addresses
HOSTS = ["10.2.0.2", "10.2.0.11", "10.2.0.12"]
FOURTH = "10.2.0.13"


def conf(side, populate, **more):
    return ike_conf(side, **more).replace(
        "                local_ts =",
        f"                populate = {populate}\n"
        "                populate_limit = 3\n"
        "                local_ts =")


def echo(lab):
    """One octet comes back, from the address to which it went."""
    for host in HOSTS[1:] + [FOURTH]:
        lab.run("host-b", ["ip", "address", "add", f"{host}/24", "dev", "eth0"])
        lab.spawn("host-b", ["python3", "-c", f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("{host}", {PORT}))
while True:
    s.sendto(*s.recvfrom(1))
"""])
    lab.spawn("host-b", ["python3", "-c", f"""
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("{HOSTS[0]}", {PORT}))
while True:
    s.sendto(*s.recvfrom(1))
"""])


def reaches(lab, host, sport=0, n=1):
    """Do all of so many come back? Again for as long as an SA takes to be made."""
    return lab.run("host-a", ["python3", "-c", f"""
import socket, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", {sport}))
s.settimeout(1)
s.connect(("{host}", {PORT}))
for i in range({n}):
    for attempt in range(4):
        try:
            s.send(b"x")
            assert s.recv(1) == b"x"
            break
        except TimeoutError:
            continue
    else:
        raise SystemExit(1)
"""], check=False).returncode == 0


def children(gateway):
    """Those in use, by their remote selector and what they take of us."""
    sas = json.loads(gateway.client("sa", "--json").stdout)["sas"]
    found = [c for named in sas for sa in named.values()
             for c in sa["child-sas"].values() if c["state"] == "INSTALLED"]
    return {(c["local-ts"][0], c["remote-ts"][0]): c for c in found}


def spis(gateway):
    return {pair: c["spi-out"] for pair, c in children(gateway).items()}


def explain(gateway, host, sport):
    done = gateway.client("explain", "--json", "10.1.0.2", host, "udp",
                          str(sport), str(PORT), check=False)
    return json.loads(done.stdout)


def check_rekeyed(lab, a, what, again):
    before = spis(a)
    a.client("rekey", "to-b/net")

    def renewed():
        now = spis(a)
        return set(now) == set(before) and not (
            set(now.values()) & set(before.values()))
    wait_until(renewed, WAIT_S, "rekeying")
    ok(again(), f"{what}: rekeyed, each with the values that it had")
    ok(set(spis(a)) == set(before), f"{what}: and no other pair was made")


def check_listed(gateway, wanted):
    """A packet may be there before the SA that carried it is listed."""
    ok(eventually(lambda: sorted(children(gateway)) == sorted(wanted)),
       f"an SA for each: {list(children(gateway))}")


def check_hosts(lab):
    b = lab.start_gateway("gw-b", conf("b", "local_address"))
    a = lab.start_gateway("gw-a", conf("a", "remote_address",
                                       start_action="trap"))
    policies = json.loads(a.client("policy", "--json").stdout)["policies"]
    ok(policies["to-b/net"]["populate"] == "remote_address" and
       "POPULATE" in a.client("policy").stdout,
       "`policy` says what the SAs take from packets")
    ok(a.client("up", "to-b/net", check=False).returncode != 0,
       "no command brings it up")
    ok(all(reaches(lab, host, n=i + 1) for i, host in enumerate(HOSTS)),
       "the first packet to each host brings up its SA")
    check_listed(a, [("10.1.0.0/24", f"{host}/32") for host in HOSTS])
    counts = {pair[1]: int(c["packets-out"]) for pair, c in children(a).items()}
    ok([counts[f"{host}/32"] for host in HOSTS] == [1, 2, 3],
       f"which carries its own packets: {counts}")
    tunnel = a.status()["tunnels"]["to-b/net"]
    ok(tunnel["state"] == "up" and int(tunnel["sas"]) == 3 and
       int(tunnel["out"]["packets"]) == 6,
       f"`status` counts them together: {tunnel}")
    spi = {host: explain(a, host, 4000).get("sa", {}).get("spi")
           for host in HOSTS}
    ours = {pair[1]: c["spi-out"] for pair, c in children(a).items()}
    ok(all(int(spi[host], 16) == int(ours[f"{host}/32"], 16) for host in HOSTS),
       f"`explain` names the SA of each: {spi}")
    before = a.drops()
    ok(not reaches(lab, FOURTH), "a fourth one, beyond the limit, has none")
    eventually(lambda: dropped(a, before))
    ok(set(dropped(a, before)) == {"no_sa"},
       f"and is dropped by that name: {dropped(a, before)}")
    check_rekeyed(lab, a, "hosts",
                  lambda: all(reaches(lab, host) for host in HOSTS))
    a.stop()
    b.stop()


def check_flows(lab):
    populate = "local_address, remote_address, protocol, ports"
    b = lab.start_gateway("gw-b", conf("b", populate))
    a = lab.start_gateway("gw-a", conf("a", populate, start_action="trap"))
    host, sports = HOSTS[0], (4001, 4002, 4003)
    ok(all(reaches(lab, host, sport) for sport in sports),
       "the first packet of each flow of UDP brings up its SA")
    wanted = sorted((f"10.1.0.2/32[udp/{sport}]", f"{host}/32[udp/{PORT}]")
                    for sport in sports)
    check_listed(a, wanted)
    check_rekeyed(lab, a, "flows",
                  lambda: all(reaches(lab, host, sport) for sport in sports))
    ok(sorted(children(b)) == sorted(pair[::-1] for pair in wanted),
       "and the peer has the same")
    a.stop()
    b.stop()


def main():
    with Lab() as lab:
        echo(lab)
        check_hosts(lab)
        check_flows(lab)
    return finish()


sys.exit(main())
