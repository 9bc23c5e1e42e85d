#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Every benchmark still runs, in its shortest form, and tools/bench leaves JSON
with the rows that belong there. What the figures are is nobody's concern here.
"""
# Takes a CPU: its measurements compute all the time.
import itertools
import json
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from cpu import crypto_backends  # noqa: E402
from lab import BUILD, ROOT, finish, ok  # noqa: E402

LIMIT_S = 240
# What names a row, and the rows that there are.
ROWS = {
    "bench_certs": (("key",), {("p256",), ("rsa3072",)}),
    "bench_classify": (("policies",), {
        (1,), (10,), (100,), (1000,), (10000,), (100000,)}),
    "bench_conns": (("responder",), {("cygnetd",), ("charon",)}),
    "bench_handshakes": (("suite",), {("aes128-sha256-ecp256",),
                                      ("aes128-sha256-x25519",),
                                      ("aes128-sha256-modp2048",)}),
    "bench_host": ((), {()}),
    "bench_idle": (("process",), {("main",), ("dp",), ("ike",), ("all",)}),
    "bench_keys": (("suite", "text_bytes", "keys"), set(itertools.product(
        ("aes128-sha256", "aes128gcm16", "aes256gcm16", "chacha20poly1305"),
        (64, 1424), (1, 1024, 16384, 100000)))),
    "bench_load": (("responder", "phase"), set(itertools.product(
        ("cygnetd", "charon"),
        ("up", "rekey_child", "rekey_ike", "down")))),
    "bench_pipeline": (
        ("backend", "suite", "inner_bytes", "dir"), set(itertools.product(
            crypto_backends(),
            ("aes128-sha256", "aes128gcm16", "chacha20poly1305"),
            (64, 512, 1420), ("in", "out", "over")))),
    "bench_programs": (("program", "way"), {
        ("protected", "steer_out, first policy"),
        ("protected", "steer_out, last policy"),
        ("protected", "local"),
        ("protected", "default, no policy"),
        ("unprotected", "steer_in"),
        ("unprotected", "spi_unknown"),
        ("unprotected", "default, no policy"),
        ("guard", "steer_host, first policy"),
        ("guard", "steer_host, last policy"),
        ("guard", "default, no policy")}),
    "bench_sad": (("backend", "suite", "room", "sas"), {
        *((None, None, 131072, sas) for sas in (1, 1024, 16384, 131064)),
        *((None, None, 1048576, sas) for sas in (16384, 1048568)),
        *(("ipsec-mb", suite, None, 100000) for suite in (
            "aes128gcm16", "aes256gcm16", "chacha20poly1305",
            "aes256-sha512")),
        ("openssl", "aes128gcm16", None, 100000)}),
    "bench_veth": (("inner_bytes",), {(64,), (1400,)}),
}


def figures_are_sound(row, names):
    """Those that were taken more than once have a spread."""
    figures = [row[name] for name in row if name not in names]
    spread = [f for f in figures if isinstance(f, dict)]
    return spread and all(f["min"] <= f["median"] <= f["max"] for f in spread)


def check_json(folder, name):
    names, expected = ROWS[name]
    with open(f"{folder}/bench/{name}.json") as file:
        rows = json.load(file)
    found = [tuple(row.get(key) for key in names) for row in rows]
    ok(set(found) == expected and len(found) == len(expected),
       f"{name} has the rows that belong there: {len(found)}")
    ok(all(figures_are_sound(row, names) for row in rows),
       f"{name} has medians between minimum and maximum")


def main():
    # The results of a real run are left alone.
    with tempfile.TemporaryDirectory() as folder:
        for name in ("cygnetd", "cygnet", "tests", "tools"):
            os.symlink(f"{BUILD}/{name}", f"{folder}/{name}")
        done = subprocess.run([f"{ROOT}/tools/bench", folder], check=False,
                              env=dict(os.environ, BENCH_ROUNDS="1"),
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, timeout=LIMIT_S)
        if not ok(done.returncode == 0, "the benchmarks run"):
            print(done.stdout)
            return finish()
        ok(set(os.listdir(f"{folder}/bench")) == {f"{n}.json" for n in ROWS},
           "each leaves one file, and these are all")
        for name in ROWS:
            check_json(folder, name)
    return finish()


sys.exit(main())
