#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The daemon and strongSwan's charon, each with `revocation = strict` against the other: CRLs
and OCSP by HTTP, of a certificate that is good, one that is revoked, and from servers that
are down, or slow. What one side fetched it forgets when it is told to.
"""
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
HTTP, OCSP, NOBODY = 8080, 8082, 8083
WAIT_S = 20
# What a certificate says of where its status is told.
WHERE = {
    "good": ("--crl", "http://{}:%d/crl" % HTTP),
    "revoked": ("--crl", "http://{}:%d/chunked" % HTTP),
    "down": ("--crl", "http://{}:%d/crl" % NOBODY),
    "slow": ("--crl", "http://{}:%d/slow" % HTTP),
    "asked": ("--ocsp", "http://{}:%d/" % OCSP),
    "asked-bad": ("--ocsp", "http://{}:%d/" % OCSP),
}
CONF = """\
gateway {{
    protected = lan0
    unprotected = wan0
    socket = {socket}
    state_dir = {state}
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
        {more}
        local {{
            auth = pubkey
            id = {own}.example.org
            certs = {own}.pem
        }}
        remote {{
            auth = pubkey
            id = {other}.example.org
            cacerts = root.pem
            revocation = {demands}
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


def conn(here, there, own, other, demands):
    # charon 5.9.8 knows no OCSP within IKE: it goes on without.
    more = "ocsp = request" if here is OURS else ""
    return CONN.format(conn=strongswan.CONN, child=strongswan.CHILD, here=here,
                       there=there, own=own, other=other, demands=demands,
                       ike=IKE, esp=ESP, more=more)


def make_certs(store):
    """moon-* is the gateway's, and its servers are there; sun-* is charon's."""
    store.root("root")
    for side, at in ("moon", OURS.outer), ("sun", THEIRS.outer):
        for name, (option, url) in WHERE.items():
            store.issue("root", f"{side}-{name}", "p256", option,
                        url.format(at))
    store.pki("signcrl", "--cacert", "root.pem", "--cakey", "root.key",
              "--cert", "moon-revoked.pem", "--cert", "sun-revoked.pem",
              "--outform", "der", "--out", "crl")
    lines = []
    for name in "asked", "asked-bad":
        for side in "moon", "sun":
            state = "R" if name == "asked-bad" else "V"
            store.openssl("x509", "-in", f"{side}-{name}.pem", "-noout",
                          "-serial", "-out", "serial")
            with open(store.path("serial"), encoding="utf-8") as file:
                serial = file.read().strip().partition("=")[2]
            at = "250101000000Z" if state == "R" else ""
            lines.append(f"{state}\t491231235959Z\t{at}\t{serial}\tunknown\t"
                         f"/CN={side}-{name}\n")
    with open(store.path("index"), "w", encoding="utf-8") as file:
        file.writelines(lines)


def serve(lab, store):
    for gateway in "gw-a", "gw-b":
        web = lab.spawn(gateway, ["python3", "-B", SERVES, str(HTTP),
                                  store.folder, os.path.join(lab.dir, gateway)])
        responder = lab.spawn(gateway, [
            "openssl", "ocsp", "-port", str(OCSP), "-index",
            store.path("index"), "-CA", store.path("root.pem"), "-rsigner",
            store.path("root.pem"), "-rkey", store.path("root.key"),
            "-ndays", "1"])
        wait_until(lambda: "listens" in log_of(web), WAIT_S, "a web server")
        wait_until(lambda: "waiting" in log_of(responder).lower(), WAIT_S,
                   "a responder")


class Pair:
    def __init__(self, lab, store):
        self.lab = lab
        self.charon = strongswan.Charon(lab, "gw-b", {
            **strongswan.DEFAULTS, "log_ike": 1, "log_default": 1,
            "half_open_timeout": 40, "plugins":
            "pkcs8 constraints revocation curl"})
        for folder, side in (self.charon.dir, "sun"), (lab.dir, "moon"):
            names = [f"{side}-{name}" for name in WHERE]
            store.put(folder, "x509", *(f"{name}.pem" for name in names))
            store.put(folder, "private", *(f"{name}.key" for name in names))
            store.put(folder, "x509ca", "root.pem")
        self.base = CONF.format(socket=SOCKET, state=STATE)
        self.gateway = lab.start_gateway("gw-a", self.base + conn(
            OURS, THEIRS, "moon-good", "sun-good", "strict"))

    def load(self, moon, sun, we_judge):
        """One of them does, and neither knows anything from before."""
        self.lab.write("gw-a.conf", self.base + conn(
            OURS, THEIRS, moon, sun, "strict" if we_judge else "relaxed"))
        self.gateway.client("reload")
        self.charon.load_text(conn(
            THEIRS, OURS, sun, moon, "relaxed" if we_judge else "strict"))
        swanctl(self.lab, "--flush-certs")
        self.charon.swanctl("--flush-certs")

    def initiate(self, we):
        done = (self.gateway.client(
                    "up", "-t", "30", f"{strongswan.CONN}/{strongswan.CHILD}",
                    check=False) if we else
                self.charon.initiate(limit_s=30))
        return done.returncode == 0

    def attempt(self, name, we_judge, we):
        moon, sun = ("moon-good", f"sun-{name}") if we_judge else (
            f"moon-{name}", "sun-good")
        self.load(moon, sun, we_judge)
        mark, before = self.charon.mark(), len(self.gateway.log())
        up = self.initiate(we)
        return (up, lambda: self.gateway.log()[before:],
                lambda: self.charon.log(mark))

    def end(self):
        self.gateway.client("down", "-t", "10", strongswan.CONN, check=False)
        self.charon.forget()

    def row(self, name, wanted, says, roles=(True, False)):
        """says: a word of ours, and one of charon's, as the one who judges."""
        for we_judge in True, False:
            for we in roles:
                up, ours, theirs = self.attempt(name, we_judge, we)
                log, word = ((ours, says[0]) if we_judge else
                             (theirs, says[1]))
                what = (f"{name}: {'we judge' if we_judge else 'charon judges'}"
                        f", {'we' if we else 'charon'} initiate")
                good = up == wanted and eventually(lambda: word in log())
                ok(good, f"{what}: {'up' if wanted else 'refused'} "
                   f"{'' if good else log()[-3000:]}")
                self.end()


def main():
    with Lab() as lab:
        store = Store(os.path.join(lab.dir, "store"))
        make_certs(store)
        serve(lab, store)
        pair = Pair(lab, store)
        pair.row("good", True, ("ike: ike_sa up", "certificate status is good"))
        pair.row("revoked", False, ("is revoked by its issuer",
                                    "certificate was revoked"))
        pair.row("asked", True, ("ike: ike_sa up", "certificate status is good"))
        pair.row("asked-bad", False, ("is revoked by its issuer",
                                      "certificate was revoked"))
        pair.row("down", False, ("may be revoked", "crl fetching failed"))
        pair.row("slow", False, ("may be revoked", "crl fetching failed"),
                 roles=(True,))
    return finish()


sys.exit(main())
