#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
What stock swanctl says of strongSwan's charon and of us, field by field: the same
swanctl.conf at the same place, with the same peer, the same commands one after
the other. A field that only one of the two has, or that says something else, is
in one of the tables below, with its reason, or the test fails; so does a row of
a table that is of no use any more.

Values that are of the moment (numbers of SAs, times, counts) are compared by their
form alone.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import charon  # noqa: E402
from certs import Store  # noqa: E402
from lab import SOCKET, Lab, eventually, finish, log_of, ok  # noqa: E402
from swanctl import swanctl, swanctl_load, swanctl_spawn  # noqa: E402
from vici import Vici  # noqa: E402

GATEWAY = f"""\
gateway {{
    protected = lan0
    unprotected = wan0
    socket = {SOCKET}
}}
"""

CONF = """\
connections {
    peer {
        version = 2
        local_addrs = 192.0.2.1
        remote_addrs = 192.0.2.2
        proposals = aes128-sha256-x25519
        dpd_delay = 30
        local {
            auth = psk
            id = a.example.org
        }
        remote {
            auth = psk
            id = b.example.org
        }
        children {
            net {
                local_ts = 10.1.0.0/24
                remote_ts = 10.2.0.0/24
                esp_proposals = aes128-sha256-x25519
            }
        }
    }
    lazy {
        version = 2
        local_addrs = 192.0.2.1
        remote_addrs = 192.0.2.77
        proposals = aes128gcm16-prfsha256-ecp256
        unique = replace
        reauth_time = 2h
        local {
            auth = psk
        }
        remote {
            auth = psk
        }
        children {
            trap {
                local_ts = 10.1.0.0/24
                remote_ts = 10.77.0.0/24[tcp/80]
                esp_proposals = aes128gcm16
                start_action = trap
                rekey_time = 10m
                life_time = 20m
                dpd_action = restart
                close_action = trap
            }
        }
    }
}
secrets {
    ike-peer {
        secret = "a secret of both"
    }
}
"""

# Beside it at gw-a: what only certificates have.
CERTIFIED = """\
authorities {
    root {
        cacert = root.pem
        crl_uris = http://192.0.2.3/root.crl, http://192.0.2.4/root.crl
        ocsp_uris = http://192.0.2.3/ocsp
        cert_uri_base = http://192.0.2.3/certs/
    }
    bare {
        cacert = bare.pem
    }
}
connections {
    certified {
        version = 2
        local_addrs = 192.0.2.1
        remote_addrs = 192.0.2.78
        proposals = aes128gcm16-prfsha256-ecp256
        local {
            auth = pubkey
            certs = moon.pem
        }
        remote {
            auth = pubkey
            id = "CN=*"
            certs = sun.pem, mars.pem
            revocation = strict
        }
        children {
            certified {
                local_ts = 10.1.0.0/24
                remote_ts = 10.78.0.0/24
                esp_proposals = aes128gcm16
            }
        }
    }
    anchored {
        version = 2
        local_addrs = 192.0.2.1
        remote_addrs = 192.0.2.79
        proposals = aes128gcm16-prfsha256-ecp256
        local {
            auth = pubkey-sha256
            id = moon.example.org
        }
        remote {
            auth = pubkey
            cacerts = root.pem, bare.pem
            cert_policy = 1.2.3.4, 2.5.29.32.0
            revocation = ifuri
        }
        children {
            anchored {
                local_ts = 10.1.0.0/24
                remote_ts = 10.79.0.0/24
                esp_proposals = aes128gcm16
            }
        }
    }
}
"""
CERTS = ("moon", "sun", "mars")

SWAPPED = {"192.0.2.1\n": "192.0.2.2\n", "192.0.2.2\n": "192.0.2.1\n",
           "a.example.org": "b.example.org", "b.example.org": "a.example.org",
           "10.1.0.0/24\n": "10.2.0.0/24\n", "10.2.0.0/24\n": "10.1.0.0/24\n"}

# What is asked, one after the other; each is a chapter of what is compared.
QUESTIONS = {
    "version": ["--version", "--daemon"],
    "stats": ["--stats"],
    "conns": ["--list-conns"],
    "pols": ["--list-pols"],
    "sas": ["--list-sas"],
    "sas of no child": ["--list-sas", "--child", "none"],
    "sas of no IKE SA": ["--list-sas", "--ike", "none"],
    "algs": ["--list-algs"],
    "counters": ["--counters"],
    "counters of peer": ["--counters", "--name", "peer"],
    "pools": ["--list-pools"],
    "authorities": ["--list-authorities"],
}

# swanctl shows no event of these.
REKEYINGS = ("child-rekey", "ike-rekey")

DOWNS = ("child-updown event {peer {", "ike-updown event {peer {")

# --- the differences: chapter, field, and why

