#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Path MTU through a tunnel: hosts with the usual 1500 are told how much fits, to
the octet, or their packets arrive in fragments; and TCP works where ICMP is
lost, since no SYN names a larger segment than the tunnel carries.
"""
import json
import os
import re
import secrets
import socket
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import (SIDES, Lab, LabError, finish, ok, scapy_layers,  # noqa: E402
                 wait_until)

HOST_A, HOST_B = "10.1.0.2", "10.2.0.2"
INNER_MTU = 1438  # 1500 less outer IP, ESP, IV, ICV; in whole blocks of AES
INNER_MTU_1400 = 1326
INNER_MTU_GCM = 1446
PING_HEADERS = UDP_HEADERS = 28
TCP_HEADERS = 40
PORT = 5001
IP_MTU_DISCOVER, IP_PMTUDISC_PROBE = 10, 3  # <linux/in.h>
TRANSFER_BYTES = 4 << 20
HANG_S = 3


def ping(lab, ns, target, bytes_, *words):
    """One echo request of so many octets, IP header included."""
    return lab.run(ns, ["ping", "-n", "-c", "1", "-W", "1", "-s",
                        str(bytes_ - PING_HEADERS), *words, target],
                   check=False)


def forget(lab, *machines):
    """What their kernels learned of path MTUs."""
    for ns in machines:
        lab.run(ns, ["ip", "route", "flush", "cache"])


def counted(gateway, before, kind="drops"):
    now = gateway.drops() if kind == "drops" else gateway.passes()
    return {name: n - before[name] for name, n in now.items()
            if n != before[name]}


def check_told(lab, gateway):
    """host-a learns the inner MTU from gw-a."""
    inet = scapy_layers().layers.inet
    forget(lab, "host-a")
    before = gateway.drops()
    capture = lab.capture("host-a", "eth0", filter="icmp")
    said = ping(lab, "host-a", HOST_B, 1500, "-M", "do")
    packets = [p[inet.IP] for p in capture.stop()]
    sent = [p for p in packets if p.src == HOST_A]
    errors = [p for p in packets if p.src != HOST_A]
    ok(said.returncode != 0 and f"mtu = {INNER_MTU}" in said.stdout,
       f"a ping of 1500 octets with DF is told of {INNER_MTU}")
    ok(counted(gateway, before) == {"too_big": 1},
       f"and counted: {counted(gateway, before)}")
    error = errors[0] if len(errors) == 1 else None
    ok(error is not None and error.src == "10.1.0.1" and error.dst == HOST_A and
       (error[inet.ICMP].type, error[inet.ICMP].code) == (3, 4) and
       error[inet.ICMP].nexthopmtu == INNER_MTU and len(error) == 576,
       "by one ICMP error from gw-a's address on the LAN, of 576 octets")
    ok(error is not None and
       bytes(error)[28:] == bytes(sent[0])[:len(error) - 28],
       "that quotes the packet")
    ok(error is not None and has_right_checksums(error),
       "with right checksums")


def has_right_checksums(packet):
    """Of IP and what is in it, made anew by scapy; packet: from IP on."""
    inet = scapy_layers().layers.inet
    octets = bytes(packet)[:packet.len]
    again = inet.IP(octets)
    for layer in (inet.IP, inet.TCP, inet.ICMP):
        if layer in again:
            del again[layer].chksum
    return bytes(again) == octets


def check_exact(lab, gateway):
    forget(lab, "host-a")
    before = gateway.drops()
    ok(ping(lab, "host-a", HOST_B, INNER_MTU, "-M", "do").returncode == 0,
       f"a ping of {INNER_MTU} octets with DF is answered")
    ok(not counted(gateway, before), "and nothing is dropped")
    ok(ping(lab, "host-a", HOST_B, INNER_MTU + 1, "-M", "do"
            ).returncode != 0 and
       counted(gateway, before) == {"too_big": 1},
       "one octet more does not pass")


def route_mtus(lab, ns):
    """Of all routes of the gateway's tunnels."""
    shown = lab.run(ns, ["ip", "-json", "route", "show", "table", "220"],
                    check=False).stdout
    return {metric["mtu"] for route in json.loads(shown or "[]")
            for metric in route.get("metrics", [])}


