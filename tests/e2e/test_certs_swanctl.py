#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Certificates that Debian's stock swanctl loads into a gateway and lists, beside those of
the gateway's own file; and what `cygnet check` says of files. No tunnel comes of them
here.
"""
import json
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import BUILD, Lab, eventually, finish, log_of, ok  # noqa: E402
from swanctl import swanctl, swanctl_load  # noqa: E402

CONNS = """\
connections {
    road {
        remote_addrs = 192.0.2.99
        send_cert = always
        local {
            certs = moon.pem
            id = moon.example.org
        }
        remote {
            auth = ecdsa-256-sha256
            cacerts = ca.pem
            id = "C=CH, CN=sun"
            revocation = ifuri
            cert_policy = 1.3.6.1.4.1.99999.1
        }
        children {
            far {
                local_ts = 10.1.0.0/24
                remote_ts = 10.77.0.0/24
            }
        }
    }
}
authorities {
    lab {
        cacert = ca.pem
        crl_uris = http://crl.example.org/ca.crl
        ocsp_uris = http://ocsp.example.org/
    }
}
"""


def openssl(folder, *words):
    subprocess.run(["openssl", *words], cwd=folder, check=True,
                   capture_output=True)


def make_ca(folder):
    """A CA, a certificate by it, a CRL, and the certificate's key alone."""
    for name in ("x509", "x509ca", "x509crl", "pubkey"):
        os.makedirs(os.path.join(folder, name))
    openssl(folder, "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", "ca.key", "-out",
            "x509ca/ca.pem", "-subj", "/C=CH/CN=lab CA", "-days", "30",
            "-addext", "keyUsage=critical,keyCertSign,cRLSign")
    openssl(folder, "req", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", "moon.key",
            "-out", "moon.csr", "-subj", "/C=CH/CN=moon", "-addext",
            "subjectAltName=DNS:moon.example.org")
    openssl(folder, "x509", "-req", "-in", "moon.csr", "-CA", "x509ca/ca.pem",
            "-CAkey", "ca.key", "-set_serial", "2", "-copy_extensions", "copy",
            "-out", "x509/moon.pem", "-days", "20")
    openssl(folder, "pkey", "-in", "moon.key", "-pubout", "-out",
            "pubkey/moon.pem")
    with open(os.path.join(folder, "ca.cnf"), "w", encoding="utf-8") as file:
        file.write("[ca]\ndefault_ca = d\n[d]\ndatabase = index.txt\n"
                   "default_md = sha256\n")
    with open(os.path.join(folder, "index.txt"), "w", encoding="utf-8"):
        pass
    openssl(folder, "ca", "-config", "ca.cnf", "-gencrl", "-keyfile", "ca.key",
            "-cert", "x509ca/ca.pem", "-crldays", "7", "-out",
            "x509crl/ca.crl")


def listed(lab, *words):
    return swanctl(lab, "--list-certs", *words).stdout


def test_creds(lab):
    ok(listed(lab).strip() == "", "there is no certificate at first")
    got = swanctl_load(lab, "", "--load-creds", "--noprompt")
    ok(got.returncode == 0 and
       (got.stdout + got.stderr).count("loaded certificate from") == 4,
       "swanctl --load-creds loads a CA, a certificate, a CRL and a key")
    text = listed(lab)
    ok("List of X.509 End Entity Certificates" in text and
       "CN=moon" in text and "List of X.509 CA Certificates" in text and
       "CN=lab CA" in text and "List of X.509 CRLs" in text and
       "List of Raw Public Keys" in text,
       "swanctl --list-certs has them all")
    text = listed(lab, "--type", "x509", "--flag", "ca")
    ok("CN=lab CA" in text and "End Entity" not in text,
       "or those of a type and a flag alone")
    ok("CN=moon" in listed(lab, "--subject", "C=CH, CN=moon") and
       listed(lab, "--subject", "C=CH, CN=mars").strip() == "",
       "or of a subject")


