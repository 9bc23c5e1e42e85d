#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Packets for gw-a that are cut at every octet, that lie about their length, come
in fragments, twice, with a reserved SPI or with one octet touched: each of them
is dropped under the one right name, in silence, over IPv4 and IPv6, bare and in
UDP; and what is right arrives after all that. What the names have to be is
counted here, by rules of the test's own.

scapy seals, in the place of gw-b, where no daemon runs.
"""
import collections
import os
import secrets
import signal
import socket
import struct
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import (SA, SIDES, Lab, LabError, finish, ok,  # noqa: E402
                 scapy_layers, wait_until)

PORT = 7
NATT = 4500
UDP, ESP, AH, FRAGMENT = 17, 50, 51, 44
ESP_HEAD, AH_HEAD, UDP_HEAD = 8, 12, 8
IV, ICV, BLOCK = 16, 16, 16     # of aes128-sha256
MORE = 1                        # fragments follow
# Of what passes, the names under which a packet's way ends.
PASSES = ("ike", "default")


# --- packets, octet by octet

def checksum(octets):
    total = sum(struct.unpack("!10H", octets))
    total = (total & 0xffff) + (total >> 16)
    return ~(total + (total >> 16)) & 0xffff


class Ipv4:
    """From the peer to gw-a."""
    name, number, head, ethertype = "IPv4", 4, 20, 0x0800
    far_host = "10.2.0.2"
    lies = (0x05, 0x35, 0x55, 0x65, 0xf5, 0x40, 0x44)   # in the first octet
    ends = tuple(socket.inet_aton(SIDES[side].outer) for side in "ba")

    @classmethod
    def packet(cls, protocol, rest, total=None, fragment=None):
        """fragment: (octets before it, MORE or 0)"""
        at, more = fragment or (0, 0)
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0,
                           cls.head + len(rest) if total is None else total, 7,
                           more << 13 | at // 8, 64, protocol, 0, *cls.ends)
        return (head[:10] + struct.pack("!H", checksum(head)) + head[12:] +
                rest)


class Ipv6:
    name, number, head, ethertype = "IPv6", 6, 40, 0x86dd
    far_host = "10.2.6.2"
    lies = (0x00, 0x45, 0x50, 0x70, 0xf0)
    ends = tuple(socket.inet_pton(socket.AF_INET6, SIDES[side].outer6)
                 for side in "ba")

    @classmethod
    def packet(cls, protocol, rest, total=None, fragment=None):
        if fragment:
            at, more = fragment
            rest = struct.pack("!BBHI", protocol, 0, at | more, 7) + rest
            protocol = FRAGMENT
        return struct.pack("!IHBB16s16s", 6 << 28, len(rest) if total is None
                           else total - cls.head, protocol, 64,
                           *cls.ends) + rest


def in_udp(octets, length=None):
    """Its checksum is nobody's business, and wrong."""
    return struct.pack("!HHHH", NATT, NATT, UDP_HEAD + len(octets)
                       if length is None else length, 0x1234) + octets


# --- what has to become of them

def fate_of_esp(n):
    """Of n octets behind IP, or UDP, that are too few."""
    if n < ESP_HEAD:
        return "esp_truncated"
    text = n - ESP_HEAD - IV - ICV
    return "icv" if text >= BLOCK and text % BLOCK == 0 else "esp_length"


def fate_of_ah(n):
    return "esp_truncated" if n < AH_HEAD else "spi_unknown"


def fate_of_udp(n, first):
    """first: the first octet behind UDP; a lone 0xff is a NAT's keepalive."""
    if n < UDP_HEAD:
        return "default"
    if n == UDP_HEAD + 1 and first == 0xff:
        return "nat_keepalive"
    return "ike" if n < UDP_HEAD + 4 else fate_of_esp(n - UDP_HEAD)


class Peer:
    """Sends, and looks what was counted."""

    def __init__(self, lab, gateway, sas):
        self.lab = lab
        self.gateway = gateway
        self.scapy = scapy_layers()
        self.sas = {number: lab.scapy_sa(sa) for number, sa in sas.items()}
        self.macs = bytes.fromhex((lab.mac("gw-a", "wan0") +
                                   lab.mac("gw-b", "wan0")).replace(":", ""))
        self.seq = 0

    def esp(self, ip, needle):
        """Around a datagram for host-a; its numbers are even."""
        self.seq += 2
        inet = self.scapy.layers.inet
        inner = (inet.IP(src=ip.far_host, dst="10.1.0.2") /
                 inet.UDP(sport=PORT, dport=PORT) / needle)
        sealed = self.sas[ip.number].encrypt(inner, seq_num=self.seq)
        return bytes(sealed)[Ipv4.head:]

    def spi(self, ip):
        return struct.pack("!I", self.sas[ip.number].spi)

    def send(self, ip, packets):
        link = self.macs + struct.pack("!H", ip.ethertype)
        self.lab.inject("wire", "a", [link + p for p in packets])

    def counts(self):
        passes = self.gateway.passes()
        return collections.Counter({
            **self.gateway.drops(), **{name: passes[name] for name in PASSES}})


