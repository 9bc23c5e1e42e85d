#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The daemon as a process: its command line, its signals, a start or a run that
fails at its last step. And what leaves it: no piece of a key is in answers,
output of the client, log, or memory that others may read.
"""
import os
import re
import secrets
import signal
import socket
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import (BUILD, ROOT, Gateway, Lab, LabError, finish,  # noqa: E402
                 log_of, ok, skip, wait_until)

CYGNETD = f"{BUILD}/cygnetd"
VICI_CMD_REQUEST, VICI_CMD_RESPONSE = 0, 1
KEY_PIECE_BYTES = 8  # so much of a key in a row is no coincidence
NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
          "--inh-caps=-all"]
# Root, but may not look into processes that do not allow it.
PLAIN_ROOT = ["setpriv", "--bounding-set=-sys_ptrace",
              "--inh-caps=-sys_ptrace"]
# A sanitizer wants to be loaded before anything else.
ANY_ORDER = ["env", "ASAN_OPTIONS=verify_asan_link_order=0"]
# libevent's calls, failing where the environment says so.
FAILING = """\
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <event2/event.h>
#include <stdlib.h>

int event_add(struct event *event, const struct timeval *timeout)
{
	int (*next)(struct event *, const struct timeval *) =
		(int (*)(struct event *, const struct timeval *))dlsym(
			RTLD_NEXT, "event_add");

	if (getenv("FAIL_SIGNALS") && event_get_events(event) & EV_SIGNAL)
		return -1;
	return next(event, timeout);
}

