# SPDX-License-Identifier: BSD-2-Clause
"""
A tunnel of GRE (RFC 2784) whose ends protect it in transport mode, by SAs of GRE alone:
Linux's own ip_gre and XFRM at the peer, a socket and our gateway here.
"""
import itertools
import select
import socket
import struct

import xfrm
import xfrm_table
from lab import ok, scapy_layers

GRE, OF_IPV4 = 47, struct.pack("!HH", 0, 0x0800)
PEERS = {4: "192.0.2.14", 6: "2001:db8:ff::14"}  # no row of xfrm_table.py's
KINDS = {4: "gre", 6: "ip6gre encaplimit none"}
SOCKETS = {4: (socket.AF_INET, 20), 6: (socket.AF_INET6, 0)}  # and what is in front
ANSWER_S = 10


def inside(family):
    """Our end of what is in the tunnel, and the peer's."""
    return f"10.99.{family}.1", f"10.99.{family}.2"


def rows():
    return [xfrm.transport_row(f"gre-{family}", "aes128gcm16-esn", peer)
            for family, peer in PEERS.items()]


def commands(number, row, keys):
    yield from xfrm.state_commands(number, row, keys, 0)
    for way, src, dst in (("out", row.net, row.lan), ("in", row.lan, row.net)):
        yield (f"xfrm policy add src {src} dst {dst} proto {GRE} dir {way} tmpl src {src} "
               f"dst {dst} proto esp reqid {number} mode transport")


def links():
    for family, peer in PEERS.items():
        yield f"address add {peer}/{24 if family == 4 else 64} dev wan0 nodad"
        kind, *more = KINDS[family].split(" ", 1)
        yield (f"link add gre-{family} type {kind} local {peer} "
               f"remote {xfrm.OURS[family]} {''.join(more)}")
        yield f"link set gre-{family} up"
        yield f"address add {inside(family)[1]}/30 dev gre-{family}"


def answer(lab, family):
    """What the peer's kernel says to an echo request in the tunnel."""
    inet = scapy_layers().layers.inet
    ours, theirs = inside(family)
    asks = inet.IP(src=ours, dst=theirs) / inet.ICMP(id=family) / b"in GRE in ESP"
    kind, at = SOCKETS[family]
    with lab.socket("gw-a", kind, socket.SOCK_RAW, GRE) as sock:
        sock.connect((PEERS[family], 0))
        sock.send(OF_IPV4 + bytes(asks))
        if not select.select([sock], [], [], ANSWER_S)[0]:
            return None
        said = sock.recv(2048)[at:]
    return inet.IP(said[len(OF_IPV4):]) if said.startswith(OF_IPV4) else said


def check(lab, guest):
    table = rows()
    keys = [xfrm.make_keys(row) for row in table]
    text = xfrm.conf(table, keys)
    for row in table:
        line = f"remote_ts = {row.net}\n"
        assert line in text
        text = text.replace(line, f"{line}        protocol = gre\n")
    # Who asks for an address before it is there is not answered for a while.
    xfrm.batch(guest, [*links(), *itertools.chain.from_iterable(
        commands(number, row, keys[number - 1])
        for number, row in enumerate(table, 1))])
    gateway = lab.start_gateway("gw-a", text)
    wire = lab.capture("wire", "br0", f"{xfrm_table.NOT_PROTECTED} and not esp")
    for family in PEERS:
        said = answer(lab, family)
        ok(said is not None and said.src == inside(family)[1] and
           bytes(said).endswith(b"in GRE in ESP"),
           f"GRE in transport mode over IPv{family}: Linux answers in its tunnel")
    others = wire.stop()
    ok(not others, f"and nothing of it is in the clear: {others}")
    xfrm.check_counters(guest, gateway, "GRE")
    gateway.stop()
    xfrm.forget(guest)
