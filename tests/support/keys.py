# SPDX-License-Identifier: BSD-2-Clause
"""
Private keys as files, made by the openssl command, and their numbers as they are in
the memory of whoever has them.
"""
import hashlib
import os
import re
import subprocess

# What `openssl pkey -text` calls the numbers that are secret.
SECRET = ("privateExponent", "prime1", "prime2", "priv")


def openssl(*words, octets=None):
    return subprocess.run(["openssl", *words], input=octets, check=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


def make(path, *words):
    """words: of `openssl genpkey`, such as "-algorithm", "ED25519"."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    openssl("genpkey", *words, "-out", path)
    os.chmod(path, 0o600)


def key_id(path):
    """As VICI has it: SHA-1 of the public key's bits."""
    bits = openssl("pkey", "-in", path, "-pubout", "-outform", "DER")
    # The last element of the SubjectPublicKeyInfo: behind its length, no unused bits.
    found = re.search(r"^ *(\d+):d=1 +hl=(\d) l= *(\d+) prim: BIT STRING",
                      openssl("asn1parse", "-inform", "DER",
                              octets=bits).decode(), re.M)
    at = int(found[1]) + int(found[2]) + 1
    return hashlib.sha1(bits[at:]).hexdigest()


def numbers(path):
    """Secret ones, both ways round: as files have them, and as limbs lie."""
    text = openssl("pkey", "-in", path, "-noout", "-text").decode()
    found = []
    for name, digits in re.findall(r"^(\w+):\n((?: +[0-9a-f:]+\n)+)", text,
                                   re.M):
        if name not in SECRET:
            continue
        octets = bytes.fromhex(re.sub(r"[\s:]", "", digits)).lstrip(b"\0")
        found += [octets, octets[::-1]]
    return found


def memory_of(pid):
    """All that a process has mapped and that can be read, as one string."""
    octets = []
    with open(f"/proc/{pid}/maps") as maps, \
            open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in maps:
            span, rights = line.split()[:2]
            first, last = (int(end, 16) for end in span.split("-"))
            if "r" not in rights or "[v" in line:
                continue
            try:
                memory.seek(first)
                octets.append(memory.read(last - first) or b"")
            except (OSError, OverflowError, ValueError):
                pass  # of a device, or gone meanwhile
    return b"\0".join(octets)
