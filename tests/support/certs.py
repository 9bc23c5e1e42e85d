# SPDX-License-Identifier: BSD-2-Clause
"""A CA's certificates, and folders of files as swanctl.conf(5) has them."""
import os
import shutil
import subprocess

from lab import BUILD

# What `cygnet pki gen` is told.
KINDS = {
    "rsa2048": ("--type", "rsa", "--size", "2048"),
    "rsa3072": ("--type", "rsa", "--size", "3072"),
    "p256": ("--type", "ecdsa", "--size", "256"),
    "p384": ("--type", "ecdsa", "--size", "384"),
    "p521": ("--type", "ecdsa", "--size", "521"),
    "ed25519": ("--type", "ed25519"),
    "ed448": ("--type", "ed448"),
}
CONF = """
[ca]
default_ca = it
[it]
database = index
new_certs_dir = .
default_md = sha256
policy = any
rand_serial = yes
x509_extensions = names
[any]
commonName = supplied
[names]
subjectAltName = DNS:{}
"""


class Store:
    """All that is made; NAME.key, NAME.pem and, raw, NAME.pub."""

    def __init__(self, folder):
        self.folder = folder
        os.mkdir(folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def _run(self, *words):
        subprocess.run(words, cwd=self.folder, check=True,
                       capture_output=True, timeout=60)

    def pki(self, *words):
        self._run(f"{BUILD}/cygnet", "pki", *words)

    def openssl(self, *words):
        self._run("openssl", *words)

    def key(self, name, kind):
        self.pki("gen", *KINDS[kind], "--out", f"{name}.key")

    def root(self, name, kind="p256"):
        self.key(name, kind)
        self.pki("self", "--in", f"{name}.key", "--ca", "--dn", f"CN={name}",
                 "--out", f"{name}.pem")

    def issue(self, ca, name, kind, *more):
        """Of the host NAME.example.org; more: of `cygnet pki issue`."""
        self.key(name, kind)
        self.pki("pub", "--in", f"{name}.key", "--out", f"{name}.pub")
        self.pki("issue", "--in", f"{name}.pub", "--cacert", f"{ca}.pem",
                 "--cakey", f"{ca}.key", "--dn", f"CN={name}", "--san",
                 f"{name}.example.org", *more, "--out", f"{name}.pem")

    def issue_expired(self, ca, name, kind):
        """The same, and it was good for a day, long ago."""
        self.key(name, kind)
        for file, text in (("conf", CONF.format(f"{name}.example.org")),
                           ("index", "")):
            with open(self.path(file), "w", encoding="utf-8") as out:
                out.write(text)
        self.openssl("req", "-new", "-key", f"{name}.key", "-subj",
                     f"/CN={name}", "-out", "req")
        self.openssl("ca", "-batch", "-config", "conf", "-in", "req", "-cert",
                     f"{ca}.pem", "-keyfile", f"{ca}.key", "-startdate",
                     "250101000000Z", "-enddate", "250102000000Z",
                     "-notext", "-out", f"{name}.pem")

    def revoke(self, ca, name):
        """Writes CA.crl."""
        self.pki("signcrl", "--cacert", f"{ca}.pem", "--cakey", f"{ca}.key",
                 "--cert", f"{name}.pem", "--out", f"{ca}.crl")

    def put(self, to, folder, *names):
        """Copies of files into a folder beside a configuration."""
        os.makedirs(os.path.join(to, folder), exist_ok=True)
        for name in names:
            shutil.copy(self.path(name), os.path.join(to, folder))
