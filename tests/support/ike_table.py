# SPDX-License-Identifier: BSD-2-Clause
"""
The table of what is negotiated by IKE with a peer in a guest (qemu.py) that has all of
Linux's ESP and AH: protocol, mode, families inside and outside, extended sequence
numbers, ESP in UDP, a key exchange of the child's own, and who begins, who rekeys.
Some cells, in which any two values stand together, or all. Each row is a connection of
its own, with an address of the peer's; the suites go round.

A peer is an object with
    name                its
    suites              what it has in common with us, in our words, (protocol, words)
    has(cell, words)    is this one of them for that cell?
    keeps(row)          of a child that it rekeys, the old SAs too
    load(rows)          before we start
    initiate(names)     does not wait for them, nor does any of these
    rekey(names), rekey_ike(names), terminate(names)
"""
import ipaddress
import itertools
import re
from collections import namedtuple

import pairwise
import xfrm
import xfrm_table
from ike_conf import IKE, PSK
from lab import eventually, ok, wait_until
from xfrm import is_transport, ours

Cell = namedtuple("Cell", "proto mode inner outer esn in_udp pfs begins rekeys")
Row = namedtuple("Row", (*xfrm.Row._fields, *Cell._fields[4:5], *Cell._fields[6:]))
SIDES = ("we", "they")
PFS = "x25519"
AT_ONCE = 48  # rows: each has an address
UP_S = 60
# IKE has Linux's own port too, and what is in UDP is told from it by its first octets.
OTHERS = (f"({xfrm_table.OTHERS}) and not udp port 500 and not (udp port 4500 and "
          "(ip[28:4] = 0 or ip6[48:4] = 0))")

CONNECTION = """\
    {name} {{
        version = 2
        local_addrs = {local}
        remote_addrs = {remote}
        proposals = {ike}
        encap = {encap}
        local {{
            auth = psk
        }}
        remote {{
            auth = psk
        }}
        children {{
            {name} {{
                {proto}_proposals = {esp}
                mode = {mode}
{selectors}                start_action = {start_action}
            }}
        }}
    }}
"""


def cells():
    return [Cell(proto, *way, esn, in_udp, *more)
            for proto, way, (in_udp, esn), more in itertools.product(
                ("esp", "ah"), xfrm_table.WAYS, xfrm_table.FORMS,
                itertools.product((False, True), SIDES, SIDES))
            if not (proto == "ah" and in_udp)]


def some_cells():
    """Protocol, mode and families count as one value, which has any other beside it."""
    return [Cell(*form, *more) for form, *more in pairwise.choose(
        [(cell[:4], *cell[4:]) for cell in cells()])]


def name_of(cell, words):
    """Names of connections have up to 63 octets."""
    inside = (f"{cell.inner}in{cell.outer}" if cell.mode == "tunnel" else
              f"tra{cell.outer}")
    return "-".join(filter(None, [
        cell.proto, words.replace("_", ""), inside, "esn" if cell.esn else "",
        "udp" if cell.in_udp else "", "pfs" if cell.pfs else "",
        f"{cell.begins}begin", f"{cell.rekeys}rekey"]))


def row_of(number, cell, words):
    esp = "-".join(filter(None, [words, PFS if cell.pfs else "",
                                 "esn" if cell.esn else "noesn"]))
    name = name_of(cell, words)
    peer = str(ipaddress.ip_address(xfrm_table.peer(
        xfrm_table.FIRST + number, cell.outer, cell.in_udp)))
    row = (xfrm.transport_row(name, esp, peer, cell.proto, cell.in_udp)
           if cell.mode == "transport" else
           xfrm.make_row(number, name, esp, peer, cell.inner, cell.proto, cell.in_udp))
    return Row(*row, cell.esn, cell.pfs, cell.begins, cell.rekeys)


def batches(peer, full):
    """Lists of rows, each for the same addresses."""
    chosen = cells() if full else some_cells()
    turns = {proto: itertools.cycle([words for its, words in peer.suites
                                     if its == proto]) for proto in ("esp", "ah")}
    for at in range(0, len(chosen), AT_ONCE):
        yield [row_of(number, cell, next(words for words in turns[cell.proto]
                                         if peer.has(cell, words)))
               for number, cell in enumerate(chosen[at:at + AT_ONCE])]


def addresses(rows):
    """Of the peer's, as arguments of ip."""
    yield from (f"address add {row.peer}/{24 if xfrm.family_of(row.peer) == 4 else 64} "
                f"dev wan0 nodad" for row in rows)
    yield from (f"address add {row.target} dev far nodad" for row in rows
                if not is_transport(row))


def selectors(row, we):
    if is_transport(row):
        return ""  # dynamic
    local, remote = (row.lan, row.net) if we else (row.net, row.lan)
    indent = " " * 16
    return f"{indent}local_ts = {local}\n{indent}remote_ts = {remote}\n"