def check_route(lab, gateway):
    """The tunnel's own route has the same number."""
    mtus = route_mtus(lab, gateway.ns)
    ok(mtus == {INNER_MTU}, f"the tunnel's route says {mtus}")
    before = gateway.drops()
    said = ping(lab, gateway.ns, HOST_B, INNER_MTU + 1, "-M", "do")
    ok(said.returncode != 0 and "too long" in said.stdout + said.stderr and
       not counted(gateway, before),
       "so that the gateway's own kernel does not even send what does not fit")


def probe(lab, ns, octets):
    """A UDP packet of so many octets with DF, whatever the kernel knows."""
    with lab.socket(ns, socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_PROBE)
        sock.sendto(bytes(octets - UDP_HEADERS), (HOST_B, PORT))


def check_own(lab, gateway):
    """Of the gateway's own, what ignores the route; and of host-c's."""
    lab.route_far_network("a")
    before, told = gateway.drops(), icmp_in(lab, "gw-a")
    probe(lab, "gw-a", INNER_MTU + 1)
    try:
        wait_until(lambda: icmp_in(lab, "gw-a") == told + 1, 5, "an error")
    except LabError:
        pass    # said by the next line
    ok(counted(gateway, before) == {"too_big": 1} and
       icmp_in(lab, "gw-a") == told + 1,
       "the gateway itself is told through ipsec0 when it probes")
    forget(lab, "host-c")
    said = ping(lab, "host-c", HOST_B, 1500, "-M", "do")
    ok(f"mtu = {INNER_MTU}" in said.stdout,
       "a host on an interface that Cygnet does not serve is told as well: "
       f"{said.stdout.strip().splitlines()[1:2]}")
    lab.run("gw-a", ["ip", "route", "del", "10.2.0.0/24"])


def icmp_in(lab, ns):
    """Destination-unreachable errors that a machine's kernel took."""
    lines = [line.split() for line in
             lab.run(ns, ["cat", "/proc/net/snmp"]).stdout.splitlines()
             if line.startswith("Icmp:")]
    return int(dict(zip(*lines))["InDestUnreachs"])


def check_fragments(lab, gateways):
    """Without DF: host-b's answers are cut as well."""
    before = [g.drops() for g in gateways]
    passes = gateways[0].passes()
    forget(lab, "host-a", "host-b")
    capture = lab.capture("wire", "a", filter="not arp")
    said = ping(lab, "host-a", HOST_B, 1500, "-M", "dont")
    packets = capture.stop()
    ok(said.returncode == 0, "a ping of 1500 octets without DF is answered")
    ok(len(packets) == 4 and max(len(p) for p in packets) <= 1514 and
       {p.proto for p in (q.payload for q in packets)} == {50} and
       not any(q.payload.frag or q.payload.flags.MF for q in packets),
       "in two ESP packets each way, whole ones")
    ok([counted(g, b) for g, b in zip(gateways, before)] == [{}, {}] and
       counted(gateways[0], passes, "passes").get("worker_fragment") == 1,
       "with nothing dropped")
    wait_until(lambda: all(g.in_flight() == 0 for g in gateways), 5,
               "the books to balance")


def check_route_mtu(lab, gateway):
    """The way to the peer has an MTU of its own."""
    lab.run("gw-a", ["ip", "route", "add", "192.0.2.2/32", "dev", "wan0",
                     "mtu", "1400"])
    forget(lab, "host-a")

    def told():
        forget(lab, "host-a")
        said = ping(lab, "host-a", HOST_B, 1500, "-M", "do")
        return f"mtu = {INNER_MTU_1400}" in said.stdout

    try:
        found = wait_until(told, 5, "the route's MTU")
    except LabError:
        found = False
    ok(found, f"with a route of 1400 to the peer it is {INNER_MTU_1400}")
    lab.run("gw-a", ["ip", "route", "del", "192.0.2.2/32"])
    before = gateway.drops()

    def passes():
        forget(lab, "host-a")
        return ping(lab, "host-a", HOST_B, INNER_MTU, "-M", "do"
                    ).returncode == 0

    wait_until(passes, 5, "the way of before")
    ok(set(counted(gateway, before)) <= {"too_big"},
       "and as before when the route is gone")


