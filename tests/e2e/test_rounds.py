#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The daemon and strongSwan's charon authenticate in several rounds (RFC 4739): by a
certificate and then a pre-shared key, the other way round, and as often on one side as
on the other or not, in both roles. A round too few, one too many and one that proves
something else are refused with a reason in the log.

With names of rows as its arguments it does those alone.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import charon as strongswan  # noqa: E402
from certs import Store  # noqa: E402
from ike_conf import ESP, IKE, PSK  # noqa: E402
from lab import (SIDES, SOCKET, Lab, eventually, finish, ok,  # noqa: E402
                 wait_until)
from swanctl import swanctl  # noqa: E402

OURS, THEIRS = SIDES["a"], SIDES["b"]
WAIT_S = 10
REFUSED = re.compile(r"parsed .*N\(AUTH_FAILED\)")
GATEWAY = f"""\
gateway {{
    protected = lan0
    unprotected = wan0
    socket = {SOCKET}
}}
"""
CONN = """\
connections {{
    {conn} {{
        version = 2
        local_addrs = {here.outer}
        remote_addrs = {there.outer}
        proposals = {ike}
        rekey_time = 0
        send_cert = always
{sides}
        children {{
            {child} {{
                local_ts = {here.lan}
                remote_ts = {there.lan}
                esp_proposals = {esp}
                rekey_time = 0
            }}
        }}
    }}
}}
secrets {{
    ike-psk {{
        secret = "{psk}"
    }}
}}
"""
SIDE = """\
        {side}-{n} {{
            round = {n}
            auth = {auth}
            id = {id}
            {certs}
        }}
"""


def rounds(side, name, methods, ids=()):
    """One section each, the last one first: 'c' by a certificate, 'p' by a PSK."""
    sections = []
    for n, method in enumerate(methods):
        own = f"certs = {name}.pem" if side == "local" else "cacerts = root.pem"
        sections.insert(0, SIDE.format(
            side=side, n=n + 1, auth="psk" if method == "p" else "pubkey",
            id=dict(ids).get(n, f"{name}.example.org" if method == "c"
                             else f"{name}-{n + 1}"),
            certs=own if method == "c" else ""))
    return "".join(sections)


class Row:
    """
    What each side is and what the other one wants: methods of all rounds. seen and
    theirs_seen: what charon and we want, where that is something else. why: what our
    log says, where it is we that refuse. we: who initiates.
    """

    def __init__(self, ours, theirs, seen=None, theirs_seen=None, ids=(),
                 why=None, we=(True, False)):
        self.ours, self.theirs = ours, theirs
        self.seen, self.theirs_seen = seen or ours, theirs_seen or theirs
        self.ids, self.why, self.we = ids, why, we

    @staticmethod
    def _conn(here, there, sides):
        return CONN.format(conn=strongswan.CONN, child=strongswan.CHILD, ike=IKE,
                           esp=ESP, psk=PSK, here=here, there=there, sides=sides)

    def our_conf(self):
        return GATEWAY + self._conn(
            OURS, THEIRS, rounds("local", "moon", self.ours) +
            rounds("remote", "sun", self.theirs_seen))

    def their_conf(self):
        return self._conn(
            THEIRS, OURS, rounds("local", "sun", self.theirs, self.ids) +
            rounds("remote", "moon", self.seen))


# charon, where it initiates by a pre-shared key in one round, wants all of the responder's
# to be over by then.
GOOD = {
    "certificate, then PSK": Row("cp", "cp"),
    "PSK, then certificate": Row("pc", "pc", we=(True,)),
    "ours PSK, then certificate": Row("pc", "cp"),
    "theirs PSK, then certificate": Row("p", "pc"),
    "ours two, theirs one": Row("cp", "c"),
    "each another way": Row("cp", "pc", we=(True,)),
    "three of ours": Row("pcp", "cp", we=(True,)),
}
# As an initiator charon takes rounds that are more than it wants; and as a responder it
# is nobody but whom it is asked for.
BAD = {
    "a round left out": Row("cp", "c", theirs_seen="cp",
                            why="leaves out a round of authentication"),
    "an extra round": Row("cp", "cp", theirs_seen="c",
                          why="wants another round of authentication"),
    "another second identity": Row(
        "cp", "cp", ids=((1, "mars"),), we=(False,),
        why="the peer has another identity in a further round"),
    "ours one too few for charon": Row("c", "cp", seen="cp"),
    "ours one too many for charon": Row("cp", "cp", seen="c", we=(True,)),
}


