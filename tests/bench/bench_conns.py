#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Connections by the thousand, loaded over VICI one after the other, as a client does
that waits for each answer: cygnetd, and charon beside it.

    bench_conns [--json]

seconds    until the answer to the last one
in force   seconds until the data path and IKE have them, too: until the answer to a
           command behind them
"""
import os
import socket
import struct
import time

from bench import ROUNDS, cell, main, spread
from bench_handshakes import configuration
import charon as strongswan
from lab import Lab, LabError, SIDES

CONNS = 64 if ROUNDS == 1 else 10000
SUITE, ESP = "aes128-sha256-x25519", "aes128gcm16"
CMD_REQUEST, CMD_RESPONSE = 0, 1


def key(name, value):
    name, value = name.encode(), value.encode()
    return struct.pack("!BB", 3, len(name)) + name + struct.pack(
        "!H", len(value)) + value


def section(name, *parts):
    name = name.encode()
    return struct.pack("!BB", 1, len(name)) + name + b"".join(parts) + b"\2"


def values(name, *items):
    name = name.encode()
    return (struct.pack("!BB", 4, len(name)) + name + b"".join(
        struct.pack("!BH", 5, len(item)) + item.encode() for item in items)
        + b"\6")


def conn(i, side):
    there = f"198.18.{i // 250}.{1 + i % 250}"
    return section(
        f"c{i}", key("version", "2"),
        values("local_addrs", SIDES[side].outer), values("remote_addrs", there),
        values("proposals", SUITE),
        section("local", key("auth", "psk")),
        section("remote", key("auth", "psk")),
        section("children", section(
            "net", values("local_ts", SIDES[side].lan),
            values("remote_ts", f"10.{64 + i // 250}.{i % 250}.0/24"),
            values("esp_proposals", ESP))))


class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)

    def ask(self, command, body=b""):
        name = command.encode()
        packet = struct.pack("!BB", CMD_REQUEST, len(name)) + name + body
        self.socket.sendall(struct.pack("!I", len(packet)) + packet)
        length, = struct.unpack("!I", self._read(4))
        return self._read(length)

    def _read(self, n):
        octets = b""
        while len(octets) < n:
            more = self.socket.recv(n - len(octets))
            if not more:
                raise LabError("the daemon closed the connection")
            octets += more
        return octets


def load(name, path, side):
    """A row. The socket is asked for by a short name: its folder is where we are."""
    folder, file = os.path.split(path)
    os.chdir(folder)
    client = Client(file)
    began = time.monotonic()
    for i in range(CONNS):
        answer = client.ask("load-conn", conn(i, side))
        if b"success\0\3yes" not in answer:
            raise LabError(f"load-conn {i}: {answer}")
    loaded = time.monotonic() - began
    client.ask("rekey", key("ike", "c0"))  # it has no SA
    return {"responder": name, "conns": CONNS, "seconds": spread([loaded]),
            "in_force": spread([time.monotonic() - began])}


def start_charon(lab):
    here = SIDES["b"]
    return strongswan.start(
        lab, "gw-b", local=here.outer, remote="%any", ike=SUITE, esp=ESP,
        psk="x", local_ts=here.lan, remote_ts="10.3.0.0/24",
        install_routes="no", log_default=0, log_ike=0, log_esp=0)


def print_row(row, file):
    print(f"{row['responder']:9} {row['conns']:6}",
          cell(row["seconds"], 1), cell(row["in_force"], 1),
          file=file, flush=True)


def measure(file):
    print("responder  conns  seconds, in force", file=file, flush=True)
    with Lab() as lab:
        lab.start_gateway("gw-a", configuration([]))
        paths = (("cygnetd", lab.socket_path("gw-a"), "a"),
                 ("charon", f"{start_charon(lab).dir}/charon.vici", "b"))
        for path in paths:
            row = load(*path)
            print_row(row, file)
            yield row


if __name__ == "__main__":
    main("bench_conns", measure)
