#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The peer is Linux itself: the ESP and AH of Debian's kernel, in a guest in the place of
gw-b. Every algorithm that we have, with keys by hand and with keys that we
negotiated with charon; either family inside either; transport mode between the
gateway and the peer; extended sequence numbers or not; ESP in UDP or not; and its
replay window of 32 while the gateway has to share its processors.
"""
import contextlib
import itertools
import os
import re
import secrets
import struct
import sys
from collections import Counter, namedtuple

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import qemu  # noqa: E402
import qemu_charon  # noqa: E402
from flows import (Flow, link_dropped, two_queues,  # noqa: E402
                   xdp_received)
from ike_conf import IKE, PSK  # noqa: E402
from lab import (SIDES, SOCKET, STATE, Lab, LabError,  # noqa: E402
                 finish, ok, skip, wait_until)

FAMILIES = (4, 6)
OURS = {4: SIDES["a"].outer, 6: SIDES["a"].outer6}
LAN = {4: SIDES["a"].lan, 6: SIDES["a"].lan6}
ECHOES = os.path.join(os.path.dirname(__file__), "../support/echoes.py")
WINDOW = 32
FLOOD_PPS, FLOOD_S, FLOWS = 8000, 4, 32
# Linux's name, and its key in octets, the salt included.
AEADS = {"aes128gcm16": ("rfc4106(gcm(aes))", 20),
         "aes192gcm16": ("rfc4106(gcm(aes))", 28),
         "aes256gcm16": ("rfc4106(gcm(aes))", 36),
         "chacha20poly1305": ("rfc7539esp(chacha20,poly1305)", 36)}
CIPHERS = {"aes128": 16, "aes192": 24, "aes256": 32}  # key, octets
# Linux's name, key in octets, ICV in bits.
MACS = {"sha1": ("sha1", 20, 96), "sha256": ("sha256", 32, 128),
        "sha384": ("sha384", 48, 192), "sha512": ("sha512", 64, 256)}
PAIRS = [f"{cipher}-{mac}" for cipher in CIPHERS for mac in MACS]
MIXED = ["aes128gcm16", "aes256-sha256", "chacha20poly1305", "aes128-sha1",
         "aes192-sha384"]
# Each row has a network behind the peer, which has its first address.
Row = namedtuple("Row", "name peer esp lan net target")
# The peer's addresses. ESP with the second ones is in UDP: charon says there that
# it is behind a NAT.
PLAIN = {4: "192.0.2.2", 6: "2001:db8:ff::2"}
NATTED = {4: "192.0.2.3", 6: "2001:db8:ff::3"}
PEERS = {"plain": PLAIN, "natted": NATTED}
# In transport mode each row has an address of the peer's to itself.
TRANSPORT_AT, TRANSPORT = 32, [(form, family, esn) for form in PEERS
                               for family in FAMILIES
                               for esn in ("esn", "noesn")]
# Linux speaks of neighbours and of groups, too.
NOT_ESP = " and ".join(["(ip or ip6) and not icmp6 and not ip6 multicast",
                        *(f"not (host {a} and esp)" for a in PLAIN.values()),
                        *(f"not (host {a} and udp port 4500)"
                          for a in NATTED.values())])
NO_ESP = ("not arp and not esp and not udp port 4500 and not ip6 multicast and "
          "(not icmp6 or ip6[40] == 128 or ip6[40] == 129)")
NOT_AH = ("(ip or ip6) and not icmp6 and not ip6 multicast and not ip proto 51 "
          "and not ip6 proto 51")
NO_AH = ("not arp and not ip proto 51 and not ip6 proto 51 and not ip6 multicast "
         "and (not icmp6 or ip6[40] == 128 or ip6[40] == 129)")
NETS = 256
BORDER = 3 << 32
BEFORE = BORDER - 20
PAGE_AT = 8192  # of the number of this moment, in a state file

HEAD = f"""\
gateway {{
    protected = lan0
    unprotected = wan0
    workers = 2
    socket = {SOCKET}
    state_dir = {STATE}
    allow_manual_counter_mode = yes
}}
"""
MANUAL = """\
    {name} {{
        local_addrs = {ours}
        remote_addrs = {peer}
        mode = {mode}
        esp_proposals = {esp}
        encap = {encap}
        in {{
            spi = {spi_in:#x}
            encr_key = 0x{encr_in}
            {integ_in}
        }}
        out {{
            spi = {spi_out:#x}
            encr_key = 0x{encr_out}
            {integ_out}
        }}
    }}
"""
MANUAL_AH = """\
    {name} {{
        local_addrs = {ours}
        remote_addrs = {peer}
        mode = {mode}
        ah_proposals = {ah}
        in {{
            spi = {spi_in:#x}
            {integ_in}
        }}
        out {{
            spi = {spi_out:#x}
            {integ_out}
        }}
    }}
"""
POLICY = """\
    {name} {{
        action = protect
        local_ts = {lan}
        remote_ts = {net}
        manual = {name}
    }}
"""
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


def family_of(address):
    return 6 if ":" in address else 4


def target(number, family):
    """The peer's in its network of that number."""
    return f"10.2.{number}.1" if family == 4 else f"2001:db8:2:{number}::1"


def make_row(number, name, esp, peer, inner=4):
    net = f"10.2.{number}.0/24" if inner == 4 else f"2001:db8:2:{number}::/64"
    return Row(name, peer, esp, LAN[inner], net, target(number, inner))


def rows(base, peer, proposals):
    return [make_row(base + i, esp, esp, peer) for i, esp in enumerate(proposals)]


def family_rows(base, form, outer):
    """Either family inside this one, with extended numbers and without."""
    cases = itertools.product(FAMILIES, ("esn", "noesn"))
    return [make_row(base + i, f"{inner}in{outer}-{form}-{esn}",
                     f"{MIXED[(base + i) % len(MIXED)]}-{esn}",
                     PEERS[form][outer], inner)
            for i, (inner, esn) in enumerate(cases)]


def transport_peer(number):
    family = TRANSPORT[number][1]
    return (f"192.0.2.{TRANSPORT_AT + number}" if family == 4 else
            f"2001:db8:ff::{TRANSPORT_AT + number}")


def transport_rows():
    """Between us and the peer's addresses; each algorithm in turn."""
    proposals = itertools.cycle([*MIXED, *PAIRS])
    return [Row(f"transport-{family}-{form}-{esn}", transport_peer(i),
                f"{next(proposals)}-{esn}", OURS[family], transport_peer(i),
                transport_peer(i))
            for i, (form, family, esn) in enumerate(TRANSPORT)]


def ah_rows():
    """Each MAC, either family inside either, and transport mode."""
    macs = itertools.cycle(MACS)
    table = [make_row(128 + i, f"ah-{inner}in{outer}-{esn}",
                      f"ah-{next(macs)}-{esn}", PLAIN[outer], inner)
             for i, (inner, outer, esn) in enumerate(itertools.product(
                 FAMILIES, FAMILIES, ("esn", "noesn")))]
    return table + [
        Row(f"ah-transport-{family}-{esn}", transport_peer(i),
            f"ah-{next(macs)}-{esn}", OURS[family], transport_peer(i),
            transport_peer(i))
        for i, (form, family, esn) in enumerate(TRANSPORT) if form == "plain"]


def is_ah(row):
    return row.esp.startswith("ah-")


def is_transport(row):
    return row.peer == row.net


def batch(guest, lines):
    """Commands of ip."""
    guest.write("/run/batch", "\n".join(lines) + "\n")
    guest.run(["ip", "-batch", "/run/batch"])


def check_rows(lab, table, what, near="host-a", others=NOT_ESP):
    wire = lab.capture("wire", "br0", others)
    for row in table:
        said = lab.run(near, [ECHOES, row.target], check=False, timeout=30)
        ok(said.returncode == 0 and not said.stdout,
           f"{what}, {row.name}: each size comes back, and TCP"
           f"{said.stdout and ': ' + said.stdout.strip()}{said.stderr[-300:]}")
    others = wire.stop()
    ok(not others, f"{what}: nothing else was on the wire: {others}")


def xfrm_faults(guest):
    """What Linux counts when it does not take a packet."""
    lines = guest.run(["cat", "/proc/net/xfrm_stat"]).stdout.splitlines()
    return {name: int(n) for name, n in map(str.split, lines) if int(n)}


def check_counters(guest, gateway, what):
    ours = {name: n for name, n in gateway.drops().items() if n}
    ok(not ours, f"{what}: the gateway dropped nothing: {ours}")
    theirs = xfrm_faults(guest)
    ok(not theirs, f"{what}: nor did Linux: {theirs}")


def linux_sas(guest):
    """Each as (esp, in UDP, outer family), in the words of esp_proposals."""
    names = {(name, octets): esp for esp, (name, octets) in AEADS.items()}
    names |= {("cbc(aes)", octets): name for name, octets in CIPHERS.items()}
    macs = {f"hmac({name})": esp for esp, (name, _, _) in MACS.items()}
    found = []
    for sa in re.split("^src ", guest.run(["ip", "xfrm", "state"]).stdout,
                       flags=re.MULTILINE)[1:]:
        name, key = re.search(r"(?:aead|enc) (\S+) 0x(\w+)", sa).groups()
        words = [names[name, len(key) // 2]]
        mac = re.search(r"auth-trunc (\S+) ", sa)
        if mac:
            words.append(macs[mac[1]])
        words.append("esn" if re.search(r"flag.* esn\b", sa) else "noesn")
        found.append(("-".join(words), "encap type espinudp" in sa,
                      family_of(sa.split()[0])))
    return Counter(found)


def ours(row):
    """Our address between which and the peer's it is."""
    return OURS[family_of(row.peer)]


def in_udp(row):
    return row.peer in NATTED.values() or "-natted-" in row.name


def check_sas(guest, table, what):
    """Two of each row; what was not said is without ESN."""
    wanted = Counter((row.esp if "esn" in row.esp else f"{row.esp}-noesn",
                      in_udp(row), family_of(row.peer)) for row in table * 2)
    found = linux_sas(guest)
    ok(found == wanted, f"{what}: Linux has those SAs, both ways"
       f"{'' if found == wanted else f': {found - wanted} {wanted - found}'}")


# --- keys by hand

def algorithms(row):
    """Without what they say of sequence numbers."""
    return row.esp.removesuffix("-noesn").removesuffix("-esn")


def manual_keys(row):
    esp = algorithms(row)
    keys = {"name": row.name, "ours": ours(row), "peer": row.peer,
            "esp": row.esp, "encap": "yes" if in_udp(row) else "no",
            "mode": "transport" if is_transport(row) else "tunnel"}
    for way in ("in", "out"):
        keys[f"spi_{way}"] = 0x1000 + secrets.randbelow(0xffff000)
        if is_ah(row):
            name, octets, icv_bits = MACS[esp.removeprefix("ah-")]
            key = secrets.token_hex(octets)
            keys["ah"] = row.esp.removeprefix("ah-")
            keys[f"integ_{way}"] = f"integ_key = 0x{key}"
            keys[f"linux_{way}"] = f"auth-trunc hmac({name}) 0x{key} {icv_bits}"
        elif esp in AEADS:
            name, octets = AEADS[esp]
            key = secrets.token_hex(octets)
            keys[f"encr_{way}"], keys[f"integ_{way}"] = key, ""
            keys[f"linux_{way}"] = f"aead {name} 0x{key} 128"
        else:
            cipher, mac = esp.split("-")
            name, octets, icv_bits = MACS[mac]
            key = secrets.token_hex(CIPHERS[cipher])
            mac_key = secrets.token_hex(octets)
            keys[f"encr_{way}"] = key
            keys[f"integ_{way}"] = f"integ_key = 0x{mac_key}"
            keys[f"linux_{way}"] = (f"auth-trunc hmac({name}) 0x{mac_key} "
                                    f"{icv_bits} enc cbc(aes) 0x{key}")
    return keys


def linux_form(row):
    """What Linux has to be told of an SA of this row beside its keys."""
    any_address = "0.0.0.0" if family_of(row.peer) == 4 else "::"
    flags = ([] if is_transport(row) else ["af-unspec"]) + (
        ["esn"] if row.esp.endswith("-esn") else []) + (
        ["align4"] if is_ah(row) and family_of(row.peer) == 4 else [])
    return "".join([
        " flag " + " ".join(flags) if flags else "",
        f" encap espinudp 4500 4500 {any_address}" if in_udp(row) else ""])


def linux_start(way, begun):
    """The last number that was used of an SA, where it is not a new one."""
    name = "replay-oseq" if way == "in" else "replay-seq"
    return (f" {name} {begun & 0xffffffff} {name}-hi {begun >> 32}"
            if begun else "")


def xfrm_commands(number, row, keys, begun):
    """What is our "in" goes out there."""
    us = ours(row)
    mode = "transport" if is_transport(row) else "tunnel"
    proto = "ah" if is_ah(row) else "esp"
    for way, src, dst in (("in", row.peer, us), ("out", us, row.peer)):
        yield (f"xfrm state add src {src} dst {dst} proto {proto} "
               f"spi {keys[f'spi_{way}']:#x} reqid {number} mode {mode} "
               f"replay-window {WINDOW} {keys[f'linux_{way}']}"
               f"{linux_form(row)}{linux_start(way, begun)}")
    for way, src, dst, local, remote in (
            ("out", row.net, row.lan, row.peer, us),
            ("in", row.lan, row.net, us, row.peer)):
        yield (f"xfrm policy add src {src} dst {dst} dir {way} priority 2 tmpl "
               f"src {local} dst {remote} proto {proto} reqid {number} mode {mode}")


def manual_conf(table, keys):
    return "".join([
        HEAD, "manual {\n", *((MANUAL_AH if is_ah(row) else MANUAL).format(**k)
                             for row, k in zip(table, keys)),
        "}\npolicies {\n", *(POLICY.format(**row._asdict()) for row in table),
        "}\n"])


def tell_linux(guest, table, keys, begun=0):
    batch(guest, [line for number, row in enumerate(table, 1) for line in
                  xfrm_commands(number, row, keys[number - 1], begun)])


def spare_neighbours(guest):
    """Linux would protect neighbour discovery as anything else."""
    batch(guest, [f"xfrm policy add src ::/0 dst ::/0 proto 58 type "
                  f"{kind} dir {way} priority 1"
                  for kind in (135, 136) for way in ("in", "out")])


def forget_sas(guest):
    guest.run("ip xfrm state flush; ip xfrm policy flush")


def check_manual(lab, guest):
    table = rows(0, PLAIN[4], [*AEADS, *PAIRS])
    for base, (form, outer) in enumerate(itertools.product(PEERS, FAMILIES)):
        table += family_rows(16 + 4 * base, form, outer)
    keys = [manual_keys(row) for row in table]
    gateway = lab.start_gateway("gw-a", manual_conf(table, keys))
    tell_linux(guest, table, keys)
    check_sas(guest, table, "keys by hand")
    check_rows(lab, table, "keys by hand")
    check_counters(guest, gateway, "keys by hand")
    gateway.stop()
    forget_sas(guest)


def check_transport(lab, guest):
    """What the gateway itself and the peer say to each other."""
    table = transport_rows()
    keys = [manual_keys(row) for row in table]
    gateway = lab.start_gateway("gw-a", manual_conf(table, keys))
    spare_neighbours(guest)
    tell_linux(guest, table, keys)
    check_sas(guest, table, "transport mode")
    check_rows(lab, table, "transport mode", "gw-a", NO_ESP)
    check_counters(guest, gateway, "transport mode")
    gateway.stop()
    forget_sas(guest)


def check_ah(lab, guest):
    table = ah_rows()
    keys = [manual_keys(row) for row in table]
    gateway = lab.start_gateway("gw-a", manual_conf(table, keys))
    spare_neighbours(guest)
    tell_linux(guest, table, keys)
    check_rows(lab, [r for r in table if not is_transport(r)], "AH",
               others=NOT_AH)
    check_rows(lab, [r for r in table if is_transport(r)], "AH", "gw-a", NO_AH)
    check_counters(guest, gateway, "AH")
    gateway.stop()
    forget_sas(guest)


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
             make_row(241, "udp", "aes128-sha256-esn", NATTED[6], 6)]
    keys = [manual_keys(row) for row in table]
    conf = manual_conf(table, keys)
    gateway = lab.start_gateway("gw-a", conf)
    gateway.stop()
    set_used(lab, gateway, BEFORE)
    tell_linux(guest, table, keys, BEFORE)
    gateway = lab.start_gateway("gw-a", conf)
    ok(numbers(gateway) == [BEFORE] * 4, "numbers go on from before 3 * 2^32")
    for what in ("behind 3 * 2^32", "behind 3 * 2^32 and a restart"):
        check_rows(lab, table, what)
        ok(min(numbers(gateway)) > BORDER, f"{what}: {numbers(gateway)}")
        check_counters(guest, gateway, what)
        gateway.stop()
        gateway = lab.start_gateway("gw-a", conf)
    gateway.stop()
    forget_sas(guest)


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
            encap="yes" if in_udp(table[0]) and not we else "no",
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
    gateway = lab.start_gateway("gw-a", HEAD + connections(True, tables))
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
    theirs = xfrm_faults(guest)
    ok(not theirs, f"Linux took none for a replay, nor refused any: {theirs}")


def give_addresses(guest):
    guest.run("ip link add far type dummy; ip link set far up; "
              "sysctl -qw net.ipv6.conf.wan0.disable_ipv6=0 "
              "net.ipv6.conf.far.disable_ipv6=0")
    batch(guest, [
        *(f"address add {address} dev wan0 nodad" for of in PEERS.values()
          for address in (f"{of[4]}/24", f"{of[6]}/64")),
        *(f"address add {transport_peer(i)}/{24 if family == 4 else 64} dev "
          f"wan0 nodad" for i, (_, family, _) in enumerate(TRANSPORT)),
        *(f"route add {LAN[family]} via {OURS[family]}" for family in FAMILIES),
        *(f"address add {target(i, family)} dev far nodad"
          for i in range(NETS) for family in FAMILIES)])


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
        check_manual(lab, guest)
        check_transport(lab, guest)
        check_ah(lab, guest)
        check_border(lab, guest)
        check_ike(lab, guest)
    return finish()


sys.exit(main())
