#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
CRLs by HTTP and a responder of OCSP, from servers that are well, wrong, slow or not
there: what is wanted for certificates is fetched by the process that has nothing, once,
kept, and judged.
"""
import os
import shutil
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import dns  # noqa: E402
from ike_conf import ike_conf  # noqa: E402
from lab import (BUILD, SIDES, STATE, Lab, finish, log_of,  # noqa: E402
                 ok, wait_until)

SERVES = os.path.join(os.path.dirname(__file__), "../support/crl_server.py")
NAME, RESOLVER = "crl.example.net", "2001:db8:ff::9"
SERVER = SIDES["b"].outer
HTTP, OCSP, NOBODY = 8080, 8082, 8083
AT = f"http://{SERVER}:{HTTP}/"
GOOD, REVOKED, UNKNOWN = "good", "revoked", "of unknown status"
STRANGE = "of an unknown issuer"
# name of the certificate: where its CRL is, and what becomes of it
CRLS = {
    "a-good": ([AT + "crl"], GOOD),
    "b-revoked": ([AT + "crl"], REVOKED),
    "chunked": ([AT + "chunked"], GOOD),
    "down": ([f"http://{SERVER}:{NOBODY}/crl"], UNKNOWN),
    "endless": ([AT + "endless"], UNKNOWN),
    "expired": ([AT + "expired"], UNKNOWN),
    "https": (["https://192.0.2.1/crl"], UNKNOWN),
    "huge": ([AT + "huge"], UNKNOWN),
    "inside": ([AT + "inside"], UNKNOWN),
    "loop": ([AT + "loop"], UNKNOWN),
    "loopback": ([f"http://127.0.0.1:{HTTP}/crl"], UNKNOWN),
    "missing": ([AT + "none"], UNKNOWN),
    "moved": ([AT + "moved"], GOOD),
    "named": ([f"http://{NAME}:{HTTP}/moved?by=name"], GOOD),
    "own": ([f"http://{SIDES['a'].outer}:{HTTP}/crl"], UNKNOWN),
    "page": ([AT + "page"], UNKNOWN),
    "second": ([AT + "no", AT + "chunked"], GOOD),
    "short": ([AT + "short"], UNKNOWN),
    "stranger": ([AT + "crl?stranger"], STRANGE),
    "to-https": ([AT + "https"], UNKNOWN),
    "z-slow": ([AT + "slow"], UNKNOWN),
}
RESPONDER = {"o-good": GOOD, "o-revoked": REVOKED, "o-unknown": UNKNOWN}
BAD = ("b-revoked", "o-revoked")
WHY = {
    "down": "Connection refused", "endless": "longer than 16777216",
    "huge": "longer than 16777216", "inside": "is a loopback address",
    "loop": "three times", "loopback": "is a loopback address",
    "none": "says 404", "own": "is this host's own", "page": "no CRL", "short": "before it is whole",
    "to-https": "only http", "slow": "longer than 10 s",
    "stranger": 'certificate "CN=stranger" leads to no CA',
}
CONF = """
[ca]
default_ca = it
[it]
database = index
new_certs_dir = .
default_md = sha256
default_days = 30
policy = any
[any]
commonName = supplied
"""


class Authority:
    """A CA, and its files in a folder."""

    def __init__(self, lab):
        self.folder = os.path.join(lab.dir, "ca")
        os.mkdir(self.folder)
        self.serial = 1
        self.index = []
        self.put("conf", CONF)
        self.openssl("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 "
                     "-nodes -keyout root.key -out root.pem -days 30 "
                     "-subj /CN=root -addext keyUsage=keyCertSign,cRLSign")
        self.openssl("req -x509 -key root.key -out other.pem -days 30 "
                     "-subj /CN=other")
        self.openssl("ecparam -name prime256v1 -genkey -noout -out key")
        self.openssl("x509 -in root.pem -outform DER -out root.der")

    def put(self, name, text):
        with open(os.path.join(self.folder, name), "w") as file:
            file.write(text)

    def openssl(self, text):
        subprocess.run(["openssl", *text.split()], cwd=self.folder, check=True,
                       capture_output=True)

    def issue(self, name, extension, known=True):
        ca = "other" if name == "stranger" else "root"
        self.serial += 1
        self.put("ext", extension)
        self.openssl(f"req -new -key key -subj /CN={name} -out req")
        self.openssl(f"x509 -req -in req -CA {ca}.pem -CAkey root.key "
                     f"-set_serial {self.serial} -days 20 -extfile ext "
                     f"-out {name}.pem")
        state, at = (("R", "250101000000Z") if name in BAD else ("V", ""))
        if known:
            self.index.append(f"{state}\t491231235959Z\t{at}\t"
                              f"{self.serial:02X}\tunknown\t/CN={name}\n")

    def list(self):
        """The CRL, and one that has expired."""
        self.put("index", "".join(self.index))
        self.put("index.attr", "unique_subject = no\n")
        for name, times in (("crl", "-crldays 1"), (
                "expired", "-crl_lastupdate 250101000000Z "
                "-crl_nextupdate 250102000000Z")):
            self.openssl(f"ca -config conf -gencrl {times} -keyfile root.key "
                         f"-cert root.pem -out list.pem")
            self.openssl(f"crl -in list.pem -outform DER -out {name}")


def make(lab):
    ca = Authority(lab)
    for name, (urls, _) in CRLS.items():
        ca.issue(name, "crlDistributionPoints=" + ",".join(
            f"URI:{url}" for url in urls))
    for name in RESPONDER:
        ca.issue(name, "authorityInfoAccess=OCSP;URI:"
                 f"http://{SERVER}:{OCSP}/", name != "o-unknown")
    ca.issue("responder", "extendedKeyUsage=OCSPSigning\nnoCheck=ignored")
    ca.list()
    certs = os.path.join(lab.dir, "certs")
    os.mkdir(certs)
    trusted = os.path.join(lab.dir, "x509ca")
    os.mkdir(trusted)
    shutil.copy(f"{ca.folder}/root.pem", trusted)
    os.rename(f"{ca.folder}/root.der", f"{certs}/root.der")
    for name in [*CRLS, *RESPONDER]:
        ca.openssl(f"x509 -in {name}.pem -outform DER -out {certs}/{name}.der")
    return ca, certs


def serve(lab, ca):
    """Returns the log of what is asked for."""
    asked = os.path.join(lab.dir, "asked")
    web = lab.spawn("gw-b", ["python3", "-B", SERVES,
                             str(HTTP), ca.folder, asked])
    at = ca.folder
    responder = lab.spawn("gw-b", [
        "openssl", "ocsp", "-port", str(OCSP), "-index", f"{at}/index", "-CA",
        f"{at}/root.pem", "-rsigner", f"{at}/responder.pem", "-rkey",
        f"{at}/key", "-ndays", "1"])
    wait_until(lambda: "listens" in log_of(web), 20, "the web server")
    wait_until(lambda: "waiting" in log_of(responder).lower(), 20,
               "the responder")
    return asked, responder


class Run:
    """gw-a, with who wants in ike's place."""

    def __init__(self, lab, certs):
        self.lab, self.certs = lab, certs

    def wants(self):
        """What became of each certificate, and ctl's log."""
        lab = self.lab
        fake = lab.spawn("gw-a", [f"{BUILD}/tests/support/fake_ike",
                                  "/run/cygnet/ike", "1", "2",
                                  "a secret that is not there", "wants"],
                         env={**os.environ, "FAKE_CERTS": self.certs})
        wait_until(lambda: "listens" in log_of(fake), 10, "who wants")
        text = ike_conf("a").replace(
            "unprotected = wan0", "unprotected = wan0\n"
            f"    resolvers = {RESOLVER}\n    state_dir = {STATE}")
        gateway = lab.start_gateway("gw-a", text)
        wait_until(lambda: "all: tried" in log_of(fake), 120, "all of it")
        helper = gateway.role_pid("helper")
        log = gateway.log()
        for process in gateway.process, fake:
            process.send_signal(signal.SIGKILL)
            process.wait(timeout=10)
        said = dict(line.split(": ", 1)
                    for line in log_of(fake).splitlines() if ": " in line)
        ok(helper is not None and said["wants"] == "the link goes on",
           "all the while the processes are there")
        return said, log


