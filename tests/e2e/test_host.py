#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The host interface: TCP and UDP of the gateways themselves arrive octet by octet
though they cross it as large packets; each worker has a queue of it; its MTU
follows the wire; one that an earlier version left is replaced while nothing
leaves in the clear; and a second daemon finds it taken.
"""
import os
import secrets
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import (BUILD, Lab, finish, ok, search_plaintext,  # noqa: E402
                 wait_until)
from tcp import PORT, transfer  # noqa: E402

NEAR, FAR = "10.1.0.1", "10.2.0.1"
OCTETS = 8 << 20
AROUND = 121        # IPv6, UDP, ESP with an IV, padding and the longest ICV
UDP_SEGMENT = 103   # setsockopt of UDP, Linux 4.18
SEGMENT = 1000


def even(gateway):
    return wait_until(lambda: gateway.in_flight() == 0, 5, "the last packet")


def check_tcp(lab, gateways):
    needle = secrets.token_bytes(16)
    payload = needle * (OCTETS // len(needle))
    ends = [("gw-a", NEAR), ("gw-b", FAR)]
    capture = lab.capture("wire", "br0", filter="not esp and not arp")
    for near, far in (ends, reversed(ends)):
        ok(transfer(lab, near, far, payload),
           f"{OCTETS} octets of TCP from {near[0]} to {far[0]} arrive")
    ok(not capture.stop(), "and nothing but ESP is on the wire")
    segments = [g.passes()["worker_segment"] for g in gateways]
    given = [g.passes()["steer_host"] for g in gateways]
    ok(all(s > n for s, n in zip(segments, given)),
       f"they came as large packets: {given}, and {segments} more were cut")
    ok(all(even(g) and not any(g.drops().values()) for g in gateways),
       "the books are even, and nothing was dropped")


def check_udp(lab):
    """One call, so many datagrams; the last is shorter."""
    payload = secrets.token_bytes(20 * SEGMENT + 7)
    with lab.socket("gw-b", socket.AF_INET, socket.SOCK_DGRAM) as server, \
            lab.socket("gw-a", socket.AF_INET, socket.SOCK_DGRAM) as client:
        server.bind((FAR, PORT))
        server.settimeout(5)
        client.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, SEGMENT)
        client.sendto(payload, (FAR, PORT))
        got = [server.recv(1 << 16) for _ in range(21)]
    ok(b"".join(got) == payload and len(got[-1]) == 7,
       "a large UDP packet arrives as the datagrams that it stands for")


def mtu_of(lab):
    return int(lab.run("gw-a", ["cat", "/sys/class/net/ipsec0/mtu"]).stdout)


def check_mtu(lab):
    ok(mtu_of(lab) == 1500 - AROUND, "its MTU is that of the wire, less what is "
       "put around a packet at most")
    lab.run("gw-a", ["ip", "link", "set", "dev", "wan0", "mtu", "1400"])
    wait_until(lambda: mtu_of(lab) == 1400 - AROUND, 5, "the MTU of ipsec0")
    lab.run("gw-a", ["ip", "link", "set", "dev", "wan0", "mtu", "1500"])
    wait_until(lambda: mtu_of(lab) == 1500 - AROUND, 5, "the MTU of ipsec0")
    ok(True, "and it follows the wire's")


def check_second(lab):
    """It does not see the first one's files."""
    path = lab.write("second.conf", lab.default_conf("a"))
    done = lab.run("gw-a", [
        "unshare", "--mount", "sh", "-ec",
        'mount -t tmpfs tmpfs /run/cygnet; exec "$@"', "sh",
        f"{BUILD}/cygnetd", "-f", path], check=False)
    ok(done.returncode and "ipsec0 is held by another process" in done.stderr,
       "a second daemon is refused: the host interface is another's")


def check_leftover(lab):
    """As an earlier version left it; the host sends all the time."""
    needle = secrets.token_bytes(16)
    lab.run("gw-a", ["ip", "link", "del", "ipsec0"])
    lab.run("gw-a", ["ip", "tuntap", "add", "dev", "ipsec0", "mode", "tap",
                     "vnet_hdr"])
    capture = lab.capture("wire", "br0", filter="not esp and not arp")
    ping = lab.spawn("gw-a", ["ping", "-n", "-i", "0.02", "-p", needle.hex(),
                              "-I", NEAR, FAR])
    gateway = lab.start_gateway("gw-a", conf(lab, "a"))
    wait_until(lambda: lab.run("gw-a", ["ping", "-c1", "-W1", "-I", NEAR, FAR],
                               check=False).returncode == 0, 10, "an answer")
    ping.terminate()
    ping.wait(5)
    ok(not search_plaintext(capture.stop(), needle),
       "one with a single queue is replaced, and nothing leaves in the clear")
    return gateway


def conf(lab, side):
    return lab.default_conf(side).replace("gateway {",
                                          "gateway {\n    workers = 2", 1)


def main():
    with Lab() as lab:
        lab.route_far_network("a", "b")
        gateways = [lab.start_gateway(f"gw-{side}", conf(lab, side))
                    for side in "ab"]
        wait_until(lambda: lab.run(
            "gw-a", ["ping", "-c1", "-W1", "-I", NEAR, FAR],
            check=False).returncode == 0, 10, "an answer")
        queues = lab.run("gw-a", [
            "ls", "/sys/class/net/ipsec0/queues"]).stdout.split()
        ok(sum(q.startswith("tx-") for q in queues) == 2,
           f"each of two workers has a queue of it: {queues}")
        check_tcp(lab, gateways)
        check_udp(lab)
        check_mtu(lab)
        check_second(lab)
        gateways[0].stop()
        gateways[0] = check_leftover(lab)
        for gateway in gateways:
            gateway.stop()
    return finish()


sys.exit(main())
