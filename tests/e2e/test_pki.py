#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
`cygnet pki` as somebody uses it who wants a CA for a lab: keys, requests,
certificates and CRLs, each looked at by openssl and by strongSwan's pki as well; and
what it says, and leaves undone, where something is wrong.
"""
import json
import os
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import BUILD, finish, ok  # noqa: E402

CYGNET = f"{BUILD}/cygnet"
RUN_S = 60
KINDS = (("rsa", "2048"), ("ecdsa", "256"), ("ecdsa", "384"),
         ("ecdsa", "521"), ("ed25519", None), ("ed448", None))


def run(*words, stdin=None):
    return subprocess.run(words, capture_output=True, input=stdin,
                          timeout=RUN_S, check=False)


def pki(*words, stdin=None):
    done = run(CYGNET, "pki", *words, stdin=stdin)
    done.stdout, done.stderr = done.stdout.decode(), done.stderr.decode()
    return done


def made(*words):
    done = pki(*words)
    if done.returncode:
        ok(False, f"pki {' '.join(words)}: {done.stderr}")
    return done


def shown(path):
    return json.loads(pki("print", "--json", path).stdout)


def openssl(*words):
    """What it says, and whether it is content."""
    done = run("openssl", *words)
    return done.returncode == 0, (done.stdout + done.stderr).decode()


def refused(sentence, code, wanted, *words):
    done = pki(*words)
    ok(done.returncode == code and wanted in done.stderr and
       done.stderr.count("\n") == 1, f"{sentence}: {done.stderr.strip()}")


def write(path, text, mode=0o600):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, mode)


def test_keys():
    for kind, size in KINDS:
        name = f"{kind}{size or ''}.key"
        made("gen", "--type", kind, *(["--size", size] if size else []),
             "--out", name)
        well, _ = openssl("pkey", "-in", name, "-noout", "-check")
        ok(well and stat.S_IMODE(os.stat(name).st_mode) == 0o600,
           f"{name} is a key, and nobody else's to read")
    with open("rsa2048.key", "rb") as file:
        before = file.read()
    refused("a key is not written over another", 1, "there already", "gen",
            "--out", "rsa2048.key")
    with open("rsa2048.key", "rb") as file:
        ok(file.read() == before, "which is the one that it was")
    made("gen", "--out", "rsa2048.key", "--force")
    ok(shown("rsa2048.key")["key"] == "ECDSA 256 bits",
       "but where one says so")
    made("gen", "--type", "rsa", "--size", "2048", "--force", "--out",
         "rsa2048.key")
    ok(not [name for name in os.listdir() if "key." in name],
       "and nothing half is left beside it")
    piped = pki("pub", stdin=pki("gen").stdout.encode())
    ok(piped.stdout.startswith("-----BEGIN PUBLIC KEY-----"),
       "keys go through pipes as well")


def test_passphrase():
    write("secret", "a long one\nwhat else is in the file\n")
    write("other", "another one\n")
    write("open", "a long one\n", 0o644)
    made("gen", "--passphrase-file", "secret", "--out", "enc.key")
    with open("enc.key", encoding="utf-8") as file:
        ok(file.readline() == "-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
           "with a passphrase a key is encrypted")
    well, _ = openssl("pkey", "-in", "enc.key", "-passin",
                      "pass:a long one", "-noout")
    ok(well, "which openssl can undo")
    refused("without it the key is of no use", 1, "--passphrase-file", "print",
            "enc.key")
    refused("nor with another", 1, "another passphrase", "print", "enc.key",
            "--passphrase-file", "other")
    refused("a passphrase that anybody can read is refused", 1, "chmod 600",
            "print", "enc.key", "--passphrase-file", "open")
    ok(pki("print", "enc.key", "--passphrase-file", "secret").returncode == 0,
       "with it it is")


def test_issue():
    made("self", "--in", "ecdsa256.key", "--ca", "--dn", "C=CH, O=Lab, CN=ca",
         "--lifetime", "3650", "--out", "ca.crt")
    for kind, size in KINDS:
        name = f"{kind}{size or ''}"
        made("req", f"{name}.key", "--dn", f"O=Lab, CN={name}", "--san",
             f"{name}.lab", "--san", "10.0.0.1", "--out", f"{name}.req")
        well, said = openssl("req", "-in", f"{name}.req", "-noout", "-verify",
                             "-text")
        ok(well and f"DNS:{name}.lab, IP Address:10.0.0.1" in said,
           f"openssl reads the request of {name}")
        made("issue", f"{name}.req", "--cacert", "ca.crt", "--cakey",
             "ecdsa256.key", "--flag", "serverAuth", "--crl",
             "http://lab/ca.crl", "--out", f"{name}.crt")
        well, said = openssl("verify", "-x509_strict", "-CAfile", "ca.crt",
                             f"{name}.crt")
        ok(well, f"and what is issued for it is good: {said.strip()}")
        ours = pki("verify", f"{name}.crt", "--cacert", "ca.crt")
        ok(ours.returncode == 0 and "by C=CH, O=Lab, CN=ca" in ours.stdout,
           "as we find as well")
    _, said = openssl("x509", "-in", "rsa2048.crt", "-noout", "-text")
    ok(all(text in said for text in (
        "CA:FALSE", "Digital Signature", "TLS Web Server Authentication",
        "URI:http://lab/ca.crl", "DNS:rsa2048.lab",
        "X509v3 Authority Key Identifier")), "what it is for is in it")
    found = shown("rsa2048.crt")
    ok(found["subject"] == "O=Lab, CN=rsa2048" and found["flags"] ==
       ["serverAuth"] and found["crl"] == ["http://lab/ca.crl"],
       "and shown")
    made("pub", "rsa2048.crt", "--out", "moon.pub")
    made("issue", "moon.pub", "--cacert", "ca.crt", "--cakey", "ecdsa256.key",
         "--dn", "CN=moon", "--serial", "0a:0b", "--outform", "der", "--out",
         "moon.der")
    ok(shown("moon.der")["serial"] == "0a0b", "a public key is enough, too")


def test_path():
    made("req", "ecdsa384.key", "--dn", "CN=sub", "--out", "sub.req")
    made("issue", "sub.req", "--cacert", "ca.crt", "--cakey", "ecdsa256.key",
         "--ca", "--pathlen", "0", "--out", "sub.crt")
    made("issue", "rsa2048.req", "--cacert", "sub.crt", "--cakey",
         "ecdsa384.key", "--out", "deep.crt")
    refused("a certificate does not lead to a CA that nobody knows of", 1,
            "O=Lab, CN=rsa2048", "verify", "deep.crt", "--cacert", "ca.crt")
    with open("deep.crt", encoding="utf-8") as leaf, \
            open("sub.crt", encoding="utf-8") as sub:
        write("chain.crt", leaf.read() + sub.read())
    found = pki("verify", "chain.crt", "--cacert", "ca.crt")
    ok(found.returncode == 0 and len(found.stdout.splitlines()) == 3,
       "with the one between it does")
    refused("which issues no CA", 1, "issue no CA", "issue", "sub.req",
            "--ca", "--cacert", "sub.crt", "--cakey", "ecdsa384.key")


def test_crl():
    made("signcrl", "--cacert", "ca.crt", "--cakey", "ecdsa256.key", "--out",
         "ca.crl")
    good = pki("verify", "rsa2048.crt", "--cacert", "ca.crt", "--crl",
               "ca.crl")
    ok(good.returncode == 0, "with a CRL that does not name it it is good")
    made("signcrl", "--cacert", "ca.crt", "--cakey", "ecdsa256.key",
         "--lastcrl", "ca.crl", "--reason", "keyCompromise", "--cert",
         "rsa2048.crt", "--reason", "superseded", "--serial", "0a0b",
         "--force", "--out", "ca.crl")
    well, said = openssl("crl", "-in", "ca.crl", "-CAfile", "ca.crt", "-noout",
                         "-text")
    ok(well and "verify OK" in said and "Key Compromise" in said and
       "Superseded" in said, "openssl reads what is revoked, and why")
    refused("a certificate that is revoked is not good", 1, "is revoked",
            "verify", "rsa2048.crt", "--cacert", "ca.crt", "--crl", "ca.crl")
    well, _ = openssl("verify", "-crl_check", "-CAfile", "ca.crt", "-CRLfile",
                      "ca.crl", "rsa2048.crt")
    ok(not well, "as openssl says")
    found = shown("ca.crl")
    ok(found["number"] == "02" and
       [entry["reason"] for entry in found["revoked"]] ==
       ["superseded", "keyCompromise"], f"both are shown: {found}")
    text = pki("print", "ca.crl").stdout
    ok("  revoked       0a0b  " in text, "and readable")


def test_strongswan():
    """Its verdict beside ours."""
    good = run("pki", "--verify", "--in", "ecdsa384.crt", "--cacert", "ca.crt",
               "--crl", "ca.crl")
    ok(b"certificate trusted" in good.stdout, "strongSwan finds one good")
    bad = run("pki", "--verify", "--in", "rsa2048.crt", "--cacert", "ca.crt",
              "--crl", "ca.crl")
    ok(bad.returncode != 0 and b"revoked" in bad.stdout + bad.stderr,
       "and the other one revoked")
    keyid = run("pki", "--keyid", "--in", "ecdsa384.crt", "--type", "x509")
    found = shown("ecdsa384.crt")
    text = keyid.stdout.decode().replace(":", "")
    ok(found["keyid"] in text and found["subjkey"] in text,
       "ids of keys are its own")
    theirs = run("pki", "--gen", "--type", "ed25519", "--outform", "pem")
    write("theirs.key", theirs.stdout.decode())
    theirs = run("pki", "--req", "--in", "theirs.key", "--type", "priv",
                 "--dn", "CN=theirs", "--san", "theirs.lab", "--outform", "pem")
    write("theirs.req", theirs.stdout.decode())
    made("issue", "theirs.req", "--cacert", "ca.crt", "--cakey",
         "ecdsa256.key", "--out", "theirs.crt")
    ok(shown("theirs.crt")["san"] == ["theirs.lab"],
       "what it asks for is issued")


def test_refused():
    with open("rsa2048.req", encoding="utf-8") as file:
        lines = file.read().splitlines()
    cut = "\n".join(lines[:-3] + lines[-1:]) + "\n"
    write("cut.req", cut)
    refused("half a request is none", 1, "cut.req: it is no request", "issue",
            "cut.req", "--cacert", "ca.crt", "--cakey", "ecdsa256.key")
    openssl("req", "-in", "rsa2048.req", "-outform", "DER", "-out", "bad.req")
    with open("bad.req", "r+b") as file:
        file.seek(-1, os.SEEK_END)
        last = file.read(1)[0]
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last ^ 1]))
    refused("nor is one that was changed", 1, "not signed by the key", "issue",
            "bad.req", "--cacert", "ca.crt", "--cakey", "ecdsa256.key")
    refused("another CA's key issues nothing", 1, "not that of the CA",
            "issue", "rsa2048.req", "--cacert", "ca.crt", "--cakey",
            "ed448.key")
    refused("a certificate does not outlive its CA", 1, "would outlive",
            "issue", "rsa2048.req", "--cacert", "ca.crt", "--cakey",
            "ecdsa256.key", "--lifetime", "4000")
    refused("one that is no CA's issues nothing", 1, "is no CA's", "issue",
            "rsa2048.req", "--cacert", "ed448.crt", "--cakey", "ed448.key")
    refused("a file that is not there is named", 1, "nowhere: cannot be read",
            "print", "nowhere")
    write("noise", "nothing of the kind\n")
    refused("nor what is something else", 1, "noise: it is no certificate",
            "print", "noise")
    refused("nor is anything written where nothing can be", 1,
            "/nowhere/x: cannot be written", "gen", "--out", "/nowhere/x")
    for words, wanted in (
            (("gen", "--type", "dsa"), "--type is one of rsa"),
            (("gen", "--type", "rsa", "--size", "1024"), "2048 to 8192"),
            (("gen", "--size", "x"), "--size is a number"),
            (("self", "ed448.key"), "needs --dn"),
            (("self", "ed448.key", "--dn", "moon"), '--dn "moon"'),
            (("req", "ed448.key"), "needs --dn"),
            (("req", "ed448.key", "--dn", "CN=x", "--san", "@#0a"), "--san"),
            (("self", "ed448.key", "--dn", "CN=x", "--pathlen", "1"),
             "--pathlen is a CA's"),
            (("self", "ed448.key", "--dn", "CN=x", "--lifetime", "0"),
             "number of days"),
            (("self", "ed448.key", "--dn", "CN=x", "--crl", "ftp://x"),
             "http://"),
            (("self", "ed448.key", "--dn", "CN=x", "--serial", "xyz"),
             "hexadecimal"),
            (("issue", "moon.req"), "needs --cacert"),
            (("signcrl", "--cacert", "ca.crt", "--cakey", "ecdsa256.key",
              "--reason", "bored"), "--reason is one of"),
            (("verify", "ed448.crt"), "needs --cacert"),
            ((), "takes one of gen pub"),
            (("sing",), "takes no argument 'sing'")):
        refused(f"usage: pki {' '.join(words)}", 2, wanted, *words)


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    test_keys()
    test_passphrase()
    test_issue()
    test_path()
    test_crl()
    test_strongswan()
    test_refused()
    os.chdir("/")
sys.exit(finish())