def lines(path):
    with open(path) as file:
        return file.read().split()


def check_first(run, asked):
    said, log = run.wants()
    for name, (urls, wanted) in CRLS.items():
        ok(said.get(name + ".der") == wanted,
           f"CRL {name} ({urls[0]}): {said.get(name + '.der')}")
    for name, wanted in RESPONDER.items():
        ok(said.get(name + ".der") == wanted,
           f"OCSP {name}: {said.get(name + '.der')}")
    for what, why in WHY.items():
        ok(any("not fetched" in line and why in line
               for line in log.splitlines()), f"why is logged: {what}: {why}")
    ok(lines(asked).count("/crl") == 3,
       "a CRL is fetched once for all, and once where each other leads to it")
    ok(lines(asked).count("/loop") == 4, "three times it is followed")
    ok("/crl?stranger" not in lines(asked),
       "nothing is fetched for whom no CA here knows")


def check_second(run, asked, responder):
    """ctl is another one, and the servers have nothing to say any more."""
    responder.kill()
    before = lines(asked)
    said, _ = run.wants()
    kept = {name: wanted for name, (_, wanted) in CRLS.items()
            if wanted in (GOOD, REVOKED)}
    kept.update({"o-good": GOOD, "o-revoked": REVOKED})
    got = {name: said.get(name + ".der") for name in kept}
    ok(got == kept, f"the next start has what was fetched {got}")
    for path in "/crl", "/no", "/chunked":
        ok(lines(asked).count(path) == before.count(path),
           f"and asks for none of it: {path}")


def main():
    with Lab(with_ipv6=True) as lab:
        dns.start(lab, "wire", RESOLVER, NAME).says(a=[SERVER])
        ca, certs = make(lab)
        asked, responder = serve(lab, ca)
        run = Run(lab, certs)
        check_first(run, asked)
        folder = os.path.join(STATE, "fetched")
        listed = lab.run("gw-a", ["ls", "-la", folder], check=False)
        ok(listed.stdout.count("-rw-------") >= 5,
           f"kept where only root reads {listed.stdout} {listed.stderr}")
        check_second(run, asked, responder)
    return finish()


sys.exit(main())
