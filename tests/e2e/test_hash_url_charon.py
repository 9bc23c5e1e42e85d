#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The daemon and strongSwan's charon send each other their certificates by hash and URL:
each fetches the other's, as initiator and as responder. What is at the address may be
another certificate, too long, slow, or not there; and who does not fetch gets the
certificate itself.
"""
import hashlib
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import charon as strongswan  # noqa: E402
from certs import Store  # noqa: E402
from ike_conf import ESP, IKE  # noqa: E402
from lab import (SIDES, SOCKET, STATE, Lab, eventually,  # noqa: E402
                 finish, log_of, ok, wait_until)
from swanctl import swanctl  # noqa: E402

SERVES = os.path.join(os.path.dirname(__file__), "../support/crl_server.py")
OURS, THEIRS = SIDES["a"], SIDES["b"]
HTTP, NOBODY = 8080, 8083
WAIT_S = 20
CONF = """\
gateway {{
    protected = lan0
    unprotected = wan0
    socket = {socket}
    state_dir = {state}
}}
charon {{
    hash_and_url = {fetches}
}}
"""
CONN = """\
authorities {{
    root {{
        cacert = root.pem
        cert_uri_base = {base}
    }}
}}
connections {{
    {conn} {{
        version = 2
        local_addrs = {here.outer}
        remote_addrs = {there.outer}
        proposals = {ike}
        rekey_time = 0
        local {{
            auth = pubkey
            id = {own}.example.org
            certs = {own}.pem
        }}
        remote {{
            auth = pubkey
            id = {other}.example.org
            cacerts = root.pem
        }}
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
"""


def conn(here, there, own, other, base):
    return CONN.format(conn=strongswan.CONN, child=strongswan.CHILD, here=here,
                       there=there, own=own, other=other, ike=IKE, esp=ESP,
                       base=base)


def at(side, path, port=HTTP):
    return f"http://{side.outer}:{port}/{path}"


class Pair:
    def __init__(self, lab, store):
        self.lab, self.store = lab, store
        self.charon = strongswan.Charon(lab, "gw-b", {
            **strongswan.DEFAULTS, "log_ike": 1, "log_default": 1,
            "half_open_timeout": 40, "hash_and_url": "yes",
            "plugins": "pkcs8 constraints revocation curl"})
        self.sha1, self.before = {}, 0
        os.mkdir(store.path("certs"))
        store.root("root")
        for folder, name in (self.charon.dir, "sun"), (lab.dir, "moon"):
            store.issue("root", name, "p256")
            self.publish(name)
            store.put(folder, "x509", f"{name}.pem")
            store.put(folder, "private", f"{name}.key")
            store.put(folder, "x509ca", "root.pem")
        for gateway in "gw-a", "gw-b":
            web = lab.spawn(gateway, ["python3", "-B", SERVES, str(HTTP),
                                      store.folder, self.requests(gateway)])
            wait_until(lambda web=web: "listens" in log_of(web), WAIT_S,
                       "a web server")
        self.gateway = lab.start_gateway("gw-a", self.ours("yes"))

    def publish(self, name):
        self.store.openssl("x509", "-in", f"{name}.pem", "-outform", "der",
                           "-out", f"{name}.der")
        with open(self.store.path(f"{name}.der"), "rb") as file:
            der = file.read()
        self.sha1[name] = hashlib.sha1(der).hexdigest()
        with open(self.store.path(f"certs/{self.sha1[name]}"), "wb") as file:
            file.write(der)

    def requests(self, gateway):
        return os.path.join(self.lab.dir, f"{gateway}-requests")

    def asked(self, gateway):
        path = self.requests(gateway)
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8") as file:
            return file.read()

    def ours(self, fetches):
        return CONF.format(socket=SOCKET, state=STATE, fetches=fetches) + conn(
            OURS, THEIRS, "moon", "sun", at(OURS, "certs/"))

    def attempt(self, we, base=at(THEIRS, "certs/"), fetches="yes"):
        """Whether it is up, and our log."""
        self.lab.write("gw-a.conf", self.ours(fetches))
        self.gateway.client("reload")
        self.charon.load_text(conn(THEIRS, OURS, "sun", "moon", base))
        swanctl(self.lab, "--flush-certs")
        self.charon.swanctl("--flush-certs")
        for gateway in "gw-a", "gw-b":
            with open(self.requests(gateway), "w", encoding="utf-8"):
                pass
        self.before = len(self.gateway.log())
        done = (self.gateway.client(
                    "up", "-t", "30", f"{strongswan.CONN}/{strongswan.CHILD}",
                    check=False) if we else
                self.charon.initiate(limit_s=30))
        return done.returncode == 0, self.log()

    def log(self):
        """Ours, of the last attempt."""
        return self.gateway.log()[self.before:]

    def end(self):
        self.gateway.client("down", "-t", "10", strongswan.CONN, check=False)
        self.charon.forget()

    def good(self):
        for we in True, False:
            up, log = self.attempt(we)
            who = "we" if we else "charon"
            ok(up, f"{who} initiate: it is up {'' if up else log[-3000:]}")
            ok(self.asked("gw-b") == f"/certs/{self.sha1['sun']}\n",
               f"{who} initiate: charon's certificate is fetched once, from "
               f"where it says ({self.asked('gw-b')!r})")
            ok(self.asked("gw-a") == f"/certs/{self.sha1['moon']}\n",
               f"{who} initiate: charon fetches ours "
               f"({self.asked('gw-a')!r})")
            self.end()

    def kept(self):
        before = self.asked("gw-b")
        done = self.gateway.client(
            "up", "-t", "30", f"{strongswan.CONN}/{strongswan.CHILD}",
            check=False)
        ok(done.returncode == 0 and self.asked("gw-b") == before,
           "what was fetched for a peer that is believed is fetched once")
        self.end()

    def without(self):
        for we in True, False:
            up, log = self.attempt(we, fetches="no")
            ok(up and not self.asked("gw-b"),
               f"hash_and_url = no, {'we' if we else 'charon'} initiate: the "
               f"certificate comes itself {'' if up else log[-3000:]}")
            ok(self.asked("gw-a") == f"/certs/{self.sha1['moon']}\n",
               "and ours is fetched all the same")
            self.end()

    def bad(self, what, base, says):
        for we in True, False:
            up, log = self.attempt(we, base)
            ok(not up and eventually(lambda: says in self.log()),
               f"{what}, {'we' if we else 'charon'} initiate: refused "
               f"{log[-3000:] if up or says not in log else ''}")
            self.end()
            ok(not swanctl(self.lab, "--list-sas").stdout.strip(),
               "and nothing is left")


def main():
    with Lab() as lab:
        pair = Pair(lab, Store(os.path.join(lab.dir, "store")))
        pair.good()
        pair.kept()
        pair.without()
        pair.store.openssl("x509", "-in", "root.pem", "-outform", "der",
                           "-out", "crl")
        pair.bad("another certificate", at(THEIRS, "crl?"),
                 "whose SHA-1 is another one")
        pair.bad("something of 16 MiB", at(THEIRS, "huge?"),
                 "longer than 16384")
        pair.bad("nobody there", at(THEIRS, "certs/", NOBODY),
                 "is not to be had from")
        pair.bad("an address of this host", at(OURS, "certs/"),
                 "where no certificate may send us")
        pair.bad("a server that is slow", at(THEIRS, "slow?"),
                 "takes longer than 10 s")
    return finish()


sys.exit(main())
