#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
A CA that issues by CMP over HTTP (tests/support/cmp_server.c), and two gateways whose
certificates are its: asked for by each command, with a secret and with signatures, at once
and after a while; their tunnel goes on when one of them is renewed, the next handshake has
the new certificate, and one that was revoked is not let in any more.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ESP, IKE  # noqa: E402
from lab import (BUILD, SIDES, SOCKET, Gateway, Lab, eventually,  # noqa: E402
                 finish, log_of, ok, wait_until)

HERE, THERE = SIDES["a"], SIDES["b"]
SECRET_PORT, SIGNED_PORT, LATER_PORT = 8090, 8091, 8092
SECRET, WAIT_S = "a secret of ours", 20
CONF = """\
gateway {{
    protected = lan0
    unprotected = wan0
    socket = {socket}
}}
connections {{
    peer {{
        local_addrs = {here.outer}
        remote_addrs = {there.outer}
        proposals = {ike}
        rekey_time = 0
        local {{
            auth = pubkey
            certs = {own}.pem
        }}
        remote {{
            auth = pubkey
            id = "CN={other}"
            cacerts = ca.pem
        }}
        children {{
            net {{
                local_ts = {here.lan}
                remote_ts = {there.lan}
                esp_proposals = {esp}
                {more}
            }}
        }}
    }}
}}
"""


class Test:
    def __init__(self, lab):
        self.lab = lab
        self.dir = {"moon": os.path.join(lab.dir, "moon"),
                    "sun": os.path.join(lab.dir, "sun")}
        self.ca = os.path.join(lab.dir, "ca")
        for folder in (self.ca, *self.dir.values()):
            os.mkdir(folder)
        self.pki("gen", "--out", f"{self.ca}/ca.key")
        self.pki("self", f"{self.ca}/ca.key", "--ca", "--dn", "CN=ca", "--out",
                 f"{self.ca}/ca.pem")
        self.pki("req", f"{self.ca}/ca.key", "--dn", "CN=signer", "--out",
                 f"{self.ca}/req")
        self.pki("issue", f"{self.ca}/req", "--cacert", f"{self.ca}/ca.pem",
                 "--cakey", f"{self.ca}/ca.key", "--out", f"{self.ca}/signer.pem")
        with open(f"{self.ca}/secret", "w", encoding="utf-8") as file:
            file.write(SECRET + "\n")
        os.chmod(f"{self.ca}/secret", 0o600)
        self.servers = {port: self.serve(port, *words) for port, words in (
            (SECRET_PORT, ("0", SECRET)), (SIGNED_PORT, ("0",)),
            (LATER_PORT, ("2", SECRET)))}
        for side in self.dir.values():
            for folder in "x509", "private", "x509ca", "x509crl":
                os.mkdir(f"{side}/{folder}")
            os.link(f"{self.ca}/ca.pem", f"{side}/x509ca/ca.pem")

    def serve(self, port, waits, *secret):
        server = self.lab.spawn("gw-a", [
            f"{BUILD}/tests/support/cmp_server", str(port),
            f"{self.ca}/ca.pem", f"{self.ca}/ca.key", f"{self.ca}/signer.pem",
            waits, *secret])
        wait_until(lambda: "listens" in log_of(server), WAIT_S, "a CA")
        return server

    def pki(self, *words, check=True):
        return self.lab.run("gw-a", [f"{BUILD}/cygnet", "pki", *words], check,
                            timeout=60)

    def counts(self, port):
        """issued, confirmed, rejected, revoked"""
        said = log_of(self.servers[port]).splitlines()[-1]
        return [int(word.strip(",")) for word in said.split()[1::2]]

    def ask(self, side, port, command, *words):
        """Whether it came, what it is, and the counts of the CA."""
        out = f"{self.dir[side]}/x509/{side}.pem"
        done = self.pki(
            "enroll", "--cmp", f"http://{HERE.outer}:{port}/pkix/", "--cmd",
            command, "--force", "--out", out, *words, check=False)
        good = self.pki("verify", "--in", out, "--cacert",
                        f"{self.ca}/ca.pem", check=False)
        return (done.returncode == 0 and good.returncode == 0,
                f"{done.stdout.strip()}{done.stderr.strip()}")

    def serial(self, side):
        """What tells one certificate from the next."""
        with open(f"{self.dir[side]}/x509/{side}.pem", "rb") as file:
            return file.read()

    def key(self, side):
        return f"{self.dir[side]}/private/{side}.pem"

    def signed(self, side):
        return ("--cert", f"{self.dir[side]}/x509/{side}.pem", "--key",
                self.key(side), "--cacert", f"{self.ca}/ca.pem")


