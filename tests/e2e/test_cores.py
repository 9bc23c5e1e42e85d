#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
A core that somebody forces of any of the daemon's processes has no key in it.
What is searched for are the pre-shared key, a private key's numbers, and the keys that
strongSwan's charon, the peer, has logged of the SAs that both have.
"""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import charon  # noqa: E402
import keys  # noqa: E402
from ike_conf import ESP, IKE, PSK, ike_conf  # noqa: E402
from lab import Lab, LabError, finish, ok, wait_until  # noqa: E402


def core_of(lab, pid):
    """As root takes it, of a process that runs."""
    lab.run("gw-a", ["gcore", "-o", f"{lab.dir}/core", str(pid)], timeout=60)
    path = f"{lab.dir}/core.{pid}"
    with open(path, "rb") as file:
        octets = file.read()
    os.unlink(path)
    return octets


def let_dump(pid):
    """All of its private memory, as cores have it of other programs."""
    with open(f"/proc/{pid}/coredump_filter", "w") as file:
        file.write("0x33")


def secrets_of(peer):
    """Of the IKE SA (SK_*) and of its child."""
    found = peer.ike_keys()
    for sa in peer.child_keys().values():
        found.update((name, key) for name, key in sa.items() if name != "out")
    if len(found) < 9:
        raise LabError(f"charon logged no more keys than {list(found)}")
    return [PSK.encode(), *found.values()]


def check(lab, gateway, peer, numbers):
    secrets = secrets_of(peer) + numbers
    roles = {"ctl": gateway.pid, "dp": gateway.role_pid("dp"),
             "ike": gateway.role_pid("ike")}
    for role, pid in roles.items():
        core = core_of(lab, pid)
        ok(len(core) > 1000 and not any(s in core for s in secrets),
           f"a core of {role}, of {len(core)} octets, has no key in it")
    let_dump(gateway.pid)
    core = core_of(lab, gateway.pid)
    ok(PSK.encode() in core and any(n in core for n in numbers),
       "one with all memory would have: the search finds what is there")


def main():
    with Lab() as lab:
        peer = charon.start(lab, "gw-b", **{
            "local": "192.0.2.2", "remote": "192.0.2.1",
            "local_ts": "10.2.0.0/24", "remote_ts": "10.1.0.0/24",
            "ike": IKE, "esp": ESP, "psk": PSK})
        key = f"{lab.dir}/private/rsa.pem"
        keys.make(key, "-algorithm", "RSA")
        gateway = lab.start_gateway("gw-a", ike_conf("a", "start"))
        wait_until(lambda: "child_sa up" in gateway.log(), 10, "the tunnel")
        check(lab, gateway, peer, keys.numbers(key))
    return finish()


sys.exit(main())