int event_base_dispatch(struct event_base *base)
{
	if (!getenv("FAIL_DISPATCH"))
		return event_base_loop(base, 0);
	errno = EBADF;
	return -1;
}
"""


def daemon(lab, words, prefix=(), redirect=""):
    """Runs cygnetd on gw-a; None if it does not end by itself."""
    try:
        return lab.run("gw-a", [*prefix, "sh", "-c",
                                f'exec "$@" {redirect}', "sh", CYGNETD, *words],
                       check=False, timeout=5)
    except subprocess.TimeoutExpired:
        return None


def attached(lab):
    """What a start makes on gw-a."""
    return [lab.run("gw-a", words.split()).stdout for words in
            ("bpftool -j net", "ip -br link", "ip rule", "tc qdisc")]


# --- the command line

def check_command_line(lab, path):
    done = daemon(lab, ["--version"])
    ok(done and done.returncode == 0 and
       re.fullmatch(r"cygnetd \d+\.\d+\.\d+\n", done.stdout),
       f"--version: {done and done.stdout.strip()}")
    done = daemon(lab, ["--help"])
    ok(done and done.returncode == 0 and "\nexample: cygnetd " in done.stdout,
       "--help has an example")
    for words in (["--bogus"], ["-f"], ["extra"]):
        done = daemon(lab, words)
        ok(done and done.returncode == 2 and not done.stdout and done.stderr,
           f"{' '.join(words)}: exit status 2 and a reason")
    for word in ("--help", "--version"):
        # Without a buffer, it fails early.
        for redirect, prefix in ((">/dev/full", []), (">&-", []),
                                 (">/dev/full", ["stdbuf", "-o0"])):
            done = daemon(lab, ["-f", path, word], [*ANY_ORDER, *prefix],
                          redirect)
            ok(done and done.returncode == 1 and
               done.stderr.startswith("cygnetd: cannot write: "),
               " ".join([*prefix, "cygnetd", word, redirect]) +
               " fails and starts nothing")


# --- starts and runs that fail

def check_failures(lab, path):
    source = lab.write("failing.c", FAILING)
    built = os.path.join(lab.dir, "failing.so")
    subprocess.run(["gcc", "-shared", "-fPIC", "-o", built, source],
                   check=True, timeout=30)
    preload = [*ANY_ORDER, f"LD_PRELOAD={built}"]
    before = attached(lab)
    done = daemon(lab, ["-f", path], [*preload, "FAIL_SIGNALS=1"])
    ok(done and done.returncode == 1 and
       "cannot wait for signals" in done.stderr,
       "a start that cannot wait for signals fails")
    ok(attached(lab) == before, "and leaves nothing behind")
    done = daemon(lab, ["-f", path], [*preload, "FAIL_DISPATCH=1"])
    ok(done and done.returncode == 1 and
       "the event loop failed: Bad file descriptor" in done.stderr,
       "a run whose event loop fails ends with exit status 1")
    lab.run("gw-a", [CYGNETD, "-f", path, "--release"])


def check_signals(lab, gateway):
    gateway.kill(signal.SIGHUP)
    wait_until(lambda: "configuration" in gateway.log() or
               gateway.process.poll() is not None, 10, "a line on SIGHUP")
    ok(gateway.process.poll() is None and gateway.answers() and
       "configuration read again" in gateway.log(),
       "SIGHUP has the configuration read again")
    for sig in (signal.SIGTERM, signal.SIGINT):
        gateway.kill(sig)
        ok(gateway.process.wait(10) == 0 and
           "daemon: down" in gateway.log(), f"{sig.name} ends it in order")
        path = lab.socket_path("gw-a")
        ok(not os.path.exists(path), "and its socket is gone")
        gateway = lab.start_gateway("gw-a", lab.default_conf("a"))
    return gateway


# --- no key gets out

def ask(gateway, name):
    """The raw answer, behind its length."""
    octets = bytes([VICI_CMD_REQUEST, len(name)]) + name.encode()
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(10)
        client.connect(gateway.lab.socket_path(gateway.ns))
        client.sendall(struct.pack(">I", len(octets)) + octets)
        length = client.recv(4, socket.MSG_WAITALL)
        return client.recv(*struct.unpack(">I", length), socket.MSG_WAITALL)


def every_command():
    """Snapshots in the daemon's table, and all on the protocol's page."""
    def found(name, pattern):
        with open(f"{ROOT}/ctrl/control/{name}") as file:
            return re.findall(pattern, file.read(), re.MULTILINE)

    return (found("commands.c", r'^\t\{ "([a-z-]+)", (?:true|false), '),
            found("README.md", r"^\| `([a-z-]+)` \|"))


def check_stats(gateway):
    """What comes without a snapshot is what the snapshot has."""
    answer, status = ask(gateway, "stats"), gateway.status()["gateway"]
    total = re.search(rb"\x05total\x00.([0-9]+)", answer)
    running = re.search(rb"\x07running\x00.([0-9]+) second", answer)
    ok(total and running and int(total[1]) == status["workers"] and
       abs(int(running[1]) - status["uptime"]) <= 1,
       "stats and status agree on workers and uptime")


def leaks(octets, keys):
    """Pieces of keys in there, as they are or in hexadecimal digits."""
    digits = octets.lower()
    return [key[i:i + KEY_PIECE_BYTES] for key in keys
            for i in range(len(key) - KEY_PIECE_BYTES + 1)
            if key[i:i + KEY_PIECE_BYTES] in octets or
            key[i:i + KEY_PIECE_BYTES].hex().encode() in digits]


def said_by(gateway):
    """All that a daemon says: where, and the octets."""
    for name in every_command()[0]:
        answer = ask(gateway, name)
        ok(answer[0] == VICI_CMD_RESPONSE and b"errmsg" not in answer,
           f"{gateway.ns} answers {name}")
        yield f"the answer to {name}", answer
    for words in (["status"], ["drops", "--all"], ["version"]):
        for form in ([], ["--json"]):
            done = gateway.client(*words, *form)
            yield " ".join(words + form), (done.stdout + done.stderr).encode()
    yield "the log", log_of(gateway.process).encode()


def check_keys(lab, gateways):
    keys = [key for sa in (lab.sa_ab, lab.sa_ba)
            for key in (sa.encr_key, sa.integ_key)]
    table, page = every_command()
    ok(set(table) <= set(page) and len(table) > 3,
       "every command is on its page")
    for gateway in gateways:
        said = dict(said_by(gateway))
        ok(f"0x{lab.sa_ab.spi:08x}".encode() in said["status"] and
           b"daemon: up" in said["the log"], f"{gateway.ns}: all of it is read")
        found = [where for where, octets in said.items() if leaks(octets, keys)]
        ok(not found, f"{gateway.ns}: no piece of a key in "
           f"{' or '.join(found or said)}")
    piece = keys[3][3:3 + KEY_PIECE_BYTES]
    planted = [b"x" + piece + b"x", piece.hex().encode(),
               piece.hex().upper().encode()]
    ok(all(leaks(octets, keys) for octets in planted) and
       not leaks(piece[1:], keys), "where a piece is, it is found")


def may_read(lab, pid, prefix):
    """Opening it is what the kernel allows, or not."""
    return lab.run("gw-a", [*prefix, "sh", "-c", f": </proc/{pid}/mem"],
                   check=False).returncode == 0


def check_memory(lab, gateways):
    for gateway in gateways:
        for role, pid in (("ctl", gateway.pid), ("dp", gateway.role_pid("dp"))):
            limits = lab.run(gateway.ns, ["cat", f"/proc/{pid}/limits"])
            ok(re.search(r"^Max core file size +0 +0 ", limits.stdout,
                         re.MULTILINE),
               f"{role} of {gateway.ns} never dumps its memory")
            ok(not may_read(lab, pid, NOBODY),
               f"an unprivileged process cannot read the memory of {role}")
    sentence = "nor can a process with the daemon's own user and privileges"
    other = lab.spawn("gw-b", [*PLAIN_ROOT, "sleep", "infinity"])
    try:
        wait_until(lambda: may_read(lab, other.pid, PLAIN_ROOT), 5, "a reader")
    except LabError:
        skip(sentence, "this machine forbids it, whatever the daemon wants")
        return
    ok(not any(may_read(lab, pid, PLAIN_ROOT)
               for pid in (gateways[1].pid, gateways[1].role_pid("dp"))),
       sentence)


def start_debugged(lab, ns, text):
    """With --debug, and without a privilege that it has no use for."""
    path = lab.write(f"{ns}.conf", text)
    gateway = Gateway(lab, ns, lab.spawn(ns, [
        *PLAIN_ROOT, CYGNETD, "-f", path, "--debug"]))
    wait_until(gateway.answers, 10, f"cygnetd on {ns}")
    return gateway


def main():
    with Lab() as lab:
        path = lab.write("good.conf", lab.default_conf("a"))
        check_command_line(lab, path)
        check_failures(lab, path)
        gateway = lab.start_gateway("gw-a", lab.default_conf("a"))
        gateway = check_signals(lab, gateway)
        gateways = [gateway, start_debugged(lab, "gw-b", lab.default_conf("b"))]
        ping = lab.run("host-a", ["ping", "-n", "-c", "3", "-i", "0.05", "-W",
                                  "1", "10.2.0.2"], check=False)
        ok(ping.returncode == 0, "the keys are in use")
        check_stats(gateways[1])
        check_keys(lab, gateways)
        check_memory(lab, gateways)
    return finish()


sys.exit(main())
