#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
One tunnel between two gateways: what belongs in it arrives and is not seen on
the wire, what is the gateway's own or the kernel's is left to it, and what
does not fit is counted. Nobody attacks here and nothing is killed.
"""
# Runs alone: it asks that nothing be dropped.
import json
import os
import re
import secrets
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import (Lab, finish, ok, scapy_layers, search_plaintext,  # noqa: E402
                 wait_until)

INNER_MTU = 1438  # 1500 less outer IP, ESP, IV, ICV; in whole blocks of AES
PING_HEADERS = 28
IPERF_BYTES = 100 << 20  # that have to arrive
IPERF_EXTRA_BYTES = 20 << 20  # may be under way when the server counts
IPERF_WINDOW = "256K"  # under way at once: less than a ring has room for
IPERF_LIMIT_S = 90
KEY_PIECE_BYTES = 8  # so much of a key in a row is no coincidence
OCTETS = re.compile(r'\[("0x[^]]*")\]')  # in bpftool's JSON


def ping(lab, ns, target, *words):
    return lab.run(ns, ["ping", "-n", "-c", "3", "-i", "0.05", "-W", "1",
                        *words, target], check=False)


def is_between(packet, one, other):
    """ESP from one of these addresses to the other."""
    inet = scapy_layers().layers.inet
    return (inet.IP in packet and packet[inet.IP].proto == 50 and
            {packet[inet.IP].src, packet[inet.IP].dst} == {one, other})


def check_protected(lab, ns, who):
    """Three pings with a needle; on the wire six ESP packets and ARP."""
    needle = secrets.token_bytes(16)
    capture = lab.capture("wire", "br0")
    answer = ping(lab, ns, "10.2.0.2", "-p", needle.hex())
    packets = capture.stop()
    ok(answer.returncode == 0, f"{who} pings host-b")
    ip = [p for p in packets if p.type != 0x0806]
    ok(len(ip) == 6 and all(is_between(p, "192.0.2.1", "192.0.2.2")
                            for p in ip),
       f"{who}: on the wire are six ESP packets between the gateways, and ARP")
    ok(not search_plaintext(packets, needle),
       f"{who}: the payload is not on the wire")


def check_inside(lab):
    """What the needle looks like where it is in the clear."""
    needle = secrets.token_bytes(16)
    capture = lab.capture("host-b", "eth0", filter="icmp")
    ping(lab, "gw-a", "10.2.0.2", "-p", needle.hex())
    packets = capture.stop()
    ok(len(search_plaintext(packets, needle)) == 6,
       "behind gw-b the same payload is seen, both ways")
    inet = scapy_layers().layers.inet
    ok({p[inet.IP].src for p in packets} == {"10.1.0.1", "10.2.0.2"},
       "gw-a speaks with its address inside the protected network")


def check_kernel(lab):
    ok(ping(lab, "host-a", "10.1.0.1").returncode == 0,
       "a LAN host's packet to the gateway itself is answered")
    lab.route_far_network("a")  # the kernel speaks of what it could forward
    answer = ping(lab, "host-a", "10.2.0.2", "-t", "1")
    ok(answer.returncode != 0 and
       "From 10.1.0.1" in answer.stdout and
       "Time to live exceeded" in answer.stdout,
       "a packet with TTL 1 is answered by gw-a: time exceeded")


def tcp_errors(lab, ns):
    """InCsumErrors of TCP on a machine."""
    lines = [line.split() for line in
             lab.run(ns, ["cat", "/proc/net/snmp"]).stdout.splitlines()
             if line.startswith("Tcp:")]
    return int(dict(zip(*lines))["InCsumErrors"])


def check_bulk(lab):
    hosts = ("host-a", "host-b")
    before = [tcp_errors(lab, ns) for ns in hosts]
    lab.spawn("host-b", ["iperf3", "-s", "-1"])
    wait_until(lambda: ":5201" in lab.run("host-b", ["ss", "-Hltn"]).stdout,
               10, "iperf3 on host-b")
    done = lab.run("host-a", ["iperf3", "-J", "-c", "10.2.0.2",
                              "-n", str(IPERF_BYTES + IPERF_EXTRA_BYTES),
                              "-w", IPERF_WINDOW],
                   check=False, timeout=IPERF_LIMIT_S)
    end = json.loads(done.stdout).get("end", {})
    received = end.get("sum_received", {}).get("bytes", 0)
    ok(done.returncode == 0 and received >= IPERF_BYTES,
       "100 MB go through the tunnel by TCP")
    ok([tcp_errors(lab, ns) for ns in hosts] == before,
       "no host saw a wrong TCP checksum")


def check_counters(gateways):
    for gateway in gateways:
        drops = {name: n for name, n in gateway.drops().items() if n}
        ok(not drops, f"{gateway.ns} dropped nothing: {drops or 'all are 0'}")
        status = gateway.status()
        ok({i["xdp"] for i in status["interfaces"].values()} == {"native"},
           f"{gateway.ns} runs XDP in the drivers")
        ok("passing" in gateway.client("status").stdout,
           f"{gateway.ns} says that its tunnel is passing")


def check_too_big(lab, gateway):
    """The hosts' MTU is raised, so that they send what is too long."""
    for host in ("host-a", "host-b"):
        lab.run(host, ["ip", "link", "set", "dev", "eth0", "mtu", "1500"])
    most = INNER_MTU - PING_HEADERS
    before = gateway.drops()
    ok(ping(lab, "host-a", "10.2.0.2", "-M", "do", "-s", str(most)
            ).returncode == 0,
       f"an inner packet of {INNER_MTU} octets fits")
    ok(gateway.drops() == before, "and nothing is dropped by it")
    answer = ping(lab, "host-a", "10.2.0.2", "-M", "do", "-s", str(most + 1))
    after = gateway.drops()
    ok(answer.returncode != 0 and
       after == dict(before, too_big=before["too_big"] + 1),
       "one octet more is dropped as too_big, and as nothing else, until the "
       "host knows")


