#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
A fake `ike` tries what a taken-over one would (fake_ike.c): each forbidden
request to the keystore, to the SAD and to the links themselves is refused and
logged, while ctl and dp live, answer, and carry the traffic of a manual tunnel
beside.
"""
import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import (BUILD, SIDES, Lab, LabError, finish, log_of,  # noqa: E402
                 ok, wait_until)

FOLDER = "/run/cygnet"
PSK = "a secret that ike never sees"
MEMORY_MAX_KB = 160 << 10  # of ctl and of dp, their queues included
LOG_MAX_BYTES = 4 << 20  # of one run: 400 of the longest lines, and some more
FDS_MAX = 64
GATEWAYS_MAX = 16  # names.h
INTERVAL_S = 0.02
ANSWER_MAX_S = 1.5  # less than what ctl gives dp for it

GOES_ON, ENDS = "the link goes on", "the link ends"

KEYSTORE = {
    "keystore good": "done",
    "keystore message too long": "EINVAL",
    "keystore message empty": "EINVAL",
    "keystore nonce too long": "EINVAL",
    "keystore id too long": "EINVAL",
    "keystore auth too long": "EINVAL",
    "keystore local too long": "EINVAL",
    "keystore remote too long": "EINVAL",
    "keystore unknown op": "EINVAL",
    "keystore unknown prf": "EINVAL",
    "keystore prf beyond": "EINVAL",
    "keystore identity without a key": "ENOKEY",
    "keystore any identity": "ENOKEY",
    "keystore wrong auth": "EKEYREJECTED",
    "keystore no auth": "EKEYREJECTED",
    "keystore sign": "ENOKEY",
    "keystore sign by no scheme": "EINVAL",
    "keystore sign too long": "EINVAL",
    "keystore-check": "done",
    "keystore-guesses": "all rejected",
}
SADB = {
    "ADD for policy 0": "EPERM",  # manual
    "ADD for policy 1": "EPERM",  # bypass
    "ADD for policy 2": "EPERM",  # discard
    "ADD policy beyond": "ENOENT",
    "ADD policy unknown": "ENOENT",
    "ADD wider than the child": "EPERM",
    "ADD without selectors": "EINVAL",
    "ADD with 17 selectors": "EINVAL",
    "ADD with 255 selectors": "EINVAL",
    "ADD SPI 255": "EINVAL",
    "ADD third direction": "EINVAL",
    "ADD to a stranger": "EPERM",
    "ADD from an address of a stranger": "EPERM",
    "ADD IPv6": "EINVAL",
    "ADD unknown cipher": "EOPNOTSUPP",
    "ADD no cipher": "EOPNOTSUPP",
    "ADD DES": "EOPNOTSUPP",
    "ADD no integrity": "EINVAL",
    "ADD a cipher that the child has not": "EPERM",
    "ADD numbers of 64 bits": "EPERM",
    "ADD what encrypts nothing": "EPERM",
    "ADD AH": "EPERM",
    "ADD key too long": "EINVAL",
    "ADD key too short": "EINVAL",
    "ADD one port of UDP": "EINVAL",
    "ADD in, from a stranger": "EPERM",
    "ADD in, to an address of a stranger": "EPERM",
    "ADD in, a window of all numbers": "EINVAL",
    "ADD in, what encrypts nothing": "EPERM",
    "ADD in, AH": "EPERM",
    "UPDATE manual out": "EPERM",
    "UPDATE manual in": "EPERM",
    "DELETE manual out": "EPERM",
    "DELETE manual in": "EPERM",
    "CLAIM manual out": "EPERM",
    "CLAIM manual in": "EPERM",
    "QUERY manual out": "EPERM",
    "QUERY manual in": "EPERM",
    "MOVE manual out": "EPERM",
    "MOVE manual in": "EPERM",
    "ADD over manual out": "EEXIST",
    "ADD over manual in": "EEXIST",
    "UPDATE of nothing": "ENOENT",
    "DELETE of nothing": "ENOENT",
    "CLAIM of nothing": "ENOENT",
    "QUERY of nothing": "ENOENT",
    "MOVE of nothing": "ENOENT",
    "GETSPI out": "EINVAL",
    "the verb ACQUIRE": "EINVAL",
    "the verb 255": "EINVAL",
    "ADD good": "done",
    "UPDATE good": "done",
    "MOVE to a stranger": "EPERM",
    "ADD key of another SA": "EKEYREVOKED",
    "DELETE good": "done",
    "ADD key of an SA that was": "EKEYREVOKED",
    "sadb-getspi": "ENOSPC",
}
NO_MESSAGE = ("a message with a wrong length", "a message of an unknown type",
              "the other end is of another version")
# A few for each start of ctl: it waits ever longer before it links again.
CTL_ENDS = (("ctl-unknown-type", "ctl-too-short", "ctl-too-long",
             "ctl-length-lies", "ctl-other-version"),
            ("ctl-longest", "ctl-record-too-short", "ctl-other-direction",
             "ctl-of-dp", "ctl-no-header"))
CTL_FDS = ("ctl-fds", "ctl-many-fds")
DP_ENDS = (("dp-unknown-type", "dp-too-short", "dp-length-lies",
            "dp-other-version", "dp-longest"),
           ("dp-other-direction", "dp-stop", "dp-commit", "dp-no-header"))
DP_FDS = ("dp-fds", "dp-many-fds")
LIES = ("lie-ready-twice", "lie-shown", "lie-views", "lie-done", "lie-event",
        "lie-record", "lie-wants", "lie-gateways")
FLOODS = ("lie-many-views", "flood-events", "flood-more", "flood-records")
DEAF = ("flood-deaf-sadb", "flood-deaf-keystore")


def conf(lab):
    """gw-a's: a manual tunnel, and a connection of ike's beside it."""
    here, there = SIDES["a"], SIDES["b"]
    return lab.default_conf("a") + f"""\