def make_certs(store):
    store.root("root")
    for name in ("moon", "sun"):
        store.issue("root", name, "p256")


def put(store, folder, name):
    store.put(folder, "x509", f"{name}.pem")
    store.put(folder, "private", f"{name}.key")
    store.put(folder, "x509ca", "root.pem")


def role(we):
    return "we initiate" if we else "charon initiates"


class Test:
    def __init__(self, lab, store):
        self.lab = lab
        self.charon = strongswan.Charon(lab, "gw-b", {
            **strongswan.DEFAULTS, "log_ike": 1, "half_open_timeout": 3,
            "plugins": "pkcs8 constraints"})
        put(store, self.charon.dir, "sun")
        put(store, lab.dir, "moon")
        self.gateway = lab.start_gateway("gw-a", next(
            iter(GOOD.values())).our_conf())

    def load(self, row):
        self.lab.write("gw-a.conf", row.our_conf())
        done = self.gateway.client("reload", check=False)
        if done.returncode:
            ok(False, f"it is read again: {done.stderr}")
        self.charon.load_text(row.their_conf())

    def initiate(self, we):
        mark = self.charon.mark()
        done = (swanctl(self.lab, "--initiate", "--child", strongswan.CHILD,
                        "--timeout", "5") if we else self.charon.initiate())
        return done.returncode == 0, mark

    def ping(self):
        return self.lab.run("host-a", ["ping", "-c", "1", "-W", "2",
                                       "10.2.0.2"],
                            check=False).returncode == 0

    def end(self):
        self.charon.terminate()
        wait_until(lambda: not self.charon.list_sas() and
                   not swanctl(self.lab, "--list-sas").stdout.strip(), WAIT_S,
                   "both sides to forget the IKE SA")

    def good(self, name, row):
        self.load(row)
        for we in row.we:
            up, mark = self.initiate(we)
            log = self.charon.log(mark)
            ok(up and eventually(self.ping, 5), f"{name}, {role(we)}: a ping")
            seen = len(re.findall(r"authentication of '\S+' with .* success",
                                  log))
            own = len(re.findall(r"authentication of '\S+' \(myself\) with",
                                 log))
            ok((seen, own) == (len(row.ours), len(row.theirs)),
               f"{name}, {role(we)}: {seen} rounds of ours, {own} of charon's")
            self.end()

    def failures(self, before):
        return [line for line in self.gateway.log()[before:].splitlines()
                if re.search("ike: (failed|ike_sa down)", line)]

    def bad(self, name, row):
        self.load(row)
        for we in row.we:
            before = len(self.gateway.log())
            up, mark = self.initiate(we)
            eventually(lambda: self.failures(before), 3)
            said = self.failures(before)
            ok(said and (not row.why or re.search(row.why, said[0])),
               f"{name}, {role(we)}: {said}")
            ok(not up or not self.ping(), f"{name}, {role(we)}: no tunnel")
            if row.why:
                ok(eventually(lambda: REFUSED.search(self.charon.log(mark)), 3),
                   f"{name}, {role(we)}: the peer is told")
            self.end()

    def listed(self):
        """Field by field where both have the same."""
        self.load(GOOD["three of ours"])
        text = swanctl(self.lab, "--list-conns").stdout
        sections = re.findall(r"(local|remote) (\S.*) authentication:\n"
                              r"(?:    id: (\S+)\n)?", text)
        ok([(side, id) for side, _, id in sections] ==
           [("local", "moon-1"), ("local", "moon.example.org"),
            ("local", "moon-3"), ("remote", "sun.example.org"),
            ("remote", "sun-2")], f"swanctl lists all rounds: {sections}")


def main():
    with Lab() as lab:
        store = Store(os.path.join(lab.dir, "store"))
        make_certs(store)
        test = Test(lab, store)
        for name, row in GOOD.items():
            if sys.argv[1:] == [] or name in sys.argv:
                test.good(name, row)
        for name, row in BAD.items():
            if sys.argv[1:] == [] or name in sys.argv:
                test.bad(name, row)
        if sys.argv[1:] == [] or "listed" in sys.argv:
            test.listed()
    return finish()


sys.exit(main())
