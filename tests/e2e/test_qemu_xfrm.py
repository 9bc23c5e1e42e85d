#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The peer is Linux itself: the ESP and AH of Debian's kernel, in a guest in the place of
gw-b. The table of all that it has in common with us (tests/support/xfrm_table.py),
of which some cells are tried, and with FULL=1 all; keys that we negotiated with
charon; and its replay window of 32 while the gateway has to share its processors.
"""
# Takes a CPU: it boots a machine in QEMU.
import contextlib
import itertools
import os
import re
import struct
import sys
from collections import Counter

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import qemu  # noqa: E402
import qemu_charon  # noqa: E402
import xfrm  # noqa: E402
import xfrm_gre  # noqa: E402
import xfrm_table  # noqa: E402
from flows import (Flow, link_dropped, two_queues,  # noqa: E402
                   xdp_received)
from ike_conf import IKE, PSK  # noqa: E402
from lab import Lab, LabError, finish, ok, skip, wait_until  # noqa: E402
from xfrm import (FAMILIES, LAN, OURS, WINDOW, check_counters,  # noqa: E402
                  family_of, make_row, ours, target)

FLOOD_PPS, FLOOD_S, FLOWS = 8000, 4, 32
# What IKE negotiates, in the words of esp_proposals.
AEADS = ["aes128gcm16", "aes192gcm16", "aes256gcm16", "chacha20poly1305"]
PAIRS = [f"{cipher}-{mac}" for cipher in ("aes128", "aes192", "aes256")
         for mac in ("sha1", "sha256", "sha384", "sha512")]
MIXED = ["aes128gcm16", "aes256-sha256", "chacha20poly1305", "aes128-sha1",
         "aes192-sha384"]
# The peer's addresses. ESP with the second ones is in UDP: charon says there that
# it is behind a NAT.
PLAIN = {4: "192.0.2.2", 6: "2001:db8:ff::2"}
NATTED = {4: "192.0.2.3", 6: "2001:db8:ff::3"}
PEERS = {"plain": PLAIN, "natted": NATTED}
# Linux speaks of neighbours and of groups, too.
NOT_ESP = " and ".join(["(ip or ip6) and not icmp6 and not ip6 multicast",
                        *(f"not (host {a} and esp)" for a in PLAIN.values()),
                        *(f"not (host {a} and udp port 4500)"
                          for a in NATTED.values())])
NETS = 256
BORDER = 3 << 32
BEFORE = BORDER - 20
PAGE_AT = 8192  # of the number of this moment, in a state file

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
{children}        }}
    }}
"""
CHILD = """\
            {name} {{
                local_ts = {local_ts}
                remote_ts = {remote_ts}
                esp_proposals = {esp}
                replay_window = {window}
                start_action = {start_action}
            }}
"""


def rows(base, peer, proposals):
    return [make_row(base + i, esp, esp, peer) for i, esp in enumerate(proposals)]


def family_rows(base, form, outer):
    """Either family inside this one, with extended numbers and without."""
    cases = itertools.product(FAMILIES, ("esn", "noesn"))
    return [make_row(base + i, f"{inner}in{outer}-{form}-{esn}",
                     f"{MIXED[(base + i) % len(MIXED)]}-{esn}",
                     PEERS[form][outer], inner, in_udp=form == "natted")
            for i, (inner, esn) in enumerate(cases)]


def check_rows(lab, table, what):
    wire = lab.capture("wire", "br0", NOT_ESP)
    faults = xfrm_table.try_rows(lab, "host-a", table)
    others = wire.stop()
    for row in table:
        ok(row.target not in faults, f"{what}, {row.name}: each size comes back, "
           f"and TCP {faults.get(row.target, '')}")
    ok(not others, f"{what}: nothing else was on the wire: {others}")