def test_enroll(test):
    secret = ("--ref", "moon", "--secret-file", f"{test.ca}/secret")
    for side in "moon", "sun":
        test.pki("gen", "--out", test.key(side))
    for side, port, command in (
            ("moon", SECRET_PORT, "ir"), ("moon", SECRET_PORT, "cr"),
            ("sun", LATER_PORT, "ir")):
        came, said = test.ask(side, port, command, *secret, "--in",
                              test.key(side), "--dn", f"CN={side}")
        ok(came, f"{command} of {side}, protected by a secret: {said}")
    test.pki("req", test.key("moon"), "--dn", "CN=moon", "--out",
             f"{test.ca}/moon.req")
    came, said = test.ask("moon", SECRET_PORT, "p10cr", *secret, "--in",
                          f"{test.ca}/moon.req")
    ok(came, f"p10cr, by a request: {said}")
    before = test.serial("moon")
    came, said = test.ask("moon", SIGNED_PORT, "kur", *test.signed("moon"))
    ok(came and test.serial("moon") != before,
       f"kur, protected by signatures: {said}")
    ok(eventually(lambda: [test.counts(port) for port in test.servers] ==
                  [[3, 3, 0, 0], [1, 1, 0, 0], [1, 1, 0, 0]]),
       "the CA heard of each that it came, and one was asked for again")
    before = test.serial("moon")
    came, said = test.ask("moon", SECRET_PORT, "ir", "--ref", "moon",
                          "--secret-file", test.key("moon"), "--in",
                          test.key("moon"), "--dn", "CN=moon")
    ok("refused" in said or "not protected" in said and
       test.serial("moon") == before,
       f"with a wrong secret nothing is issued, and nothing changes: {said}")


def start(test, ns, here, there, own, other, more=""):
    path = f"{test.dir[own]}/cygnet.conf"
    with open(path, "w", encoding="utf-8") as file:
        file.write(CONF.format(socket=SOCKET, here=here, there=there, own=own,
                               other=other, ike=IKE, esp=ESP, more=more))
    os.chmod(path, 0o600)
    gateway = Gateway(test.lab, ns, test.lab.spawn(
        ns, [f"{BUILD}/cygnetd", "-f", path]))
    wait_until(gateway.answers, WAIT_S, f"cygnetd on {ns}")
    return gateway


def spis(gateway):
    return [(t.get("in", {}).get("spi"), t.get("out", {}).get("spi"))
            for t in gateway.status()["tunnels"].values()]


def ping(test):
    return test.lab.run("host-a", ["ping", "-c", "1", "-W", "2", "10.2.0.2"],
                        check=False).returncode == 0


def test_tunnel(test):
    """start_action = start: what changes in it comes up anew, but for that."""
    sun = start(test, "gw-b", THERE, HERE, "sun", "moon")
    moon = start(test, "gw-a", HERE, THERE, "moon", "sun",
                 "start_action = start")
    ok(eventually(lambda: ping(test), WAIT_S),
       "a tunnel is up by certificates that the CA issued")
    before, serial = spis(moon), test.serial("moon")
    done = test.pki("renew", "--cmp",
                    f"http://{HERE.outer}:{SIGNED_PORT}/pkix/", "--reload",
                    "-u", f"unix://{SOCKET}",
                    *test.signed("moon"), check=False)
    ok(done.returncode == 0 and test.serial("moon") != serial and
       "read its configuration again" in done.stdout,
       f"its certificate is renewed: {done.stdout} {done.stderr}")
    ok(not eventually(lambda: spis(moon) != before, 2) and ping(test),
       f"and the tunnel stays as it is: {before} {spis(moon)}")
    test.moon, test.sun = moon, sun


def test_revoked(test):
    done = test.pki("enroll", "--cmp",
                    f"http://{HERE.outer}:{SIGNED_PORT}/pkix/", "--cmd", "rr",
                    *test.signed("moon"), check=False)
    ok(done.returncode == 0 and
       eventually(lambda: test.counts(SIGNED_PORT)[3] == 1),
       f"rr revokes it: {done.stdout} {done.stderr}")
    test.moon.client("down", "-t", "10", "peer")
    ok(test.moon.client("up", "-t", "20", "peer/net", check=False
                        ).returncode == 0 and eventually(
                            lambda: ping(test), WAIT_S),
       "the next handshake has the new certificate, which nobody has a CRL of")
    test.pki("signcrl", "--cacert", f"{test.ca}/ca.pem", "--cakey",
             f"{test.ca}/ca.key", "--cert",
             f"{test.dir['moon']}/x509/moon.pem", "--out",
             f"{test.dir['sun']}/x509crl/ca.crl")
    test.sun.client("reload")
    test.moon.client("down", "-t", "10", "peer")
    ok(test.moon.client("up", "-t", "20", "peer/net", check=False
                        ).returncode != 0 and
       eventually(lambda: "is revoked by its issuer" in test.sun.log()),
       "with the CRL it is let in no more: it is that one which was renewed")


def main():
    with Lab() as lab:
        test = Test(lab)
        test_enroll(test)
        test_tunnel(test)
        test_revoked(test)
    return finish()


sys.exit(main())