# What charon has and we have not.
LACKS = [
    (r"algs", r"(xof|drbg|kdf|nonce-gen)( .*)?",
     "kinds of algorithms that no proposal can name"),
    (r"algs", r"(encryption|integrity|aead|hasher|prf|dh|rng) \w+",
     "what no proposal can name here: ECB, CAMELLIA, CAST, BLOWFISH, hashes of "
     "certificates, truncations that no RFC has for IPsec, custom groups"),
    (r"event child-rekey", r"peer child-sas net old rekey-time",
     "what is being replaced is not rekeyed once more"),
    (r"event .*", r".* tasks-(active|queued|passive)",
     "names of charon's own parts"),
]

# What we have and charon has not.
HAS = [
    (r"algs", r".*", "algorithms that charon has no plugin for here"),
    (r"conns", r"\w+ (local|remote)_port", "to see which port is used"),
]

# What both have, with another value.
VALUES = [
    (r"version", r"(daemon|version)", "who answers"),
    (r"stats", r"(workers|queues|scheduled|plugins|mallinfo)( .*)?",
     "threads of ours are no workers for jobs, and there are no plugins"),
    (r"algs", r".*", "which library does it"),
    (r"(conns|pols)", r".*remote-ts", "ports are numbers, whatever names "
     "/etc/services has for them"),
    (r"(event|sas).*", r".* reqid", "a number of the policy, from 0 on"),
    (r"event child-rekey", r"peer child-sas net old state",
     "REKEYING: it is replaced when all have heard of it"),
    (r"event child-updown down", r".*child-sas \S+ state",
     "of a child that goes with its IKE SA we say so"),
]

# Of the moment: only the form is compared.
MOMENT = re.compile(
    r"(uniqueid|.*spi(-in|-out)?|.*-time|established|since|running|sbrk|mmap|"
    r"used|free|bytes-(in|out)|packets-(in|out)|use-(in|out)|release|total|"
    r"idle|scheduled|critical|high|medium|low|.*-(req|resp))$")
FORMS = [(r"\d+|[0-9a-f]{8}|[0-9a-f]{16}", "NUMBER"),
         (r"\w{3} \d\d \d\d:\d\d:\d\d \d{4}", "DATE"),
         (r"\d+ (second|minute)s?", "TIME")]


def form(value):
    for pattern, name in FORMS:
        if re.fullmatch(pattern, value):
            return name
    return value


# --- reading

TOKEN = re.compile(r"""
    (?P<list>\S+)=\[(?P<items>(?:[^\[\]]|\[[^\]]*\])*)\] |
    (?P<open>[^\s{}=]*)\ ?\{ |
    (?P<close>\}) |
    (?P<key>[^\s{}=]+)=(?P<value>.*?)(?=\s[^\s{}=]+=|\s[^\s{}=]+\s\{|\}|$)
""", re.X)


def flatten(text):
    """A message as `swanctl --raw` prints it, as {"section key": value}."""
    fields, path = {}, []
    for token in TOKEN.finditer(text):
        if token["open"] is not None:
            # Names of CHILD SAs have their number behind them.
            path.append(re.sub(r"^(.*)-\d+$", r"\1-N", token["open"]))
            fields.setdefault(" ".join(path).strip(), "{}")
        elif token["close"]:
            path = path[:-1]
        else:
            key = token["list"] or token["key"]
            value = (f"[{token['items']}]" if token["list"]
                     else token["value"])
            fields[" ".join([*path, key]).strip()] = value
    return fields


def messages(text):
    """Those of one answer: [(kind, fields)]."""
    found = []
    for line in text.splitlines():
        match = re.match(r"(\S+) (event|reply) (\{.*\})$", line)
        if match:
            found.append((match[1], flatten(match[3][1:-1])))
    return found


# --- asking

def fields_of(section, path=()):
    """The same of a message that a client of VICI has read."""
    fields = {}
    for name, value in section.items():
        here = [*path, re.sub(r"^(.*)-\d+$", r"\1-N", name)
                if isinstance(value, dict) else name]
        if isinstance(value, dict):
            fields[" ".join(here)] = "{}"
            fields.update(fields_of(value, here))
        else:
            fields[" ".join(here)] = (f"[{' '.join(value)}]" if
                                      isinstance(value, list) else value)
    return fields


def certs_of(client, names):
    """A section for each, by its name; data is that of the name."""
    client.register("list-cert")
    client.ask("list-certs")
    fields = {}
    while (cert := client.wait("list-cert", 1)) is not None:
        data = cert["data"].encode(errors="surrogateescape")
        cert["data"] = f"{len(data)} octets"
        fields.update(fields_of({names.get(data, "another"): cert}))
    return fields


