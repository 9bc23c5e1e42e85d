#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Two gateways with certificates; one of them does not know whether the other's is revoked.
It fetches a CRL, or asks a responder of OCSP, while IKE_AUTH waits, and takes what it
heard for the next handshakes; where nothing is to be had its `revocation` decides. What the
other one knows of itself it sends within IKE.
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import (BUILD, SIDES, STATE, Lab, eventually, finish,  # noqa: E402
                 log_of, ok, wait_until)

SERVES = os.path.join(os.path.dirname(__file__), "../support/crl_server.py")
SERVER = SIDES["b"].outer
HTTP, OCSP = 8080, 8082
AT = f"http://{SERVER}:{HTTP}/"
WAIT_S = 20
# name of gw-b's certificate: what it says of CRLs and OCSP
CERTS = {
    "good": ("--crl", AT + "crl"),
    "revoked": ("--crl", AT + "chunked"),
    "lost": ("--crl", AT + "none"),
    "asked": ("--ocsp", f"http://{SERVER}:{OCSP}/"),
    "plain": (),
    "plain-bad": (),
    "inside": (),
    "late": ("--ocsp", f"http://{SERVER}:{OCSP + 1}/", "--crl", AT + "moved"),
}


class Authority:
    """Its files are in the folder from which CRLs are served."""

    def __init__(self, lab):
        self.lab, self.folder = lab, os.path.join(lab.dir, "ca")
        for name in ("ca", "x509", "x509ca", "private"):
            os.mkdir(os.path.join(lab.dir, name))
        self.run("openssl", "ecparam", "-name", "prime256v1", "-genkey",
                 "-noout", "-out", "key")
        self.pki("self", "--in", "key", "--ca", "--dn", "CN=root", "--out",
                 "root.pem")
        self.pki("pub", "--in", "key", "--out", "pub")
        self.link("root.pem", "x509ca")
        self.link("key", "private")
        for name, more in {"ours": (), **CERTS}.items():
            self.pki("issue", "--in", "pub", "--cacert", "root.pem", "--cakey",
                     "key", "--dn", f"CN={name}", *more, "--out",
                     f"{name}.pem")
            self.link(f"{name}.pem", "x509")
        self.pki("signcrl", "--cacert", "root.pem", "--cakey", "key", "--cert",
                 "revoked.pem", "--cert", "plain-bad.pem", "--outform", "der", "--out", "crl")
        self.index()

    def run(self, *words):
        return subprocess.run(words, cwd=self.folder, check=True, text=True,
                              capture_output=True, timeout=60).stdout

    def pki(self, *words):
        self.run(f"{BUILD}/cygnet", "pki", *words)

    def link(self, name, folder):
        os.link(os.path.join(self.folder, name),
                os.path.join(self.lab.dir, folder, name))

    def index(self):
        """What the responder knows."""
        with open(os.path.join(self.folder, "index"), "w",
                  encoding="utf-8") as file:
            for name in "asked", "inside":
                serial = self.run("openssl", "x509", "-in", f"{name}.pem",
                                  "-noout", "-serial").strip()
                file.write(f"V\t491231235959Z\t\t{serial.partition('=')[2]}\t"
                           f"unknown\t/CN={name}\n")


def serve(lab, ca):
    """Returns the log of what is asked for."""
    asked = os.path.join(lab.dir, "asked")
    web, ours = (lab.spawn(gateway, ["python3", "-B", SERVES, str(HTTP),
                                     ca.folder, asked])
                 for gateway in ("gw-b", "gw-a"))
    at = ca.folder
    responder = lab.spawn("gw-b", [
        "openssl", "ocsp", "-port", str(OCSP), "-index", f"{at}/index", "-CA",
        f"{at}/root.pem", "-rsigner", f"{at}/root.pem", "-rkey", f"{at}/key",
        "-ndays", "1"])
    for server in web, ours:
        wait_until(lambda: "listens" in log_of(server), WAIT_S,
                   "the web servers")
    wait_until(lambda: "waiting" in log_of(responder).lower(), WAIT_S,
               "the responder")
    return asked


# At an address to which no certificate may lead.
AUTHORITY = f"""
authorities {{
    ours {{
        cacert = root.pem
        crl_uris = http://127.0.0.1:{HTTP}/none, http://127.0.0.1:{HTTP}/crl
    }}
}}
"""


