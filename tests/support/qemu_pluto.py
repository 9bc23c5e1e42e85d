# SPDX-License-Identifier: BSD-2-Clause
"""
libreswan's pluto in a guest (qemu.py), over the kernel's own ESP and AH: an IKE that
is neither ours nor strongSwan's.

    guest = qemu.start(lab, "gw-b", files=qemu_pluto.files(lab))
    qemu_pluto.start(guest, "conn one …", "secret")
    guest.run([qemu_pluto.WHACK, "--name", "one", "--initiate"])

Its package excludes strongSwan's, so tools/install-deps only unpacks it.
"""
import os
import re
import subprocess

from lab import LabError, wait_until

UNPACKED = "/var/cache/cygnet-tests/libreswan"
LIBEXEC = "/usr/libexec/ipsec"
PROGRAMS = tuple(f"{LIBEXEC}/{name}" for name in ("pluto", "whack", "addconn"))
WHACK = f"{LIBEXEC}/whack"
DATABASE = "/var/lib/ipsec/nss"
# Of NSS, loaded by name.
LIBRARIES = tuple(f"/usr/lib/x86_64-linux-gnu/{name}.so"
                  for name in ("libsoftokn3", "libfreebl3", "libfreeblpriv3"))
START_S = 30
CONN = """\
conn {name}
    ikev2=insist
    authby=secret
    ike=aes128-sha2_256;dh31
    left={left}
    leftupdown=%disabled
    right={right}
    type={mode}
    phase2={proto}
    phase2alg={alg}
    esn={esn}
    pfs={pfs}
    encapsulation={encap}
    auto=add
{selectors}"""
# Our words in its.
MACS = {"sha256": "sha2_256", "sha384": "sha2_384", "sha512": "sha2_512",
        "aesxcbc": "aes_xcbc", "aescmac": "aes_cmac"}


def word(ours):
    """AES's key has its length behind that of the ICV."""
    aes = re.fullmatch(r"aes(\d+)(ctr|gcm|ccm)(\d*)", ours)
    if aes:
        bits, mode, icv = aes.groups()
        return "_".join(filter(None, ["aes", mode, icv, bits]))
    return MACS.get(ours, ours.replace("20poly", "20_poly"))


def words(ours):
    """A proposal with one key exchange at most, which is x25519."""
    parts = [part for part in ours.split("-") if part not in ("esn", "noesn")]
    return "-".join(word(part) for part in parts if part != "x25519") + (
        ";dh31" if "x25519" in parts else "")


def missing():
    """Why there is none; None if there is."""
    if os.path.exists(UNPACKED):
        return None
    return f"no libreswan in {UNPACKED}; run: sudo make install-deps"


def files(lab):
    """It keeps nothing in NSS's database, but wants one."""
    database = os.path.join(lab.dir, "nss")
    os.mkdir(database)
    subprocess.run(["certutil", "-N", "--empty-password", "-d", f"sql:{database}"],
                   check=True, timeout=10)
    return ({program: UNPACKED + program for program in PROGRAMS} |
            {library: library for library in LIBRARIES} | {DATABASE: database})


def start(guest, conf_text, psk):
    """
    With those connections, once the guest has its addresses: it looks at them when
    it starts. Who runs already ends. Its log is "pluto".
    """
    stop(guest)
    guest.write("/etc/hosts", "127.0.0.1 localhost\n")
    guest.write("/etc/ipsec.conf", conf_text)
    guest.write("/etc/ipsec.secrets", f': PSK "{psk}"\n')
    guest.run("mkdir -p /run/pluto; modprobe xfrm_user")
    guest.spawn("pluto", [f"{LIBEXEC}/pluto", "--nofork", "--stderrlog"])
    wanted = conf_text.count("auto=add")
    try:
        wait_until(lambda: guest.log("pluto").count('": added IKEv2 connection') ==
                   wanted and "loading secrets" in guest.log("pluto"), START_S, "pluto")
    except LabError as error:
        raise LabError(f"{error}\n{guest.log('pluto')}") from None


def stop(guest):
    guest.run(f"pidof pluto >/dev/null && {WHACK} --shutdown; "
              "while pidof pluto; do sleep 0.1; done", timeout=20)