def check_fates(peer, sentence, ip, fates):
    """fates: (packet, the name that it has to be counted under)"""
    packets, names = zip(*fates)
    expected = dict(collections.Counter(names))
    before = peer.counts()
    peer.send(ip, packets)
    try:
        wait_until(lambda: dict(peer.counts() - before) == expected, 3,
                   "the counts")
    except LabError:
        pass    # said by the next line
    found = dict(peer.counts() - before)
    ok(found == expected, f"{ip.name}, {sentence}: {len(packets)} packets: "
       f"{found}" + ("" if found == expected else f", expected {expected}"))


# --- the rows

def kinds(peer, ip):
    """(name, protocol, what is behind IP, the fate of n octets of it)"""
    esp = peer.esp(ip, b"cut")
    ah = struct.pack("!BBHII", 4, 4, 0, 0x12345678, 1) + bytes(12) + esp
    return (
        ("ESP", ESP, esp, fate_of_esp),
        ("ESP in UDP", UDP, in_udp(esp), lambda n: fate_of_udp(n, esp[0])),
        ("AH", AH, ah, fate_of_ah),
    )


def cut(protocol, octets, n):
    """So many of the octets, and UDP says so."""
    if protocol == UDP and n >= UDP_HEAD:
        return in_udp(octets[UDP_HEAD:n])
    return octets[:n]


def check_cuts(peer, ip):
    for name, protocol, octets, fate in kinds(peer, ip):
        whole = ip.packet(protocol, octets)
        check_fates(peer, f"{name} of which the end is missing", ip, [
            (whole[:n], "ip_malformed") for n in range(1, len(whole))])
        check_fates(peer, f"{name} that ends too early, as IP says", ip, [
            (ip.packet(protocol, cut(protocol, octets, n)), fate(n))
            for n in range(len(octets))])
        check_fates(peer, f"{name} under IP that says more than there is", ip, [
            (ip.packet(protocol, octets, total=n), "ip_malformed")
            for n in (len(whole) + 1, len(whole) + 100, 65535)])


def check_lies(peer, ip):
    esp = peer.esp(ip, b"lies")
    check_fates(peer, "UDP that says less than its header, or more than there "
                "is", ip, [
                    (ip.packet(UDP, in_udp(esp, n)), "esp_truncated")
                    for n in (0, 7, UDP_HEAD + len(esp) + 1, 65535)])
    good = ip.packet(ESP, esp)
    check_fates(peer, "an IP header of a version or length that is none", ip, [
        (bytes([first]) + good[1:], "ip_malformed") for first in ip.lies])


def check_fragments(peer, ip):
    esp = peer.esp(ip, b"fragment")
    check_fates(peer, "fragments of ESP that no packet has", ip, [
        (ip.packet(ESP, esp[:47], fragment=(0, MORE)), "fragment_wrong"),
        (ip.packet(ESP, b"", fragment=(48, 0)), "fragment_wrong"),
        (ip.packet(ESP, esp[:48], fragment=(65488, 0)), "fragment_wrong")])
    check_fates(peer, "fragments of ESP that overlap", ip, [
        (ip.packet(ESP, esp[:48], fragment=(0, MORE)), "fragment_overlap"),
        (ip.packet(ESP, esp[40:], fragment=(40, 0)), "fragment_overlap"),
        (ip.packet(ESP, esp[48:], fragment=(48, 0)), "fragment_overlap")])
    ah = struct.pack("!BBHII", 4, 4, 0, 0x12345678, 1) + esp
    check_fates(peer, "fragments of AH", ip, [
        (ip.packet(AH, ah[:8], fragment=(0, MORE)), "esp_truncated"),
        (ip.packet(AH, ah[:48], fragment=(0, MORE)), "spi_unknown"),
        (ip.packet(AH, ah[48:], fragment=(48, 0)), "spi_unknown")])
    check_fates(peer, "fragments of ESP in UDP", ip, [
        (ip.packet(UDP, in_udp(esp)[:UDP_HEAD], fragment=(0, MORE)),
         "esp_truncated"),
        (ip.packet(UDP, in_udp(esp)[UDP_HEAD:], fragment=(UDP_HEAD, 0)),
         "esp_truncated")])


