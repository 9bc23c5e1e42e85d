#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Transport mode of gw-a against scapy in the peer's place, IPv4 and IPv6, bare and in
UDP: scapy opens what gw-a itself sends, and gw-a what scapy sends, with options and
extension headers where they belong; and what is not for transport mode, or not the
peer's, is dropped under one name each, in silence. As in test_scapy.py, scapy sits
on gw-b, where no daemon runs.
"""
import os
import secrets
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from families import FAMILIES, outer, transport_conf  # noqa: E402
from lab import (Lab, check_drop, dropped, eventually, finish,  # noqa: E402
                 ok, scapy_layers, search_plaintext)

PORT = 7
LENGTHS = (1, 14, 15, 16, 17, 999)
SOCKET = {4: socket.AF_INET, 6: socket.AF_INET6}
IPV6_HOPOPTS, IPV6_DSTOPTS = 54, 59  # <linux/in6.h>
PADN = bytes([0, 0, 1, 4, 0, 0, 0, 0])
PROTO_NONE, PROTO_IPIP, PROTO_IPV6, EXT_FRAGMENT = 59, 4, 41, 44


class Peer:
    """What scapy is here: gw-b's address, with both SAs."""

    def __init__(self, lab, family, encap):
        from scapy.layers import inet6
        self.lab = lab
        self.family = family
        self.inet = scapy_layers().layers.inet
        self.inet6 = inet6
        self.ipsec = scapy_layers().layers.ipsec
        self.ether = scapy_layers().layers.l2.Ether(
            src=lab.mac("gw-b", "wan0"), dst=lab.mac("gw-a", "wan0"))
        udp = self.inet.UDP(sport=4500, dport=4500) if encap == "yes" else None
        self.sa_in, self.sa_out = (self.ipsec.SecurityAssociation(
            self.ipsec.ESP, spi=sa.spi, crypt_algo="AES-CBC",
            crypt_key=sa.encr_key, auth_algo="SHA2-256-128",
            auth_key=sa.integ_key, nat_t_header=udp)
            for sa in (lab.sa_ab, lab.sa_ba))
        self.seq = 0

    def ip(self, **fields):
        """To gw-a; the fields of IPv4's names."""
        ends = {"src": outer("b", self.family), "dst": outer("a", self.family)}
        return (self.inet.IP if self.family == 4 else self.inet6.IPv6)(
            **{**ends, **fields})

    def number(self):
        self.seq += 1
        return self.seq

    def seal(self, packet):
        """Without extension headers."""
        if self.sa_out.nat_t_header:  # which scapy has in tunnel mode alone
            front = packet.copy()
            front.remove_payload()
            return self.seal_by_hand(front, bytes(packet.payload), 17)
        return self.sa_out.encrypt(packet, seq_num=self.number())

    def seal_by_hand(self, front, inside, next_header):
        """ESP around octets of any kind, behind those headers."""
        sa = self.sa_out
        esp = self.ipsec._ESPPlain(spi=sa.spi, seq=self.number(),
                                   nh=next_header, data=inside,
                                   iv=secrets.token_bytes(16))
        esp = sa.crypt_algo.encrypt(sa, sa.crypt_algo.pad(esp), sa.crypt_key)
        sa.auth_algo.sign(esp, sa.auth_key)
        last = front.lastlayer()
        last.fields["nh" if "nh" in last.default_fields else "proto"] = (
            17 if sa.nat_t_header else 50)
        return front / (sa.nat_t_header / esp if sa.nat_t_header else esp)

    def open(self, packet):
        """What ESP's next header says, and the octets that it is of."""
        sa, esp = self.sa_in, packet[self.ipsec.ESP]
        sa.auth_algo.verify(esp, sa.auth_key)
        esp = sa.crypt_algo.decrypt(sa, esp, sa.crypt_key,
                                    sa.auth_algo.icv_size)
        return esp.nh, bytes(esp.data)

    def send(self, *packets):
        self.lab.inject("wire", "a", [self.ether / p for p in packets])

    def udp(self, payload, front=None):
        return (front or self.ip()) / self.inet.UDP(
            sport=PORT, dport=PORT) / payload


def payloads():
    return [secrets.token_bytes(8) + bytes(n) for n in LENGTHS]


