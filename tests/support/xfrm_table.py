# SPDX-License-Identifier: BSD-2-Clause
"""
The table of what Linux's ESP and AH have in common with ours: what encrypts, the MAC,
protocol, mode, family inside and outside, extended sequence numbers, ESP in UDP. All
its cells, or some in which any two values stand together, are tried in both
directions; the table is printed, and what has no cell in it, with the reason.
"""
import itertools
import os
from collections import namedtuple

import pairwise
import xfrm
from lab import ok

ECHOES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "echoes.py")
Cell = namedtuple("Cell", "proto encr mac mode inner outer esn in_udp")
ALONE = ("aes128", "aes192", "aes256", "3des", "des")
AT_ONCE = 110  # cells, of which each may want an address of its own
TRIED_S = 240
TUNNELS, FIRST = 15, 16  # the last number of the peer's addresses, by what
# What is ours alone: Linux is asked whether it still is.
LACKS = {("ah", None, f"aes{bits}gmac"): "Linux's AH takes no AEAD (net/ipv4/ah4.c)"
         for bits in (128, 192, 256)}
NO_AH_IN_UDP = "UDP carries ESP alone (RFC 3948 section 1)"
# xfrm6_udp_encap_rcv() of Linux wants room for an IPv6 header behind that of UDP.
LEAST_IN_UDP = 7  # octets of an echo that no algorithm makes less than 40 of ESP
SHORT_IN_UDP = "Linux drops ESP of less than 40 octets that is in UDP and IPv6: " \
               f"echoes have {LEAST_IN_UDP} and more (net/ipv6/xfrm6_input.c)"
NO_ESN_ALONE = "without integrity nothing covers the half that is in no packet " \
               "(RFC 4303 section 2.2.1)"
WAYS = [(mode, inner, outer) for mode in ("tunnel", "transport")
        for inner, outer in itertools.product(xfrm.FAMILIES, repeat=2)
        if mode == "tunnel" or inner == outer]
FORMS = list(itertools.product((False, True), repeat=2))  # in UDP, with ESN
TRIED, FAILED, UNTRIED, NONE = "+", "X", ".", "-"
NOT_PROTECTED = "not arp and not ip6 multicast and (not icmp6 or ip6[40] == 128 " \
                "or ip6[40] == 129)"


def suites():
    """Each as (protocol, what encrypts, MAC)."""
    return [*(("esp", encr, None) for encr in (*xfrm.AEADS, *ALONE)),
            *(("esp", encr, mac)
              for encr, mac in itertools.product(xfrm.CIPHERS, xfrm.MACS)),
            *(("ah", None, mac) for mac in xfrm.MACS)]


def lacks(suite, in_udp, esn):
    """Why there is no such cell; None if there is."""
    proto, encr, mac = suite
    if proto == "ah" and in_udp:
        return NO_AH_IN_UDP
    if encr in ALONE and not mac and esn:
        return NO_ESN_ALONE
    return LACKS.get(suite)


def cells():
    return [Cell(*suite, *way, esn, in_udp)
            for suite, way, (in_udp, esn) in itertools.product(suites(), WAYS, FORMS)
            if not lacks(suite, in_udp, esn)]


def algorithm(suite):
    return "-".join(filter(None, suite[1:]))


def name_of(cell):
    inside = f"{cell.inner}in{cell.outer}" if cell.mode == "tunnel" else cell.outer
    return (f"{cell.proto}-{algorithm(cell[:3])}-{cell.mode}-{inside}-"
            f"{'esn' if cell.esn else 'noesn'}{'-udp' if cell.in_udp else ''}")


# --- where the peer is: what is in UDP has an address in the upper half

def peer(number, family, in_udp):
    host = number + (128 if in_udp else 0)
    return f"192.0.2.{host}" if family == 4 else f"2001:db8:ff::{int(in_udp)}:{number}"


def addresses():
    """Commands of ip for those of all rows."""
    return [f"address add {peer(i, family, in_udp)}/{24 if family == 4 else 64} "
            f"dev wan0 nodad" for i in range(TUNNELS, FIRST + AT_ONCE)
            for family in xfrm.FAMILIES for in_udp in (False, True)]


IN_UDP = "(net 192.0.2.128/25 or net 2001:db8:ff::1:0/112)"
OTHERS = (f"{NOT_PROTECTED} and not (ip proto 51 or ip6 proto 51) and not (esp and "
          f"not {IN_UDP}) and not (udp port 4500 and {IN_UDP})")
NOT_AH = f"{NOT_PROTECTED} and not (ip proto 51 or ip6 proto 51)"


def row_of(number, cell):
    esp = f"{algorithm(cell[:3])}-{'esn' if cell.esn else 'noesn'}"
    more = (cell.proto, cell.in_udp)
    if cell.mode == "transport":
        return xfrm.transport_row(name_of(cell), esp,
                                  peer(FIRST + number, cell.outer, cell.in_udp), *more)
    return xfrm.make_row(number, name_of(cell), esp,
                         peer(TUNNELS, cell.outer, cell.in_udp), cell.inner, *more)


# --- trying them

def asked(row):
    """Of echoes.py."""
    short = row.in_udp and xfrm.is_transport(row) and ":" in row.peer
    return f"{row.target},{LEAST_IN_UDP}" if short else row.target


