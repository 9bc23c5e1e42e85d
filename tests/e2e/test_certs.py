#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The daemon and strongSwan's charon authenticate by certificates: every kind of key, in
both roles, through an intermediate CA, in fragments, over IPv6, with raw public keys,
and with a pre-shared key on one side; from files and over VICI. What is wrong is refused
with a word to the peer and a reason in the log.

Before each row both sides read its configuration again. With names of rows as its
arguments it does those alone.
"""
import os
import re
import shutil
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import charon as strongswan  # noqa: E402
from certs import KINDS, Store  # noqa: E402
from ike_conf import ESP, IKE, PSK  # noqa: E402
from lab import (SIDES, SOCKET, Lab, eventually, finish, ok,  # noqa: E402
                 wait_until)
from swanctl import swanctl, swanctl_load  # noqa: E402

OURS, THEIRS = SIDES["a"], SIDES["b"]
WAIT_S = 10
PASSPHRASE = "a b"
FOLDERS = ("x509", "x509ca", "x509crl", "private", "pubkey", "pkcs12")
REFUSED = re.compile(r"parsed .*N\(AUTH_FAILED\)")
GATEWAY = """\
gateway {{
    protected = lan0
    unprotected = wan0
    socket = {socket}
}}
charon {{
    fragment_size = {fragment_size}
}}
"""
P12 = """\
secrets {{
    pkcs12-moon {{
        file = moon.p12
        secret = "{passphrase}"
    }}
}}
"""
CONN = """\
connections {{
    {conn} {{
        version = 2
        local_addrs = {local}
        remote_addrs = {remote}
        proposals = {ike}
        rekey_time = 0
        send_cert = {send_cert}
        local {{
            {local_auth}
        }}
        remote {{
            {remote_auth}
        }}
        children {{
            {child} {{
                local_ts = {local_ts}
                remote_ts = {remote_ts}
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


class End:
    """One side: its identity, and how it and the other one say what it shows."""

    def __init__(self, id, own, seen):
        self.id, self.own, self.seen = id, own, seen

    def has(self, **own):
        return End(self.id, {**self.own, **own}, self.seen)

    def is_seen(self, **seen):
        return End(self.id, self.own, {**self.seen, **seen})

    def auth(self, keys):
        """Keys that are None are not there."""
        every = {"auth": "pubkey", "id": self.id, **keys}
        return "\n            ".join(f"{key} = {value}" for key, value in
                                     every.items() if value is not None)


def host(name):
    return f"{name}.example.org"


def certified(name):
    return End(host(name), {"certs": f"{name}.pem"}, {"cacerts": "root.pem"})


def raw(name):
    keys = {"pubkeys": f"{name}.pub"}
    return End(host(name), keys, keys)


def shared(name):
    return End(host(name), {"auth": "psk"}, {"auth": "psk"})


class Row:
    """
    What both sides are told. schemes: by what we sign and charon does, in its words.
    log: of what it says, in either role, there is each. send_cert: charon's, and
    rfc7427: whether it knows more than the methods of old.
    """

    def __init__(self, ours, theirs, schemes=(), log=(), ipv6=False,
                 fragment_size=1280, rsa_pss="no", send_cert="always",
                 rfc7427="yes"):
        self.ours, self.theirs = ours, theirs
        self.ipv6, self.fragment_size = ipv6, fragment_size
        self.rsa_pss, self.send_cert = rsa_pss, send_cert
        self.rfc7427 = rfc7427
        self.log = list(log)
        if schemes:
            self.log += [rf"authentication of '\S+' with {schemes[0]} success",
                         rf"\(myself\) with {schemes[1]} success"]

    def _conn(self, here, there, local, remote, send_cert):
        return CONN.format(
            conn=strongswan.CONN, child=strongswan.CHILD, ike=IKE, esp=ESP,
            psk=PSK, send_cert=send_cert,
            local=here.outer6 if self.ipv6 else here.outer,
            remote=there.outer6 if self.ipv6 else there.outer,
            local_ts=here.lan, remote_ts=there.lan,
            local_auth=local.auth(local.own),
            remote_auth=remote.auth(remote.seen))

    def gateway(self):
        return GATEWAY.format(socket=SOCKET, fragment_size=self.fragment_size)

    def our_conn(self):
        return self._conn(OURS, THEIRS, self.ours, self.theirs, "always")

    def our_conf(self):
        return self.gateway() + P12.format(
            passphrase=PASSPHRASE) + self.our_conn()

    def their_conf(self):
        return self._conn(THEIRS, OURS, self.theirs, self.ours, self.send_cert)


def good_rows():
    ecdsa = "ECDSA_WITH_SHA{}_DER"
    pkcs1 = "RSA_EMSA_PKCS1_SHA2_256"
    pss512, pss256 = (f"RSA_EMSA_PSS_SHA2_{bits}_SALT_{bits // 8}"
                      for bits in (512, 256))
    schemes = {
        "rsa2048": (pss512, pkcs1),
        "rsa3072": (pss512, pkcs1),
        "p256": (ecdsa.format(512), ecdsa.format(256)),
        "p384": (ecdsa.format(512), ecdsa.format(384)),
        "p521": (ecdsa.format(512), ecdsa.format(512)),
        "ed25519": ("ED25519", "ED25519"),
        "ed448": ("ED448", "ED448"),
    }
    moon, sun = certified("moon-p256"), certified("sun-p256")
    moon_rsa, sun_rsa = certified("moon-rsa2048"), certified("sun-rsa2048")
    moon_below, sun_below = certified("moon-below"), certified("sun-below")
    rows = {kind: Row(certified(f"moon-{kind}"), certified(f"sun-{kind}"),
                      schemes[kind]) for kind in KINDS}
    rows.update({f"{kind} over IPv6": Row(
        certified(f"moon-{kind}"), certified(f"sun-{kind}"), schemes[kind],
        ipv6=True) for kind in KINDS})
    for bits in ("256", "384", "521"):
        rows[f"P-{bits}, RFC 4754"] = Row(
            certified(f"moon-p{bits}"), certified(f"sun-p{bits}"),
            (f"ECDSA-{bits} signature",) * 2, rfc7427="no")
    rows.update({
        "RSA with SHA-1, where it is named": Row(
            moon_rsa.has(auth="rsa-sha1"), sun_rsa.is_seen(
                auth="ike:rsa-sha1"),
            ("RSA signature",) * 2, rfc7427="no"),
        "PSS": Row(moon_rsa, sun_rsa, (pss512, pss256),
                   rsa_pss="yes"),
        "PSS with SHA-256": Row(
            moon_rsa.has(auth="rsa-sha256"), sun_rsa.is_seen(
                auth="ike:rsa/pss-sha256"), (pss256, pss256), rsa_pss="yes"),
        "ECDSA with SHA-384": Row(
            moon.has(auth="ecdsa-sha384"), sun.is_seen(
                auth="ecdsa-256-sha256"),
            (ecdsa.format(384), ecdsa.format(256))),
        "chain": Row(moon_below, sun_below,
                     log=('received issuer cert "CN=moon-middle"',
                          'sending issuer cert "CN=sun-middle"')),
        "fragments": Row(moon_below, sun_below, fragment_size=576,
                         log=(r"splitting IKE message",
                              r"received fragment #\d of \d")),
        "ours by PSK": Row(shared("moon-p256"), sun),
        "theirs by PSK": Row(moon, shared("sun-p256")),
        "raw keys": Row(raw("moon-raw"), raw("sun-raw")),
        "fragments over IPv6": Row(
            moon_below, sun_below, fragment_size=1280, ipv6=True,
            log=(r"splitting IKE message", r"received fragment #\d of \d")),
        "raw keys over IPv6": Row(raw("moon-raw"), raw("sun-raw"), ipv6=True),
        "PKCS#12": Row(certified("moon-p12").has(certs=None), sun),
        "chosen by identity": Row(
            certified("moon-p384").has(certs=None),
            sun.is_seen(cacerts=None)),
        "subjects as identities": Row(
            End('"CN=moon-p256"', moon.own, moon.seen),
            End('"CN=sun-p256"', sun.own, sun.seen)),
        "a pattern of subjects": Row(moon, End('"CN=sun-p256"', sun.own, {
            "id": '"CN=*"', **sun.seen})),
        "a pattern of hosts": Row(moon, sun.is_seen(id="*.example.org")),
        "no identities": Row(
            moon.has(id=None).is_seen(id="%any"),
            sun.has(id=None).is_seen(id="%any")),
        "pinned and not sent": Row(
            moon, sun.is_seen(certs="sun-p256.pem"), send_cert="never"),
        "a CA by its name": Row(moon, sun.is_seen(
            cacerts=None, ca_id='"CN=root"')),
        "a CA that is sent, by its name": Row(
            moon_below, sun_below.is_seen(ca_id='"CN=sun-middle"')),
        "strict": Row(moon, sun.is_seen(revocation="strict")),
    })
    return rows


def bad_rows():
    """With what the log says of each; and where one role alone has it, which."""
    moon, sun = certified("moon-p256"), certified("sun-p256")
    return {
        "wrong CA": (
            Row(moon, certified("sun-strange")),
            r'"CN=sun-strange" was issued by one .* is neither here .*; install'),
        "another CA than is named": (
            Row(moon, sun.is_seen(cacerts="other.pem")),
            r'"CN=sun-p256" was issued by none of the CAs .*; correct cacerts'),
        "another CA by its name": (
            Row(moon, sun.is_seen(ca_id='"CN=other"')),
            r'"CN=sun-p256" was issued by none of the CAs .*; correct .*ca_id'),
        "expired": (
            Row(moon, certified("sun-expired")),
            r'"CN=sun-expired" has expired .*; have it renewed'),
        "revoked": (
            Row(moon, certified("sun-revoked")),
            r'"CN=sun-revoked" is revoked .*; have another one issued'),
        "strict, and no CRL": (
            Row(moon, certified("sun-below").is_seen(revocation="strict")),
            r'"CN=sun-below" .*CRL.*; '),
        "not its certificate": (
            Row(moon, sun.has(certs="mars.pem")),
            r'"CN=mars" is not of sun-p256.example.org, .*; have it say'),
        "another one": (
            Row(moon, certified("mars").is_seen(id=host("sun-p256"))),
            "no connection for the peer's address and identity", [False]),
        "not the pinned one": (
            Row(moon, sun.is_seen(certs="sun-p384.pem")),
            r'"CN=sun-p256" is none of .*; add it there'),
        "another raw key": (
            Row(raw("moon-raw"), raw("sun-raw").is_seen(
                pubkeys="moon-raw.pub")),
            r"signature is not by the key .*; compare"),
        "not sent": (
            Row(moon, certified("sun-p521"), send_cert="never"),
            r"sends no certificate, .*; have it send one"),
        "another kind of key": (
            Row(moon, sun.is_seen(auth="rsa-sha256")),
            r"signs by ecdsa-sha256, which 'auth' .* does not take; have"),
        "RSA with SHA-1": (
            Row(moon, certified("sun-rsa2048"), rfc7427="no"),
            r"signs by rsa-sha1, which 'auth' .* does not take.*; have"),
        "weak key": (
            Row(moon, certified("sun-rsa2048").is_seen(auth="rsa-3072")),
            r'"CN=sun-rsa2048" is weaker .*; have a stronger one issued'),
        "PSK instead": (
            Row(moon, sun.has(auth="psk", certs=None)),
            r"by a pre-shared key, and not by a certificate .*'auth = pubkey'"),
        "certificate instead": (
            Row(moon, sun.is_seen(auth="psk", cacerts=None)),
            r"the peer does not authenticate by a pre-shared key"),
    }


def make_certs(store):
    store.root("root")
    for ca in ("strange", "other"):
        store.root(ca)
    for side in ("moon", "sun"):
        for kind in KINDS:
            store.issue("root", f"{side}-{kind}", kind)
        store.issue("root", f"{side}-middle", "rsa3072", "--ca")
        store.issue(f"{side}-middle", f"{side}-below", "rsa3072")
        store.issue("root", f"{side}-raw", "p384")
    store.issue("root", "moon-p12", "p256")
    store.openssl("pkcs12", "-export", "-inkey", "moon-p12.key", "-in",
                  "moon-p12.pem", "-certfile", "root.pem", "-passout",
                  f"pass:{PASSPHRASE}", "-out", "moon.p12")
    store.issue("strange", "sun-strange", "p256")
    store.issue("root", "mars", "p256")
    store.issue("root", "sun-revoked", "p256")
    store.issue_expired("root", "sun-expired", "p256")
    store.revoke("root", "sun-revoked")


def put(store, folder, side, *more):
    """Of the other side there is what says whom to trust, and nothing else."""
    names = [f"{side}-{kind}" for kind in (*KINDS, "below")] + list(more)
    store.put(folder, "x509", *(f"{name}.pem" for name in names),
              f"{side}-middle.pem")
    store.put(folder, "private", f"{side}-raw.key",
              *(f"{name}.key" for name in names))
    store.put(folder, "pubkey", "moon-raw.pub", "sun-raw.pub")
    store.put(folder, "x509ca", "root.pem")


class Test:
    def __init__(self, lab, store):
        self.lab = lab
        self.charon = strongswan.Charon(lab, "gw-b", {
            **strongswan.DEFAULTS, "log_ike": 1, "half_open_timeout": 3,
            "plugins": "pkcs8 constraints revocation"})
        put(store, self.charon.dir, "sun", "sun-strange", "sun-expired",
            "sun-revoked", "mars")
        put(store, lab.dir, "moon")
        # Whose certificates are pinned, has to be known.
        store.put(lab.dir, "x509", "sun-p256.pem", "sun-p384.pem")
        store.put(lab.dir, "x509ca", "other.pem")
        store.put(lab.dir, "x509crl", "root.crl")
        store.put(lab.dir, "pkcs12", "moon.p12")
        row = good_rows()["p256"]
        self.gateway = lab.start_gateway("gw-a", row.our_conf())
        self.settings = None

    def load(self, row):
        self.lab.write("gw-a.conf", row.our_conf())
        done = self.gateway.client("reload", check=False)
        if done.returncode:
            ok(False, f"it is read again: {done.stderr}")
        settings = {"rsa_pss": row.rsa_pss, "rfc7427": row.rfc7427,
                    "fragment_size": row.fragment_size}
        if settings != self.settings:
            self.charon.set(**settings)
            self.settings = settings
        self.charon.load_text(row.their_conf())

    def initiate(self, we):
        """What they log of it; True: it is up."""
        mark = self.charon.mark()
        done = (swanctl(self.lab, "--initiate", "--child", strongswan.CHILD,
                        "--timeout", "5") if we else self.charon.initiate())
        return done.returncode == 0, self.charon, mark

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
        self.both_roles(name, row)

    def both_roles(self, name, row):
        for we in (True, False):
            up, charon, mark = self.initiate(we)
            log = charon.log(mark)
            ok(up, f"{name}, {role(we)}: up")
            ok(eventually(self.ping, 5), f"{name}, {role(we)}: a ping")
            missing = [one for one in row.log if not re.search(one, log)]
            if row.log:
                ok(not missing, f"{name}, {role(we)}: as wanted {missing}")
            self.end()

    def failures(self, before):
        return [line for line in self.gateway.log()[before:].splitlines()
                if "ike: failed" in line]

    def bad(self, name, row, reason, roles=(True, False)):
        self.load(row)
        for we in roles:
            before = len(self.gateway.log())
            up, charon, mark = self.initiate(we)
            # It may be written after the word to the peer.
            eventually(lambda: self.failures(before), 3)
            said = self.failures(before)
            ok(not up and len(said) == 1 and re.search(reason, said[0]),
               f"{name}, {role(we)}: {said}")
            ok(eventually(lambda: REFUSED.search(charon.log(mark)), 3),
               f"{name}, {role(we)}: the peer is told")
            self.end()


def ike_ends(test):
    """Another one is given the certificates again."""
    test.load(good_rows()["chain"])
    up, _, _ = test.initiate(True)
    test.gateway.kill_role("ike")
    wait_until(lambda: test.gateway.role_pid("ike"), WAIT_S, "another ike")
    ok(up and test.ping(), "ike ended, and a tunnel by certificates stays")
    test.end()
    test.both_roles("after it", good_rows()["chain"])


def over_vici(test, store):
    """Files that swanctl reads and the gateway does not."""
    row = good_rows()["chain"]
    for folder in FOLDERS:
        shutil.rmtree(os.path.join(test.lab.dir, folder))
    test.lab.write("gw-a.conf", row.gateway())
    test.gateway.client("reload")
    ok(swanctl(test.lab, "--list-certs").stdout.strip() == "",
       "without its files the gateway has no certificates")
    put(store, test.lab.dir, "moon")
    done = swanctl_load(test.lab, row.our_conn(), "--load-all", "--noprompt")
    ok(done.returncode == 0,
       "swanctl loads them, keys and a connection")
    test.both_roles("over VICI", row)


def role(we):
    return "we initiate" if we else "charon initiates"


def main():
    with Lab(with_ipv6=True) as lab:
        store = Store(os.path.join(lab.dir, "store"))
        make_certs(store)
        test = Test(lab, store)
        for name, row in good_rows().items():
            if sys.argv[1:] == [] or name in sys.argv:
                test.good(name, row)
        for name, row in bad_rows().items():
            if sys.argv[1:] == [] or name in sys.argv:
                test.bad(name, *row)
        if sys.argv[1:] == [] or "ends" in sys.argv:
            ike_ends(test)
            over_vici(test, store)
    return finish()


sys.exit(main())
