#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
AH against scapy in the peer's place, in tunnel and in transport mode, IPv4 and IPv6:
scapy verifies what gw-a protects, and gw-a what scapy protects, with options and
extension headers that change on the way and some that don't; and what is not the
peer's is dropped under one name each, in silence. Then the same of bundles, ESP in
AH, of which neither goes without the other. As in test_scapy.py, scapy sits on gw-b,
where no daemon runs.
"""
import json
import os
import re
import secrets
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from families import (ALLOWED_BY, FAMILIES, HOSTS, ip, manual_conf,  # noqa: E402
                      outer, transport_conf)
from lab import (SIDES, Lab, check_drop, finish, ok,  # noqa: E402
                 scapy_layers, search_plaintext)

PORT = 7
SOCKET = {4: socket.AF_INET, 6: socket.AF_INET6}
IPPROTO_AH = 51
HOST_MTU = 1400  # of the lab's hosts
LENGTHS = (0, 1, 2, 3, 4, 700)
# Our keyword: scapy's name, key in octets.
MACS = {"sha256": ("SHA2-256-128", 32), "sha384": ("SHA2-384-192", 48),
        "sha512": ("SHA2-512-256", 64), "sha1": ("HMAC-SHA1-96", 20),
        "aescmac": ("AES-CMAC-96", 16), "md5": ("HMAC-MD5-96", 16),
        "aes128gmac": ("AES-GMAC", 20), "aes256gmac": ("AES-GMAC", 36)}
PADN = bytes([0, 0, 1, 4, 0, 0, 0, 0])
IPV6_HOPOPTS = 54  # <linux/in6.h>
TIMESTAMP_ROUTE = b"\x44\x08\x05\x00" + bytes(4)  # RFC 791: a router fills it


def ah_conf(lab, side, family, mode, proposal):
    """AH with integ_key of the lab's SAs."""
    text = (transport_conf if mode == "transport" else manual_conf)(
        lab, side, family)
    text = re.sub(r".*(encap|encr_key) =.*\n", "", text)
    text = text.replace("esp_proposals = aes128-sha256\n",
                        f"ah_proposals = {proposal}\n")
    for option, algorithms in ALLOWED_BY.items():
        if re.search(algorithms, proposal):
            text = text.replace("gateway {\n",
                                f"gateway {{\n    {option} = yes\n")
    return text


class Gmac:
    """
    AES-GMAC, which scapy lacks, as one of its algorithms: a key with four octets of
    salt behind it, and where the ICV is the IV and then the tag, both covered as
    zeros (RFC 4543 sections 3.2, 4 and 5.4).
    """
    name, icv_size = "AES-GMAC", 8 + 16

    def check_key(self, key):
        if len(key) not in (20, 28, 36):
            raise TypeError(f"a key of {len(key)} octets")

    @staticmethod
    def _tag(packet, key, iv, esn_en, esn):
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from scapy.layers.ipsec import zero_mutable_fields
        covered = bytes(zero_mutable_fields(packet.copy(), sending=True))
        return AESGCM(key[:-4]).encrypt(
            key[-4:] + iv, b"", covered + (esn.to_bytes(4, "big") if esn_en
                                           else b""))

    def sign(self, packet, key, esn_en=False, esn=0):
        iv = secrets.token_bytes(8)
        packet["AH"].icv = iv + self._tag(packet, key, iv, esn_en, esn)
        return packet

    def verify(self, packet, key, esn_en=False, esn=0):
        ah = packet["AH"]
        ah.icv, ah.padding = ah.icv[:self.icv_size], ah.icv[self.icv_size:]
        if ah.icv[8:] != self._tag(packet, key, ah.icv[:8], esn_en, esn):
            raise ValueError(f"another ICV than {ah.icv.hex()}")


def bundle_conf(lab, family, mode, out, into):
    """The lab's ESP in AH of these SAs."""
    text = (transport_conf if mode == "transport" else manual_conf)(
        lab, "a", family)
    text = re.sub(r".*encap =.*\n", "        bundle = around\n", text)
    return text.replace("manual {\n", f"""\
manual {{
    around {{
        local_addrs = {outer("a", family)}
        remote_addrs = {outer("b", family)}
        mode = transport
        ah_proposals = sha256
        in {{
            spi = {into.spi:#x}
            integ_key = 0x{into.integ_key.hex()}
        }}
        out {{
            spi = {out.spi:#x}
            integ_key = 0x{out.integ_key.hex()}
        }}
    }}
""")


