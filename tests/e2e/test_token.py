#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Private keys that stay in a PKCS#11 token, of RSA and ECDSA: the daemon authenticates with
them, charon is the peer, in both roles; from the configuration, and by Debian's stock
swanctl. What is wrong with a token is a line in the log with the section's name; a PIN
that was refused is tried once; a token that is stuck holds nothing up, and one that was
gone is used again. No process but the token's own ever has a key.
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import charon as strongswan  # noqa: E402
import keys  # noqa: E402
from certs import Store  # noqa: E402
from ike_conf import ESP, IKE  # noqa: E402
from lab import (SIDES, SOCKET, Lab, eventually, finish, ok,  # noqa: E402
                 wait_until)
from soft_token import PIN, SOFTHSM, SoftToken  # noqa: E402
from swanctl import swanctl, swanctl_load  # noqa: E402
from vici import Vici  # noqa: E402

OURS, THEIRS = SIDES["a"], SIDES["b"]
WAIT_S = 15
# name: the key's CKA_ID, and of what kind pkcs11-tool makes it
TOKEN_KEYS = {"rsa": ("01", "rsa:3072"), "p256": ("02", "EC:prime256v1")}
GATEWAY = """\
gateway {{
    protected = lan0
    unprotected = wan0
    socket = {socket}
}}
charon {{
    plugins {{
        pkcs11 {{
            modules {{
                soft {{
                    path = {module}
                }}
            }}
        }}
    }}
}}
"""
CONN = """\
connections {{
    {conn} {{
        local_addrs = {local}
        remote_addrs = {remote}
        proposals = {ike}
        rekey_time = 0
        send_cert = always
        local {{
            certs = {own}.pem
            id = {own}.example.org
        }}
        remote {{
            cacerts = root.pem
            id = {other}.example.org
        }}
        children {{
            {child} {{
                local_ts = {local_ts}
                remote_ts = {remote_ts}
                esp_proposals = {esp}
                rekey_time = 0
            }}
        }}
    }}
}}
"""
TOKEN = """\
    token-{name} {{
        handle = {handle}
        {more}
        pin = {pin}
    }}
"""


def conn(here, there, own, other):
    return CONN.format(conn=strongswan.CONN, child=strongswan.CHILD, ike=IKE, esp=ESP,
                       local=here.outer, remote=there.outer, local_ts=here.lan,
                       remote_ts=there.lan, own=own, other=other)


def token(name, handle, pin=PIN, more=""):
    return TOKEN.format(name=name, handle=handle, pin=pin, more=more)


def secrets(*sections):
    return "secrets {\n" + "".join(sections) + "}\n"


