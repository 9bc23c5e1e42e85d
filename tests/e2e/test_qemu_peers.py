#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Two IKE daemons that are not ours over Debian's own XFRM, in a guest in the place of
gw-b: strongSwan's charon and libreswan's pluto. Tunnel and transport mode, ESP bare and
in UDP, AH, with extended sequence numbers and without; either side begins, rekeys and
deletes, and what goes through comes back, before rekeying and after it. Some cells of
the table, or with FULL=1 all.
"""
import itertools
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import ike_table  # noqa: E402
import qemu  # noqa: E402
import qemu_charon  # noqa: E402
import qemu_pluto  # noqa: E402
import xfrm  # noqa: E402
from ike_conf import PSK  # noqa: E402
from lab import Lab, finish, skip  # noqa: E402
from xfrm import FAMILIES, LAN, OURS, is_transport, ours  # noqa: E402

FULL = os.environ.get("FULL") == "1"
# What pluto no longer has, or never had.
NOT_PLUTOS = ("des", "sha1_160", "md5_128", "aes128gmac", "aes192gmac", "aes256gmac")


def suites(lacks=()):
    """In an order that has something of each kind among the first few."""
    aeads, ciphers, macs = ([name for name in those if name not in lacks]
                            for those in (xfrm.AEADS, xfrm.CIPHERS, xfrm.MACS))
    esp = [*aeads, *("-".join(pair) for pair in itertools.product(ciphers, macs))]
    return [*(("esp", words) for words in random.Random(1).sample(esp, len(esp))),
            *(("ah", mac) for mac in macs)]


class Charon:
    name = "charon"
    suites = suites()

    def __init__(self, guest):
        self._guest = guest
        qemu_charon.start(guest)

    def load(self, rows):
        qemu_charon.load(self._guest, ike_table.connections(rows, False))

    def _each(self, names, *words):
        self._guest.run("".join(f"swanctl {' '.join(words)} {name}\n"
                                for name in names), timeout=60)

    def initiate(self, names):
        self._each(names, "--initiate", "--timeout", "-1", "--child")

    def rekey(self, names):
        self._each(names, "--rekey", "--child")

    def rekey_ike(self, names):
        self._each(names, "--rekey", "--ike")

    def terminate(self, names):
        self._each(names, "--terminate", "--timeout", "-1", "--ike")

    @staticmethod
    def has(_cell, _words):
        return True

    @staticmethod
    def keeps(_row):
        return False

    def stop(self):
        self._guest.run("kill $(pidof charon); while pidof charon; do sleep 0.1; done",
                        timeout=20)


class Pluto:
    name = "pluto"
    suites = suites(NOT_PLUTOS)

    def __init__(self, guest):
        self._guest = guest

    def load(self, rows):
        qemu_pluto.start(self._guest, "config setup\n\n" + "\n".join(
            qemu_pluto.CONN.format(
                name=row.name, left=row.peer, right=ours(row), proto=row.proto,
                mode="transport" if is_transport(row) else "tunnel",
                selectors="" if is_transport(row) else
                f"    leftsubnet={row.net}\n    rightsubnet={row.lan}\n",
                alg=qemu_pluto.words(row.esp), esn="yes" if row.esn else "no",
                pfs="yes" if row.pfs else "no",
                encap="yes" if row.in_udp else "no") for row in rows), PSK)

    def _each(self, names, verb):
        self._guest.run("".join(f"{qemu_pluto.WHACK} --name {name} --{verb} "
                                "--asynchronous\n" for name in names), timeout=60)

    def initiate(self, names):
        self._each(names, "initiate")

    def rekey(self, names):
        self._each(names, "rekey-ipsec")

    def rekey_ike(self, names):
        self._each(names, "rekey-ike")

    def terminate(self, names):
        self._each(names, "terminate")

    @staticmethod
    def has(cell, words):
        """It does not tell Linux of the UDP around CCM."""
        return not (cell.in_udp and "ccm" in words)

    @staticmethod
    def keeps(row):
        """It deletes one of AH in the words "ESP, SPI 0", which mean nothing."""
        return row.proto == "ah"

    def stop(self):
        qemu_pluto.stop(self._guest)


def give_addresses(guest, batches):
    guest.run("ip link add far type dummy; ip link set far up; "
              "sysctl -qw net.ipv6.conf.wan0.disable_ipv6=0 "
              "net.ipv6.conf.far.disable_ipv6=0")
    xfrm.batch(guest, [
        *dict.fromkeys(line for rows in batches for line in ike_table.addresses(rows)),
        *(f"route add {LAN[family]} via {OURS[family]}" for family in FAMILIES)])


def main():
    why = qemu.missing() or qemu_pluto.missing()
    if why:
        skip("IKE daemons over XFRM are the peer", why)
        return finish()
    with Lab(with_ipv6=True) as lab:
        guest = qemu.start(lab, "gw-b", programs=qemu_charon.PROGRAMS,
                           files=qemu_charon.files() | qemu_pluto.files(lab))
        # What changes from one queue to another would come late to XFRM.
        guest.run(["ethtool", "-L", "wan0", "combined", "1"])
        guest.run("nc -ll -p 7 -e cat >/dev/null 2>&1 &")
        give_addresses(guest, ike_table.batches(Charon, FULL))
        for kind in (Charon, Pluto):
            peer = kind(guest)
            for rows in ike_table.batches(peer, FULL):
                ike_table.check(lab, guest, peer, rows)
            peer.stop()
    return finish()


sys.exit(main())
