#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
What comes for gw-a in fragments, over IPv4 and IPv6, bare and in UDP: put together
in whatever order it comes, opened, and delivered; also where it is larger than a
frame. Fragments that overlap, come twice or never are dropped by name, and a flood
of them costs nothing that stays. What is not ESP reaches the sockets of gw-a, IKE's
included.

scapy seals, in the place of gw-b, where no daemon runs; the outer headers and their
fragments are made here, octet by octet.
"""
import collections
import itertools
import os
import secrets
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import families  # noqa: E402
from lab import (SIDES, Lab, LabError, finish, ok, scapy_layers,  # noqa: E402
                 wait_until)

PORT = 7
PLAIN_PORT = 7777
IKE_PORT, NATT = 500, 4500
UDP, ESP, FRAGMENT = 17, 50, 44
EACH = 512          # of a payload in a fragment
BIG_EACH = 1400
BIG = 6000          # an inner packet that no frame holds
FLOOD = 100_000
FLOOD_EACH = 10_000
V4_S = 15           # until what is not whole is given up


# --- packets, octet by octet

def checksum(octets):
    octets += bytes(len(octets) % 2)
    total = sum(struct.unpack(f"!{len(octets) // 2}H", octets))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


class Ipv4:
    """From the peer to gw-a."""
    name, family, af, ethertype = "IPv4", 4, socket.AF_INET, 0x0800
    ends = tuple(socket.inet_aton(SIDES[side].outer) for side in "ba")

    @classmethod
    def fragment(cls, protocol, ident, at, more, octets, source=None):
        ends = (source or cls.ends[0], cls.ends[1])
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(octets), ident,
                           more << 13 | at // 8, 64, protocol, 0, *ends)
        return (head[:10] + struct.pack("!H", checksum(head)) + head[12:] +
                octets)


class Ipv6:
    name, family, af, ethertype = "IPv6", 6, socket.AF_INET6, 0x86dd
    ends = tuple(socket.inet_pton(socket.AF_INET6, SIDES[side].outer6)
                 for side in "ba")

    @classmethod
    def fragment(cls, protocol, ident, at, more, octets, source=None):
        rest = struct.pack("!BBHI", protocol, 0, at | more, ident) + octets
        return struct.pack("!IHBB16s16s", 6 << 28, len(rest), FRAGMENT, 64,
                           source or cls.ends[0], cls.ends[1]) + rest


def udp_of(ip, dport, octets):
    """With the checksum that a socket asks for."""
    length = 8 + len(octets)
    pseudo = b"".join(ip.ends) + struct.pack("!II", length, UDP)
    head = struct.pack("!HHHH", NATT, dport, length, 0)
    value = checksum(pseudo + head + octets) or 0xffff
    return head[:6] + struct.pack("!H", value) + octets


def cut(ip, protocol, octets, ident, each=EACH):
    return [ip.fragment(protocol, ident, at, int(at + each < len(octets)),
                        octets[at:at + each])
            for at in range(0, len(octets), each)]


class Peer:
    """What scapy is here, and the far end of the tunnel."""

    def __init__(self, lab, gateway, ip):
        self.lab = lab
        self.gateway = gateway
        self.ip = ip
        self.inet = scapy_layers().layers.inet
        self.sa = lab.scapy_sa(lab.sa_ba)
        self.seq = 0
        self.ident = itertools.count(1)
        self.link = bytes.fromhex((lab.mac("gw-a", "wan0") + lab.mac(
            "gw-b", "wan0")).replace(":", "")) + struct.pack(
                "!H", ip.ethertype)

    def esp(self, needle):
        """Around a datagram for host-a."""
        self.seq += 1
        inner = (self.inet.IP(src="10.2.0.2", dst="10.1.0.2") /
                 self.inet.UDP(sport=PORT, dport=PORT) / needle)
        return bytes(self.sa.encrypt(inner, seq_num=self.seq))[20:]

    def send(self, packets):
        self.lab.inject("wire", "a", [self.link + p for p in packets])

    def drops(self):
        return collections.Counter(self.gateway.drops())


# --- what arrives

def kinds(peer, needle):
    """(name, protocol, octets behind IP)"""
    yield "ESP", ESP, peer.esp(needle)
    yield "ESP in UDP", UDP, udp_of(peer.ip, NATT, peer.esp(needle))


def check_orders(peer, udp):
    orders = [list, lambda f: f[::-1], lambda f: f[1:] + f[:1],
              lambda f: f[::2] + f[1::2]]
    for order, how in zip(orders, ("in order", "the last one first",
                                   "the first one last", "every other one")):
        for name, protocol, octets in kinds(peer, secrets.token_bytes(1500)):
            fragments = cut(peer.ip, protocol, octets, next(peer.ident))
            peer.send(order(fragments))
            got = receive(udp)
            ok(got and len(got) == 1500 and len(fragments) == 4,
               f"{peer.ip.name}: {name} in four fragments arrives, {how}")


def receive(sock):
    try:
        return sock.recv(65536)
    except TimeoutError:
        return None


def check_mixed(peer, udp):
    needles = [secrets.token_bytes(1000) for _ in range(10)]
    packets = [cut(peer.ip, ESP, peer.esp(needle), next(peer.ident))
               for needle in needles]
    peer.send([f for fragments in zip(*packets) for f in fragments])
    ok([receive(udp) for _ in needles] == needles,
       f"{peer.ip.name}: fragments of ten packets mixed: all arrive")


def check_big(peer, udp):
    for name, protocol, octets in kinds(peer, secrets.token_bytes(BIG)):
        peer.send(cut(peer.ip, protocol, octets, next(peer.ident), BIG_EACH))
        got = receive(udp)
        ok(got is not None and len(got) == BIG,
           f"{peer.ip.name}: {name} that no frame holds arrives")


# --- what does not

def check_counted(peer, sentence, packets, expected):
    before = peer.drops()
    peer.send(packets)
    try:
        wait_until(lambda: dict(peer.drops() - before) == expected, 3,
                   "the counts")
    except LabError:
        pass    # said by the next line
    found = dict(peer.drops() - before)
    ok(found == expected, f"{peer.ip.name}: {sentence}: {found}")


def check_hostile(peer, udp):
    needle = secrets.token_bytes(1000)
    f = cut(peer.ip, ESP, peer.esp(needle), next(peer.ident))
    check_counted(peer, "one that comes twice is dropped once",
                  [f[0], f[0], *f[1:]], {"fragment_duplicate": 1})
    ok(receive(udp) == needle, f"{peer.ip.name}: and the packet arrives")
    ident, esp = next(peer.ident), peer.esp(needle)
    f = cut(peer.ip, ESP, esp, ident)
    over = peer.ip.fragment(ESP, ident, EACH - 8, 1, esp[EACH - 8:EACH + 8])
    check_counted(peer, "one that overlaps is the end of all",
                  [f[0], over, *f[1:]], {"fragment_overlap": len(f) + 1})


def check_timeout(peer):
    """Of IPv4; IPv6's is longer."""
    f = cut(peer.ip, ESP, peer.esp(b"x" * 1000), next(peer.ident))
    before = peer.drops()
    peer.send(f[:-1])
    try:
        wait_until(lambda: (peer.drops() - before).total(), V4_S + 3,
                   "the end")
    except LabError:
        pass    # said by the next line
    found = dict(peer.drops() - before)
    ok(found == {"fragment_timeout": len(f) - 1},
       f"{peer.ip.name}: what is not whole in time is dropped: {found}")