def try_rows(lab, near, table):
    """What did not come back, of each target."""
    if not table:
        return {}
    said = lab.run(near, [ECHOES, *map(asked, table)], check=False, timeout=TRIED_S)
    if said.returncode:
        print(f"# {said.stderr[-2000:]}")
    faults = dict.fromkeys((row.target for row in table),
                           "not tried; " if said.returncode else "")
    for line in said.stdout.splitlines():
        address, what = line.split(" ", 1)
        faults[address] += f"{what}; "
    return {address: what for address, what in faults.items() if what}


def unused(gateway):
    """Pairs of which an SA carried nothing."""
    return {name for name, tunnel in gateway.status()["tunnels"].items()
            if not all(int(tunnel[way]["packets"]) for way in ("in", "out"))}


def try_table(lab, guest, table, others_than, what):
    """Names of those that failed."""
    keys = [xfrm.make_keys(row) for row in table]
    gateway = lab.start_gateway("gw-a", xfrm.conf(table, keys))
    xfrm.spare_neighbours(guest)
    xfrm.tell(guest, table, keys)
    wire = lab.capture("wire", "br0", others_than)
    faults = {}
    for near, transport in (("host-a", False), ("gw-a", True)):
        faults |= try_rows(lab, near, [row for row in table
                                  if xfrm.is_transport(row) is transport])
    others = wire.stop()
    ok(not others, f"nothing but what is protected as it should is on the wire: {others}")
    idle = unused(gateway)
    for row in table:
        ok(row.target not in faults and row.name not in idle,
           f"{row.name}: each size comes back, and TCP; by its SAs"
           f"{': ' + faults[row.target] if row.target in faults else ''}")
    xfrm.check_counters(guest, gateway, what)
    gateway.stop()
    xfrm.forget(guest)
    return {row.name for row in table if row.target in faults or row.name in idle}


def try_some(lab, guest, some):
    """Those that failed."""
    table = [row_of(number, cell) for number, cell in enumerate(some)]
    failed = try_table(lab, guest, table, OTHERS, f"{len(some)} cells")
    return {cell for cell, row in zip(some, table) if row.name in failed}


def bundles():
    """Rows of ESP carried by AH: either mode, all families, with ESN and without."""
    esps = itertools.cycle(["aes128gcm16", "aes256-sha256", "aes128ccm8",
                            "chacha20poly1305"])
    ahs = itertools.cycle(["sha256", "sha512", "aescmac"])
    for number, (way, esn) in enumerate(itertools.product(WAYS, (False, True))):
        encr, mac = next(esps), next(ahs)
        cell = Cell("esp", encr, None, *way, esn, False)
        yield xfrm.in_ah(row_of(number, cell)._replace(name=f"{name_of(cell)}-in-ah"),
                         f"{mac}-{'noesn' if esn else 'esn'}")


def check_bundles(lab, guest):
    try_table(lab, guest, list(bundles()), NOT_AH, "ESP in AH")


def ask_for_lacks(guest):
    """Each is refused, else it belongs into the table."""
    for (proto, _, mac), why in LACKS.items():
        octets = 4 + int(mac[3:6]) // 8
        said = guest.run(f"ip xfrm state add src 192.0.2.2 dst 192.0.2.1 proto {proto} "
                         f"spi 1 mode tunnel aead 'rfc4543(gcm(aes))' "
                         f"0x{'11' * octets} 128", check=False)
        ok(said.returncode, f"Linux refuses {proto} {mac}, of which there is no cell: "
           f"{why}")


# --- printing it

def mark(suite, way, form, tried, failed):
    in_udp, esn = form
    if lacks(suite, in_udp, esn):
        return NONE
    cell = Cell(*suite, *way, esn, in_udp)
    if cell in failed:
        return FAILED
    return TRIED if cell in tried else UNTRIED


def print_table(tried, failed):
    tried = set(tried)
    heads = [f"{inner}in{outer}" if mode == "tunnel" else f"tra{outer}"
             for mode, inner, outer in WAYS]
    print(f"# Linux XFRM and ours, both directions. {TRIED} works, {FAILED} does not, "
          f"{UNTRIED} not tried, {NONE} there is none. Tunnel mode by the families "
          "inside and outside, transport mode; in each: bare, ESN, in UDP, in UDP "
          "with ESN")
    print(f"# {'':28}" + " ".join(heads))
    for suite in (*suites(), *LACKS):
        print(f"# {suite[0]:4}{algorithm(suite):24}" + " ".join(
            "".join(mark(suite, way, form, tried, failed) for form in FORMS)
            for way in WAYS))
    for what, why in (("AH in UDP", NO_AH_IN_UDP),
                      ("encryption alone with ESN", NO_ESN_ALONE),
                      ("transport mode in UDP and IPv6", SHORT_IN_UDP),
                      *((f"{proto} {mac}", why)
                        for (proto, _, mac), why in LACKS.items())):
        print(f"# {NONE} {what}: {why}")


def check(lab, guest, full):
    ask_for_lacks(guest)
    chosen = cells() if full else pairwise.choose(cells())
    failed = set()
    for at in range(0, len(chosen), AT_ONCE):
        failed |= try_some(lab, guest, chosen[at:at + AT_ONCE])
    print_table(chosen, failed)
