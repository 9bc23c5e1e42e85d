#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
`cygnet pki enroll` and `renew` against openssl's CMP server, which hands out one
certificate that it was given, and against servers that are down, slow or lie: what
comes is taken if it is for our key and protected as it must be, and else nothing on
the disk changes.
"""
import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import BUILD, finish, ok, wait_until  # noqa: E402

CYGNET = f"{BUILD}/cygnet"
PORT, RUN_S, START_S = 8080, 60, 30
URL = f"http://127.0.0.1:{PORT}/pkix/"
SECRET = ("--ref", "moon", "--secret-file", "secret")
SERVER_SECRET = ("-srv_ref", "moon", "-srv_secret", "pass:a secret of ours")
SIGNED = ("--cert", "moon.crt", "--key", "moon.key", "--cacert", "ca.crt")
SERVER_SIGNED = ("-srv_cert", "server.crt", "-srv_key", "server.key",
                 "-srv_trusted", "ca.crt")
HUGE = 1 << 20


def pki(*words):
    done = subprocess.run([CYGNET, "pki", *words], capture_output=True,
                          timeout=RUN_S, check=False, text=True)
    return done


def made(*words):
    done = pki(*words)
    if done.returncode:
        ok(False, f"pki {' '.join(words)}: {done.stderr}")


def octets(path):
    with open(path, "rb") as file:
        return file.read()


def write(path, text):
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    os.chmod(path, 0o600)


def is_listening():
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", PORT)) == 0


@contextlib.contextmanager
def openssl_cmp(*options, cert="moon.crt"):
    """The server; of two in a row the second has the port at once."""
    with open("server.log", "w", encoding="utf-8") as log, subprocess.Popen(
            ["openssl", "cmp", "-port", str(PORT), "-rsp_cert", cert,
             *options], stdin=subprocess.DEVNULL, stdout=log,
            stderr=log) as server:
        try:
            wait_until(is_listening, START_S, "openssl cmp does not listen")
            yield
        finally:
            server.kill()


@contextlib.contextmanager
def liar(answer, pause=0.0):
    """Sends that, in pieces where there is a pause, to whoever connects."""
    def serve(listener):
        with contextlib.suppress(OSError):
            while True:
                conn, _ = listener.accept()
                with conn, contextlib.suppress(OSError):
                    conn.recv(65536)
                    for at in range(0, len(answer), 1 if pause else 65536):
                        conn.sendall(answer[at:at + (1 if pause else 65536)])
                        time.sleep(pause)
                    if not answer:
                        time.sleep(RUN_S)

    with socket.create_server(("127.0.0.1", PORT)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        yield
        listener.shutdown(socket.SHUT_RDWR)


def http(body, head="200 OK", length=None):
    return (f"HTTP/1.0 {head}\r\nContent-Type: application/pkixcmp\r\n"
            f"Content-Length: {len(body) if length is None else length}"
            "\r\n\r\n").encode() + body


def enroll(*words):
    with contextlib.suppress(FileNotFoundError):
        os.unlink("got.crt")
    return pki("enroll", "--cmp", URL, "--out", "got.crt", *words)


def refused(sentence, wanted, *words):
    begin = time.monotonic()
    done = enroll(*words)
    ok(done.returncode == 1 and wanted in done.stderr and
       done.stderr.count("\n") == 1 and not os.path.exists("got.crt") and
       time.monotonic() - begin < 20, f"{sentence}: {done.stderr.strip()}")


def taken(sentence, *words, cert="moon.crt"):
    done = enroll(*words)
    ok(done.returncode == 0 and octets("got.crt") == octets(cert) and
       "cygnet reload" in done.stdout,
       f"{sentence}: {done.stdout.strip()}{done.stderr.strip()}")


def make_files():
    write("secret", "a secret of ours\n")
    write("wrong", "a secret of others\n")
    for name in ("ca", "moon", "sun", "server"):
        made("gen", "--out", f"{name}.key")
    made("self", "ca.key", "--ca", "--dn", "O=Lab, CN=ca", "--out", "ca.crt")
    made("self", "sun.key", "--ca", "--dn", "O=Lab, CN=other", "--out",
         "other.crt")
    for name in ("moon", "sun", "server"):
        made("req", f"{name}.key", "--dn", f"O=Lab, CN={name}", "--out",
             f"{name}.req")
        made("issue", f"{name}.req", "--cacert", "ca.crt", "--cakey", "ca.key",
             "--lifetime", "20", "--serial", "77", "--out", f"{name}.crt")
    made("issue", "moon.req", "--cacert", "ca.crt", "--cakey", "ca.key",
         "--lifetime", "90", "--serial", "77", "--out", "next.crt")


def test_secret():
    key = ("--in", "moon.key", "--dn", "O=Lab, CN=moon", "--san", "moon.lab")
    with openssl_cmp(*SERVER_SECRET):
        for command in ("ir", "cr"):
            taken(f"{command}, protected by a secret", *SECRET, *key, "--cmd",
                  command)
        taken("p10cr, by a request", *SECRET, "moon.req", "--cmd", "p10cr")
        again = pki("enroll", "--cmp", URL, "--out", "got.crt", *SECRET, *key)
        ok(again.returncode == 1 and "--force" in again.stderr,
           "what is there stays where nobody says --force")
        refused("a wrong secret is refused", "not protected by the secret",
                "--ref", "moon",
                "--secret-file", "wrong", *key)
        refused("a certificate for another key is not taken",
                "another key than ours", *SECRET, "--in", "sun.key", "--dn",
                "CN=sun")
        refused("nor for another request", "another key than ours", *SECRET,
                "sun.req", "--cmd", "p10cr")
    with openssl_cmp(*SERVER_SECRET, "-grant_implicitconf"):
        taken("without a confirmation, where both want none", *SECRET, *key,
              "--implicit-confirm")
    with openssl_cmp(*SERVER_SECRET, "-poll_count", "2", "-check_after", "1"):
        taken("a server that says to ask again is asked again", *SECRET, *key)
    with openssl_cmp(*SERVER_SECRET, "-poll_count", "99", "-check_after",
                     "60"):
        refused("but not for ever", "still has no certificate", *SECRET, *key,
                "--timeout", "7")
    with openssl_cmp(*SERVER_SECRET, "-pkistatus", "2", "-failure", "2",
                     "-statusstring", "nobody of that name"):
        refused("a rejection is shown with its reason", "nobody of that name",
                *SECRET, *key)
    with openssl_cmp("-srv_ref", "moon", "-srv_secret", "pass:of others",
                     "-accept_unprotected"):
        refused("what another secret protects is not believed",
                "not protected by the secret", *SECRET, *key)
    with openssl_cmp(*SERVER_SECRET, "-send_unprotected"):
        refused("nor what nothing does", "not protected by the secret",
                *SECRET, *key)


def test_signed():
    with openssl_cmp(*SERVER_SIGNED, cert="next.crt"):
        taken("kur, protected by signatures", *SIGNED, "--cmd", "kur",
              cert="next.crt")
        refused("whom no CA of ours vouches for is not believed",
                "not protected by the secret", *SIGNED[:4], "--cacert",
                "other.crt", "--cmd", "kur")
        done = pki("enroll", "--cmp", URL, *SIGNED, "--cmd", "rr", "--reason",
                   "superseded")
        ok(done.returncode == 0 and "is revoked" in done.stdout,
           f"rr revokes: {done.stdout}{done.stderr}")


def renew(*words):
    return pki("renew", "--cmp", URL, *SIGNED, *words)


def test_renew():
    old = octets("moon.crt")
    done = renew("--within", "10d")
    ok(done.returncode == 0 and "nothing to do" in done.stdout and
       octets("moon.crt") == old,
       "one that is good for long is left alone, and nobody is asked")
    done = renew()
    ok(done.returncode == 1 and "cannot connect" in done.stderr and
       octets("moon.crt") == old, "where nobody answers, the old one stays")
    with openssl_cmp(*SERVER_SIGNED, cert="sun.crt"):
        done = renew()
        ok(done.returncode == 1 and octets("moon.crt") == old,
           f"and where a wrong one comes: {done.stderr.strip()}")
    with openssl_cmp(*SERVER_SIGNED, cert="next.crt"):
        done = renew("--out", "other.pem", "--reload", "-u", "unix:///nowhere")
        ok(done.returncode == 0 and "cygnet reload" not in done.stdout and
           "no daemon is at /nowhere" in done.stdout and
           octets("other.pem") == octets("next.crt"),
           f"without a daemon nothing is reloaded: {done.stdout.strip()}")
        done = renew()
        ok(done.returncode == 0 and "cygnet reload" in done.stdout and
           octets("moon.crt") == octets("next.crt"),
           f"one that ends soon is renewed: {done.stdout.strip()}"
           f"{done.stderr.strip()}")
    done = renew()
    ok(done.returncode == 0 and "nothing to do" in done.stdout,
       "once")


def test_liars():
    key = (*SECRET, "--in", "moon.key", "--dn", "CN=moon")
    refused("a server that is down is named", "cannot connect to 127.0.0.1",
            *key)
    with liar(b""):
        refused("a silent one costs no more than its time", "within 2 s",
                *key, "--timeout", "2")
    with liar(http(b"\x30\x82\x40\x00" + bytes(0x4000)), pause=0.2):
        refused("nor does one that dawdles", "within 2 s", *key, "--timeout",
                "2")
    for sentence, wanted, answer in (
            ("too much of it", "131072", http(b"\x30\x84\x00\x10\x00\x00" +
                                              bytes(HUGE))),
            ("one that says it is huge", "131072",
             http(b"\x30\x84\x7f\xff\xff\xff")),
            ("one that is cut off", "no CMP message",
             http(b"\x30\x82\x01\x00\x02", length=260)),
            ("no DER at all", "", http(b"something else")),
            ("DER of something else", "is no CMP message",
             http(b"\x30\x03\x02\x01\x05")),
            ("an error of HTTP", "404", http(b"", "404 Not Found")),
            ("a redirect", "no CMP message",
             b"HTTP/1.0 302 Found\r\nLocation: http://127.0.0.1/\r\n\r\n"),
            ("noise", "no CMP message", os.urandom(512))):
        with liar(answer):
            refused(f"an answer that is {sentence} is none", wanted, *key)


def test_usage():
    for wanted, *words in (
            ("needs --cmp", "--out", "x"),
            ("http://HOST", "--cmp", "https://127.0.0.1/", "--out", "x"),
            ("http://HOST", "--cmp", "127.0.0.1", "--out", "x"),
            ("needs --out", "--cmp", URL),
            ("needs --cert", "--cmp", URL, "--out", "x", "--cmd", "kur"),
            ("needs --cert", "--cmp", URL, "--out", "x", "--key", "moon.key"),
            ("--cmd is one of", "--cmp", URL, "--out", "x", "--cmd", "get"),
            ("--recipient", "--cmp", URL, "--out", "x", "--recipient", "ca")):
        done = pki("enroll", *words)
        ok(done.returncode == 2 and wanted in done.stderr,
           f"usage: {' '.join(words)}: {done.stderr.strip()}")
    refused("what nothing protects is not sent", "nothing protects",
            "--in", "moon.key", "--dn", "CN=moon")
    refused("nor what is signed by another key", "key is not that of",
            "--in", "moon.key", "--cert", "moon.crt", "--key", "sun.key",
            "--cacert", "ca.crt")
    refused("nor is a request made of a certificate", "is no private key",
            *SECRET, "--in", "moon.crt")


with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    make_files()
    test_usage()
    test_secret()
    test_signed()
    test_renew()
    test_liars()
    os.chdir("/")
sys.exit(finish())