def linux_words(sa):
    """An SA that `ip xfrm state` shows, in the words of esp_proposals."""
    aead = re.search(r"aead (\S+) 0x(\w+) (\d+)", sa)
    if aead:
        name, key, icv_bits = aead.groups()
        return ["".join(esp for esp, what in xfrm.AEADS.items()
                        if what == (name, len(key) // 2, int(icv_bits)))]
    name, key = re.search(r"enc (\S+) 0x(\w+)", sa).groups()
    mac, icv_bits = re.search(r"auth-trunc (\S+) 0x\w+ (\d+)", sa).groups()
    return [*(esp for esp, what in xfrm.CIPHERS.items()
              if what == (name, len(key) // 2)),
            *(esp for esp, (its, _, bits) in xfrm.MACS.items()
              if (its, bits) == (mac, int(icv_bits)))]


def linux_sas(guest):
    """Each as (esp, in UDP, outer family)."""
    found = []
    for sa in re.split("^src ", guest.run(["ip", "xfrm", "state"]).stdout,
                       flags=re.MULTILINE)[1:]:
        words = linux_words(sa)
        words.append("esn" if re.search(r"flag.* esn\b", sa) else "noesn")
        found.append(("-".join(words), "encap type espinudp" in sa,
                      family_of(sa.split()[0])))
    return Counter(found)


def check_sas(guest, table, what):
    """Two of each row; what was not said is without ESN."""
    wanted = Counter((row.esp if "esn" in row.esp else f"{row.esp}-noesn",
                      row.in_udp, family_of(row.peer)) for row in table * 2)
    found = linux_sas(guest)
    ok(found == wanted, f"{what}: Linux has those SAs, both ways"
       f"{'' if found == wanted else f': {found - wanted} {wanted - found}'}")


# --- keys by hand

def set_used(lab, gateway, number):
    """All its SAs have used so many numbers, as their state files say."""
    root = f"/proc/{lab.holder_pid(gateway.ns)}/root"
    for path in re.findall(r"new state file sa=\S+ file=([^\s:]+)",
                           gateway.log()):
        with open(root + path, "r+b") as file:
            file.seek(PAGE_AT)
            file.write(struct.pack("=Q", number))


def numbers(gateway):
    return [int(tunnel[way]["seq"]) for tunnel in
            gateway.status()["tunnels"].values() for way in ("in", "out")]


def check_border(lab, guest):
    """The half of a number that is in no packet is another one behind it."""
    table = [make_row(240, "bare", "aes256gcm16-esn", PLAIN[4]),
             make_row(241, "udp", "aes128-sha256-esn", NATTED[6], 6, in_udp=True)]
    keys = [xfrm.make_keys(row) for row in table]
    conf = xfrm.conf(table, keys)
    gateway = lab.start_gateway("gw-a", conf)
    gateway.stop()
    set_used(lab, gateway, BEFORE)
    xfrm.tell(guest, table, keys, BEFORE)
    gateway = lab.start_gateway("gw-a", conf)
    ok(numbers(gateway) == [BEFORE] * 4, "numbers go on from before 3 * 2^32")
    for what in ("behind 3 * 2^32", "behind 3 * 2^32 and a restart"):
        check_rows(lab, table, what)
        ok(min(numbers(gateway)) > BORDER, f"{what}: {numbers(gateway)}")
        check_counters(guest, gateway, what)
        gateway.stop()
        gateway = lab.start_gateway("gw-a", conf)
    gateway.stop()
    xfrm.forget(guest)


# --- keys by IKE

def connections(we, tables):
    """Ours, or charon's: the same, from the other side."""
    text = "connections {\n"
    for name, table in tables.items():
        children = "".join(CHILD.format(
            name=row.name, esp=row.esp, window=WINDOW,
            local_ts=row.lan if we else row.net,
            remote_ts=row.net if we else row.lan,
            start_action="start" if we else "none") for row in table)
        ends = [ours(table[0]), table[0].peer]
        text += CONNECTION.format(
            name=name, ike=IKE, children=children,
            encap="yes" if table[0].in_udp and not we else "no",
            local=ends[not we], remote=ends[we])
    return text + f'}}\nsecrets {{\n    ike {{\n        secret = "{PSK}"\n    }}\n}}\n'


def all_up(gateway, tables):
    tunnels = gateway.status()["tunnels"]
    return all(tunnels[f"{name}/{row.name}"]["state"] == "up"
               for name, table in tables.items() for row in table)


def ike_tables():
    """The rows of each connection."""
    tables = {"plain": rows(100, PLAIN[4], [
        f"{esp}-{esn}" for esp in (*AEADS, *PAIRS)
        for esn in ("esn", "noesn")]), "natted": [], "plain6": [], "natted6": []}
    for base, (form, outer) in enumerate(itertools.product(PEERS, FAMILIES)):
        tables[form if outer == 4 else f"{form}6"] += family_rows(
            160 + 4 * base, form, outer)
    return tables


def check_ike(lab, guest):
    tables = ike_tables()
    table = [row for rows_of in tables.values() for row in rows_of]
    qemu_charon.load(guest, connections(False, tables))
    gateway = lab.start_gateway("gw-a", xfrm.HEAD + connections(True, tables))
    wait_until(lambda: all_up(gateway, tables), 60, "all tunnels")
    check_sas(guest, table, "keys by IKE")
    check_rows(lab, table, "keys by IKE")
    check_counters(guest, gateway, "keys by IKE")
    check_flood(lab, guest, gateway, "plain", tables["plain"][0])


def received(guest):
    """Datagrams that came through XFRM to a port where nobody listens."""
    return int(guest.run("awk '/^Udp: [0-9]/ { print $3 }' /proc/net/snmp"
                         ).stdout)


def by_queue(lab):
    """Packets that either worker of gw-a has had from inside."""
    return [xdp_received(lab, "gw-a", "lan0", queue) for queue in (0, 1)]


def check_flood(lab, guest, gateway, conn, row):
    """
    By two workers, while others want the processors, and both sides rekey.
    A machine that is busy loses some of it, but nothing arrives so late that
    Linux takes it for a replay.
    """
    hogs = [lab.spawn("gw-a", ["sh", "-c", "while :; do :; done"])
            for _ in range(os.cpu_count())]
    # It would answer that nobody listens.
    guest.run("ip rule add iif lo ipproto 1 blackhole")
    before, seen = received(guest), by_queue(lab)
    flow = Flow(lab, "host-a", row.target, FLOOD_PPS, FLOOD_S, FLOWS)
    gateway.client("rekey", f"{conn}/{row.name}")
    qemu_charon.swanctl(guest, "--rekey", "--child", row.name)
    sent = flow.end()
    for hog in hogs:
        hog.kill()
    lost = Counter(gateway.drops())
    lost["the guest's queue"] = link_dropped(lab, "gw-b", "tap-wan0")
    with contextlib.suppress(LabError):
        wait_until(lambda: received(guest) - before + lost.total() >= sent, 5,
                   "the last ones")
    arrived = received(guest) - before
    ok(arrived > sent / 20 and arrived + lost.total() >= sent,
       f"{row.name} under load: {arrived} of {sent} datagrams arrive, "
       f"the others are counted: {dict(+lost)}")
    ok(gateway.log().count(f"child_sa up conn={conn} child={row.name} ") == 3,
       "both sides have rekeyed meanwhile")
    seen = [now - then for now, then in zip(by_queue(lab), seen)]
    ok(min(seen) > sent / 10, f"either worker had its share: {seen}")
    theirs = xfrm.faults(guest)
    ok(not theirs, f"Linux took none for a replay, nor refused any: {theirs}")


def give_addresses(guest):
    guest.run("ip link add far type dummy; ip link set far up; "
              "sysctl -qw net.ipv6.conf.wan0.disable_ipv6=0 "
              "net.ipv6.conf.far.disable_ipv6=0")
    xfrm.batch(guest, [
        *(f"address add {address} dev wan0 nodad" for of in PEERS.values()
          for address in (f"{of[4]}/24", f"{of[6]}/64")),
        *(f"route add {LAN[family]} via {OURS[family]}" for family in FAMILIES),
        *(f"address add {target(i, family)} dev far nodad"
          for i in range(NETS) for family in FAMILIES),
        *xfrm_table.addresses()])


def main():
    why = qemu.missing()
    if why:
        skip("Linux is the peer", why)
        return finish()
    with Lab(with_ipv6=True) as lab:
        for ns, ifname in (("host-a", "eth0"), ("wire", "a")):
            two_queues(lab, ns, ifname)
        guest = qemu.start(lab, "gw-b", programs=qemu_charon.PROGRAMS,
                           files=qemu_charon.files())
        give_addresses(guest)
        # A flow of several queues may change from one to another, and what
        # is still in the first comes late to XFRM.
        guest.run(["ethtool", "-L", "wan0", "combined", "1"])
        guest.run("nc -ll -p 7 -e cat >/dev/null 2>&1 &")
        qemu_charon.start(guest)
        xfrm_table.check(lab, guest, os.environ.get("FULL") == "1")
        xfrm_table.check_bundles(lab, guest)
        xfrm_gre.check(lab, guest)
        check_border(lab, guest)
        check_ike(lab, guest)
    return finish()


sys.exit(main())
