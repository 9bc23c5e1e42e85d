#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
A policy of one port, and one of what shows no ports (OPAQUE, RFC 4301 sections
4.4.1.2 and 7.2): of a datagram in fragments the first goes by the SA of the one, the
others by that of the other, and the far host has it whole. Without the second
policy the later ones stay inside.

    host-a --- gw-a === gw-b --- host-b
"""
import os
import secrets
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import Lab, finish, ok, wait_until  # noqa: E402

HOST_A, HOST_B = "10.1.0.2", "10.2.0.2"
PORT = 9000
MTU = 1300      # of host-a: no fragment is too large for the tunnel
BYTES = 3000    # in three fragments

LATER = """
    later {{
        action = protect
        local_ts = {local}
        remote_ts = {remote}
        protocol = udp
        local_ports = opaque
        remote_ports = opaque
        manual = later
    }}"""


def direction(sa):
    return f"""spi = {sa.spi:#x}
            encr_key = 0x{sa.encr_key.hex()}
            integ_key = 0x{sa.integ_key.hex()}"""


def conf(lab, side, sas, opaque):
    """The policy of LAN to LAN is of one port; host-b's is the remote one of a."""
    ports = "remote_ports" if side == "a" else "local_ports"
    text = lab.default_conf(side).replace(
        "        manual = to-",
        f"        protocol = udp\n        {ports} = {PORT}\n        manual = to-")
    if not opaque:
        return text
    into, out = (sas[1], sas[0]) if side == "a" else sas
    local, remote = ("10.1.0.0/24", "10.2.0.0/24")[::1 if side == "a" else -1]
    text = text.replace("policies {", "policies {" + LATER.format(
        local=local, remote=remote))
    return text.replace("manual {", f"""manual {{
    later {{
        local_addrs = {out.src}
        remote_addrs = {out.dst}
        esp_proposals = aes128-sha256
        in {{
            {direction(into)}
        }}
        out {{
            {direction(out)}
        }}
    }}""")


def send(lab):
    """A datagram of several fragments; does it arrive, and what is on the wire?"""
    needle = secrets.token_bytes(BYTES)
    capture = lab.capture("wire", "a", filter="src host 192.0.2.1 and not arp")
    with lab.socket("host-b", socket.AF_INET, socket.SOCK_DGRAM) as far, \
            lab.socket("host-a", socket.AF_INET, socket.SOCK_DGRAM) as near:
        far.bind((HOST_B, PORT))
        far.settimeout(2)
        near.bind((HOST_A, 0))
        near.sendto(needle, (HOST_B, PORT))
        try:
            got = far.recv(65535) == needle
        except TimeoutError:
            got = False
    return got, [p["ESP"].spi if "ESP" in p else 0 for p in capture.stop()]


def main():
    with Lab() as lab:
        lab.run("host-a", ["ip", "link", "set", "dev", "eth0", "mtu", str(MTU)])
        sas = (lab.random_sa("192.0.2.1", "192.0.2.2"),
               lab.random_sa("192.0.2.2", "192.0.2.1"))
        near, far = (lab.start_gateway(f"gw-{side}", conf(lab, side, sas, True))
                     for side in ("a", "b"))
        got, spis = send(lab)
        ok(got, "a datagram in fragments arrives, by two SAs")
        ok(spis == [lab.sa_ab.spi] + [sas[0].spi] * 2,
           "the first fragment went by the SA of its port, the others by that of "
           "OPAQUE")
        ok(not any(far.drops().values()), "the far gateway drops none of it")
        near.stop()
        far.stop()
        lab.renew_sas()
        near, far = (lab.start_gateway(f"gw-{side}", conf(lab, side, sas, False))
                     for side in ("a", "b"))
        got, spis = send(lab)
        ok(not got and spis == [lab.sa_ab.spi],
           "without a policy of OPAQUE the first goes, and the others do not")
        wait_until(lambda: sum(near.drops().values()) == 2, 5, "two drops")
    return finish()


sys.exit(main())
