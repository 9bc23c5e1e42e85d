#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The command-line client says what is true, in JSON field by field, and fails as
it promises: at a wrong command line, without a daemon, at one that answers
nonsense or nothing. No client takes the daemon from another.
"""
import json
import os
import re
import secrets
import socket
import struct
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from cpu import crypto_backends  # noqa: E402
from lab import BUILD, ROOT, SIDES, Lab, finish, ok  # noqa: E402

CYGNET = f"{BUILD}/cygnet"
COMMANDS = ("status", "top", "why", "sa", "policy", "up", "down", "rekey",
            "reauth", "explain", "drops", "watch", "log", "debug",
            "capture", "counters", "algorithms", "reload", "check", "init", "pki",
            "doctor",
            "version", "completion")
WAIT_S = 10  # the client's own bound
SLACK_S = 10
PINGS = 3
PING_BYTES = 128  # of a packet, IP header included
CLIENTS_MAX = 32
NOBODY = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
          "--inh-caps=-all"]


def cygnet(*words, path=None, prefix=(), **kwargs):
    uri = ["--uri", f"unix://{path}"] if path else []
    return subprocess.run([*prefix, CYGNET, *uri, *words], check=False,
                          timeout=WAIT_S + SLACK_S, text=True,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          **kwargs)


def failed(done, code, *said):
    """Nothing on stdout, the reason in one line of harmless text on stderr."""
    return (done.returncode == code and done.stdout == "" and
            done.stderr.startswith("cygnet: ") and
            all(c.isprintable() or c == "\n" for c in done.stderr) and
            all(word in done.stderr for word in said))


# --- the command line

def check_usage():
    rows = [((), "no command"), (("stat",), "unknown command 'stat'"),
            (("status", "net"), "no argument 'net'"),
            (("status", "--all"), "no option --all"),
            (("sa", "--check"), "no option --check"),
            (("status", "--in", "lan0"), "no option --in"),
            (("explain", "10.1.0.2", "10.2.0.2"), "takes SRC DST PROTO"),
            (("--bogus", "status"), "bogus"), (("--uri",), "uri"),
            (("status", "--watch"), "no option --watch"),
            (("drops", "--watch", "0"), "from 1 to 3600"),
            (("drops", "3"), "takes no argument '3'"),
            (("status", "--sa", "0x1001"), "no option --sa"),
            (("capture", "-t", "3601"), "from 0 to 3600"),
            (("--uri", "/run/x", "status"), "unix:///PATH"),
            (("--uri", "unix://x", "status"), "unix:///PATH")]
    for words, said in rows:
        ok(failed(cygnet(*words), 2, said, "`cygnet --help`"),
           f"{' '.join(['cygnet', *words])}: wrong usage, exit code 2")


def check_help():
    general = cygnet("--help")
    listed = re.findall(r"^  ([a-z]+) {2}", general.stdout, re.MULTILINE)
    ok(sorted(listed) == sorted(COMMANDS), "--help lists every command")
    for words in ([], *([command] for command in COMMANDS), ["sa", "add"],
                  ["sa", "delete"]):
        done = cygnet(*words, "--help")
        example = re.search(r"\nExample.*\n  (cygnet .*)", done.stdout)
        ok(done.returncode == 0 and done.stderr == "" and
           done.stdout.startswith("Usage: cygnet ") and
           " ".join(["", *words]) in done.stdout.splitlines()[0] and example,
           f"`cygnet {' '.join([*words, '--help'])}` has an example: "
           f"{example and example[1]}")


# --- no daemon, or not one

def check_unreachable(lab):
    path = os.path.join(lab.dir, "none.vici")
    ok(failed(cygnet("status", path=path), 1, path, "is it running?"),
       "without a daemon: exit code 1, with the socket's path and a remedy")
    path = os.path.join(lab.dir, "dead.vici")
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(path)
    ok(failed(cygnet("status", path=path), 1, path, "is it running?"),
       "at a dead daemon's socket: the same")
    ok(failed(cygnet("status", path=path, prefix=NOBODY), 1, "run as root"),
       "without the privilege: exit code 1 and `run as root`")
    ok(failed(cygnet("status", path="/" + "x" * 200), 1, "too long"),
       "a path that is no socket's: exit code 1")


class FakeDaemon:
    """Listens, and has answer(connection) talk to each client in a thread."""

    def __init__(self, lab, answer, backlog=8):
        self.path = os.path.join(lab.dir, f"{secrets.token_hex(4)}.vici")
        self._answer = answer
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(self.path)
        self._socket.listen(backlog)
        if answer:
            threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            connection, _ = self._socket.accept()
            with connection:
                try:
                    self._answer(connection)
                except OSError:
                    pass  # the client left


def element(kind, *texts):
    """A VICI element: names have a length of 8 bits, values one of 16."""
    packed = bytes([kind])
    for form, text in zip((">B", ">H"), texts):
        packed += struct.pack(form, len(text)) + text
    return packed


def packet(kind, body=b""):
    return struct.pack(">IB", len(body) + 1, kind) + body


REFUSAL = (element(3, b"success", b"no") +
           element(3, b"errmsg", b"\x1b[2J\x1b]0;owned\x07"))
ANSWERS = (
    ("nothing", b"", "closed the connection"),
    ("a length and no more", b"\0\0\0\x09", "closed the connection"),
    ("half of a packet", packet(1, b"x" * 99)[:50], "closed the connection"),
    ("an empty packet", b"\0\0\0\0", "cannot talk"),
    ("a packet that is too long", b"\xff\xff\xff\xff\1", "cannot talk"),
    ("HTTP", b"HTTP/1.1 400 Bad Request\r\n\r\n", "cannot talk"),
    ("a type that does not exist", packet(99), "cannot talk"),
    ("an event", packet(7, b"\3log"), "cannot talk"),
    ("that it does not know", packet(2), "does not know 'cygnet-status'"),
    ("a message cut off", packet(1, element(1, b"gateway")), "malformed"),
    ("another answer", packet(1, element(3, b"x", b"y")), "lacks 'gateway'"),
    ("a refusal with escapes", packet(1, REFUSAL),
     "refused: \\x1b[2J\\x1b]0;owned\\x07"),
)


def check_nonsense(lab):
    def talk(octets):
        def answer(connection):
            if connection.recv(100)[4:5] == b"\3":  # it registers for parts
                connection.sendall(packet(5))
                connection.recv(100)
            connection.sendall(octets)
        return answer

    for what, octets, said in ANSWERS:
        daemon = FakeDaemon(lab, talk(octets))
        ok(failed(cygnet("status", path=daemon.path), 1, said),
           f"a daemon that answers {what}: exit code 1, `{said}`")


def check_reload(lab):
    """Whatever the daemon says of it."""
    said = ("/etc/cygnet/cygnet.conf:3:5: gateway.protectd is not an option; "
            "did you mean protected? " * 9).encode()
    rows = (
        (packet(1, element(3, b"success", b"yes")), 0, "", "was read again"),
        (packet(2), 1, "does not know 'reload'", ""),
        (packet(1, element(3, b"success", b"no") +
                element(3, b"errmsg", said)), 1, said.decode(), ""))
    for octets, code, stderr, stdout in rows:
        daemon = FakeDaemon(lab, lambda c, octets=octets: (
            c.recv(100), c.sendall(octets)))
        done = cygnet("reload", path=daemon.path)
        ok(done.returncode == code and stderr in done.stderr and
           stdout in done.stdout,
           f"reload: exit code {code}, `{(stderr or stdout)[:60]}`, in full")


def check_silence(lab):
    """All at once: each takes the client's whole patience."""
    def trickle(connection):
        for octet in packet(1, b"x" * 1000):
            connection.sendall(bytes([octet]))
            time.sleep(0.1)

    deaf = FakeDaemon(lab, None, backlog=0)
    waiting = socket.socket(socket.AF_UNIX)
    waiting.connect(deaf.path)  # there is room for one
    daemons = {"never accepts": deaf,
               "never answers": FakeDaemon(lab, lambda c: c.recv(100000) and
                                           time.sleep(3 * WAIT_S)),
               "answers an octet now and then": FakeDaemon(lab, trickle)}
    begin = time.monotonic()
    clients = {what: subprocess.Popen(
        [CYGNET, "--uri", f"unix://{daemon.path}", "status"], text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for what, daemon in daemons.items()}
    for what, client in clients.items():
        left = begin + WAIT_S + SLACK_S - time.monotonic()
        try:
            stdout, stderr = client.communicate(timeout=left)
        except subprocess.TimeoutExpired:
            client.kill()
            stdout, stderr = client.communicate()
        done = subprocess.CompletedProcess([], client.returncode, stdout, stderr)
        ok(failed(done, 1, "no answer", f"for {WAIT_S} s"),
           f"a daemon that {what}: exit code 1 in bounded time")


# --- what the gateway is

def same(found, expected, sentence):
    ok(found == expected, sentence if found == expected else
       f"{sentence}: {found} instead of {expected}")


def conf_of(lab, side):
    """Beside the lab's tunnel: one that is never used, and each action. Each
    gateway has the other crypto backend."""
    here = SIDES[side]
    choice = "\n    crypto = openssl" if side == "b" else ""
    text = lab.default_conf(side).replace("gateway {", f"""\
gateway {{
    default = discard{choice}""")
    text = text.replace("manual {", f"""\
manual {{
    spare {{
        local_addrs = {here.outer}
        remote_addrs = 192.0.2.77
        esp_proposals = aes256-sha256
        in {{
            spi = 0xabcdef1
            encr_key = 0x{secrets.token_hex(32)}
            integ_key = 0x{secrets.token_hex(32)}
        }}
        out {{
            spi = 300
            encr_key = 0x{secrets.token_hex(32)}
            integ_key = 0x{secrets.token_hex(32)}
        }}
    }}""")
    return text.replace("policies {", f"""\
policies {{
    zulu {{
        action = bypass
        local_ts = {here.lan}
        remote_ts = 10.77.1.0/24
        protocol = tcp
    }}
    yankee {{
        action = protect
        local_ts = {here.lan}
        remote_ts = 10.77.2.3
        protocol = 47
        manual = spare
    }}
    whiskey {{
        action = discard
        local_ts = 0.0.0.0/0
        remote_ts = 10.77.0.0/16
    }}""")


def direction(spi, packets=0):
    """A direction of a tunnel after so many pings, all of one size."""
    return {"spi": f"0x{spi:08x}", "packets": packets,
            "bytes": packets * PING_BYTES, "seq": packets,
            "idle": 0 if packets else "never", "drops": {}}


def expected_tunnels(lab, side):
    here, peer = SIDES[side], SIDES[side].peer
    out, into = ((lab.sa_ab, lab.sa_ba) if side == "a"
                 else (lab.sa_ba, lab.sa_ab))
    up = {"state": "up", "start_action": "start", "sas": 1}
    return {
        "spare": {**up, "local": here.outer, "remote": "192.0.2.77",
                  "algs": "aes256-sha256", "mode": "tunnel", "in": direction(0x0abcdef1),
                  "out": direction(300)},
        f"to-{peer}": {**up, "local": here.outer, "remote": SIDES[peer].outer,
                       "algs": "aes128-sha256", "mode": "tunnel",
                       "in": direction(into.spi, PINGS),
                       "out": direction(out.spi, PINGS)}}


def expected_policies(side):
    here, peer = SIDES[side], SIDES[side].peer
    rows = {"zulu": ("bypass", here.lan, "10.77.1.0/24", 6, ""),
            "yankee": ("protect", here.lan, "10.77.2.3/32", 47, "spare"),
            "whiskey": ("discard", "0.0.0.0/0", "10.77.0.0/16", 0, ""),
            "lan-to-lan": ("protect", here.lan, SIDES[peer].lan, 0,
                           f"to-{peer}")}
    fields = ("action", "local_ts", "remote_ts", "protocol", "tunnel")
    return {name: {"policy": i, "direction": "both", **dict(zip(fields, row))}
            for i, (name, row) in enumerate(rows.items())}


def expected_ifaces(lab, ns):
    def queues(ifname):
        names = lab.run(ns, ["ls", f"/sys/class/net/{ifname}/queues"]).stdout
        return names.count("rx-")

    return {name: {"role": role, "xdp": "native", "place": "alone",
                   "af_xdp": "copy",
                   "queues": queues(name), "mtu": 1500, "largest": 1500}
            for name, role in (("lan0", "protected"), ("wan0", "unprotected"))}


def recent(tunnels):
    """With `idle` 0 where it is the seconds since the pings."""
    for tunnel in tunnels.values():
        for way in ("in", "out"):
            idle = tunnel[way]["idle"]
            if isinstance(idle, int) and 0 <= idle < 60:
                tunnel[way]["idle"] = 0
    return tunnels


def check_status(lab, side, gateway, started):
    status, who = gateway.status(), gateway.ns
    version = lab.run(who, [f"{BUILD}/cygnetd", "--version"]).stdout.split()[1]
    uptime = status["gateway"].pop("uptime")
    ok(isinstance(uptime, int) and 0 <= uptime <= time.monotonic() - started,
       f"{who} is up for {uptime} s")
    crypto = "openssl" if side == "b" else crypto_backends()[0]
    same(status["gateway"], {"version": version, "pid": gateway.pid,
                             "default": "discard", "crypto": crypto,
                             "workers": 1}, f"{who} itself")
    same(status["interfaces"], expected_ifaces(lab, who), f"{who}'s interfaces")
    same(recent(status["tunnels"]), expected_tunnels(lab, side),
         f"{who}'s tunnels, which counted the pings")
    policies = json.loads(gateway.client("policy", "--json").stdout)
    same(list(policies["policies"].items()),
         list(expected_policies(side).items()),
         f"{who}'s policies in their order")
    same(policies["default"], "discard", f"{who}'s default behind them")
    names = {name: json.loads(lab.run(who, [
        "bpftool", "-j", "map", "show", "id", str(id)]).stdout)["name"]
        for name, id in status["maps"].items()}
    same(names, {name: name for name in names}, f"{who}'s maps, by their ids")
    ok("sad" in names and "drops" in names, f"{who}'s maps are some")
    same(set(status), {"gateway", "interfaces", "tunnels", "certificates",
                       "maps"},
         f"{who} shows nothing else")


def reasons(header):
    """Names and texts, from the list that everything is made of."""
    with open(f"{ROOT}/include/{header}") as file:
        return dict(re.findall(r'X\(\w+,\s*"(\w+)",\s*"([^"]*)"\)',
                               file.read()))


def check_drops(gateway):
    answer = json.loads(gateway.client("drops", "--json").stdout)
    passed = {"steer_out": PINGS, "steer_in": PINGS, "worker_tx": 2 * PINGS}
    for kind, header in (("drops", "drop.h"), ("passes", "pass.h")):
        same({name: row.pop("text") for name, row in answer[kind].items()},
             reasons(header), f"{gateway.ns} has every reason of {header}")
    answer["passes"].pop("not_ip")  # ARP comes when it likes
    counts = {name: row for kind in ("drops", "passes")
              for name, row in answer[kind].items() if any(row.values())}
    same({name: row["packets"] for name, row in counts.items()}, passed,
         f"{gateway.ns} counted the pings and nothing else")
    ok(all(PING_BYTES <= row["bytes"] / row["packets"] <= 2 * PING_BYTES
           for row in counts.values()), f"and their octets: {counts}")
    same(answer["in_flight"], 0, "and none of them is on its way still")
    counters = json.loads(gateway.client("counters", "--json").stdout)
    counters["passes"].pop("not_ip")
    for kind in ("drops", "passes"):
        same(counters[kind], answer[kind], f"`counters` has the same {kind}")
    same(counters["tunnels"]["spare"]["in"],
         {"packets": 0, "bytes": 0, "drops": {}}, "and those of each tunnel")
    same(counters["sas"], {"ike_up": 0, "ike_connecting": 0, "child_up": 0},
         "and of SAs")


def check_people(gateway):
    text = gateway.client("status").stdout
    ok(all(word in text for word in (
        f"pid {gateway.pid}", "default discard", "wan0",
        "192.0.2.1 ═ 192.0.2.2", "passing", "aes256-sha256", "never used")),
       "`cygnet status` shows it to people")
    text = gateway.client("policy").stdout
    ok(re.search(r"^zulu +0 +bypass .* tcp ", text, re.MULTILINE) and
       text.index("zulu") < text.index("whiskey") and
       "covers: discard" in text, "`cygnet policy` shows the SPD")
    text = gateway.client("counters").stdout
    ok(re.search(rf"^passes\.steer_out +{PINGS} ", text, re.MULTILINE) and
       re.search(rf"^tunnels\.to-b\.out +{PINGS} +{PINGS * PING_BYTES}$", text,
                 re.MULTILINE), "`cygnet counters` shows a line a count")
    check = gateway.client("status", "--check", check=False)
    ok(check.returncode == 0 and check.stdout == "",
       "`cygnet status --check` has nothing to say of keys by hand")
    text = gateway.client("drops").stdout
    ok("No packet was dropped." in text and "steer_in" in text and
       "default_discard" not in text and
       "default_discard" in gateway.client("drops", "--all").stdout,
       "`cygnet drops` shows what happened, with --all every reason")
    host = os.uname()
    version = gateway.status()["gateway"]["version"]
    same(json.loads(gateway.client("version", "--json").stdout),
         {"daemon": "cygnet", "version": version, "sysname": host.sysname,
          "release": host.release, "machine": host.machine},
         "`cygnet version --json` names daemon and system")
    same(gateway.client("version").stdout,
         f"cygnet {version} (cygnetd {version}, {host.sysname} {host.release}, "
         f"{host.machine})\n", "`cygnet version` does so for people")
    full = gateway.lab.run(gateway.ns, ["sh", "-c", 'exec "$@" >/dev/full',
                                        "sh", CYGNET, "--uri",
                                        f"unix://{path_of(gateway)}",
                                        "status"], check=False)
    ok(failed(full, 1, "cannot write"), "an answer that cannot be written: "
       "exit code 1")


# --- one client and the others

def path_of(gateway):
    return gateway.lab.socket_path(gateway.ns)


def connect(gateway):
    client = socket.socket(socket.AF_UNIX)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO,
                      struct.pack("ll", WAIT_S, 0))
    client.connect(path_of(gateway))  # waits while the backlog is full
    client.settimeout(WAIT_S)
    return client