def dump_map(lab, ns, map_id):
    """All that is in a map: [key, value, key, value, …]."""
    dump = lab.run(ns, ["bpftool", "-j", "map", "dump", "id", str(map_id)])
    return [bytes.fromhex(re.sub('"0x|"|,', "", found))
            for found in OCTETS.findall(dump.stdout)]


def dump_maps(lab, gateway):
    """
    Every octet of every map, the policy list in force among them; but of a ring,
    which nobody can look at beside its reader, and of what lies with sockets.
    """
    ids = gateway.status()["maps"]
    ids.pop("audits")
    ids.pop("own_streams")
    in_force = dump_map(lab, gateway.ns, ids["spd"])[1]
    ids = [*ids.values(), int.from_bytes(in_force, "little")]
    return b"".join(b"".join(dump_map(lab, gateway.ns, i)) for i in ids)


def pieces(key):
    return [key[i:i + KEY_PIECE_BYTES]
            for i in range(len(key) - KEY_PIECE_BYTES + 1)]


def check_maps(lab, gateways):
    keys = [key for sa in (lab.sa_ab, lab.sa_ba)
            for key in (sa.encr_key, sa.integ_key)]
    for gateway, inbound in zip(gateways, (lab.sa_ba, lab.sa_ab)):
        text = dump_maps(lab, gateway)
        ok(inbound.spi.to_bytes(4, "big") in text and
           bytes([10, 1, 0, 0]) in text,
           f"the maps of {gateway.ns} are read: SPI and selectors are there")
        ok(not any(piece in text for key in keys for piece in pieces(key)),
           f"no map of {gateway.ns} holds a piece of a key")


def main():
    with Lab() as lab:
        gateways = [lab.start_gateway(f"gw-{side}", lab.default_conf(side))
                    for side in "ab"]
        check_protected(lab, "host-a", "host-a")
        check_protected(lab, "gw-a", "gw-a itself")
        check_inside(lab)
        check_kernel(lab)
        check_bulk(lab)
        check_counters(gateways)
        check_too_big(lab, gateways[0])
        check_maps(lab, gateways)
    return finish()


sys.exit(main())
