#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Handshakes by certificates per second of a responder on one core: cygnetd, beside
strongSwan's charon, in short rounds in turn, and beside what OpenSSL signs.

    bench_certs [--json]

As bench_handshakes, but that both sides sign: the responder by the key of a row, the
initiators by ECDSA on P-256, each with a certificate of one CA, of which the other one
knows the CA alone. Of cygnetd, its keystore's process counts as well.

bound        signatures by that key in a second of CPU time, as `openssl speed` has them
of bound     cygnetd's handshakes at 1 CPU by that: what else there is to a handshake
             than the responder's signature is the rest
"""
import os
import subprocess

from bench import GATEWAY_CPU, ROUNDS, cell, main, spread
from bench_handshakes import (ESP, INITIATORS, REMOTE_TS, Rate, Responder, address, row_of,
                              run_round)
from certs import Store
import charon as strongswan
from lab import SIDES, SOCKET, Lab

SUITE = "aes128-sha256-x25519"
# of the responder: as openssl speed has it
KEYS = {"p256": "ecdsap256", "rsa3072": "rsa3072"}
SPEED_S = "1"


def connection(name, local, remote, own, other, local_ts, remote_ts):
    return f"""\
connections {{
    {name} {{
        local_addrs = {local}
        remote_addrs = {remote}
        proposals = {SUITE}
        unique = never
        local {{
            auth = pubkey
            certs = {own}.pem
            id = {own}.example.org
        }}
        remote {{
            auth = pubkey
            cacerts = root.pem
            id = {other}.example.org
        }}
        children {{
            net {{
                local_ts = {local_ts}
                remote_ts = {remote_ts}
                esp_proposals = {ESP}
            }}
        }}
    }}
}}
"""


def gateway():
    return f"""\
gateway {{
    protected = lan0
    unprotected = wan0
    socket = {SOCKET}
}}
"""


def responder(side, kind):
    here = SIDES[side]
    return connection("any", here.outer, "%any", kind, "initiator", here.lan, REMOTE_TS)


def initiators(side, kind):
    """The first one; they have an identity in common, and each its address."""
    return gateway() + connection("first", address(0), SIDES[side].outer, "initiator", kind,
                                  "10.3.0.101/32", SIDES[side].lan)


def put(store, folder, *names):
    store.put(folder, "x509", *(f"{name}.pem" for name in names))
    store.put(folder, "private", *(f"{name}.key" for name in names))
    store.put(folder, "x509ca", "root.pem")


class Bench:
    """Both responders, on one CPU, each with a key of every kind."""

    def __init__(self, lab):
        self.lab = lab
        os.sched_setaffinity(0, {GATEWAY_CPU})
        store = Store(os.path.join(lab.dir, "store"))
        store.root("root")
        for kind in KEYS:
            store.issue("root", kind, kind)
        store.issue("root", "initiator", "p256")
        # Its certificates are in a folder of their own, beside what it includes.
        os.mkdir(os.path.join(lab.dir, "gw"))
        put(store, lab.dir, "initiator")
        put(store, os.path.join(lab.dir, "gw"), *KEYS)
        for i in range(INITIATORS):
            lab.run("wire", ["ip", "address", "add", f"{address(i)}/24", "dev", "br0"])
        self.lab.write("gw/conn.conf", responder("a", "p256"))
        self.gateway = lab.start_gateway("gw-a", gateway() + "include gw/conn.conf\n")
        self.charon = strongswan.Charon(lab, "gw-b", {
            **strongswan.DEFAULTS, "install_routes": "no", "log_default": 0, "log_ike": 0,
            "log_esp": 0, "plugins": "pkcs8 constraints"})
        put(store, self.charon.dir, *KEYS)
        self.cygnetd = Responder("cygnetd", "a", [
            self.gateway.pid, self.gateway.role_pid("dp"), self.gateway.role_pid("ike")])
        self.peer = Responder("charon", "b", [self.charon.process.pid])

    def load(self, kind):
        self.lab.write("gw/conn.conf", responder("a", kind))
        self.gateway.client("reload")
        self.charon.load_text(responder("b", kind))


def bound(kind):
    """Of one second, by CPU time."""
    said = subprocess.run(["openssl", "speed", "-mr", "-seconds", SPEED_S, KEYS[kind]],
                          check=True, capture_output=True, text=True, timeout=60).stdout
    # "+F2:3:3072:" and, of ECDSA, "+F4:3:256:", and what is signed and verified in a second.
    line = next(line for line in said.splitlines() if line.startswith(("+F2:", "+F4:")))
    return float(line.split(":")[3])


def run_key(bench, kind):
    pairs, bounds = [], []
    bench.load(kind)
    for _ in range(ROUNDS):
        bounds.append(bound(kind))
        pairs.append([run_round(bench.lab, one, initiators(one.side, kind))
                      for one in (bench.cygnetd, bench.peer)])
    return {"key": kind, **row_of(pairs, bench.cygnetd, bench.peer), "bound": spread(bounds),
            "of_bound": spread([ours.at_one_cpu / most for (ours, _), most in
                                zip(pairs, bounds)])}


def print_head(file):
    print(f"handshakes by certificates per second: median of {ROUNDS} rounds (min to max)\n",
          file=file)
    print(f"{'key':8} {'responder':9}", f"{'handshakes':23}", f"{'at 1 CPU':23}",
          f"{'ratio':23}", f"{'bound':23}", "of bound", file=file, flush=True)


def print_row(row, file):
    for name in ("cygnetd", "charon"):
        cells = [cell(row[f"{name}_{rate}"], 1, 0) for rate in Rate._fields]
        if name == "cygnetd":
            cells += [cell(row["ratio"], 1), cell(row["bound"], 1, 0), cell(row["of_bound"], 1)]
        print(f"{row['key']:8} {name:9}", *cells, file=file, flush=True)


def measure(file):
    with Lab() as lab:
        bench = Bench(lab)
        print_head(file)
        for kind in KEYS:
            row = run_key(bench, kind)
            print_row(row, file)
            yield row


if __name__ == "__main__":
    main("bench_certs", measure)