def request(name):
    return packet(0, struct.pack(">B", len(name)) + name.encode())


def check_others(gateway):
    silent = [connect(gateway) for _ in range(CLIENTS_MAX + 8)]
    ok(gateway.answers(), "clients that say nothing do not keep others out")
    floods = [connect(gateway) for _ in range(CLIENTS_MAX)]
    for client in floods:
        client.setblocking(False)
        try:
            while client.send(100 * request("cygnet-drops")):
                pass
        except (BlockingIOError, ConnectionError):
            pass
        try:
            client.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it made room for another
    ok(gateway.answers(), "nor do those that ask on and on and read nothing")
    for client in (*silent, *floods):
        client.close()


def main():
    check_usage()
    check_help()
    with Lab() as lab:
        check_unreachable(lab)
        check_nonsense(lab)
        check_reload(lab)
        check_silence(lab)
        started = time.monotonic()
        gateways = [lab.start_gateway(f"gw-{side}", conf_of(lab, side))
                    for side in "ab"]
        ping = lab.run("host-a", ["ping", "-n", "-c", str(PINGS), "-i", "0.05",
                                  "-W", "1", "-s", str(PING_BYTES - 28),
                                  "10.2.0.2"], check=False)
        ok(f"{PINGS} received" in ping.stdout, "pings go through the tunnel")
        for side, gateway in zip("ab", gateways):
            check_status(lab, side, gateway, started)
            check_drops(gateway)
        check_people(gateways[0])
        check_others(gateways[0])
    return finish()


sys.exit(main())