policies {{
    let-go {{
        action = bypass
        local_ts = {here.lan}
        remote_ts = 10.7.0.0/24
    }}
    drop {{
        action = discard
        local_ts = {here.lan}
        remote_ts = 10.8.0.0/24
    }}
}}
connections {{
    peer {{
        local_addrs = {here.outer}
        remote_addrs = {there.outer}
        mobike = no
        local {{
            auth = psk
            id = here.example
        }}
        remote {{
            auth = psk
            id = there.example
        }}
        children {{
            net {{
                local_ts = {here.lan}
                remote_ts = 10.9.0.0/24
                esp_proposals = aes128gcm16
            }}
        }}
    }}
}}
secrets {{
    ike-peer {{
        secret = "{PSK}"
        id = there.example
    }}
}}
"""


class Attack:
    """gw-a with a fake ike: dp stays, ctl and the fake are those of a run."""

    def __init__(self, lab):
        self.lab = lab
        self.conf = conf(lab)
        self.gateway = None
        self.dp_log = None
        self.logged = 0
        self.stream = None
        self.dp = None

    def run(self, *names):
        """What came of each attempt; ctl is a fresh one."""
        fake = self._start(names)
        slowest = 0
        while "all: tried" not in log_of(fake):
            slowest = max(slowest, self._ask())
            if fake.poll() is not None:
                raise LabError("the fake ike ended")
        ok(slowest < ANSWER_MAX_S,
           f"status is answered meanwhile, within {slowest:.2f} s")
        said = dict(line.split(": ", 1)
                    for line in log_of(fake).splitlines() if ": " in line)
        ok(said.pop("the key was seen") == "no",
           "in nothing that ike is sent the key is seen")
        self._check(", ".join(names))
        self._end(fake)
        return {name: outcome for name, outcome in said.items()
                if name not in ("listens", "all")}

    def _ask(self):
        """Of ctl, which asks dp; how long it took."""
        begin = time.monotonic()
        self.gateway.client("status")
        return time.monotonic() - begin

    def _start(self, names):
        lab = self.lab
        fake = lab.spawn("gw-a", [
            f"{BUILD}/tests/support/fake_ike", f"{FOLDER}/ike",
            hex(lab.sa_ab.spi), hex(lab.sa_ba.spi), PSK, *names])
        wait_until(lambda: "listens" in log_of(fake), 10, "the fake ike")
        self.gateway = lab.start_gateway("gw-a", self.conf)
        if not self.dp:
            self.dp = self.gateway.role_pid("dp")
            self.dp_log = self.gateway.log
            self.stream = lab.spawn("host-a", [
                "ping", "-n", "-q", "-i", str(INTERVAL_S), "10.2.0.2"])
        self.logged = self._log_bytes() - len(self.gateway.log())
        return fake

    def _log_bytes(self):
        """Of dp, whose log is that of the ctl that started it, and of ctl."""
        return len(self.dp_log()) + (
            self.gateway.log != self.dp_log) * len(self.gateway.log())

    def _check(self, what):
        ok(self.gateway.answers() and self.gateway.role_pid("dp") == self.dp,
           f"ctl and dp are there: {what}")
        self.gateway.client("sa")
        self.gateway.client("policy")
        for name, pid in ("ctl", self.gateway.pid), ("dp", self.dp):
            self._check_process(name, pid)
        size = self._log_bytes() - self.logged
        ok(size < LOG_MAX_BYTES, f"it causes {size} octets of log")

    @staticmethod
    def _check_process(name, pid):
        with open(f"/proc/{pid}/status") as file:
            peak = int(re.search(r"VmHWM:\s+(\d+)", file.read()).group(1))
        fds = len(os.listdir(f"/proc/{pid}/fd"))
        ok(peak < MEMORY_MAX_KB, f"{name} has at most {peak} kB of memory")
        ok(fds < FDS_MAX, f"{name} has {fds} descriptors")

    def _end(self, fake):
        for process in self.gateway.process, fake:
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=10)

    def packets(self):
        """Through the manual tunnel: sent, and received."""
        self.stream.send_signal(signal.SIGINT)
        self.stream.wait(timeout=10)
        return tuple(map(int, re.search(
            r"(\d+) packets transmitted, (\d+) received",
            log_of(self.stream)).groups()))


def check_outcomes(attack, names, expected):
    got = attack.run(*names)
    for name, outcome in expected.items():
        ok(got.get(name) == outcome,
           f"{name}: {got.get(name)}, expected {outcome}")
    ok(set(got) == set(expected), "and nothing else was tried")


def check_not_fetched(log):
    ok("fetches: not fetched: certificates are not" in log and
       "url=http://192.0.2.2/" not in log,
       "no certificate is fetched where the configuration does not let it")


def check_all(attack):
    check_outcomes(attack, ["keystore", "keystore-check", "keystore-guesses"],
                   KEYSTORE)
    ok("keystore: request refused" in attack.gateway.log(),
       "the keystore's refusals are logged")
    check_outcomes(attack, ["sadb-add", "sadb-manual", "sadb-verbs", "sadb-key",
                            "sadb-getspi"], SADB)
    for verb in "ADD", "UPDATE", "DELETE", "CLAIM":
        ok(f"sadb: {verb} refused" in attack.dp_log(),
           f"the SAD's refusals of {verb} are logged")
    for names in *CTL_ENDS, *DP_ENDS:
        check_outcomes(attack, names, dict.fromkeys(names, ENDS))
        ok(any(why in log for log in (attack.gateway.log(), attack.dp_log())
               for why in NO_MESSAGE), "and why is logged")
    for names in CTL_FDS, DP_FDS, LIES, FLOODS:
        check_outcomes(attack, names, dict.fromkeys(names, GOES_ON))
        if names is LIES:
            check_not_fetched(attack.gateway.log())
    asked = attack.gateway.log().count("names: gateway=")
    ok(asked <= GATEWAYS_MAX, f"of the names that it made up {asked} are in the log")
    check_outcomes(attack, DEAF, dict.fromkeys(DEAF, ENDS))


def main():
    with Lab() as lab:
        lab.start_gateway("gw-b", lab.default_conf("b"))
        attack = Attack(lab)
        check_all(attack)
        sent, received = attack.packets()
    ok(sent > 100 and sent - received <= 1,
       f"the manual tunnel carried {received} of {sent} packets meanwhile")
    return finish()


sys.exit(main())
