# SPDX-License-Identifier: BSD-2-Clause
"""
A PKCS#11 token in software, SoftHSM's, in a folder of the test's own, and a module that
counts logins, gets stuck and loses its token (token_module.c) in front of it.
"""
import os
import subprocess

SOFTHSM = "/usr/lib/softhsm/libsofthsm2.so"
SOURCE = os.path.join(os.path.dirname(__file__), "token_module.c")
PIN, SO_PIN = "1234", "87654321"


class SoftToken:
    """Whoever is started from now on finds it, by this process's environment."""

    def __init__(self, folder):
        self.folder = folder
        os.mkdir(folder)
        os.mkdir(self.path("tokens"))
        with open(self.path("softhsm2.conf"), "w", encoding="utf-8") as file:
            file.write(f"directories.tokendir = {self.path('tokens')}\n"
                       "objectstore.backend = file\nlog.level = ERROR\n")
        os.environ["SOFTHSM2_CONF"] = self.path("softhsm2.conf")
        os.environ["TOKEN_MODULE_OF"] = SOFTHSM
        os.environ["TOKEN_MODULE_FOLDER"] = folder
        self.module = self.path("module.so")
        self._run("cc", "-shared", "-fPIC", "-D_GNU_SOURCE", "-o", self.module, SOURCE)
        os.chmod(self.module, 0o755)
        self.slot = self.add("moon")

    def path(self, name):
        return os.path.join(self.folder, name)

    @staticmethod
    def _run(*words):
        return subprocess.run(words, check=True, capture_output=True,
                              text=True, timeout=60).stdout

    def add(self, label):
        """Another token; its slot."""
        said = self._run("softhsm2-util", "--init-token", "--free", "--label", label, "--pin",
                         PIN, "--so-pin", SO_PIN)
        return int(said.split()[-1])

    def tool(self, *words):
        return self._run("pkcs11-tool", "--module", SOFTHSM, "--slot", str(self.slot),
                         "--login", "--pin", PIN, *words)

    def generate(self, handle, kind):
        """kind: as pkcs11-tool's, such as rsa:3072 or EC:prime256v1."""
        self.tool("--keypairgen", "--key-type", kind, "--id", handle, "--label", handle)

    def public(self, handle, path):
        """In DER."""
        self.tool("--read-object", "--type", "pubkey", "--id", handle, "--output-file", path)

    def take_in(self, handle, path):
        """A key of a file, in PEM."""
        self._run("softhsm2-util", "--import", path, "--slot", str(self.slot), "--pin", PIN,
                  "--label", handle, "--id", handle)

    def logins(self):
        try:
            with open(self.path("logins"), encoding="utf-8") as file:
                return len(file.readlines())
        except FileNotFoundError:
            return 0

    def be(self, what, yes):
        """what: "slow", "stuck" or "gone"."""
        if yes:
            with open(self.path(what), "w", encoding="utf-8"):
                pass
        elif os.path.exists(self.path(what)):
            os.unlink(self.path(what))