class Test:
    def __init__(self, lab):
        self.lab = lab
        self.store = store = Store(os.path.join(lab.dir, "store"))
        self.token = SoftToken(os.path.join(lab.dir, "token"))
        store.root("root")
        store.issue("root", "sun", "p256")
        store.issue("root", "moon-file", "rsa2048")
        for name, (handle, kind) in TOKEN_KEYS.items():
            self.token.generate(handle, kind)
            self.issue(name, handle)
        # One whose numbers are known, to look for.
        store.key("moon-known", "rsa2048")
        store.openssl("pkcs8", "-topk8", "-nocrypt", "-in", "moon-known.key", "-out",
                      "known.p8")
        self.token.take_in("03", store.path("known.p8"))
        self.issue("known", "03")
        self.charon = strongswan.Charon(lab, "gw-b", {
            **strongswan.DEFAULTS, "log_ike": 1, "half_open_timeout": 3,
            "plugins": "pkcs8 constraints revocation"})
        for folder, files in (("x509", ["sun.pem"]), ("private", ["sun.key"]),
                              ("x509ca", ["root.pem"])):
            store.put(self.charon.dir, folder, *files)
        self.put_ours()
        self.sections = [token("rsa", "01"), token("p256", "02", more="module = soft")]
        self.gateway = lab.start_gateway("gw-a", self.conf("moon-rsa"))
        self.charon.load_text(conn(THEIRS, OURS, "sun", "moon-rsa"))

    def put_ours(self):
        self.store.put(self.lab.dir, "x509", "moon-rsa.pem", "moon-p256.pem", "moon-known.pem",
                       "moon-file.pem")
        self.store.put(self.lab.dir, "private", "moon-file.key")
        self.store.put(self.lab.dir, "x509ca", "root.pem")

    def issue(self, name, handle):
        """A certificate of the key in the token."""
        self.token.public(handle, self.store.path(f"moon-{name}.pub"))
        self.store.pki("issue", "--in", f"moon-{name}.pub", "--cacert", "root.pem", "--cakey",
                       "root.key", "--dn", f"CN=moon-{name}", "--san",
                       f"moon-{name}.example.org", "--out", f"moon-{name}.pem")

    def conf(self, own, *sections, module=None):
        return (GATEWAY.format(socket=SOCKET, module=module or self.token.module) +
                conn(OURS, THEIRS, own, "sun") + secrets(*(sections or self.sections)))

    def load(self, own, *sections, module=None):
        """The log since."""
        before = len(self.gateway.log())
        self.lab.write("gw-a.conf", self.conf(own, *sections, module=module))
        done = self.gateway.client("reload", check=False)
        if done.returncode:
            ok(False, f"it is read again: {done.stderr}")
        self.charon.load_text(conn(THEIRS, OURS, "sun", own))
        return lambda: self.gateway.log()[before:]

    def initiate(self, we):
        done = (swanctl(self.lab, "--initiate", "--child", strongswan.CHILD, "--timeout", "8")
                if we else self.charon.initiate())
        return done.returncode == 0

    def ping(self):
        return self.lab.run("host-a", ["ping", "-c", "1", "-W", "2", "10.2.0.2"],
                            check=False).returncode == 0

    def end(self):
        self.charon.terminate()
        wait_until(lambda: not self.charon.list_sas() and
                   not swanctl(self.lab, "--list-sas").stdout.strip(), WAIT_S,
                   "both sides to forget the IKE SA")

    def is_up(self, sentence):
        for we in (True, False):
            role = "we initiate" if we else "charon initiates"
            # Which certificates are ours ike is told a moment after a key is there.
            ok(eventually(lambda we=we: self.initiate(we), WAIT_S) and
               eventually(self.ping, 5), f"{sentence}, {role}")
            self.end()

    def opened(self, log, *names):
        return eventually(lambda: all(f"token=token-{name}" in log() for name in names), WAIT_S)

    def ask(self, command, **values):
        client = Vici(f"/proc/{self.gateway.pid}/root{SOCKET}")
        answer = client.ask(command, **values)
        client.close()
        return answer


def both_roles(test):
    ok(test.opened(test.gateway.log, "rsa", "p256"), "both keys of the token are opened")
    test.is_up("RSA with 3072 bits in a token")
    test.load("moon-p256")
    test.is_up("ECDSA on P-256 in a token")
    ok(test.token.logins() == 2, f"one login for each of them, {test.token.logins()}")


def errors(log):
    return [line for line in log().splitlines() if line.startswith(("error", "warn"))]


def has_line(log, *words):
    """One line, and it names all of that."""
    eventually(lambda: errors(log), WAIT_S)
    time.sleep(0.3)
    said = errors(log)
    return len(said) == 1 and all(word in said[0] for word in words), said


def wrong_pin(test):
    logins = test.token.logins()
    sections = [token("rsa", "01", pin="4321"), token("p256", "02", pin="4321")]
    log = test.load("moon-rsa", *sections)
    eventually(lambda: len(errors(log)) == 2, WAIT_S)
    said = errors(log)
    ok(len(said) == 2 and "secrets.token-" in said[0] and "secrets.token-" in said[1] and
       ": the token refuses the PIN; correct it" in said[0] and
       ": its token refused that PIN before" in said[1],
       f"a wrong PIN is told with its section: {said}")
    ok(test.token.logins() == logins + 1, "of two with the same one the token hears once")
    log = test.load("moon-rsa", *sections)
    eventually(lambda: len(errors(log)) == 2, WAIT_S)
    ok(len(errors(log)) == 2 and test.token.logins() == logins + 1,
       "it is not tried again by reload")
    ok(not test.initiate(True), "without the key there is no tunnel")
    log = test.load("moon-rsa")
    ok(test.opened(log, "rsa", "p256"), "the right one is taken")
    test.is_up("after it")


