#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
gw-a against scapy in the peer's place: another implementation of ESP opens
what it sends, it opens what that one sends, and whatever is touched, repeated,
cut or misplaced is dropped under one name each, in silence.

scapy sits on gw-b, where no daemon runs: a raw socket for ESP keeps the kernel
there from answering that it knows no such protocol, and what gw-a sends is read
from the wire.
"""
import os
import secrets
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import (Lab, check_drop, finish, ok,  # noqa: E402
                 scapy_layers, search_plaintext)

PORT = 7
COUNT = 5
ESP_AT = 20     # in the outer packet
IV_AT = ESP_AT + 8
TEXT_AT = IV_AT + 16
PROTO_NONE = 59


class Peer:
    """What scapy is here: 192.0.2.2, with both SAs."""

    def __init__(self, lab):
        self.lab = lab
        self.inet = scapy_layers().layers.inet
        self.ipsec = scapy_layers().layers.ipsec
        self.ether = scapy_layers().layers.l2.Ether(
            src=lab.mac("gw-b", "wan0"), dst=lab.mac("gw-a", "wan0"),
            type=0x0800)
        self.sa_in = lab.scapy_sa(lab.sa_ab)    # from gw-a
        self.sa_out = lab.scapy_sa(lab.sa_ba)
        self.sink = lab.socket("gw-b", socket.AF_INET, socket.SOCK_RAW,
                               socket.IPPROTO_ESP)
        lab.run("gw-a", ["ip", "neighbour", "replace", "192.0.2.2", "lladdr",
                         self.ether.src, "dev", "wan0", "nud", "permanent"])

    def inner(self, payload, src="10.2.0.2", dst="10.1.0.2"):
        return (self.inet.IP(src=src, dst=dst) /
                self.inet.UDP(sport=PORT, dport=PORT) / payload)

    def seal(self, inner, seq):
        """The outer packet's octets, as they should be."""
        return bytes(self.sa_out.encrypt(inner, seq_num=seq))

    def seal_by_hand(self, inner, seq, next_header=4, padding=None):
        """The same, with a trailer that no sender should make."""
        sa = self.sa_out
        esp = self.ipsec._ESPPlain(spi=sa.spi, seq=seq, nh=next_header,
                                   iv=secrets.token_bytes(16), data=inner)
        esp = sa.crypt_algo.pad(esp)
        if padding:
            esp.padding = padding(esp.padding)
        esp = sa.crypt_algo.encrypt(sa, esp, sa.crypt_key)
        sa.auth_algo.sign(esp, sa.auth_key)
        return bytes(self.outer() / esp)

    def outer(self, **fields):
        return self.inet.IP(src="192.0.2.2", dst="192.0.2.1", proto=50,
                            **fields)

    def spi(self):
        return self.sa_out.spi.to_bytes(4, "big")

    def send(self, *packets):
        """Past the bridge, which may drop what lies about its length."""
        self.lab.inject("wire", "a", [bytes(self.ether) + bytes(p)
                                      for p in packets])


def check_sent(lab, peer):
    """What gw-a makes of a LAN host's packets."""
    inet = peer.inet
    needles = [secrets.token_bytes(40 + n) for n in range(COUNT)]
    capture = lab.capture("wire", "a", filter="not arp")
    with lab.socket("host-a", socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("10.1.0.2", PORT))
        for needle in needles:
            udp.sendto(needle, ("10.2.0.2", PORT))
    packets = [p[inet.IP] for p in capture.stop()]
    ok(len(packets) == COUNT and
       all((p.src, p.dst, p.proto, p.ttl) == ("192.0.2.1", "192.0.2.2", 50, 64)
           for p in packets),
       "gw-a sends an ESP packet for each packet of host-a")
    ok(all(inet.IP(bytes(p)).chksum == p.chksum for p in packets) and
       [p.seq for p in packets] == list(range(1, COUNT + 1)) and
       {p.spi for p in packets} == {lab.sa_ab.spi},
       "with the SPI that is configured and numbers from 1 on")
    ok(len({bytes(p)[IV_AT:TEXT_AT] for p in packets}) == COUNT,
       "and another IV each time")
    # Before they are opened, which takes ESP out of them.
    clear = any(search_plaintext(packets, needle) for needle in needles)
    opened = [peer.sa_in.decrypt(p) for p in packets]
    ok([bytes(p[inet.UDP].payload) for p in opened] == needles and
       {(p.src, p.dst, p.ttl) for p in opened} == {("10.1.0.2", "10.2.0.2",
                                                    63)},
       "scapy opens them: they are what host-a sent, one hop older")
    ok(all(has_right_checksums(inet, p) for p in opened),
       "with right checksums inside")
    ok(not clear,
       "and no payload is seen in the clear")


def check_neighbour(lab):
    known = lab.run("gw-a", ["ip", "neighbour", "show", "192.0.2.2"]).stdout
    ok("PERMANENT" in known,
       "an operator's permanent neighbour is used and stays permanent")


def has_right_checksums(inet, packet):
    again = inet.IP(bytes(packet))
    del again.chksum, again[inet.UDP].chksum
    return bytes(inet.IP(bytes(again))) == bytes(packet)