class Peer:
    """What scapy is here: gw-b's address, with both SAs."""

    def __init__(self, lab, family, mode, proposal):
        from scapy.layers import inet6
        self.lab, self.family, self.mode = lab, family, mode
        self.inet, self.inet6 = scapy_layers().layers.inet, inet6
        self.ipsec = scapy_layers().layers.ipsec
        self.ipsec.AUTH_ALGOS.setdefault(Gmac.name, Gmac())
        self.ether = scapy_layers().layers.l2.Ether(
            src=lab.mac("gw-b", "wan0"), dst=lab.mac("gw-a", "wan0"))
        mac, *esn = proposal.split("-")
        self.esn = {"esn_en": True, "esn": 0} if esn == ["esn"] else {}
        self.sa_in, self.sa_out = (self.ipsec.SecurityAssociation(
            self.ipsec.AH, spi=sa.spi, auth_algo=MACS[mac][0],
            auth_key=sa.integ_key,
            tunnel_header=ip(family, outer(src, family), outer(dst, family))
            if mode == "tunnel" else None)
            for sa, src, dst in ((lab.sa_ab, "a", "b"), (lab.sa_ba, "b", "a")))
        self.seq = 0
        ends = {side: outer(side, family) if mode == "transport" else
                HOSTS[family][side] for side in SIDES}
        self.far, self.near = ends["b"], ends["a"]

    def udp(self, payload, **fields):
        """From behind the peer, or the peer itself, to gw-a's side."""
        front = ip(self.family, self.far, self.near, **fields)
        return front / self.inet.UDP(sport=PORT, dport=PORT) / payload

    def protect(self, packet):
        self.seq += 1
        return self.sa_out.encrypt(packet, seq_num=self.seq, **self.esn)

    def verify(self, packet):
        """The octets without AH; an error where the ICV is another one."""
        return bytes(self.sa_in.decrypt(packet, **self.esn))

    def send(self, *packets):
        self.lab.inject("wire", "a", [self.ether / p for p in packets])


class BundlePeer(Peer):
    """Its SAs are ESP's, and each is in one of AH."""

    def __init__(self, lab, family, mode, out, into):
        super().__init__(lab, family, mode, "sha256")
        self.ah_in, self.ah_out = (self.ipsec.SecurityAssociation(
            self.ipsec.AH, spi=sa.spi, auth_algo="SHA2-256-128",
            auth_key=sa.integ_key) for sa in (out, into))
        self.sa_in, self.sa_out = (self.ipsec.SecurityAssociation(
            self.ipsec.ESP, spi=sa.spi, crypt_algo="AES-CBC",
            crypt_key=sa.encr_key, auth_algo="SHA2-256-128",
            auth_key=sa.integ_key, tunnel_header=ip(
                family, outer(src, family), outer(dst, family))
            if mode == "tunnel" else None)
            for sa, src, dst in ((lab.sa_ab, "a", "b"), (lab.sa_ba, "b", "a")))

    def seal(self, packet):
        """In ESP alone."""
        return super().protect(packet)

    def carry(self, packet):
        """In AH, where scapy must not see ESP, whose ICV it would take."""
        from scapy.packet import bind_layers, split_layers
        layer, next_header = ((self.inet.IP, {"proto": 50}) if self.family == 4
                              else (self.inet6.IPv6, {"nh": 50}))
        split_layers(layer, self.ipsec.ESP, **next_header)
        carried = self.ah_out.encrypt(layer(bytes(packet)), seq_num=self.seq)
        bind_layers(layer, self.ipsec.ESP, **next_header)
        return carried

    def protect(self, packet):
        return self.carry(self.seal(packet))

    def verify(self, packet):
        esp = self.ah_in.decrypt(packet)
        return bytes(self.sa_in.decrypt(esp.__class__(bytes(esp))))


def near_socket(lab, peer):
    """On host-a, or on gw-a in transport mode."""
    udp = lab.socket("gw-a" if peer.mode == "transport" else "host-a",
                     SOCKET[peer.family], socket.SOCK_DGRAM)
    udp.bind((peer.near, PORT))
    udp.settimeout(2)
    return udp


