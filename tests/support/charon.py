# SPDX-License-Identifier: BSD-2-Clause
"""
strongSwan's charon as a machine of the laboratory: the peer that is not ours.

    charon = start(lab, "gw-b", local="192.0.2.2", remote="192.0.2.1",
                   local_ts="10.2.0.0/24", remote_ts="10.1.0.0/24",
                   ike="aes128-sha256-x25519", esp="aes128gcm16", psk="secret")
    charon.initiate()
    charon.list_sas()

One connection, CONN, with one child, CHILD, by IKEv2 and a pre-shared key, and
with lines of its own in `more` and, for its peer, in `remote_more`. ESP
is carried in user space (kernel-libipsec), so IKE always finds a NAT and ESP is
always in UDP: tunnel mode, no ESN. Packets enter and leave by ipsec0, a TUN.

All that it writes is in a folder of the lab's own: it has a private /run, whose
one file would keep a second charon out, and a control socket beside its log.
Both programs are copies: those in Debian's places are held by AppArmor to
Debian's files.
"""
import os
import re
import shutil

from lab import LabError, wait_until

PROGRAMS = ("/usr/lib/ipsec/charon", "/usr/sbin/swanctl")
CONN = "peer"
CHILD = "net"
START_S = 10
COMMAND_S = 5
# "07[CHD] encryption initiator key => 16 bytes @ 0x…", and lines of octets.
LOG_LINE = re.compile(r"^(\d\d)\[...\] (.*)$", re.MULTILINE)
LOG_KEY = re.compile(r"(encryption|integrity) (initiator|responder) key => ")
LOG_SK = re.compile(r"(Sk_[a-z]+) secret => ")
LOG_OCTETS = re.compile(r" *\d+: ((?:[0-9A-F]{2} )+)")
LOG_SPI = re.compile(r"  SPI 0x([0-9a-f]+), src ")

SETTINGS = """\
charon {{
    load = random nonce pem pkcs1 pubkey x509 openssl aes ctr ccm cmac xcbc kdf vici counters socket-default kernel-libipsec kernel-netlink {plugins}
    rsa_pss = {rsa_pss}
    hash_and_url = {hash_and_url}
    signature_authentication = {rfc7427}
    install_routes = {install_routes}
    cookie_threshold = {cookie_threshold}
    block_threshold = 0
    half_open_timeout = {half_open_timeout}
    fragment_size = {fragment_size}
    retransmit_timeout = {retransmit_timeout}
    retransmit_base = 1.0
    retransmit_tries = 3
    delete_rekeyed_delay = 1
    plugins {{
        vici {{
            socket = unix://charon.vici
        }}
        kernel-libipsec {{
            allow_peer_ts = yes
        }}
        kernel-netlink {{
            fwmark = !0x42
        }}
        socket-default {{
            fwmark = 0x42
        }}
    }}
    filelog {{
        stderr {{
            default = {log_default}
            ike = {log_ike}
            chd = {log_ike}
            esp = {log_esp}
            flush_line = yes
        }}
    }}
}}
swanctl {{
    load = random pem pkcs1 pkcs8 openssl
}}
"""

# What start() may be told besides a connection's parameters; hosts: the lines of its
# /etc/hosts, if it is to have one of its own.
DEFAULTS = {"cookie_threshold": 0, "half_open_timeout": 30,
            "fragment_size": 1280, "retransmit_timeout": 4.0, "install_routes": "yes",
            "log_default": 1, "log_ike": 4, "log_esp": 1,
            "plugins": "", "rsa_pss": "no", "hash_and_url": "no", "hosts": "",
            "rfc7427": "yes"}

CONNECTION = """\
connections {{
    {CONN} {{
        version = 2
        local_addrs = {local}
        remote_addrs = {remote}
        proposals = {ike}
        dpd_delay = {dpd_delay}
        rekey_time = 0
        {conn_more}
        local {{
            auth = psk
        }}
        remote {{
            auth = psk
            {remote_more}
        }}
        children {{
            {CHILD} {{
                local_ts = {local_ts}
                remote_ts = {remote_ts}
                esp_proposals = {esp}
                rekey_time = 0
                dpd_action = clear
            }}
        }}
    }}
}}
{more}
secrets {{
    ike-peer {{
        secret = "{psk}"
    }}
}}
"""