def ask_all(run, spawn, initiate, client, names):
    """Chapters, each a dict of fields; events by their kind."""
    chapters = {"list-certs": certs_of(client, names)}
    watch = spawn("--monitor-sa", "--raw")

    def begins():
        run("--terminate", "--ike", "peer", "--timeout", "5")
        initiate()
        return "ike-updown event {up=yes" in log_of(watch)

    ok(eventually(begins), "events come")
    for name, words in QUESTIONS.items():
        fields = {}
        for _, more in messages(run(*words, "--raw").stdout):
            fields.update(more)
        chapters[name] = fields
    client.register(*REKEYINGS)
    for what, name in (("child", "net"), ("ike", "peer")):
        run("--rekey", f"--{what}", name)
        chapters[f"event {what}-rekey"] = fields_of(
            client.wait(f"{what}-rekey") or {})
    before = log_of(watch).count(DOWNS[0])
    run("--terminate", "--ike", "peer", "--timeout", "5")
    ok(eventually(lambda: all(log_of(watch).count(down) > before
                              for down in DOWNS)), "SAs go down")
    watch.terminate()
    watch.wait(5)
    for kind, fields in messages(log_of(watch)):
        up = "up" if "up" in fields else "down"
        chapters.setdefault(f"event {kind} {up}", {}).update(fields)
    return chapters


# --- comparing

class Table:
    """Rows of differences, and which of them were of use."""

    def __init__(self, rows):
        self.rows, self.used = rows, set()

    def has(self, chapter, field):
        for at, (chapters, fields, _) in enumerate(self.rows):
            if re.fullmatch(chapters, chapter) and re.fullmatch(fields, field):
                self.used.add(at)
                return True
        return False

    def useless(self):
        return [row[:2] for at, row in enumerate(self.rows)
                if at not in self.used]


def compare(theirs, ours):
    lacks, has, values = Table(LACKS), Table(HAS), Table(VALUES)
    for chapter in sorted(set(theirs) | set(ours)):
        a, b = theirs.get(chapter, {}), ours.get(chapter, {})
        missing = [field for field in a if field not in b and
                   not lacks.has(chapter, field)]
        more = [field for field in b if field not in a and
                not has.has(chapter, field)]
        others = [(field, a[field], b[field]) for field in a if field in b and
                  form_of(field, a[field]) != form_of(field, b[field]) and
                  not values.has(chapter, field)]
        ok(not missing and not more and not others,
           f"{chapter}: {len(a)} fields of charon's, {len(b)} of ours"
           + (f"; it has besides {missing}" if missing else "")
           + (f"; we have besides {more}" if more else "")
           + (f"; other values {others}" if others else ""))
    useless = lacks.useless() + has.useless() + values.useless()
    ok(not useless, f"every row of the tables is of use {useless}")


def form_of(field, value):
    return form(value) if MOMENT.search(field.split(" ")[-1]) else value


def mirrored(text):
    return re.sub("|".join(map(re.escape, SWAPPED)),
                  lambda match: SWAPPED[match[0]], text)


def charon_with(lab, ns, text, put=lambda folder: None):
    made = charon.Charon(lab, ns, {**charon.DEFAULTS, "log_ike": 1, "plugins":
                                   "pkcs8 constraints revocation"})
    put(made.dir)
    made.load_text(text)
    return made


def make_certs(lab):
    """What puts them into a folder, and the name of each by its octets."""
    store, names = Store(os.path.join(lab.dir, "store")), {}
    for root in "root", "bare":
        store.root(root)
    for name in CERTS:
        store.issue("root", name, "p256")
    for name in ("root", "bare", *CERTS):
        store.openssl("x509", "-in", f"{name}.pem", "-outform", "der", "-out",
                      f"{name}.der")
        with open(store.path(f"{name}.der"), "rb") as file:
            names[file.read()] = name

    def put(folder):
        store.put(folder, "x509ca", "root.pem", "bare.pem")
        store.put(folder, "x509", *(f"{name}.pem" for name in CERTS))
        store.put(folder, "private", "moon.key")

    return put, names


def main():
    with Lab() as lab:
        put, names = make_certs(lab)
        charon_with(lab, "gw-b", mirrored(CONF))
        other = charon_with(lab, "gw-a", CONF + CERTIFIED, put)
        theirs = ask_all(lambda *words: other.swanctl(*words, check=False),
                         other.spawn,
                         lambda: other.swanctl("--initiate", "--child", "net",
                                               "--timeout", "10"),
                         Vici(f"{other.dir}/charon.vici"), names)
        other.process.terminate()
        other.process.wait(10)
        lab.start_gateway("gw-a", GATEWAY)
        put(lab.dir)
        swanctl_load(lab, CONF + CERTIFIED, "--load-all", "--noprompt")
        ours = ask_all(lambda *words: swanctl(lab, *words),
                       lambda *words: swanctl_spawn(lab, *words),
                       lambda: swanctl(lab, "--initiate", "--child", "net",
                                       "--timeout", "10"),
                       Vici(lab.socket_path("gw-a")), names)
        compare(theirs, ours)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
