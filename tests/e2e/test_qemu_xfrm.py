#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The peer is Linux itself: the ESP of Debian's kernel, in a guest in the place of
gw-b. Every algorithm that we have, with keys by hand and with keys that we
negotiated with charon; extended sequence numbers or not; ESP in UDP or not; and
its replay window of 32 while the gateway has to share its processors.
"""
import contextlib
import os
import re
import secrets
import sys
from collections import Counter, namedtuple

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import qemu  # noqa: E402
import qemu_charon  # noqa: E402
from flows import (Flow, link_dropped, two_queues,  # noqa: E402
                   xdp_received)
from ike_conf import IKE, PSK  # noqa: E402
from lab import (SOCKET, STATE, Lab, LabError, finish, ok,  # noqa: E402
                 skip, wait_until)

OURS, LAN = "192.0.2.1", "10.1.0.0/24"
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
# Each row has a network behind the peer, which has its first address.
Row = namedtuple("Row", "name peer esp net target")
# The peer's addresses. Where charon has the second one, it says that it is
# behind a NAT, so ESP is in UDP.
PLAIN, NATTED = "192.0.2.2", "192.0.2.3"
NOT_ESP = (f"ip and not (host {PLAIN} and esp) and "
           f"not (host {NATTED} and udp port 4500)")

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
        esp_proposals = {esp}
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


def rows(base, peer, proposals):
    return [Row(esp, peer, esp, f"10.2.{base + i}.0/24", f"10.2.{base + i}.1")
            for i, esp in enumerate(proposals)]


def batch(guest, lines):
    """Commands of ip."""
    guest.write("/run/batch", "\n".join(lines) + "\n")
    guest.run(["ip", "-batch", "/run/batch"])


def check_rows(lab, table, what):
    for row in table:
        said = lab.run("host-a", [ECHOES, row.target], check=False,
                       timeout=30)
        ok(said.returncode == 0 and not said.stdout,
           f"{what} {row.name}: each size comes back, and TCP"
           f"{said.stdout and ': ' + said.stdout.strip()}{said.stderr[-300:]}")


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
    """Each as (esp, in UDP), in the words of esp_proposals."""
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
        words.append("esn" if re.search(r"flag.* esn$", sa, re.MULTILINE)
                     else "noesn")
        found.append(("-".join(words), "encap type espinudp" in sa))
    return Counter(found)


def check_sas(guest, table, what):
    """Two of each row; what was not said is without ESN."""
    wanted = Counter((row.esp if "esn" in row.esp else f"{row.esp}-noesn",
                      row.peer == NATTED) for row in table * 2)
    found = linux_sas(guest)
    ok(found == wanted, f"{what}: Linux has those SAs, both ways"
       f"{'' if found == wanted else f': {found - wanted} {wanted - found}'}")


# --- keys by hand

def manual_keys(row):
    keys = {"name": row.name, "ours": OURS, "peer": row.peer, "esp": row.esp}
    for way in ("in", "out"):
        keys[f"spi_{way}"] = 0x1000 + secrets.randbelow(0xffff000)
        if row.esp in AEADS:
            name, octets = AEADS[row.esp]
            key = secrets.token_hex(octets)
            keys[f"encr_{way}"], keys[f"integ_{way}"] = key, ""
            keys[f"linux_{way}"] = f"aead {name} 0x{key} 128"
        else:
            cipher, mac = row.esp.split("-")
            name, octets, icv_bits = MACS[mac]
            key = secrets.token_hex(CIPHERS[cipher])
            mac_key = secrets.token_hex(octets)
            keys[f"encr_{way}"] = key
            keys[f"integ_{way}"] = f"integ_key = 0x{mac_key}"
            keys[f"linux_{way}"] = (f"auth-trunc hmac({name}) 0x{mac_key} "
                                    f"{icv_bits} enc cbc(aes) 0x{key}")
    return keys


def xfrm_commands(number, row, keys):
    """What is our "in" goes out there."""
    for way, src, dst in (("in", row.peer, OURS), ("out", OURS, row.peer)):
        yield (f"xfrm state add src {src} dst {dst} proto esp "
               f"spi {keys[f'spi_{way}']:#x} reqid {number} mode tunnel "
               f"replay-window {WINDOW} {keys[f'linux_{way}']}")
    for way, src, dst, local, remote in (
            ("out", row.net, LAN, row.peer, OURS),
            ("in", LAN, row.net, OURS, row.peer)):
        yield (f"xfrm policy add src {src} dst {dst} dir {way} tmpl "
               f"src {local} dst {remote} proto esp reqid {number} mode tunnel")


def check_manual(lab, guest):
    table = rows(0, PLAIN, [*AEADS, *PAIRS])
    keys = [manual_keys(row) for row in table]
    gateway = lab.start_gateway("gw-a", "".join([
        HEAD, "manual {\n", *(MANUAL.format(**k) for k in keys),
        "}\npolicies {\n", *(POLICY.format(name=row.name, lan=LAN, net=row.net)
                             for row in table), "}\n"]))
    batch(guest, [line for number, row in enumerate(table, 1)
                  for line in xfrm_commands(number, row, keys[number - 1])])
    check_sas(guest, table, "keys by hand")
    check_rows(lab, table, "keys by hand,")
    check_counters(guest, gateway, "keys by hand")
    gateway.stop()
    guest.run("ip xfrm state flush; ip xfrm policy flush")


# --- keys by IKE

def connections(side, tables):
    """Of charon or of ours: the same, from the other side."""
    ours = side == "ours"
    text = "connections {\n"
    for name, table in tables.items():
        children = "".join(CHILD.format(
            name=row.name, esp=row.esp, window=WINDOW,
            local_ts=LAN if ours else row.net,
            remote_ts=row.net if ours else LAN,
            start_action="start" if ours else "none") for row in table)
        peer = table[0].peer
        text += CONNECTION.format(
            name=name, ike=IKE, children=children,
            encap="yes" if peer == NATTED and not ours else "no",
            local=OURS if ours else peer, remote=peer if ours else OURS)
    return text + f'}}\nsecrets {{\n    ike {{\n        secret = "{PSK}"\n    }}\n}}\n'


def all_up(gateway, tables):
    tunnels = gateway.status()["tunnels"]
    return all(tunnels[f"{name}/{row.name}"]["state"] == "up"
               for name, table in tables.items() for row in table)


def check_ike(lab, guest):
    tables = {
        "plain": rows(100, PLAIN, [f"{esp}-{esn}" for esp in (*AEADS, *PAIRS)
                                   for esn in ("esn", "noesn")]),
        "natted": rows(200, NATTED, [
            "aes256gcm16-esn", "chacha20poly1305-noesn", "aes128-sha1-noesn",
            "aes256-sha512-esn"])}
    qemu_charon.start(guest, connections("charon", tables))
    gateway = lab.start_gateway("gw-a", HEAD + connections("ours", tables))
    wait_until(lambda: all_up(gateway, tables), 60, "all tunnels")
    check_sas(guest, [*tables["plain"], *tables["natted"]], "keys by IKE")
    wire = lab.capture("wire", "br0", NOT_ESP)
    for name, table in tables.items():
        check_rows(lab, table, name)
    others = wire.stop()
    ok(not others, f"nothing else was on the wire: {others}")
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


def main():
    why = qemu.missing()
    if why:
        skip("Linux is the peer", why)
        return finish()
    with Lab() as lab:
        for ns, ifname in (("host-a", "eth0"), ("wire", "a")):
            two_queues(lab, ns, ifname)
        guest = qemu.start(lab, "gw-b", programs=qemu_charon.PROGRAMS,
                           files=qemu_charon.files())
        batch(guest, [f"address add {PLAIN}/24 dev wan0",
                      f"address add {NATTED}/24 dev wan0",
                      f"route add {LAN} via {OURS}",
                      "link add far type dummy", "link set far up",
                      *(f"address add 10.2.{i}.1/32 dev far"
                        for i in range(256))])
        # A flow of several queues may change from one to another, and what
        # is still in the first comes late to XFRM.
        guest.run(["ethtool", "-L", "wan0", "combined", "1"])
        guest.run("nc -ll -p 7 -e cat >/dev/null 2>&1 &")
        check_manual(lab, guest)
        check_ike(lab, guest)
    return finish()


sys.exit(main())