def test_bad_creds(lab):
    path = os.path.join(lab.dir, "x509", "bad.pem")
    with open(path, "w", encoding="utf-8") as file:
        file.write("none")
    got = swanctl_load(lab, "", "--load-creds", "--noprompt")
    ok("bad.pem' failed: no certificate is in it" in got.stdout + got.stderr,
       "a file that is none is refused with the reason")
    os.unlink(path)


def test_conns(lab):
    got = swanctl_load(lab, CONNS, "--load-all", "--noprompt")
    ok(got.returncode == 0 and "loaded connection 'road'" in got.stdout and
       "loaded authority 'lab'" in got.stdout,
       "swanctl --load-all loads a connection with certificates, and an "
       "authority")
    text = swanctl(lab, "--list-conns").stdout
    ok("local public key authentication" in text and
       "remote public key authentication" in text,
       "swanctl --list-conns says that it is by public keys")
    text = swanctl(lab, "--list-authorities").stdout
    ok("lab:" in text and "CN=lab CA" in text and
       "http://crl.example.org/ca.crl" in text and
       "http://ocsp.example.org/" in text,
       "swanctl --list-authorities has the authority")
    swanctl(lab, "--load-creds", "--clear", "--noprompt")
    got = swanctl_load(lab, "", "--load-all", "--clear", "--noprompt")
    ok(got.returncode == 0 and
       swanctl(lab, "--list-authorities").stdout.strip() == "" and
       "road" not in swanctl(lab, "--list-conns").stdout,
       "and what is not there any more is unloaded")


def kinds(gateway):
    certs = json.loads(gateway.client("status", "--json").stdout)[
        "certificates"]
    return [cert["kind"] for cert in certs.values()]


def test_file(lab, gateway):
    """The folders lie beside the gateway's own file, too."""
    ok(gateway.client("reload", check=False).returncode == 0 and
       eventually(lambda: "CN=lab CA" in listed(lab)),
       "a reload reads certificates beside the file")
    ok("killed" not in log_of(gateway.process) and
       "left out" not in log_of(gateway.process),
       "which the process that speaks IKE takes")
    # It was made for 20, of which a second may be over.
    ok(re.search(r"certificate C=CH, CN=moon .* expires in (19|20) days",
                 log_of(gateway.process)),
       "and the log warns of one that expires soon")
    got = gateway.client("status").stdout
    ok(re.search(r"certificate C=CH, CN=moon \(.*moon.pem\) expires in "
                 r"(19|20) days; have another one issued", got),
       "as does cygnet status")
    certs = json.loads(gateway.client("status", "--json").stdout)[
        "certificates"]
    ok(certs["1"]["subject"] == "C=CH, CN=moon" and
       certs["1"]["file"].endswith("moon.pem") and
       certs["1"]["kind"] == "peer" and
       18 * 86400 < int(certs["1"]["left"]) <= 20 * 86400,
       f"also for programs: {certs}")
    swanctl_load(lab, CONNS, "--load-conns")
    ok(eventually(lambda: kinds(gateway) == ["own", "ca"]),
       f"without its key it is ours where a connection says so: "
       f"{kinds(gateway)}")


def check(lab, text):
    path = os.path.join(lab.dir, "checked.conf")
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o600)
    return subprocess.run([os.path.join(BUILD, "cygnet"), "check", path],
                          capture_output=True, text=True, check=False)


def test_check(lab):
    text = ike_conf("a") + CONNS
    got = check(lab, text)
    ok(got.returncode == 0, f"cygnet check takes it: {got.stderr}")
    ok("warning: certificate C=CH, CN=moon" in got.stdout,
       "and warns of what expires soon, too")
    got = check(lab, text.replace("certs = moon.pem", "certs = mars.pem"))
    ok(got.returncode == 1 and
       "connections.road.local.certs names mars.pem, which is not there" in
       got.stderr, "and says which file is not there")


def main():
    with Lab() as lab:
        gateway = lab.start_gateway("gw-a", ike_conf("a"))
        make_ca(lab.dir)
        test_creds(lab)
        test_bad_creds(lab)
        test_conns(lab)
        test_file(lab, gateway)
        test_check(lab)
    return finish()


sys.exit(main())
