#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Transport mode and AH, negotiated with charon over Debian's own XFRM in a guest in the
place of gw-b: either side begins, and what goes through comes back. In a NAT's place
charon says that there is one, and has what is in UDP.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import qemu  # noqa: E402
import qemu_charon  # noqa: E402
import xfrm  # noqa: E402
import xfrm_table  # noqa: E402
from ike_conf import IKE, PSK  # noqa: E402
from lab import Lab, finish, ok, skip, wait_until  # noqa: E402
from xfrm import FAMILIES, LAN, OURS, family_of, is_transport, ours  # noqa: E402

UP_S = 30
# Name, proposal, protocol, in UDP; and of networks.
HOSTS = [("transport", "aes128gcm16-esn", "esp", False),
         ("transport-udp", "aes256-sha256", "esp", True),
         ("transport-pfs", "aes256gcm16-ecp256", "esp", False),
         ("ah-transport", "sha256-esn", "ah", False),
         ("ah-transport-pfs", "sha512-ecp256", "ah", False)]
NETWORKS = [("ah", "sha256", "ah"), ("ah-esn", "sha384-esn", "ah"),
            ("ah-cmac", "aescmac-x25519", "ah")]

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


def table():
    """Each has an address of the peer's, and so a connection, of its own."""
    rows = []
    for family in FAMILIES:
        for name, esp, proto, in_udp in HOSTS:
            rows.append(xfrm.transport_row(
                f"{name}-{family}", esp,
                xfrm_table.peer(20 + len(rows), family, in_udp), proto, in_udp))
        for name, esp, proto in NETWORKS:
            rows.append(xfrm.make_row(
                len(rows), f"{name}-{family}", esp,
                xfrm_table.peer(20 + len(rows), family, False), family, proto))
    return rows


def selectors(row, we):
    if is_transport(row):
        return ""  # dynamic
    local, remote = (row.lan, row.net) if we else (row.net, row.lan)
    indent = " " * 16
    return f"{indent}local_ts = {local}\n{indent}remote_ts = {remote}\n"


def connections(we, rows, starts):
    text = "connections {\n"
    for row in rows:
        ends = [ours(row), row.peer]
        text += CONNECTION.format(
            name=row.name, ike=IKE, proto=row.proto, esp=row.esp,
            local=ends[not we], remote=ends[we],
            encap="yes" if row.in_udp and not we else "no",
            mode="transport" if is_transport(row) else "tunnel",
            selectors=selectors(row, we),
            start_action="start" if starts else "none")
    return text + f'}}\nsecrets {{\n    ike {{\n        secret = "{PSK}"\n    }}\n}}\n'


def down(gateway, rows):
    tunnels = gateway.status()["tunnels"]
    return [row.name for row in rows
            if tunnels[f"{row.name}/{row.name}"]["state"] != "up"]


def linux_sas(guest):
    """What Linux has between which two: protocol and mode."""
    found = re.findall(r"^src (\S+) dst (\S+)\n\s*proto (\S+) .* mode (\S+)",
                       guest.run(["ip", "xfrm", "state"]).stdout, re.MULTILINE)
    return {(src, dst): (proto, mode) for src, dst, proto, mode in found}


def check_sas(guest, rows, what):
    wanted = {}
    for row in rows:
        form = (row.proto, "transport" if is_transport(row) else "tunnel")
        wanted[row.peer, ours(row)] = wanted[ours(row), row.peer] = form
    found = linux_sas(guest)
    ok(found == wanted, f"{what}: Linux has those SAs, of that protocol and mode"
       f"{'' if found == wanted else f': {found}, not {wanted}'}")


def check_traffic(lab, rows, what):
    wire = lab.capture("wire", "br0", xfrm_table.OTHERS)
    for near, of_mode in (("gw-a", True), ("host-a", False)):
        chosen = [row for row in rows if is_transport(row) == of_mode]
        faults = xfrm_table.try_rows(lab, near, chosen)
        for row in chosen:
            ok(row.target not in faults, f"{what}, {row.name}: each size comes "
               f"back, and TCP {faults.get(row.target, '')}")
    others = wire.stop()
    ok(not others, f"{what}: nothing else was on the wire: {others}")


def check(lab, guest, rows, we):
    what = "we begin" if we else "charon begins"
    qemu_charon.load(guest, connections(False, rows, False))
    gateway = lab.start_gateway("gw-a",
                                xfrm.HEAD + connections(True, rows, we))
    for row in [] if we else rows:
        qemu_charon.swanctl(guest, "--initiate", "--child", row.name, check=False)
    wait_until(lambda: not down(gateway, rows), UP_S, f"{what}: all children")
    check_sas(guest, rows, what)
    check_traffic(lab, rows, what)
    for row in rows:
        gateway.client("rekey", f"{row.name}/{row.name}")
    wait_until(lambda: all(gateway.log().count(
        f"child_sa up conn={row.name} ") == 2 for row in rows), UP_S, "rekeying")
    check_traffic(lab, rows, f"{what}, rekeyed")
    xfrm.check_counters(guest, gateway, what)
    gateway.stop()
    wait_until(lambda: not linux_sas(guest), UP_S, "charon to delete them")


def give_addresses(guest):
    guest.run("ip link add far type dummy; ip link set far up; "
              "sysctl -qw net.ipv6.conf.wan0.disable_ipv6=0 "
              "net.ipv6.conf.far.disable_ipv6=0")
    xfrm.batch(guest, [
        *(f"route add {LAN[family]} via {OURS[family]}" for family in FAMILIES),
        *(f"address add {row.target} dev far nodad" for row in table()
          if not is_transport(row)),
        *(f"address add {row.peer}/{24 if family_of(row.peer) == 4 else 64} "
          f"dev wan0 nodad" for row in table())])


def main():
    why = qemu.missing()
    if why:
        skip("Linux is the peer", why)
        return finish()
    with Lab(with_ipv6=True) as lab:
        guest = qemu.start(lab, "gw-b", programs=qemu_charon.PROGRAMS,
                           files=qemu_charon.files())
        give_addresses(guest)
        guest.run("nc -ll -p 7 -e cat >/dev/null 2>&1 &")
        qemu_charon.start(guest)
        for we in (True, False):
            check(lab, guest, table(), we)
    return finish()


sys.exit(main())