def connections(rows, we):
    """A swanctl.conf: ours, or charon's, which is the same from the other side."""
    text = "connections {\n"
    for row in rows:
        ends = [ours(row), row.peer]
        text += CONNECTION.format(
            name=row.name, ike=IKE, proto=row.proto, esp=row.esp,
            local=ends[not we], remote=ends[we],
            encap="yes" if row.in_udp and not we else "no",
            mode="transport" if is_transport(row) else "tunnel",
            selectors=selectors(row, we),
            start_action="start" if we and row.begins == "we" else "none")
    return text + f'}}\nsecrets {{\n    ike {{\n        secret = "{PSK}"\n    }}\n}}\n'


# --- what Linux has

def linux_sas(guest):
    """SPIs, by between which two, the protocol, mode, ESN and whether in UDP."""
    found = {}
    for sa in re.split("^src ", guest.run(["ip", "xfrm", "state"]).stdout,
                       flags=re.MULTILINE)[1:]:
        src, dst, proto, spi, mode = re.match(
            r"(\S+) dst (\S+)\n\s*proto (\S+) spi (\S+) .* mode (\S+)", sa).groups()
        found.setdefault((src, dst, proto, mode, bool(re.search(r"flag.* esn\b", sa)),
                          "espinudp" in sa), []).append(spi)
    return found


def wanted_sas(rows):
    return {(*ends, row.proto, "transport" if is_transport(row) else "tunnel", row.esn,
             row.in_udp) for row in rows
            for ends in ((row.peer, ours(row)), (ours(row), row.peer))}


def check_sas(guest, rows, what, kept=()):
    """
    One of each, once those that were rekeyed are gone, but of the rows in kept; returns
    the SPIs of the others.
    """
    two = wanted_sas(kept)
    wanted = {sa: 1 + (sa in two) for sa in wanted_sas(rows)}

    def wrong():
        found = linux_sas(guest)
        return {sa: found.get(sa) for sa in found.keys() | wanted.keys()
                if len(found.get(sa, [])) != wanted.get(sa)}

    ok(eventually(lambda: not wrong(), UP_S),
       f"{what}: Linux has one SA of each form, both ways {wrong() or ''}")
    return {spi for sa, spis in linux_sas(guest).items() if sa not in two
            for spi in spis}


# --- one batch

def down(gateway, rows):
    tunnels = gateway.status()["tunnels"]
    return [row.name for row in rows
            if tunnels[f"{row.name}/{row.name}"]["state"] != "up"]


def check_traffic(lab, rows, what):
    wire = lab.capture("wire", "br0", OTHERS)
    for near, of_mode in (("gw-a", True), ("host-a", False)):
        chosen = [row for row in rows if is_transport(row) == of_mode]
        faults = xfrm_table.try_rows(lab, near, chosen)
        for row in chosen:
            ok(row.target not in faults, f"{what}, {row.name}: each size comes "
               f"back, and TCP {faults.get(row.target, '')}")
    others = wire.stop()
    ok(not others, f"{what}: nothing else was on the wire: {others}")


def names(rows, **those):
    return [row.name for row in rows
            if all(getattr(row, name) == value for name, value in those.items())]


def wait_for(gateway, rows, event, count, what):
    """Each has had so many of these events."""
    def late():
        log = gateway.log()
        return [row.name for row in rows if log.count(f"{event} conn={row.name} ") < count]

    ok(eventually(lambda: not late(), UP_S), f"{what}; missing: {late()}")


def rekey_children(guest, peer, gateway, rows):
    """Each by the side that its row says; returns the SPIs, as check_sas() does."""
    for name in names(rows, rekeys="we"):
        gateway.client("rekey", f"{name}/{name}")
    peer.rekey(names(rows, rekeys="they"))
    wait_for(gateway, rows, "child_sa up", 2, f"{peer.name}: children are rekeyed")
    kept = [row for row in rows if row.rekeys == "they" and peer.keeps(row)]
    return check_sas(guest, rows, f"{peer.name}, rekeyed", kept)


def rekey_ike(peer, gateway, rows):
    """By the other side each."""
    for name in names(rows, rekeys="they"):
        gateway.client("rekey", name)
    peer.rekey_ike(names(rows, rekeys="we"))
    wait_for(gateway, rows, "ike_sa up", 2, f"{peer.name}: IKE SAs are rekeyed")


def end(guest, peer, gateway, rows):
    """Who began an IKE SA deletes it."""
    theirs = [row for row in rows if row.begins == "they"]
    peer.terminate(names(theirs))
    wait_for(gateway, theirs, "child_sa down", 2, f"{peer.name}: what it began is deleted")
    gateway.stop()
    ok(eventually(lambda: not linux_sas(guest), UP_S),
       f"{peer.name}: either side deletes what it began {linux_sas(guest) or ''}")


def check(lab, guest, peer, rows):
    peer.load(rows)
    gateway = lab.start_gateway("gw-a", xfrm.HEAD + connections(rows, True))
    peer.initiate(names(rows, begins="they"))
    wait_until(lambda: not down(gateway, rows), UP_S, f"{peer.name}: all children")
    first = check_sas(guest, rows, peer.name)
    check_traffic(lab, rows, peer.name)
    what = f"{peer.name}, rekeyed"
    ok(not first & rekey_children(guest, peer, gateway, rows),
       f"{what}: all of them are new")
    rekey_ike(peer, gateway, rows)
    check_traffic(lab, rows, what)
    xfrm.check_counters(guest, gateway, what)
    end(guest, peer, gateway, rows)