def receive(udp, n):
    got = []
    try:
        while len(got) < n:
            got.append(udp.recv(4096))
    except TimeoutError:
        pass
    return got


def routed(packet):
    """A hop further: what routers change."""
    if packet.version == 4:
        packet.ttl -= 1
        packet.tos = 0x2e << 2
        packet.flags = 0
        del packet.chksum
    else:
        packet.hlim -= 1
        packet.tc = 0x2e << 2
        packet.fl = 0x77
    return packet


def check_received(peer, udp, name):
    needles = [secrets.token_bytes(8) + bytes(n) for n in LENGTHS]
    peer.send(*(routed(peer.protect(peer.udp(n))) for n in needles))
    ok(receive(udp, len(needles)) == needles,
       f"{name}: gw-a takes what scapy protects, some hops further")


def sent(lab, peer, udp, needles):
    """As it is on the wire."""
    capture = lab.capture("wire", "a", filter=f"ether src {peer.ether.dst} "
                          "and (ip or ip6) and not ip6 multicast and "
                          "(not icmp6 or ip6[40] < 133)")
    for needle in needles:
        udp.sendto(needle, (peer.far, PORT))
    layer = peer.inet.IP if peer.family == 4 else peer.inet6.IPv6
    return [p[layer] for p in capture.stop()]


def check_sent(lab, peer, udp, name):
    needles = [secrets.token_bytes(8) + bytes(n) for n in LENGTHS]
    packets = sent(lab, peer, udp, needles)
    ok(len(packets) == len(needles) and
       all(peer.ipsec.AH in p and p.src == outer("a", peer.family) and
           p.dst == outer("b", peer.family) for p in packets),
       f"{name}: gw-a protects what is sent, in one packet each")
    opened = [peer.verify(p) for p in packets]
    ok(len(opened) == len(needles) and
       all(p.endswith(n) for p, n in zip(opened, needles)),
       f"{name}: scapy verifies it, and finds what was sent")


def check_options(lab, peer, udp, name):
    """IPv4's, of which a router fills one in."""
    stamp = peer.inet.IPOption(TIMESTAMP_ROUTE)
    alert = peer.inet.IPOption(b"\x94\x04\x00\x00")
    packet = peer.protect(peer.udp(b"with options", options=[stamp, alert]))
    raw = bytearray(bytes(packet))
    raw[22] += 4                       # the pointer, and what it pointed at
    raw[24:28] = b"\1\2\3\4"
    packet = peer.inet.IP(bytes(raw))
    del packet.chksum
    peer.send(packet)
    ok(receive(udp, 1) == [b"with options"],
       f"{name}: options may change that are to change")
    packet = peer.protect(peer.udp(b"alert", options=[stamp, alert]))
    raw = bytearray(bytes(packet))
    raw[31] = 1
    packet = peer.inet.IP(bytes(raw))
    del packet.chksum
    check_drop(lab.gateway_a, f"{name}: an option that must not change", "icv",
               lambda: peer.send(packet))
    udp.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, TIMESTAMP_ROUTE)
    packets = sent(lab, peer, udp, [b"of the host"])
    udp.setsockopt(socket.IPPROTO_IP, socket.IP_OPTIONS, b"")
    ok(len(packets) == 1 and packets[0].ihl == 7 and
       peer.verify(packets[0]).endswith(b"of the host"),
       f"{name}: options of the host's own stand before AH")


def check_extensions(lab, peer, udp, name):
    """IPv6's, of which a router changes one."""
    inet6 = peer.inet6
    front = ip(6, peer.far, peer.near)
    hop = inet6.IPv6ExtHdrHopByHop(options=[
        inet6.HBHOptUnknown(otype=0x3e, optdata=b"\1\2\3\4"),
        inet6.HBHOptUnknown(otype=0x1e, optdata=b"\5\6\7\x08")])
    upper = peer.inet.UDP(bytes(peer.udp(b"with options"))[40:])
    for at, what in ((44, None), (50, "icv")):
        raw = bytearray(bytes(peer.protect(front / hop / upper)))
        raw[at] ^= 0x55
        packet = inet6.IPv6(bytes(raw))
        if what:
            check_drop(lab.gateway_a, f"{name}: an option that must not change",
                       what, lambda packet=packet: peer.send(packet))
            continue
        peer.send(packet)
        ok(receive(udp, 1) == [b"with options"],
           f"{name}: an option may change that is to change")
    udp.setsockopt(socket.IPPROTO_IPV6, IPV6_HOPOPTS, PADN)
    packets = sent(lab, peer, udp, [b"of the host"])
    udp.setsockopt(socket.IPPROTO_IPV6, IPV6_HOPOPTS, b"")
    ok(len(packets) == 1 and packets[0].nh == 0 and
       packets[0].payload.nh == IPPROTO_AH and
       peer.verify(packets[0]).endswith(b"of the host"),
       f"{name}: hop-by-hop options stand before AH")


