#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Handshakes by certificates per second of a responder on one core: cygnetd, beside
strongSwan's charon, in short rounds in turn, and beside what OpenSSL signs.

    bench_certs [--json]

As bench_handshakes, but that both sides sign: the responder by the key of a row, the
initiators by ECDSA on P-256, each with a certificate of one CA, of which the other one
knows the CA alone. Of cygnetd, its keystore's process counts as well. Certificates come
again and again, as those of peers that are known.

signatures   by that key in a second of CPU time, as `openssl speed` has them
bound        handshakes in such a second, of which nothing took time but what has to be
             computed with public keys: see bound_of()
of bound     cygnetd's handshakes at 1 CPU by that: messages, the key schedule, SAs in
             the data path and three processes that speak to each other are the rest
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
# Of the responder: as openssl speed is asked, and how its line begins.
KEYS = {"p256": ("ecdsap256", "+F4:3:256:"), "rsa3072": ("rsa3072", "+F2:3:3072:")}
VERIFY, EXCHANGE = KEYS["p256"], ("ecdhx25519", "+F5:22:253:")
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


def speeds(*algorithms):
    """Of each the two figures of openssl speed: of signatures, made and verified in a
    second of CPU time; of a key exchange, the first is the secrets."""
    said = subprocess.run(["openssl", "speed", "-mr", "-seconds", SPEED_S,
                           *dict.fromkeys(name for name, _ in algorithms)],
                          check=True, capture_output=True, text=True, timeout=60).stdout
    return [next(tuple(map(float, line.removeprefix(head).split(":")))
                 for line in said.splitlines() if line.startswith(head))
            for _, head in algorithms]


def bound_of(sign, verify, exchange):
    """
    A responder that both sides sign for makes a signature, verifies the initiator's and
    that of the CA in the initiator's certificate, both by P-256, and multiplies twice on
    X25519: for its public value, and for the secret. The signature alone is no bound:
    beside one by RSA-3072 of 2 ms the rest takes 0.25 ms, so that of the signatures' rate
    89 % would be all that there is, were nothing else to be done.
    """
    return 1 / (1 / sign + 2 / verify + 2 / exchange)


def measure_bound(kind):
    """Signatures, and handshakes, of a second."""
    own, other, exchange = speeds(KEYS[kind], VERIFY, EXCHANGE)
    return own[0], bound_of(own[0], other[1], exchange[0])


def run_key(bench, kind):
    pairs, bounds = [], []
    bench.load(kind)
    for _ in range(ROUNDS):
        bounds.append(measure_bound(kind))
        pairs.append([run_round(bench.lab, one, initiators(one.side, kind))
                      for one in (bench.cygnetd, bench.peer)])
    signatures, handshakes = zip(*bounds)
    return {"key": kind, **row_of(pairs, bench.cygnetd, bench.peer),
            "signatures": spread(signatures), "bound": spread(handshakes),
            "of_bound": spread([ours.at_one_cpu / most for (ours, _), most in
                                zip(pairs, handshakes)])}


def print_head(file):
    print(f"handshakes by certificates per second: median of {ROUNDS} rounds (min to max)\n",
          file=file)
    print(f"{'key':8} {'responder':9}", f"{'handshakes':23}", f"{'at 1 CPU':23}",
          f"{'ratio':23}", f"{'signatures':23}", f"{'bound':23}", "of bound", file=file,
          flush=True)


def print_row(row, file):
    for name in ("cygnetd", "charon"):
        cells = [cell(row[f"{name}_{rate}"], 1, 0) for rate in Rate._fields]
        if name == "cygnetd":
            cells += [cell(row["ratio"], 1), cell(row["signatures"], 1, 0),
                      cell(row["bound"], 1, 0), cell(row["of_bound"], 1)]
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
