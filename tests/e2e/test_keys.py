#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Private keys: Debian's stock swanctl brings them to a gateway and takes them back,
and files beside the configuration are read at the start and again by `reload`. None
of them is in the memory of another process than ctl's, and none in a core of that.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import keys  # noqa: E402
from ike_conf import ike_conf  # noqa: E402
from lab import SOCKET, Lab, finish, ok  # noqa: E402
from swanctl import swanctl_load  # noqa: E402
from vici import Vici  # noqa: E402

RSA = ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
P256 = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256")
P384 = ("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384")
ED = ("-algorithm", "ED25519")

SECRETS = """\
secrets {
    pkcs8-enc {
        file = enc.pem
        secret = "%s"
    }
}
"""


class Keys:
    """Files in folders beside a swanctl.conf, with their ids."""

    def __init__(self, folder):
        self.folder = folder
        self.ids = {}

    def path(self, name):
        return os.path.join(self.folder, name)

    def make(self, name, *words):
        keys.make(self.path(name), *words)
        self.ids[name] = keys.key_id(self.path(name))

    def convert(self, name, *words):
        """By another command of openssl, in its place."""
        path = self.path(name)
        keys.openssl(*words, "-in", path, "-out", f"{path}.new")
        os.rename(f"{path}.new", path)


def ask(gateway, command, **values):
    """Through the gateway's own namespaces."""
    client = Vici(f"/proc/{gateway.pid}/root{SOCKET}")
    answer = client.ask(command, **values)
    client.close()
    return answer


def has(gateway):
    return sorted(ask(gateway, "get-keys")["keys"])


def make_keys(lab):
    made = Keys(lab.dir)
    made.make("private/rsa.pem", *RSA)
    made.make("rsa/old.pem", *RSA)
    made.convert("rsa/old.pem", "pkey", "-traditional")
    made.make("ecdsa/p256.pem", *P256)
    made.convert("ecdsa/p256.pem", "pkey", "-traditional", "-outform", "DER")
    made.make("private/ed.pem", *ED)
    made.make("pkcs8/enc.pem", *P384)
    made.convert("pkcs8/enc.pem", "pkcs8", "-topk8", "-v2", "aes256",
                 "-passout", "pass:a b")
    return made


def test_swanctl(lab, gateway, made):
    got = swanctl_load(lab, SECRETS % "a b", "--load-creds", "--noprompt")
    ok(got.returncode == 0 and got.stdout.count("loaded ") == 5 and
       has(gateway) == sorted(made.ids.values()),
       "swanctl loads RSA, ECDSA and Ed25519, PKCS#1, SEC1 and PKCS#8, "
       "encrypted or not, under the ids that it knows")
    again = swanctl_load(lab, SECRETS % "a b", "--load-creds", "--noprompt")
    ok(again.returncode == 0 and has(gateway) == sorted(made.ids.values()),
       "twice they are there once")
    os.unlink(made.path("private/ed.pem"))
    gone = made.ids.pop("private/ed.pem")
    swanctl_load(lab, SECRETS % "a b", "--load-creds", "--noprompt")
    ok(has(gateway) == sorted(made.ids.values()) and gone not in has(gateway),
       "what is no file any more swanctl unloads")
    swanctl_load(lab, SECRETS % "wrong", "--load-creds", "--noprompt",
                 "--clear")
    ok(has(gateway) == sorted(set(made.ids.values()) -
                              {made.ids["pkcs8/enc.pem"]}),
       "with a wrong passphrase that one is left, and the others come back "
       "after --clear")
    ok(ask(gateway, "clear-creds")["success"] == "yes" and not has(gateway),
       "clear-creds takes all")


def test_vici(gateway, made):
    with open(made.path("private/rsa.pem")) as file:
        pem = file.read()
    answer = ask(gateway, "load-key", type="any", data=pem)
    id_ = made.ids["private/rsa.pem"]
    ok(answer == {"success": "yes", "id": id_}, "load-key answers with the id")
    ok(ask(gateway, "unload-key", id=id_)["success"] == "yes" and
       not has(gateway), "by which it is unloaded")
    ok("no private key of that id" in
       ask(gateway, "unload-key", id=id_)["errmsg"], "once")
    bad = ask(gateway, "load-key", type="ecdsa", data=pem)
    ok("of another type" in bad["errmsg"], "one of another type is refused")
    with open(made.path("pkcs8/enc.pem")) as file:
        bad = ask(gateway, "load-key", type="any", data=file.read())
    ok("it is encrypted" in bad["errmsg"], "an encrypted one is refused")
    bad = ask(gateway, "load-key", type="any", data=pem[:len(pem) // 2])
    ok("no private key" in bad["errmsg"] and not has(gateway),
       "half a one is refused")
    ok("there is no module" in ask(gateway, "load-token", handle="01")["errmsg"],
       "without a module there is no key in a token")


def of_file(made, name):
    return f"read private_key={made.ids[name]} file={made.path(name)}"


def test_files(lab, gateway, made, conf):
    """The gateway's own configuration lies where swanctl's does."""
    done = gateway.client("reload", check=False)
    log = gateway.log()
    ok(done.returncode == 0 and of_file(made, "private/rsa.pem") in log and
       of_file(made, "ecdsa/p256.pem") in log,
       "reload reads the keys beside the configuration")
    ok("enc.pem: it is encrypted; give its passphrase" in log and
       of_file(made, "pkcs8/enc.pem") not in log,
       "an encrypted one without a section is left, with a warning")
    lab.write("gw-a.conf", conf + SECRETS % "wrong")
    done = gateway.client("reload", check=False)
    line = (conf + SECRETS).split("\n").index("    pkcs8-enc {") + 1
    ok(done.returncode != 0 and
       f"gw-a.conf:{line}:5: secrets.pkcs8-enc.file" in done.stderr and
       "its passphrase is wrong" in done.stderr,
       "a section's that can't be read is an error with its place")
    lab.write("gw-a.conf", conf + SECRETS % "a b")
    done = gateway.client("reload", check=False)
    ok(done.returncode == 0 and of_file(made, "pkcs8/enc.pem") in gateway.log(),
       "with the passphrase it is read")
    ok(not has(gateway), "none of the files' came over VICI")
    done = gateway.client("check", f"{lab.dir}/gw-a.conf", check=False)
    ok(done.returncode == 0 and "4 private keys" in done.stdout,
       "cygnet check finds them, too")


def test_memory(gateway, made):
    names = ("private/rsa.pem", "ecdsa/p256.pem")
    secret = [n for name in names for n in keys.numbers(made.path(name))]
    ok(len(secret) == 8, "numbers to look for are three of RSA, one of ECDSA")
    ctl = keys.memory_of(gateway.pid)
    ok(all(any(n in ctl for n in secret[i:i + 2]) for i in range(2, 6, 2)),
       "the search finds RSA's primes in ctl's memory, where they are")
    for role in ("ike", "dp"):
        memory = keys.memory_of(gateway.role_pid(role))
        ok(len(memory) > 1 << 20 and not any(n in memory for n in secret),
           f"{role} has none of them in its {len(memory) >> 20} MiB")


def main():
    with Lab() as lab:
        conf = ike_conf("a")
        gateway = lab.start_gateway("gw-a", conf)
        made = make_keys(lab)
        test_swanctl(lab, gateway, made)
        test_vici(gateway, made)
        test_files(lab, gateway, made, conf)
        test_memory(gateway, made)
    return finish()


sys.exit(main())