def flood(peer):
    """First fragments of ESP from everywhere; how many."""
    first = peer.esp(b"x" * 1000)[:64]
    for begin in range(0, FLOOD, FLOOD_EACH):
        peer.send([peer.ip.fragment(ESP, i % 65536, 0, 1, first,
                                    source=struct.pack("!I", 0xc6330000 + i))
                   for i in range(begin, begin + FLOOD_EACH)])
    return FLOOD


def check_flood(peer, udp):
    before = peer.drops()
    sent = flood(peer)
    needles = [secrets.token_bytes(1000) for _ in range(5)]
    for needle in needles:
        peer.send(cut(peer.ip, ESP, peer.esp(needle), next(peer.ident)))
    ok([receive(udp) for _ in needles] == needles,
       "after a flood of first fragments alone what is whole arrives")
    try:
        wait_until(lambda: (peer.drops() - before).total() == sent, V4_S + 5,
                   "the end of all")
    except LabError:
        pass    # said by the next line
    found = dict(peer.drops() - before)
    ok(sum(found.values()) == sent and found.get("fragment_full", 0) > 0 and
       found.get("fragment_timeout", 0) > 0,
       f"and each of {sent} was dropped by a name: {found}")
    ok(peer.gateway.in_flight() == 0, "none is on its way any more")


# --- what is not ours

def check_sockets(lab, peer):
    """gw-a's own; with manual keys alone the daemon has none of IKE's ports."""
    octets = secrets.token_bytes(2000)
    for port, marker in ((PLAIN_PORT, b""), (IKE_PORT, b""), (NATT, bytes(4))):
        with lab.socket("gw-a", peer.ip.af, socket.SOCK_DGRAM) as sock:
            sock.bind(("", port))
            sock.settimeout(3)
            orders = ((list, "in order"), (reversed, "reversed"))
            for order, how in orders[:1 if port == PLAIN_PORT else 2]:
                peer.send(order(cut(peer.ip, UDP, udp_of(
                    peer.ip, port, marker + octets), next(peer.ident))))
                ok(receive(sock) == marker + octets, f"{peer.ip.name}: what "
                   f"comes to port {port} in fragments reaches its socket, "
                   f"{how}")


def check_late(lab, peer):
    """It would come by ipsec0, past what gw-a asks of its outer interface."""
    before = peer.drops()
    with lab.socket("gw-a", peer.ip.af, socket.SOCK_DGRAM) as sock:
        sock.bind(("", PLAIN_PORT))
        sock.settimeout(1)
        peer.send(reversed(cut(peer.ip, UDP, udp_of(
            peer.ip, PLAIN_PORT, bytes(2000)), next(peer.ident))))
        wait_until(lambda: (peer.drops() - before)["fragment_late"], 5,
                   "the first fragment")
        ok(receive(sock) is None, f"{peer.ip.name}: what comes in the clear "
           "behind a later fragment of it does not arrive")


def check(lab, ip):
    gateway = lab.start_gateway("gw-a", families.manual_conf(lab, "a",
                                                             ip.family))
    peer = Peer(lab, gateway, ip)
    with lab.socket("host-a", socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("10.1.0.2", PORT))
        udp.settimeout(3)
        check_orders(peer, udp)
        check_mixed(peer, udp)
        check_big(peer, udp)
        check_hostile(peer, udp)
        check_sockets(lab, peer)
        if ip.family == 4:
            check_timeout(peer)
            check_flood(peer, udp)
        check_late(lab, peer)
    gateway.stop()
    lab.renew_sas()


def main():
    with Lab(with_ipv6=True) as lab:
        # The kernel asks whether it knows a way back to whom it gets it from.
        lab.route_far_network("a")
        # host-a takes no more, and what is larger the kernel cuts for it.
        lab.run("gw-a", ["ip", "link", "set", "dev", "lan0", "mtu", "1400"])
        for ip in (Ipv4, Ipv6):
            check(lab, ip)
    return finish()


sys.exit(main())