def flipped(peer, packet, at):
    """The octet there, from the front or from the end."""
    raw = bytearray(bytes(packet))
    raw[at] ^= 1
    packet = packet.__class__(bytes(raw))
    if peer.family == 4:
        del packet.chksum
    return packet


def bad_packets(peer):
    """(sentence, the counter that names it, the packet)."""
    v4 = peer.family == 4
    header = 20 if v4 else 40
    yield ("the payload changed", "icv",
           flipped(peer, peer.protect(peer.udp(b"payload")), -1))
    yield ("the source changed", "icv",
           flipped(peer, peer.protect(peer.udp(b"source")), 15 if v4 else 23))
    yield ("the number changed", "icv",
           flipped(peer, peer.protect(peer.udp(b"number")), header + 11))
    yield ("an SPI that is nobody's", "spi_unknown",
           flipped(peer, peer.protect(peer.udp(b"spi")), header + 7))
    yield ("a header that says another length", "esp_length",
           flipped(peer, peer.protect(peer.udp(bytes(80))), header + 1))
    yield "in the clear", "plaintext_in", peer.udp(b"in the clear")
    stray = peer.udp(b"stray")
    if peer.mode == "tunnel":
        stray.src = "10.99.0.1" if v4 else "2001:db8:99::1"
        yield "from behind somebody else", "selector", peer.protect(stray)


def check_bad(lab, peer, udp, name):
    wire = lab.capture("wire", "a", filter="(ip or ip6) and not ip6 multicast "
                       f"and not ether src {peer.ether.src} and "
                       "(not icmp6 or ip6[40] < 133)")
    for sentence, counter, packet in bad_packets(peer):
        check_drop(lab.gateway_a, f"{name}: {sentence}", counter,
                   lambda packet=packet: peer.send(packet))
    again = peer.protect(peer.udp(b"once"))
    peer.send(again)
    ok(receive(udp, 1) == [b"once"], f"{name}: what is right is taken")
    check_drop(lab.gateway_a, f"{name}: it comes again", "replay",
               lambda: peer.send(again))
    ok(not wire.stop(), f"{name}: and gw-a answers nothing")


def check_closed(lab, peer, udp, name):
    """Without its SAs nothing leaves."""
    lab.gateway_a.client("sa", "delete", "to-b")
    needle = secrets.token_bytes(16)
    packets = sent(lab, peer, udp, [needle])
    ok(not packets and not search_plaintext(packets, needle),
       f"{name}: nothing leaves once the SAs are gone")


def check(lab, family, mode, proposal):
    name = f"{proposal}, IPv{family}, {mode} mode"
    lab.renew_sas(integ_bytes=MACS[proposal.split("-")[0]][1])
    lab.gateway_a = lab.start_gateway(
        "gw-a", ah_conf(lab, "a", family, mode, proposal))
    peer = Peer(lab, family, mode, proposal)
    with near_socket(lab, peer) as udp:
        check_received(peer, udp, name)
        check_sent(lab, peer, udp, name)
        if proposal == "sha256":
            check_bad(lab, peer, udp, name)
        if proposal == "sha256" and mode == "transport":
            (check_options if family == 4 else check_extensions)(
                lab, peer, udp, name)
        if proposal == "sha256":
            check_closed(lab, peer, udp, name)
    lab.gateway_a.stop()


# --- ESP in AH