RESPONDER = f"""
authorities {{
    ours {{
        cacert = root.pem
        ocsp_uris = http://127.0.0.1:{OCSP}/
    }}
}}
"""


def conf(side, name, demands="strict"):
    local, remote = name, ""
    if side == "a":
        local, remote = "ours", f"revocation = {demands}"
    more = ""
    if side == "a" and name.startswith("plain"):
        more = AUTHORITY
    if side == "b" and name == "inside":
        more = RESPONDER
    state = f"{STATE}-{side}"
    text = ike_conf(side).replace(
        "unprotected = wan0", f"unprotected = wan0\n    state_dir = {state}")
    for section, own in (("local", f"certs = {local}.pem"),
                         ("remote", f"cacerts = root.pem\n{remote}")):
        text = text.replace(f"{section} {{\n            auth = psk",
                            f"{section} {{\nauth = pubkey\n{own}")
    if side == "a" and name == "inside":
        text = text.replace("dpd_delay", "ocsp = request\n        dpd_delay")
    return text + more


class Pair:
    def __init__(self, lab, asked):
        self.lab, self.asked = lab, asked
        self.a = lab.start_gateway("gw-a", conf("a", "good"))
        self.b = lab.start_gateway("gw-b", conf("b", "good"))

    def load(self, name, demands):
        self.lab.write("gw-a.conf", conf("a", name, demands))
        self.lab.write("gw-b.conf", conf("b", name))
        for gateway in self.a, self.b:
            gateway.client("reload")

    def attempt(self, name, demands, judge_begins=True):
        """Whether it is up, and how much gw-a had logged before."""
        self.load(name, demands)
        before = len(self.a.log())
        begins, to = (self.a, "to-b/net") if judge_begins else (self.b,
                                                               "to-a/net")
        done = begins.client("up", "-t", "25", to, check=False)
        return done.returncode == 0, before

    def says(self, before, words):
        """Does gw-a log it? And all that it logged: who begins may know first."""
        said = eventually(lambda: words in self.a.log()[before:])
        return said, self.a.log()[before:]

    def fetched(self, path):
        if not os.path.exists(self.asked):
            return 0
        with open(self.asked, encoding="utf-8") as file:
            return file.read().split().count(path)

    def good(self, name, demands="strict", says="ike: ike_sa up"):
        for judge_begins in True, False:
            up, before = self.attempt(name, demands, judge_begins)
            said, log = self.says(before, says)
            ok(up and said,
               f"{name}, {demands}: up, judge begins: {judge_begins} "
               f"{'' if up and said else log}")
            self.end()

    def bad(self, name, reason, demands="strict"):
        for judge_begins in True, False:
            up, before = self.attempt(name, demands, judge_begins)
            said, log = self.says(before, reason)
            ok(not up and said,
               f"{name}, {demands}: refused, judge begins: {judge_begins} "
               f"{'' if said and not up else log}")
            self.end()

    def end(self):
        """Nothing is left for the next one."""
        for gateway, name in (self.a, "to-b"), (self.b, "to-a"):
            gateway.client("down", "-t", "10", name, check=False)


def main():
    with Lab() as lab:
        asked = serve(lab, Authority(lab))
        pair = Pair(lab, asked)
        pair.good("good")
        ok(pair.fetched("/crl") == 1, "a CRL is fetched once for both")
        pair.bad("revoked", "is revoked by its issuer")
        pair.bad("revoked", "is revoked by its issuer", "relaxed")
        pair.bad("lost", "may be revoked")
        pair.bad("lost", "may be revoked", "ifuri")
        pair.good("lost", "relaxed", "neither CRL nor OCSP tells")
        pair.good("asked")
        pair.good("late")
        ok(pair.fetched("/moved") == 1, "a CRL where OCSP does not answer")
        before = pair.fetched("/crl")
        pair.good("plain")
        ok(pair.fetched("/crl") == before + 1,
           "a CRL from where an authority says, at any address")
        pair.bad("plain-bad", "is revoked by its issuer", "ifuri")
        pair.attempt("inside", "strict")  # who asks first goes without
        pair.end()
        pair.good("inside")
    return finish()


sys.exit(main())