def sent(lab, gateway, peer, needles, options=()):
    """What gw-a itself sends of these, as it is on the wire."""
    capture = lab.capture("wire", "a", filter=f"ether src {peer.ether.dst} "
                          "and (ip or ip6) and not ip6 multicast")
    with lab.socket("gw-a", SOCKET[peer.family], socket.SOCK_DGRAM) as udp:
        for option in options:
            udp.setsockopt(*option)
        udp.bind((outer("a", peer.family), PORT + 1))
        for needle in needles:
            udp.sendto(needle, (outer("b", peer.family), PORT))
    eventually(lambda: gateway.in_flight() == 0)
    layer = peer.inet.IP if peer.family == 4 else peer.inet6.IPv6
    return [p[layer] for p in capture.stop() if peer.ipsec.ESP in p or
            search_plaintext([p], needles[0][:8])]


def hops(packet):
    return packet.ttl if packet.version == 4 else packet.hlim


def check_sent(lab, gateway, peer, name):
    needles = payloads()
    packets = sent(lab, gateway, peer, needles)
    ends = (outer("a", peer.family), outer("b", peer.family), 64)
    ok(len(packets) == len(needles) and
       all((p.src, p.dst, hops(p)) == ends for p in packets) and
       not any(search_plaintext(packets, n[:8]) for n in needles),
       f"{name}: gw-a protects what it sends, in one packet each")
    opened = [peer.open(p) for p in packets]
    ok([(nh, octets[8:]) for nh, octets in opened] ==
       [(17, needle) for needle in needles], f"{name}: scapy opens it")
    ok(all(has_right_checksum(peer, octets) for _, octets in opened),
       f"{name}: with the checksum that gw-a made")


def has_right_checksum(peer, octets):
    """Of UDP from gw-a, as scapy would have made it."""
    udp = peer.inet.UDP(octets)
    was = udp.chksum
    del udp.chksum
    again = peer.ip(src=outer("a", peer.family),
                    dst=outer("b", peer.family)) / udp
    return again.__class__(bytes(again))[peer.inet.UDP].chksum == was


def receive(udp, n):
    got = []
    try:
        while len(got) < n:
            got.append(udp.recv(4096))
    except TimeoutError:
        pass
    return got


def check_received(peer, udp, name):
    needles = payloads()
    peer.send(*(peer.seal(peer.udp(needle)) for needle in needles))
    ok(receive(udp, len(needles)) == needles,
       f"{name}: gw-a takes what scapy sends")


def check_headers(lab, gateway, peer, udp, name):
    """Options and extension headers, before ESP and in it."""
    needles = [secrets.token_bytes(20) for _ in range(3)]
    if peer.family == 4:
        options = [(socket.IPPROTO_IP, socket.IP_OPTIONS, b"\1\1\1\1")]
        packets = sent(lab, gateway, peer, needles[:1], options)
        ok(len(packets) == 1 and packets[0].ihl == 6 and
           peer.open(packets[0])[1][8:] == needles[0],
           f"{name}: options of IPv4 stay in front of ESP")
        front = peer.ip(options=[peer.inet.IPOption_NOP()] * 4)
        peer.send(peer.seal(peer.udp(needles[1], front)))
        ok(receive(udp, 1) == needles[1:2], f"{name}: and may come so")
        return
    options = [(socket.IPPROTO_IPV6, IPV6_HOPOPTS, PADN),
               (socket.IPPROTO_IPV6, IPV6_DSTOPTS, PADN)]
    packets = sent(lab, gateway, peer, needles[:1], options)
    ok(len(packets) == 1 and packets[0].nh == 0 and
       packets[0].payload.nh in (50, 17) and
       peer.open(packets[0])[0] == 60 and
       peer.open(packets[0])[1][16:] == needles[0],
       f"{name}: hop-by-hop options stay in front of ESP, those for the "
       "destination are in it")
    hop, dest = peer.inet6.IPv6ExtHdrHopByHop(), peer.inet6.IPv6ExtHdrDestOpt()
    inside = bytes(dest.__class__(nh=17, options=[])) + bytes(
        peer.inet.UDP(bytes(peer.udp(needles[1]))[40:]))
    peer.send(peer.seal_by_hand(peer.ip() / hop, inside, 60),
              peer.seal_by_hand(peer.ip() / hop / dest,
                                bytes(peer.udp(needles[2]))[40:], 17))
    ok(receive(udp, 2) == needles[1:], f"{name}: and either may come so")