def check_received(lab, peer, udp):
    """What gw-a makes of the peer's packets; the last is number COUNT."""
    needles = [secrets.token_bytes(40 + n) for n in range(COUNT)]
    capture = lab.capture("host-a", "eth0", filter="udp")
    peer.send(*(peer.seal(peer.inner(needle), seq)
                for seq, needle in enumerate(needles, 1)))
    got = [udp.recvfrom(2048) for _ in needles]
    packets = capture.stop()
    ok([g[0] for g in got] == needles and
       {g[1] for g in got} == {("10.2.0.2", PORT)},
       "gw-a opens what scapy sends and delivers it, in order")
    ok({p[peer.inet.IP].ttl for p in packets} == {63}, "one hop older")


def touched(packet, at):
    """One bit of one octet is another one."""
    return packet[:at] + bytes([packet[at] ^ 1]) + packet[at + 1:]


def bad_packets(peer):
    """
    (sentence, the counter that names it, the packet). Those that are authentic
    have a number of their own: each would be a replay of the one before.
    """
    seq = COUNT + 1
    inner = peer.inner(secrets.token_bytes(40))
    good = peer.seal(inner, seq)
    esp = good[ESP_AT:]

    def with_esp(octets, **fields):
        return bytes(peer.outer(**fields) / octets)

    plain = bytes(peer.inner(b"in the clear"))
    return [
        ("repeated", "replay", peer.seal(inner, COUNT)),
        ("forged SPI", "spi_unknown", touched(good, ESP_AT + 1)),
        ("forged sequence number", "icv", touched(good, ESP_AT + 6)),
        ("forged IV", "icv", touched(good, IV_AT)),
        ("forged ciphertext", "icv", touched(good, TEXT_AT)),
        ("forged end of the ciphertext", "icv", touched(good, len(good) - 17)),
        ("forged ICV", "icv", touched(good, len(good) - 1)),
        ("cut within the ESP header", "esp_truncated", with_esp(esp[:7])),
        ("cut behind the ESP header", "esp_length", with_esp(esp[:8])),
        ("cut within a block", "esp_length", with_esp(esp[:-1])),
        ("cut by a block", "icv", with_esp(esp[:-16])),
        ("shorter than its length says", "ip_malformed", good[:-1]),
        ("an SPI of no SA", "spi_unknown",
         with_esp((peer.sa_out.spi ^ 0xff00).to_bytes(4, "big") + esp[4:])),
        ("SPI 0", "spi_reserved", with_esp(bytes(4) + esp[4:])),
        ("SPI 255", "spi_reserved", with_esp(b"\0\0\0\xff" + esp[4:])),
        ("first fragment that is not of eighths", "fragment_wrong",
         with_esp(esp[:63], flags="MF")),
        ("last fragment of nothing", "fragment_wrong", with_esp(b"", frag=3)),
        ("wrong padding", "padding",
         peer.seal_by_hand(bytes(inner), seq,
                           padding=lambda octets: bytes(len(octets)))),
        ("next header TCP", "next_header",
         peer.seal_by_hand(bytes(inner), seq + 1, next_header=6)),
        ("dummy", "dummy",
         peer.seal_by_hand(bytes(20), seq + 2, next_header=PROTO_NONE)),
        ("inner packet that is cut", "inner_malformed",
         peer.seal_by_hand(bytes(inner)[:-1], seq + 5)),
        ("inner source outside the selectors", "selector",
         peer.seal(peer.inner(b"x", src="10.9.0.2"), seq + 3)),
        ("inner destination outside the selectors", "selector",
         peer.seal(peer.inner(b"x", dst="192.0.2.1"), seq + 4)),
        ("in the clear, from the protected network behind the peer",
         "plaintext_in", plain),
    ]


def check_silence(lab, gateway, peer, udp):
    inside = lab.capture("host-a", "eth0", filter="not arp")
    wire = lab.capture("wire", "a",
                       filter=f"not arp and not ether src {peer.ether.src}")
    for sentence, name, packet in bad_packets(peer):
        check_drop(gateway, sentence, name, lambda: peer.send(packet))
    ok(not inside.stop(), "nothing of all this is delivered")
    ok(not wire.stop(), "and gw-a answers nothing")
    ok(gateway.process.poll() is None, "the daemon is alive")
    last = secrets.token_bytes(40)
    peer.send(peer.seal(peer.inner(last), 1000))
    ok(udp.recv(2048) == last, "and what is right is still delivered")


def check_window(gateway, peer, udp):
    """default_conf() has a window of 1024 packets."""
    peer.send(peer.seal(peer.inner(b"far"), 5000),
              peer.seal(peer.inner(b"edge"), 5000 - 1023))
    ok([udp.recv(2048), udp.recv(2048)] == [b"far", b"edge"],
       "the oldest number in the window is taken")
    for sentence, seq in (("it comes again", 5000 - 1023),
                          ("left of the window", 5000 - 1024)):
        late = peer.seal(peer.inner(b"late"), seq)
        check_drop(gateway, sentence, "replay", lambda: peer.send(late))
    # The window's ring has those from 3008 on; a few of the others came.
    lost = int(gateway.status()["tunnels"]["to-b"]["in"]["lost"])
    ok(3007 - 30 < lost < 3007 - COUNT,
       f"numbers that left the window and never came are lost: {lost}")


def main():
    with Lab() as lab:
        peer = Peer(lab)
        gateway = lab.start_gateway("gw-a", lab.default_conf("a"))
        check_sent(lab, peer)
        check_neighbour(lab)
        with lab.socket("host-a", socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(("10.1.0.2", PORT))
            udp.settimeout(5)
            check_received(lab, peer, udp)
            check_silence(lab, gateway, peer, udp)
            check_window(gateway, peer, udp)
    return finish()


sys.exit(main())
