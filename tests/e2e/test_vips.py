#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
A gateway with a virtual IP: charon on gw-b gives it, ipsec0 has it while the tunnel
is up, what the host itself sends into the tunnel is from it, and what charon's side
says to it arrives. It stays through rekeyings and reloads, and through the end of
each process.
"""
import json
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import charon  # noqa: E402
from ike_conf import ESP, IKE, PSK, ike_conf  # noqa: E402
from lab import Lab, eventually, finish, ok, wait_until  # noqa: E402
from swanctl import swanctl  # noqa: E402

VIP, FAR = "10.3.0.1", "10.2.0.2"
TOLD, TAKEN_BACK = "-a cygnet\nnameserver 10.2.0.53\n", "-d cygnet\n"
POOL = """
pools {
    rw {
        addrs = 10.3.0.0/28
        dns = 10.2.0.53
    }
}
"""


def conf_of():
    conf = ike_conf("a").replace("local_ts = 10.1.0.0/24", "local_ts = dynamic")
    return conf.replace("        local {", "        vips = 0.0.0.0\n        local {",
                        1)


def resolvconf(folder):
    """
    In the place of the machine's, which the test leaves alone: it notes what it is
    told. The path of its notes, and what charon is to say of it.
    """
    path, notes = f"{folder}/resolvconf", f"{folder}/notes"
    with open(path, "w") as file:
        file.write(f'#!/bin/sh\n{{ echo "$@"; cat; }} >{notes}\n')
    os.chmod(path, 0o755)
    return notes, ("charon {\n    plugins {\n        resolve {\n"
                   f"            resolvconf {{ path = {path} }}\n"
                   "        }\n    }\n}\n")


def is_noted(notes, text):
    """Does resolvconf know that, and nothing else?"""
    try:
        with open(notes) as file:
            return file.read() == text
    except FileNotFoundError:
        return False


def check_dns(notes, what):
    ok(eventually(lambda: is_noted(notes, TOLD)),
       f"{what}: resolvconf knows the peer's DNS server")


def addresses(lab):
    said = lab.run("gw-a", ["ip", "-4", "-o", "addr", "show", "dev", "ipsec0"],
                   check=False).stdout
    return re.findall(r"inet ([0-9.]+)", said)


def has(lab):
    return VIP in addresses(lab)


def ping(lab):
    return lab.run("gw-a", ["ping", "-c", "1", "-W", "2", FAR],
                   check=False).returncode == 0


def ping_back(lab):
    return lab.run("host-b", ["ping", "-c", "1", "-W", "2", VIP],
                   check=False).returncode == 0


def works(lab, what):
    wait_until(lambda: has(lab), 5, "the address")
    ok(ping(lab), f"{what}: the host's packet is from it, and is answered")
    ok(ping_back(lab), f"{what}: a packet for it arrives")


def sas(gateway):
    said = json.loads(gateway.client("sa", "--json").stdout)["sas"]
    return [sa for item in said for sa in item.values()]


def main():
    with Lab() as lab, tempfile.TemporaryDirectory() as folder:
        notes, dns_conf = resolvconf(folder)
        peer = charon.start(
            lab, "gw-b", local="192.0.2.2", remote="192.0.2.1",
            local_ts="10.2.0.0/24", remote_ts="dynamic", ike=IKE, esp=ESP,
            psk=PSK, conn_more="pools = rw", more=POOL)
        gateway = lab.start_gateway("gw-a", conf_of() + dns_conf)
        ok(not has(lab), "without a tunnel there is no such address")
        gateway.client("up", "to-b/net", check=False)
        works(lab, "up")
        check_dns(notes, "up")
        (sa,) = sas(gateway)
        ok(sa.get("local-vips") == [VIP] and sa.get("dns") == ["10.2.0.53"],
           "it is listed, with the DNS server")
        ok(VIP in swanctl(lab, "--list-sas").stdout, "by swanctl, too")
        ok(peer.list_sas()[0].get("remote-vips") == [VIP], "and by charon")
        peer.rekey("child")
        works(lab, "the child is rekeyed")
        peer.rekey("ike")
        works(lab, "the IKE SA is rekeyed")
        gateway.client("reload")
        works(lab, "the configuration is read again")
        for role in ("ike", "dp"):
            gateway.kill_role(role)
            wait_until(lambda: ping(lab), 20, f"a packet after {role} ended")
            works(lab, f"{role} ended")
            check_dns(notes, f"{role} ended")
        gateway.client("down", "to-b", check=False)
        wait_until(lambda: not has(lab), 5, "the address to go")
        ok(True, "with the tunnel it goes")
        ok(eventually(lambda: is_noted(notes, TAKEN_BACK)),
           "and its DNS server is taken back")
        gateway.client("up", "to-b/net", check=False)
        check_dns(notes, "up again")
        gateway.stop()
        ok(is_noted(notes, TAKEN_BACK),
           "it is taken back before a gateway that stops has ended")
    return finish()


sys.exit(main())
