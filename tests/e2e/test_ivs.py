#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
No IV comes twice under one key, by any cipher that has one, in ESP and AH: not while
it runs, not after a stop in order, and not when dp or all of it was killed. In a
chained mode it does not follow from what was sent before.
"""
import os
import sys
from collections import defaultdict

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import xfrm  # noqa: E402
from lab import Lab, finish, ok, wait_until  # noqa: E402

PEER = "192.0.2.2"
CHAINED = {"aes128": 16, "aes192": 16, "aes256": 16, "3des": 8, "des": 8}  # IV, octets
COUNTER_IV = 8
ETHERNET, IPV4, ESP, AH = 14, 20, 8, 12  # octets of their headers
SENT = 20  # packets of each SA in each life
SEND = f"""
import socket, sys
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range({SENT}):
    for target in sys.argv[1:]:
        sock.sendto(bytes(64), (target, 9))
"""


def table_of():
    """A row of each cipher, and of AES-GMAC in AH."""
    esp = [*xfrm.AEADS, *(f"{cipher}-sha256" for cipher in xfrm.CIPHERS
                          if cipher != "null"), "aes128", "3des"]
    ah = [name for name in xfrm.AEADS if name.endswith("gmac")]
    return [xfrm.make_row(i, f"{proto}-{name}", name, PEER, proto=proto)
            for i, (proto, name) in enumerate([*(("esp", name) for name in esp),
                                               *(("ah", name) for name in ah)])]


def keys_of(row):
    keys = xfrm.make_keys(row)
    if row.proto == "ah":
        for way in ("keys_in", "keys_out"):
            keys[way] = keys[way].replace("encr_key", "integ_key")
    return keys


def send(lab, gateway, table):
    """Until so many have left of each; what is lost on the way in is sent again."""
    before = sent(gateway)

    def all_left():
        now = sent(gateway)
        lacking = [row.target for row in table
                   if now[row.name] < before[row.name] + SENT]
        if lacking:
            lab.run("host-a", ["/usr/bin/python3", "-c", SEND, *lacking])
        return not lacking

    wait_until(all_left, 30, "all packets")


def sent(gateway):
    return {name: int(tunnel["out"]["packets"])
            for name, tunnel in gateway.status()["tunnels"].items()}


def killed(lab, gateway, conf):
    gateway.kill()
    return lab.start_gateway("gw-a", conf)


def stopped(lab, gateway, conf):
    gateway.stop()
    return lab.start_gateway("gw-a", conf)


def without_dp(_lab, gateway, _conf):
    gateway.kill_role("dp")
    wait_until(lambda: not any(sent(gateway).values()), 20, "another dp, with its SAs")
    return gateway


def ivs_of(frames, table, keys):
    """Of each row, in order, with the text behind it."""
    names = {k["spi_out"]: row for row, k in zip(table, keys)}
    found = defaultdict(list)
    for frame in frames:
        header = frame[ETHERNET + IPV4:]
        protocol = frame[ETHERNET + 9]
        at, spi_at = {50: (ESP, 0), 51: (AH, 4)}[protocol]
        row = names[int.from_bytes(header[spi_at:spi_at + 4], "big")]
        end = at + CHAINED.get(row.esp.split("-")[0], COUNTER_IV)
        found[row.name].append((header[at:end], header[end:]))
    return found


def check_chained(name, packets):
    """The obvious guesses: a counter, or what the packet before ended with."""
    ivs = [int.from_bytes(iv, "big") for iv, _ in packets]
    steps = {b - a for a, b in zip(ivs, ivs[1:])}
    ok(len(steps) == len(ivs) - 1, f"{name}: no IV is a step from the one before")
    ok(not any(iv in text for (_, text), (iv, _) in zip(packets, packets[1:])),
       f"{name}: none is in the packet before")


def main():
    table = table_of()
    keys = [keys_of(row) for row in table]
    conf = xfrm.conf(table, keys)
    with Lab() as lab:
        gateway = lab.start_gateway("gw-a", conf)
        wire = lab.capture("wire", "br0", "esp or ah")
        send(lab, gateway, table)
        lives = (killed, without_dp, stopped)
        for next_life in lives:
            gateway = next_life(lab, gateway, conf)
            send(lab, gateway, table)
        found = ivs_of(wire.frames(), table, keys)
        for row in table:
            packets = found[row.name]
            ivs = {iv for iv, _ in packets}
            ok(len(ivs) == len(packets) >= SENT * (1 + len(lives)),
               f"{row.name}: {len(packets)} packets of {1 + len(lives)} lives have "
               f"{len(ivs)} IVs")
            if row.esp.split("-")[0] in CHAINED:
                check_chained(row.name, packets)
    return finish()


sys.exit(main())