def check_spis(peer, ip):
    rest = struct.pack("!I", 1) + bytes(64)
    spis = [struct.pack("!I", n) for n in range(256)]
    check_fates(peer, "ESP of every reserved SPI", ip, [
        (ip.packet(ESP, spi + rest), "spi_reserved") for spi in spis])
    check_fates(peer, "ESP in UDP of every reserved SPI but 0", ip, [
        (ip.packet(UDP, in_udp(spi + rest)), "spi_reserved")
        for spi in spis[1:]])
    check_fates(peer, "AH of every reserved SPI", ip, [
        (ip.packet(AH, bytes(4) + spi + rest), "spi_reserved")
        for spi in spis])
    check_fates(peer, "the SPI of an SA, for AH and for another address", ip, [
        (ip.packet(AH, bytes(4) + peer.spi(ip) + rest), "spi_unknown"),
        (ip.packet(ESP, peer.spi(other(ip)) + rest), "spi_unknown")])


def other(ip):
    return Ipv6 if ip is Ipv4 else Ipv4


def check_forgeries(peer, ip):
    """Its number is small and even: a bit more of it is a new number."""
    for name, protocol, wrap in (("ESP", ESP, bytes),
                                 ("ESP in UDP", UDP, in_udp)):
        esp = peer.esp(ip, b"forged")
        check_fates(peer, f"{name}, one octet of it touched", ip, [
            (ip.packet(protocol, wrap(esp[:at] + bytes([esp[at] ^ 1]) +
                                      esp[at + 1:])),
             "spi_unknown" if at < 4 else "icv") for at in range(len(esp))])


def check_arrives(peer, ip, udp):
    """What is right; and both of two are in one batch when dp goes on."""
    for name, protocol, wrap in (("ESP", ESP, bytes),
                                 ("ESP in UDP", UDP, in_udp)):
        needle = secrets.token_bytes(20)
        packet = ip.packet(protocol, wrap(peer.esp(ip, needle)))
        before = peer.counts()
        peer.gateway.kill_role("dp", signal.SIGSTOP)
        peer.send(ip, [packet, packet])
        peer.gateway.kill_role("dp", signal.SIGCONT)
        ok(udp.recv(2048) == needle, f"{ip.name}, {name} as it should be "
           "arrives")
        check_fates(peer, f"{name} that came a moment ago", ip,
                    [(packet, "replay")])
        found = dict(peer.counts() - before)
        ok(found == {"replay": 2},
           f"{ip.name}, {name} twice at once: once is a replay: {found}")


# --- the laboratory

def conf(lab, sas):
    """Of gw-a: default_conf(), and the same over IPv6 for another network."""
    text = lab.default_conf("a")
    six = text[text.index("    to-b {"):text.index("}\npolicies {")]
    for before, after in (
            ("to-b {", "to-b6 {"),
            (SIDES["a"].outer + "\n", SIDES["a"].outer6 + "\n"),
            (SIDES["b"].outer + "\n", SIDES["b"].outer6 + "\n"),
            (f"{lab.sa_ba.spi:#x}", f"{sas[6].spi:#x}"),
            (lab.sa_ba.encr_key.hex(), sas[6].encr_key.hex()),
            (lab.sa_ba.integ_key.hex(), sas[6].integ_key.hex()),
            (f"{lab.sa_ab.spi:#x}", f"{lab.sa_ab.spi ^ 1:#x}"),
            (lab.sa_ab.encr_key.hex(), secrets.token_hex(16))):
        assert before in six
        six = six.replace(before, after)
    return text.replace("manual {\n", "manual {\n" + six).replace(
        "policies {\n", """policies {
    lan-to-lan-6 {
        action = protect
        local_ts = 10.1.0.0/24
        remote_ts = 10.2.6.0/24
        manual = to-b6
    }
""")


def main():
    with Lab(with_ipv6=True) as lab:
        six = SA(lab.sa_ba.src, lab.sa_ba.dst, lab.sa_ba.spi ^ 0x10000,
                 secrets.token_bytes(16), secrets.token_bytes(32))
        sas = {4: lab.sa_ba, 6: six}
        gateway = lab.start_gateway("gw-a", conf(lab, sas))
        peer = Peer(lab, gateway, sas)
        # But for what it says to its link: ARP, neighbours, MLD.
        wire = lab.capture(
            "wire", "a", filter=f"ether src {lab.mac('gw-a', 'wan0')} and not "
            "arp and not (icmp6 and ip6[40] >= 130) and not ip6 multicast")
        inside = lab.capture("host-a", "eth0", filter="udp")
        with lab.socket("host-a", socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(("10.1.0.2", PORT))
            udp.settimeout(5)
            for ip in (Ipv4, Ipv6):
                for check in (check_cuts, check_lies, check_fragments,
                              check_spis, check_forgeries):
                    check(peer, ip)
                check_arrives(peer, ip, udp)
        ok(len(inside.stop()) == 4, "nothing else arrives")
        answers = [packet.summary() for packet in wire.stop()]
        ok(not answers, f"and gw-a answers nothing {answers[:1]}")
        ok(gateway.process.poll() is None, "the daemon is alive")
    return finish()


sys.exit(main())