def bad_bundles(peer):
    """As bad_packets()."""
    v4 = peer.family == 4
    yield "ESP without AH", "bundle", peer.seal(peer.udp(b"esp alone"))
    peer.seq += 1
    yield ("AH around anything else", "bundle", peer.carry(
        ip(peer.family, outer("b", peer.family), outer("a", peer.family)) /
        peer.inet.UDP(sport=PORT, dport=PORT) / b"ah alone"))
    sealed = peer.seal(peer.udp(b"another spi"))
    sealed[peer.ipsec.ESP].spi ^= 1
    yield "AH around ESP of another SPI", "bundle", peer.carry(sealed)
    yield ("AH that is damaged", "icv",
           flipped(peer, peer.protect(peer.udp(b"damaged")), 20 + 11 if v4 else
                   40 + 11))
    yield ("ESP in right AH that is damaged", "icv",
           peer.carry(flipped(peer, peer.seal(peer.udp(b"forged")), -1)))
    yield "in the clear", "plaintext_in", peer.udp(b"in the clear")


def check_refused(lab, peer, udp, name):
    for sentence, counter, packet in bad_bundles(peer):
        check_drop(lab.gateway_a, f"{name}: {sentence}", counter,
                   lambda packet=packet: peer.send(packet))
    again = peer.protect(peer.udp(b"once"))
    peer.send(again)
    ok(receive(udp, 1) == [b"once"], f"{name}: what is right is taken")
    check_drop(lab.gateway_a, f"{name}: it comes again", "replay",
               lambda: peer.send(again))


def check_shown(lab, peer, udp, name):
    """What is said of both SAs; a packet as large as it is told to be."""
    tunnels = lab.gateway_a.status()["tunnels"]
    esp, ah = tunnels["to-b"], tunnels["around"]
    ok((esp["bundle"], ah["carries"]) == ("around", "to-b") and
       esp["out"]["packets"] == ah["out"]["packets"] == len(LENGTHS) and
       ah["out"]["bytes"] > esp["out"]["bytes"],
       f"{name}: status has both, and what each has carried")
    said = json.loads(lab.gateway_a.client(
        "explain", "--json", peer.near, peer.far, "udp", "7", "7").stdout)
    ok(said["verdict"] == "protected" and
       said["sa"]["bundle"] == ah["out"]["spi"],
       f"{name}: explain knows the SA of AH")
    room = said["next_hop"]["inner_mtu"]
    if peer.mode == "tunnel":
        room = min(room, HOST_MTU)
    needle = bytes(room - (28 if peer.family == 4 else 48))
    packets = sent(lab, peer, udp, [needle])
    ok(len(packets) == 1 and 1500 - 16 < len(packets[0]) <= 1500 and
       peer.verify(packets[0]).endswith(needle),
       f"{name}: as large a packet as there is room for, {room} octets, "
       "leaves in one piece")


def check_bundle(lab, family, mode):
    name = f"ESP in AH, IPv{family}, {mode} mode"
    lab.renew_sas()
    out, into = (lab.random_sa(*ends) for ends in ("ab", "ba"))
    lab.gateway_a = lab.start_gateway(
        "gw-a", bundle_conf(lab, family, mode, out, into))
    peer = BundlePeer(lab, family, mode, out, into)
    with near_socket(lab, peer) as udp:
        check_received(peer, udp, name)
        check_sent(lab, peer, udp, name)
        check_shown(lab, peer, udp, name)
        check_refused(lab, peer, udp, name)
        check_closed(lab, peer, udp, name)
    ok("around" not in lab.gateway_a.status()["tunnels"],
       f"{name}: AH goes with its ESP")
    lab.gateway_a.stop()


def main():
    proposals = ["sha256", "sha256-esn", *MACS, "aes128gmac-esn"]
    with Lab(with_ipv6=True) as lab:
        # They keep the kernel from answering that it knows no AH.
        sinks = [lab.socket("gw-b", kind, socket.SOCK_RAW, IPPROTO_AH)
                 for kind in SOCKET.values()]
        for i, proposal in enumerate(dict.fromkeys(proposals)):
            for k, mode in enumerate(("tunnel", "transport")):
                for family in FAMILIES if i < 2 else (FAMILIES[(i + k) % 2],):
                    check(lab, family, mode, proposal)
        check_bundle(lab, 4, "tunnel")
        check_bundle(lab, 6, "transport")
        for sink in sinks:
            sink.close()
    return finish()


sys.exit(main())
