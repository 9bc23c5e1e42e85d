#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
What outer headers have of inner packets and inner packets of outer headers: DSCP,
ECN, DF and TTL, of IPv4 and IPv6 inside and outside, as the configuration says. scapy
sits on gw-b, where no daemon runs: it opens what gw-a sends, and gw-a what scapy
sends.
"""
import collections
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from families import (FAMILIES, HOSTS, esp_of, hops, ip,  # noqa: E402
                      manual_conf, outer)
from lab import Lab, finish, ok, scapy_layers  # noqa: E402

PORT = 7
MARK = b"number "
DF = 2
SOCKET = {4: socket.AF_INET, 6: socket.AF_INET6}
DSCPS = (0x28, 0xb8)    # in their place in the octet
LARGE = 1470            # of 1500 on the LAN, and too large for the wire

# RFC 6040 section 4.2, figure 4: by inner and outer code point (Not-ECT, ECT(1),
# ECT(0), CE); None is lost, and those in UNUSED have a mark of exclamation.
FIGURE_4 = ((0, 0, 0, None), (1, 1, 1, 3), (2, 1, 2, 3), (3, 3, 3, 3))
UNUSED = {(0, 1), (0, 2), (1, 2), (3, 1)}

# out_tos of an inner one, out_df of an inner one, the outer TTL, and in_tos of
# an inner and an outer one.
Case = collections.namedtuple("Case", "lines out_tos out_df ttl in_tos")


def with_ecn(inner, outer_tos, dscp):
    ecn = FIGURE_4[inner & 3][outer_tos & 3]
    return None if ecn is None else dscp & 0xfc | ecn


CASES = (
    Case("", lambda tos: tos, lambda df: df, 64,
         lambda inner, out: with_ecn(inner, out, inner)),
    Case("copy_dscp = in\ncopy_ecn = no\ncopy_df = no\nset_ttl = 7",
         lambda tos: 0, lambda df: 0, 7,
         lambda inner, out: out & 0xfc | inner & 3),
    Case("copy_dscp = yes\nset_df = yes\nset_ttl = 255",
         lambda tos: tos, lambda df: DF, 255,
         lambda inner, out: with_ecn(inner, out, out)),
    Case("copy_dscp = no\ncopy_ecn = yes\ncopy_df = yes",
         lambda tos: tos & 3, lambda df: df, 64,
         lambda inner, out: with_ecn(inner, out, inner)),
    Case("set_dscp = 46", lambda tos: 46 << 2 | tos & 3, lambda df: df, 64,
         lambda inner, out: with_ecn(inner, out, inner)),
)


def tos_of(packet):
    return packet.tos if packet.version == 4 else packet.tc


def with_tos(family, tos):
    return {"tos": tos} if family == 4 else {"tc": tos}


def sa_of(sa, family, sender):
    ipsec = scapy_layers().layers.ipsec
    return ipsec.SecurityAssociation(
        ipsec.ESP, spi=sa.spi, crypt_algo="AES-CBC", crypt_key=sa.encr_key,
        auth_algo="SHA2-256-128", auth_key=sa.integ_key,
        tunnel_header=ip(family, outer(sender, family),
                         outer("b" if sender == "a" else "a", family)))


def udp_of(packet):
    """The number that the packet has, and its header; None."""
    udp = scapy_layers().layers.inet.UDP
    if udp not in packet:
        return None
    payload = bytes(packet[udp].payload)
    if not payload.startswith(MARK):
        return None
    header = packet[udp].underlayer
    return payload[len(MARK)], header


def datagram(header, number, octets=0):
    inet = scapy_layers().layers.inet
    return (header / inet.UDP(sport=PORT, dport=PORT) /
            (MARK + bytes([number]) + bytes(octets)))


def ether(lab, source, target):
    return scapy_layers().layers.l2.Ether(src=lab.mac(*source),
                                          dst=lab.mac(*target))


def from_host(lab, family, packets):
    """As host-a sends them; those of scapy have a TTL of 64."""
    link = ether(lab, ("host-a", "eth0"), ("gw-a", "lan0"))
    lab.inject("host-a", "eth0", [link / p for p in packets])


def rows_out(family):
    """(TOS, DF) of every packet that goes out; IPv6 has no DF, and is not cut."""
    return [(dscp | ecn, df) for dscp in DSCPS for ecn in range(4)
            for df in ((0, DF) if family == 4 else (DF,))]


def header_out(family, tos, df):
    fields = with_tos(family, tos)
    if family == 4:
        fields["flags"] = df
    return ip(family, HOSTS[family]["a"], HOSTS[family]["b"], **fields)


def is_summed(header):
    """Has it a right checksum? IPv6 has none."""
    if header.version == 6:
        return True
    again = header.copy()
    del again.chksum
    return type(again)(bytes(again)).chksum == header.chksum


def check_out(lab, sa, case, name, family, inner):
    rows = rows_out(inner)
    capture = lab.capture("wire", "a")
    from_host(lab, inner, [datagram(header_out(inner, *row), i)
                           for i, row in enumerate(rows)])
    headers = [h for h in map(esp_of, capture.stop()) if h]
    found = {}
    for header in headers:
        number, inside = udp_of(sa.decrypt(header.copy()))
        found[number] = header, inside
    ok(sorted(found) == list(range(len(rows))) and len(headers) == len(rows),
       f"{name}: all {len(rows)} packets leave")
    wrong = {row: tos_of(found[i][0]) for i, row in enumerate(rows)
             if tos_of(found[i][0]) != case.out_tos(row[0])}
    ok(not wrong, f"{name}: DSCP and ECN outside are right {wrong or ''}")
    ok(family == 6 or all(int(found[i][0].flags) == case.out_df(df)
                          for i, (_, df) in enumerate(rows)),
       f"{name}: so is DF")
    ok({hops(header) for header in headers} == {case.ttl} and
       all(map(is_summed, headers)), f"{name}: and TTL, with right checksums")
    ok(all((tos_of(found[i][1]), hops(found[i][1])) == (tos, 63)
           for i, (tos, _) in enumerate(rows)),
       f"{name}: what is inside is one hop older, and else as it was")


def check_in(lab, gateway, sa, case, name, family, inner):
    pairs = [(DSCPS[0] | i >> 2, DSCPS[1] | i & 3) for i in range(16)]
    link = ether(lab, ("gw-b", "wan0"), ("gw-a", "wan0"))
    lost = gateway.drops()["ecn"], gateway.passes()["worker_ecn"]
    packets = []
    for number, (tos, out) in enumerate(pairs):
        header = ip(inner, HOSTS[inner]["b"], HOSTS[inner]["a"],
                    **with_tos(inner, tos))
        packet = sa.encrypt(datagram(header, number))
        if family == 4:
            packet.tos = out
            del packet.chksum
        else:
            packet.tc = out
        packets.append(link / packet)
    capture = lab.capture("host-a", "eth0")
    lab.inject("wire", "a", packets)
    found = dict(filter(None, map(udp_of, capture.stop())))
    want = {number: case.in_tos(*pair) for number, pair in enumerate(pairs)}
    got = {number: tos_of(found[number]) if number in found else None
           for number in want}
    wrong = {pairs[n]: got[n] for n in want if want[n] != got[n]}
    ok(not wrong, f"{name}: DSCP and ECN come out as they should of all "
       f"16 pairs {wrong or ''}")
    ok(all(map(is_summed, found.values())) and
       {hops(h) for h in found.values()} == {63},
       f"{name}: one hop older, with right checksums")
    looked_at = case.in_tos(0, 3) is None
    counted = gateway.drops()["ecn"], gateway.passes()["worker_ecn"]
    ok([now - was for now, was in zip(counted, lost)] ==
       ([1, len(UNUSED)] if looked_at else [0, 0]),
       f"{name}: what is lost is counted, and what should not be")


def start(lab, family, lines):
    lab.renew_sas()
    gateway = lab.start_gateway("gw-a", manual_conf(lab, "a", family).replace(
        "replay_window = 1024\n", f"replay_window = 1024\n{lines}\n"))
    return gateway, sa_of(lab.sa_ab, family, "a"), sa_of(lab.sa_ba, family, "b")


def check_case(lab, family, case):
    gateway, from_a, to_a = start(lab, family, case.lines)
    for inner in FAMILIES:
        name = (f"{case.lines.replace(chr(10), ', ') or 'by default'}, IPv{inner} "
                f"over IPv{family}")
        check_out(lab, from_a, case, name, family, inner)
        check_in(lab, gateway, to_a, case, name, family, inner)
    gateway.stop()


def check_large(lab):
    """With DF inside and none outside, what is too large is cut outside."""
    from scapy.layers.inet import IP, defragment
    gateway, from_a, _ = start(lab, 4, "copy_df = no")
    for inner in FAMILIES:
        capture = lab.capture("wire", "a", filter="ip proto 50")
        from_host(lab, inner, [datagram(header_out(inner, 0, DF), 0, LARGE -
                                        len(datagram(header_out(inner, 0, DF),
                                                     0)))])
        sent = [p[IP] for p in capture.stop()]
        whole = defragment([p.copy() for p in sent])
        ok(len(sent) == 2 and len(whole) == 1 and
           len(udp_of(from_a.decrypt(IP(bytes(whole[0]))))[1]) == LARGE,
           f"copy_df = no: IPv{inner} that must not be cut, and is too large "
           "for the wire, leaves whole in two fragments")
    ok(not gateway.drops()["too_big"], "and nothing is too big")
    gateway.stop()


def main():
    with Lab(with_ipv6=True) as lab:
        # They keep the kernel from answering that it knows no ESP.
        sinks = [lab.socket("gw-b", kind, socket.SOCK_RAW, socket.IPPROTO_ESP)
                 for kind in SOCKET.values()]
        lab.run("host-a", ["ip", "link", "set", "dev", "eth0", "mtu", "1500"])
        for case in CASES:
            for family in FAMILIES:
                check_case(lab, family, case)
        check_large(lab)
        for sink in sinks:
            sink.close()
    return finish()


sys.exit(main())