def check_negotiated(lab):
    """A tunnel by IKE: its route has the size as soon as the SA is there."""
    for side in "ab":
        lab.start_gateway(f"gw-{side}",
                          ike_conf(side, "start" if side == "a" else "none"))
    forget(lab, "host-a", "gw-a")
    try:
        wait_until(lambda: route_mtus(lab, "gw-a") == {INNER_MTU_GCM}, 10,
                   "the size in the tunnel's route")
    except LabError:
        pass    # said by the next line
    said = ping(lab, "host-a", HOST_B, 1500, "-M", "do")
    ok(f"mtu = {INNER_MTU_GCM}" in said.stdout and
       route_mtus(lab, "gw-a") == route_mtus(lab, "gw-b") == {INNER_MTU_GCM},
       f"by IKE and AES-GCM it is {INNER_MTU_GCM}, in the routes too: "
       f"{route_mtus(lab, 'gw-a')}, {route_mtus(lab, 'gw-b')}")
    ok(ping(lab, "gw-a", HOST_B, INNER_MTU_GCM, "-M", "do").returncode == 0,
       "a packet of the gateway's own that fills it is answered")


# --- TCP

def deaf_to_icmp(lab, *machines):
    """Path MTU discovery is broken: firewalls that drop all of ICMP."""
    rules = ("add table ip deaf; add chain ip deaf in "
             "{ type filter hook input priority 0; }; "
             "add rule ip deaf in ip protocol icmp drop")
    for ns in machines:
        lab.run(ns, ["nft", rules])


def transfer(lab, server, client, octets, limit=20):
    """
    A client fetches octets by TCP, and returns what it got within the limit of
    seconds without any; each is a machine and its address.
    """
    listener = lab.socket(server[0], socket.AF_INET, socket.SOCK_STREAM)
    got = bytearray()

    def serve():
        conn, _ = listener.accept()
        conn.settimeout(limit)
        with conn:
            try:
                conn.sendall(octets)
            except OSError:
                pass

    with listener, lab.socket(client[0], socket.AF_INET,
                              socket.SOCK_STREAM) as sock:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((server[1], PORT))
        listener.listen(1)
        listener.settimeout(limit)
        sock.settimeout(limit)
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        sock.connect((server[1], PORT))
        try:
            while len(got) < len(octets):
                piece = sock.recv(65536)
                if not piece:
                    break
                got += piece
        except TimeoutError:
            pass
    thread.join(limit)
    return bytes(got)


def syns(packets):
    """(source, MSS) of each SYN and SYN-ACK, and whether checksums are right."""
    inet = scapy_layers().layers.inet
    found = [p[inet.IP] for p in packets
             if inet.TCP in p and p[inet.TCP].flags.S]
    return ([(p.src, dict(p[inet.TCP].options).get("MSS")) for p in found],
            all(has_right_checksums(p) for p in found))