def bad_packets(peer):
    """(sentence, the counter that names it, the packet)."""
    v4 = peer.family == 4
    inner = peer.udp(secrets.token_bytes(40))
    upper = bytes(inner)[20 if v4 else 40:]
    stranger = "192.0.2.77" if v4 else "2001:db8:ff::77"
    yield ("a packet of tunnel mode", "next_header",
           peer.seal_by_hand(peer.ip(), bytes(inner),
                             PROTO_IPIP if v4 else PROTO_IPV6))
    yield ("from an address that is not the peer's", "selector",
           peer.seal(peer.udp(b"spoofed", peer.ip(src=stranger))))
    yield ("a dummy", "dummy",
           peer.seal_by_hand(peer.ip(), bytes(20), PROTO_NONE))
    yield "in the clear", "plaintext_in", inner
    if not v4:
        yield ("a fragment inside", "transport", peer.seal_by_hand(
            peer.ip(), struct.pack("!BBHI", 17, 0, 1, 77) + upper,
            EXT_FRAGMENT))
        yield ("an extension header that ends outside", "inner_malformed",
               peer.seal_by_hand(peer.ip(), bytes([17, 9]) + bytes(6), 60))


def check_bad(lab, gateway, peer, udp, name):
    wire = lab.capture("wire", "a", filter="(ip or ip6) and not ip6 multicast "
                       f"and not ether src {peer.ether.src} and "
                       "(not icmp6 or ip6[40] < 133)")
    for sentence, counter, packet in bad_packets(peer):
        check_drop(gateway, f"{name}: {sentence}", counter,
                   lambda packet=packet: peer.send(packet))
    again = peer.seal(peer.udp(b"once"))
    peer.send(again)
    ok(receive(udp, 1) == [b"once"], f"{name}: what is right is taken")
    check_drop(gateway, f"{name}: it comes again", "replay",
               lambda: peer.send(again))
    ok(not wire.stop(), f"{name}: and gw-a answers nothing")


def check_nat(peer, udp, name):
    """As a NAT leaves it: with the checksum of the addresses before."""
    inner = peer.inet.UDP(bytes(peer.udp(b"behind a NAT"))[
        20 if peer.family == 4 else 40:])
    inner.chksum ^= 0x1234
    peer.send(peer.seal_by_hand(peer.ip(), bytes(inner), 17))
    ok(receive(udp, 1) == [b"behind a NAT"],
       f"{name}: a checksum of other addresses is made anew")


def check(lab, family, encap):
    name = f"IPv{family}{' in UDP' if encap == 'yes' else ''}"
    lab.renew_sas()
    gateway = lab.start_gateway("gw-a", transport_conf(lab, "a", family, encap))
    peer = Peer(lab, family, encap)
    with lab.socket("gw-a", SOCKET[family], socket.SOCK_DGRAM) as udp:
        udp.bind((outer("a", family), PORT))
        udp.settimeout(10)
        check_received(peer, udp, name)
        check_bad(lab, gateway, peer, udp, name)
        if encap == "yes":
            check_nat(peer, udp, name)
        before = gateway.drops()
        check_headers(lab, gateway, peer, udp, name)
    check_sent(lab, gateway, peer, name)
    found = dropped(gateway, before)
    ok(not found, f"{name}: nothing of what is right is dropped: {found}")
    gateway.stop()


def main():
    with Lab(with_ipv6=True) as lab:
        # They keep the kernel from answering that it knows no ESP.
        sinks = [lab.socket("gw-b", kind, socket.SOCK_RAW, socket.IPPROTO_ESP)
                 for kind in SOCKET.values()]
        sinks.append(lab.socket("gw-b", socket.AF_INET6, socket.SOCK_DGRAM))
        sinks[-1].bind(("::", 4500))
        for family in FAMILIES:
            for encap in ("no", "yes"):
                check(lab, family, encap)
        for sink in sinks:
            sink.close()
    return finish()


sys.exit(main())