class Charon:
    """A running charon. Made by start()."""

    def __init__(self, lab, ns, settings):
        self.lab = lab
        self.ns = ns
        self.dir = os.path.join(lab.dir, f"charon-{ns}")
        os.mkdir(self.dir)
        for program in PROGRAMS:
            shutil.copy(program, self.dir)
        self._parameters = {"dpd_delay": "0", "conn_more": "",
                            "remote_more": "", "more": ""}
        self._settings = settings
        self._write("strongswan.conf", SETTINGS.format(**self._settings))
        if settings["hosts"]:
            self._write("hosts", settings["hosts"])
        self.start()

    def start(self):
        """Again, after its process has ended; SAs are not there any more."""
        # The lab's folder is below /run: the folder it stands in stays in
        # reach, by names that are relative.
        self.process = self.lab.spawn(self.ns, [
            "unshare", "--mount", "sh", "-ec",
            'cd "$0"; ! test -e hosts || mount --bind hosts /etc/hosts; '
            'mount -t tmpfs tmpfs /run; '
            'export STRONGSWAN_CONF=strongswan.conf; exec "$@"',
            self.dir, "./charon"])
        wait_until(self._answers, START_S, f"charon on {self.ns}")

    def _write(self, name, text):
        with open(os.path.join(self.dir, name), "w") as file:
            file.write(text)

    def _answers(self):
        if self.process.poll() is not None:
            raise LabError(f"charon on {self.ns} ended with exit status "
                           f"{self.process.returncode}:\n{self.log()}")
        return self.swanctl("--stats", check=False).returncode == 0

    def swanctl(self, *words, check=True, timeout=10):
        """Runs swanctl against this charon."""
        return self.lab.run(self.ns, [
            "env", f"STRONGSWAN_CONF={self.dir}/strongswan.conf",
            f"SWANCTL_DIR={self.dir}", f"{self.dir}/swanctl", *words,
            "--uri", f"unix://{self.dir}/charon.vici"], check, timeout)

    def load(self, **parameters):
        """
        The connection, with these parameters other than before; SAs that are
        up stay.
        """
        self._parameters.update(parameters)
        self._write("swanctl.conf", CONNECTION.format(
            CONN=CONN, CHILD=CHILD, **self._parameters))
        self.swanctl("--load-all", "--noprompt")

    def load_text(self, text):
        """All of a swanctl.conf, in place of the connection."""
        self._write("swanctl.conf", text)
        self.swanctl("--load-all", "--noprompt")

    def spawn(self, *words):
        """swanctl that goes on until it is ended; log_of() has its output."""
        return self.lab.spawn(self.ns, [
            "env", f"STRONGSWAN_CONF={self.dir}/strongswan.conf",
            f"SWANCTL_DIR={self.dir}", "stdbuf", "-oL", f"{self.dir}/swanctl",
            *words, "--uri", f"unix://{self.dir}/charon.vici"])

    def set(self, **settings):
        """Others of DEFAULTS than before, for IKE SAs to come."""
        self._settings.update(settings)
        self._write("strongswan.conf", SETTINGS.format(**self._settings))
        self.swanctl("--reload-settings")

    def log_packets(self, yes):
        """
        Whether its log has a line for each ESP packet, and for each that it
        drops for an unknown SPI; without, other drops alone are there.
        """
        self.set(log_esp=2 if yes else 1)

    def initiate(self, check=False, limit_s=COMMAND_S):
        """Brings the child up, and waits for how it ends."""
        return self.swanctl("--initiate", "--child", CHILD, "--timeout",
                            str(limit_s), check=check, timeout=limit_s + 5)

    def rekey(self, what="child"):
        """Begins to rekey the child, or the IKE SA ("ike")."""
        return self.swanctl("--rekey", f"--{what}",
                            CHILD if what == "child" else CONN)

    def terminate(self, what="ike", force=False):
        """Deletes the IKE SA, or the child ("child"); force: at once."""
        return self.swanctl("--terminate", f"--{what}",
                            CHILD if what == "child" else CONN,
                            "--timeout", str(COMMAND_S),
                            *(["--force"] if force else []), check=False)

    def forget(self):
        """Until no IKE SA is left here, whatever the other side says."""
        self.terminate(force=True)
        wait_until(lambda: not self.list_sas(), 20,
                   "charon to forget the IKE SA")

    def list_sas(self):
        """
        The IKE SAs, each as a tree of dict, list and str with swanctl's own
        names, and "children", a list of likewise.
        """
        sas = []
        for line in self.swanctl("--list-sas", "--raw").stdout.splitlines():
            if not line.startswith("list-sa event "):
                continue
            for sa in parse_raw(line.removeprefix("list-sa event ")).values():
                sa["children"] = list(sa["child-sas"].values())
                sas.append(sa)
        return sas

    def mark(self):
        """Where the log ends now, for log() and child_keys()."""
        return os.path.getsize(self.process.log_path)

    def log(self, mark=0):
        """What it wrote since; secrets and keys are in it."""
        with open(self.process.log_path, errors="replace") as file:
            file.seek(mark)
            return file.read()

    def ike_keys(self, mark=0):
        """SK_* of the IKE SAs that it made since: octets by charon's names."""
        keys, name = {}, None
        for _, text in LOG_LINE.findall(self.log(mark)):
            key, octets = LOG_SK.match(text), LOG_OCTETS.match(text)
            if key:
                name = key[1]
                keys[name] = b""
            elif octets and name:
                keys[name] += bytes.fromhex(octets[1])
            else:
                name = None
        return keys

    def child_keys(self, mark=0):
        """
        Keys of the CHILD SAs that it made since, by its inbound SPI: a dict
        with "out", the other SPI, and octets of "encryption initiator" and
        likewise; the initiator is that of the exchange.
        """
        made, threads = {}, {}
        for thread, text in LOG_LINE.findall(self.log(mark)):
            at = threads.setdefault(thread, {"keys": {}, "last": None})
            key, spi = LOG_KEY.match(text), LOG_SPI.match(text)
            octets = LOG_OCTETS.match(text)
            if octets and at["last"]:
                at["keys"][at["last"]] += bytes.fromhex(octets[1])
                continue
            at["last"] = None
            if key:
                at["last"] = f"{key[1]} {key[2]}"
                at["keys"][at["last"]] = b""
            elif text == "adding inbound ESP SA":
                at["in"] = None
            elif spi and at.get("in", 0) is None:
                at["in"] = int(spi[1], 16)
            elif spi and "in" in at:
                made[at.pop("in")] = {"out": int(spi[1], 16), **at["keys"]}
                at["keys"] = {}
        return made


def start(lab, ns, **parameters):
    """Starts charon on ns, loads the connection, and waits for both."""
    charon = Charon(lab, ns, {name: parameters.pop(name, DEFAULTS[name])
                              for name in DEFAULTS})
    charon.load(**parameters)
    return charon


def parse_raw(text):
    """A message of VICI as `swanctl --raw` prints it: {a=1 b {…} c=[d e]}."""
    tokens = re.findall(r"[^\s{}\[\]=]+=\[[^\]]*\]|[^\s{}=]+=[^\s{}]*|"
                        r"[^\s{}=]+|[{}]", text)
    stack, name = [{}], None
    for token in tokens:
        if token == "{":
            section = {}
            if name is not None:
                stack[-1][name] = section
                stack.append(section)
            name = None
        elif token == "}":
            if len(stack) > 1:
                stack.pop()
        elif "=" in token:
            key, value = token.split("=", 1)
            stack[-1][key] = (value[1:-1].split()
                              if value.startswith("[") else value)
        else:
            name = token
    return stack[0]