def check_tcp(lab, gateways):
    """Both ways with clamping, where ICMP is lost."""
    before = [g.drops() for g in gateways]
    octets = secrets.token_bytes(TRANSFER_BYTES)
    at_a = lab.capture("host-a", "eth0", filter="tcp[13] & 2 != 0")
    at_b = lab.capture("host-b", "eth0", filter="tcp[13] & 2 != 0")
    a, b = ("host-a", HOST_A), ("host-b", HOST_B)
    ok(transfer(lab, a, b, octets) == octets,
       "4 MiB arrive from host-a by TCP where hosts are deaf to ICMP")
    ok(transfer(lab, b, a, octets) == octets, "and from host-b")
    mss = INNER_MTU - TCP_HEADERS
    seen_a, right_a = syns(at_a.stop())
    seen_b, right_b = syns(at_b.stop())
    ok(sorted(set(seen_b)) == [(HOST_A, mss), (HOST_B, 1460)],
       f"host-b sees SYN and SYN-ACK of host-a with {mss}: {seen_b}")
    ok(sorted(set(seen_a)) == [(HOST_A, 1460), (HOST_B, mss)],
       f"host-a sees those of host-b with {mss}: {seen_a}")
    ok(right_a and right_b, "all with right checksums")
    dropped = [counted(g, b) for g, b in zip(gateways, before)]
    ok(dropped == [{}, {}], f"and no segment was lost: {dropped}")


def check_one_side(lab, gateway):
    """One gateway that clamps is enough: it does so in both directions."""
    before = gateway.drops()
    octets = secrets.token_bytes(TRANSFER_BYTES)
    a, b = ("host-a", HOST_A), ("host-b", HOST_B)
    ok(transfer(lab, a, b, octets) == octets and
       transfer(lab, b, a, octets) == octets,
       "one gateway's clamping serves both ways")
    ok(not counted(gateway, before), "without a drop")


def check_off(lab, gateways):
    """The control: without clamping such a transfer hangs."""
    forget(lab, "host-a", "host-b")
    before = gateways[0].drops()
    octets = secrets.token_bytes(TRANSFER_BYTES)
    at_b = lab.capture("host-b", "eth0", filter="tcp[13] & 2 != 0")
    got = transfer(lab, ("host-a", HOST_A), ("host-b", HOST_B), octets,
                   HANG_S)
    seen, _ = syns(at_b.stop())
    ok(set(seen) == {(HOST_A, 1460), (HOST_B, 1460)},
       "with mss_clamp = no the hosts' own size passes")
    ok(len(got) < len(octets) and
       set(counted(gateways[0], before)) == {"too_big"},
       "and the transfer hangs, its segments dropped by name")


def without_clamping(conf):
    return re.sub(r"gateway \{", "gateway {\n    mss_clamp = no", conf)


def with_dmz(lab, side):
    """default_conf() with a policy for the network of host-c."""
    local, remote = "10.3.0.0/24", "10.2.0.0/24"
    if side == "b":
        local, remote = remote, local
    return lab.default_conf(side).replace("policies {", f"""policies {{
    dmz {{
        action = protect
        local_ts = {local}
        remote_ts = {remote}
        manual = to-{SIDES[side].peer}
    }}""")


def start(lab, clamp_a=True, clamp_b=True):
    confs = [with_dmz(lab, side) for side in "ab"]
    return [lab.start_gateway(f"gw-{side}",
                              conf if clamp else without_clamping(conf))
            for side, conf, clamp in zip("ab", confs, (clamp_a, clamp_b))]


def stop(gateways):
    for gateway in gateways:
        gateway.stop()


def main():
    with Lab(with_dmz=True) as lab:
        for host in ("host-a", "host-b", "host-c"):
            lab.run(host, ["ip", "link", "set", "dev", "eth0", "mtu", "1500"])
        gateways = start(lab)
        check_told(lab, gateways[0])
        check_exact(lab, gateways[0])
        check_route(lab, gateways[0])
        check_own(lab, gateways[0])
        check_fragments(lab, gateways)
        check_route_mtu(lab, gateways[0])
        deaf_to_icmp(lab, "host-a", "host-b")
        forget(lab, "host-a", "host-b")
        check_tcp(lab, gateways)
        stop(gateways)
        gateways = start(lab, clamp_b=False)
        forget(lab, "host-a", "host-b")
        check_one_side(lab, gateways[0])
        stop(gateways)
        gateways = start(lab, False, False)
        check_off(lab, gateways)
        stop(gateways)
        for host in ("host-a", "host-b"):
            lab.run(host, ["nft", "flush ruleset"])
        check_negotiated(lab)
    return finish()


sys.exit(main())