def wrong_words(test):
    refused = "gw-a.conf"
    for sections, words in (
            ([token("x", "xyz")], "secrets.token-x.handle must be hexadecimal digits"),
            ([token("x", "01", more="slot = two")], "secrets.token-x.slot must be a number"),
            ([token("x", "01", more="module = none")],
             "secrets.token-x.module names none: there is no module of that name")):
        test.lab.write("gw-a.conf", test.conf("moon-rsa", *sections))
        done = test.gateway.client("reload", check=False)
        ok(done.returncode and words in done.stderr and refused in done.stderr,
           f"{words}: {done.stderr.strip()}")
    good, said = has_line(test.load("moon-rsa", token("rsa", "01"), token("x", "99")),
                          "secrets.token-x: there is no key of that handle")
    ok(good, f"a key that is not there: {said}")
    good, said = has_line(test.load("moon-rsa", token("rsa", "01", more="slot = 77")),
                          "secrets.token-rsa: there is no key of that handle in the token of "
                          "that slot")
    ok(good, f"a slot that is not there: {said}")
    good, said = has_line(test.load("moon-rsa", module=test.token.path("none.so")),
                          "secrets.token-", "there is no module")
    said = test.gateway.log()
    ok("secrets.token-rsa: there is no module" in said, "a module that is not there")
    os.chmod(test.token.module, 0o777)
    done = test.gateway.client("check", f"{test.lab.dir}/gw-a.conf", check=False)
    ok("2 keys in tokens" in done.stdout and
       "secrets.token-rsa: there is no module" in done.stdout,
       "cygnet check says so, too")
    log = test.load("moon-p256", token("p256", "02"))
    good, said = has_line(log, "secrets.token-p256: the module", "others than root may change")
    ok(good, f"a module that others may write: {said}")
    os.chmod(test.token.module, 0o755)
    log = test.load("moon-rsa")
    ok(test.opened(log, "rsa", "p256"), "once it is right reload opens the keys")


def stuck(test):
    """Signatures by files go on."""
    test.token.be("stuck", True)
    begun = time.monotonic()
    up = test.initiate(True)
    took = time.monotonic() - begun
    ok(not up and took < 15, f"a token that is stuck is given up: {took:.1f} s")
    begun = time.monotonic()
    test.load("moon-file")
    test.is_up("meanwhile, by a key of a file")
    ok("its token does not answer" in test.gateway.log(), "the log says so")
    test.token.be("stuck", False)
    log = test.load("moon-rsa")
    wait_until(lambda: test.initiate(True), WAIT_S, "a tunnel by the token")
    ok(True, "it is used again once it works")
    test.end()
    del log


def gone(test):
    test.token.be("gone", True)
    mark = len(test.gateway.log())
    ok(not test.initiate(True), "without the token nothing is signed")
    ok(eventually(lambda: "its token does not sign" in test.gateway.log()[mark:], 5),
       "and the log says why")
    os.rename(test.token.path("tokens"), test.token.path("away"))
    os.mkdir(test.token.path("tokens"))
    mark = len(test.gateway.log())
    test.gateway.kill_role("token")
    test.token.be("gone", False)
    ok(eventually(lambda: "there is no key of that handle" in test.gateway.log()[mark:], WAIT_S),
       "a token that was taken away is missed")
    os.rmdir(test.token.path("tokens"))
    os.rename(test.token.path("away"), test.token.path("tokens"))
    ok(eventually(lambda: "opened token=token-" in test.gateway.log()[mark:], 30),
       "once it is back it is opened again")
    wait_until(lambda: test.initiate(True), WAIT_S, "a tunnel by the token")
    test.end()


def memory(test):
    log = test.load("moon-known", token("known", "03"))
    ok(test.opened(log, "known"), "a key that is known is in the token, too")
    test.is_up("by that one")
    numbers = keys.numbers(test.store.path("moon-known.key"))
    ok(len(numbers) == 6, "its secret numbers are three")
    of_file = keys.numbers(test.store.path("moon-file.key"))
    octets = keys.memory_of(test.gateway.pid)
    ok(any(number in octets for number in of_file[2:]),
       "the search finds those of a file in ctl's memory")
    for role, pid in (("ctl", test.gateway.pid), ("ike", test.gateway.role_pid("ike")),
                      ("dp", test.gateway.role_pid("dp"))):
        octets = keys.memory_of(pid)
        ok(len(octets) > 1 << 20 and not any(number in octets for number in numbers),
           f"{role} has none of them in its {len(octets) >> 20} MiB")
    pid = test.gateway.role_pid("token")
    with open(f"/proc/{pid}/status", encoding="utf-8") as file:
        status = dict(line.split(":\t", 1) for line in file.read().splitlines())
    # CAP_DAC_OVERRIDE is 1.
    ok(int(status["CapEff"], 16) & ~2 == 0 and status["NoNewPrivs"] == "1",
       "the token's process may read files, and no more")


def over_vici(test):
    test.load("moon-rsa", token("p256", "02"))
    more = "module = soft\n        slot = %d" % test.token.slot
    text = secrets(token("rsa", "01", more=more))
    # The key of a file beside it comes, too.
    for sentence in ("swanctl loads another one", "twice it is there once"):
        got = swanctl_load(test.lab, text, "--load-creds", "--noprompt")
        ok("loaded key token-rsa from token" in got.stdout and
           len(test.ask("get-keys")["keys"]) == 2, f"{sentence}: {got.stdout} {got.stderr}")
    test.is_up("by that one")
    swanctl_load(test.lab, "secrets {\n}\n", "--load-creds", "--noprompt")
    ok(len(test.ask("get-keys")["keys"]) == 1 and not test.initiate(True),
       "what is in swanctl.conf no more swanctl unloads")
    for values, words in (
            ({"handle": "01", "pin": "4321"}, "refuse"),
            ({"handle": "99", "pin": PIN}, "there is no key of that handle"),
            ({"handle": "01", "module": "none"}, "no module of that name"),
            ({"handle": "0"}, "argument 'handle' must be hexadecimal digits"),
            ({"pin": PIN}, "argument 'handle' is missing"),
            ({"handle": "01", "slot": "-1"}, "argument 'slot' must be"),
            ({"handle": "01", "what": "1"}, "this command takes handle, slot")):
        answer = test.ask("load-token", **values)
        ok(answer["success"] == "no" and words in answer["errmsg"] and
           "4321" not in answer["errmsg"], f"load-token: {answer['errmsg']}")


def start(test):
    """What comes up by itself comes up once the key is there."""
    test.gateway.stop()
    test.token.be("slow", True)
    test.charon.load_text(conn(THEIRS, OURS, "sun", "moon-p256"))
    by_itself = test.conf("moon-p256", token("p256", "02")).replace(
        f"esp_proposals = {ESP}", f"esp_proposals = {ESP}\n                start_action = start")
    test.gateway = test.lab.start_gateway("gw-a", by_itself)
    ok(eventually(test.ping, WAIT_S) and "failed" not in test.gateway.log(),
       "a connection that starts by itself waits for its key in a token")
    test.end()


def main():
    with Lab() as lab:
        test = Test(lab)
        for case in (both_roles, memory, wrong_pin, wrong_words, stuck, gone, over_vici,
                     start):
            if sys.argv[1:] == [] or case.__name__ in sys.argv:
                case(test)
    return finish()


sys.exit(main())
