#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Two routers between the gateways, with a link between them that is narrower than
all others, and nobody told of it; no MSS is clamped.

    host-a --- gw-a --- wire === core --- gw-b --- host-b

What the routers say of ESP, bare or in UDP, in both families, makes TCP work: of
hosts and of the gateway itself. Lies change nothing, the kernel hears of what is its
own, and what was learned is forgotten in time.
"""
import json
import os
import re
import secrets
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from families import FAMILIES, HOSTS, manual_conf  # noqa: E402
from lab import (SIDES, Lab, eventually, finish, ok,  # noqa: E402
                 scapy_layers)
from tcp import transfer  # noqa: E402

WIDE, NARROW = 1500, 1400
# In IPv6 a tunnel over less than that has to fragment what it carries of IPv6.
NARROWER = {4: 1300, 6: 1390}
GATEWAYS = {4: "10.1.0.1", 6: "2001:db8:1::1"}
# Of aes128-sha256 on NARROW and on WIDE, in whole blocks of AES; there is room for
# UDP's header.
INNER, INNER_WIDE = 1326, 1438
OCTETS = 2 << 20
# A clock that is so fast: ten minutes take 30 s.
FAST_DAEMON = "tests/support/cygnetd_fast"
AGE_S = 60


def set_narrow(lab, mtu):
    for ns, link in (("wire", "core"), ("core", "wire")):
        lab.run(ns, ["ip", "link", "set", "dev", link, "mtu", str(mtu)])


def route(lab, ns, link, ours, peer, via=None):
    """A host's own address, the router that is its link, and the way by it."""
    bits = "/128" if ":" in ours else "/32"
    lab.run(ns, ["ip", "address", "replace", ours + bits, "dev", link])
    lab.run(ns, ["ip", "route", "add", (via or peer) + bits, "dev", link])
    if via:
        lab.run(ns, ["ip", "route", "add", peer + bits, "via", via,
                     "dev", link])


def make_routers(lab):
    """The bridge becomes a router, and gets a neighbour."""
    lab._add_machine("core")
    lab.run("wire", ["ip", "link", "del", "br0"])
    lab.run("wire", ["ip", "link", "set", "dev", "b", "netns",
                     str(lab.holder_pid("core"))])
    lab.run("core", ["ip", "link", "set", "dev", "b", "up"])
    lab._add_link(("wire", "core"), ("core", "wire"))
    for ns in ("wire", "core"):
        lab.run(ns, ["sysctl", "-qw", "net.ipv4.ip_forward=1",
                     "net.ipv6.conf.all.forwarding=1",
                     "net.ipv4.icmp_ratelimit=0",
                     "net.ipv6.icmp.ratelimit=0"])
    for ends in ((SIDES["a"].outer, SIDES["b"].outer, "192.0.2.9",
                  "192.0.2.8", "198.51.100.1", "198.51.100.2"),
                 (SIDES["a"].outer6, SIDES["b"].outer6, "2001:db8:ff::9",
                  "2001:db8:ff::8", "2001:db8:cc::1", "2001:db8:cc::2")):
        a, b, by_a, by_b, here, there = ends
        for ns in ("gw-a", "gw-b"):
            family = "-6" if ":" in a else "-4"
            lab.run(ns, ["ip", family, "address", "flush", "dev", "wan0",
                         "scope", "global"])
        route(lab, "gw-a", "wan0", a, b, by_a)
        route(lab, "gw-b", "wan0", b, a, by_b)
        route(lab, "wire", "a", by_a, a)
        route(lab, "core", "b", by_b, b)
        route(lab, "wire", "core", here, b, there)
        route(lab, "core", "wire", there, a, here)


def without_clamping(conf):
    return re.sub(r"gateway \{", "gateway {\n    mss_clamp = no", conf)


def start(lab, family, encap, program="cygnetd"):
    lab.renew_sas()
    return [lab.start_gateway(f"gw-{side}", without_clamping(
        manual_conf(lab, side, family, encap=encap)), program)
            for side in "ab"]


def path_mtu(gateway):
    """As status shows it; None while no router said one."""
    return gateway.status()["tunnels"][f"to-{SIDES[gateway.ns[-1]].peer}"
                                       ]["out"].get("path-mtu")


def told(lab, host, target, octets):
    """What a host hears of the size of one echo request with DF; None: it passes."""
    lab.run(host, ["ip", "route", "flush", "cache"])
    said = lab.run(host, ["ping", "-n", "-c", "1", "-W", "1", "-M", "do", "-s",
                          str(octets - 28), target], check=False)
    found = re.search(r"mtu ?= ?(\d+)", said.stdout + said.stderr)
    return int(found.group(1)) if found else said.returncode or None


def forget(lab):
    for ns in ("host-a", "gw-a", "gw-b", "host-b"):
        for family in ("-4", "-6"):
            lab.run(ns, ["ip", family, "route", "flush", "cache"])


def route_mtus(lab, ns):
    shown = lab.run(ns, ["ip", "-json", "route", "show", "table", "220"],
                    check=False).stdout
    return {metric["mtu"] for way in json.loads(shown or "[]")
            for metric in way.get("metrics", [])}


# --- what works

def tcp(lab, near, far, limit=10):
    """Do 2 MiB arrive?"""
    try:
        return transfer(lab, near, far, secrets.token_bytes(OCTETS), limit)
    except OSError as e:
        print(f"# {near}, {far}: {e}")
        return False


def host(side, family):
    return f"host-{side}", HOSTS[family][side]


def check_tcp(lab, gateways, what, inside):
    """Both ways, by hosts that know of no narrow link."""
    forget(lab)
    ok(tcp(lab, host("a", inside), host("b", inside)),
       f"{what}: 2 MiB of TCP go from host-a to host-b")
    forget(lab)
    ok(tcp(lab, host("b", inside), host("a", inside)), f"{what}: and back")
    seen = [path_mtu(g) for g in gateways]
    ok(seen == [NARROW, NARROW], f"{what}: status shows {seen}")


def check_own(lab, what, inside):
    """The gateway's own traffic, with an address inside the tunnel."""
    forget(lab)
    ok(tcp(lab, ("gw-a", GATEWAYS[inside]), host("b", inside)),
       f"{what}: 2 MiB of TCP go from the gateway itself to host-b")


def check_size(lab, what):
    """Hosts are told of what fits, to the octet, and routes say the same."""
    ok(told(lab, "host-a", HOSTS[4]["b"], WIDE) == INNER,
       f"{what}: host-a is told of {INNER}")
    ok(told(lab, "host-a", HOSTS[4]["b"], INNER) is None,
       f"{what}: and that passes")
    ok(eventually(lambda: route_mtus(lab, "gw-a") == {INNER}),
       f"{what}: the tunnel's route says it, too: {route_mtus(lab, 'gw-a')}")


def check_narrower(lab, gateways, what, inside):
    """While the tunnel is up."""
    set_narrow(lab, NARROWER[inside])
    ok(tcp(lab, host("a", inside), host("b", inside)),
       f"{what}: so they do once the link has become narrower")
    seen = path_mtu(gateways[0])
    ok(seen == NARROWER[inside], f"{what}: and status shows {seen}")
    set_narrow(lab, NARROW)


def check(lab, family, encap):
    what = f"IPv{family}, {'ESP in UDP' if encap == 'yes' else 'ESP'}"
    gateways = start(lab, family, encap)
    for inside in FAMILIES:
        check_tcp(lab, gateways, f"{what}, IPv{inside} inside", inside)
    check_own(lab, what, family)
    if family == 4:
        check_size(lab, what)
    check_narrower(lab, gateways, what, family)
    for gateway in gateways:
        drops = gateway.drops()
        lost = {name: n for name, n in drops.items() if n and name not in (
            "too_big", "no_neighbour")}
        ok(not lost and eventually(lambda g=gateway: g.in_flight() == 0),
           f"{what}: {gateway.ns} drops what is too big alone: {lost}")
        gateway.stop()


# --- lies, and what is the kernel's

def lie(lab, sa, seq, mtu, spi=None):
    """To gw-a, as from a router far away."""
    scapy_layers()
    from scapy.layers import inet, ipsec
    from scapy.layers.l2 import Ether
    quote = inet.IP(src=sa.src, dst=sa.dst, flags="DF", proto=50, len=1500
                    ) / ipsec.ESP(spi=spi or sa.spi, seq=seq)
    lab.inject("wire", "a", [
        Ether(src=lab.mac("wire", "a"), dst=lab.mac("gw-a", "wan0")) /
        inet.IP(src="203.0.113.9", dst=sa.src) /
        inet.ICMP(type=3, code=4, nexthopmtu=mtu) / bytes(quote)[:28]])


def gained(gateway, before, name):
    return eventually(lambda: gateway.drops()[name] == before[name] + 1)


def check_lies(lab, gateway):
    before = gateway.drops()
    lie(lab, lab.sa_ab, 1, 600, lab.sa_ab.spi ^ 1)
    ok(gained(gateway, before, "icmp_spi"),
       "an error with another SPI is dropped as icmp_spi")
    lie(lab, lab.sa_ab, 1 << 31, 600)
    ok(gained(gateway, before, "icmp_false"),
       "one with a number that was not sent, as icmp_false")
    ok(path_mtu(gateway) is None, "and neither is believed")
    lie(lab, lab.sa_ab, 1, 68)
    ok(eventually(lambda: path_mtu(gateway) == 576),
       "one with an SPI and a number of ours is, but not below 576")
    shown = gateway.client("status").stdout
    ok("out path MTU 576, as a router on the way says" in shown,
       "which status says in words")


def check_kernel(lab):
    """IKE's own, and whatever else is no IPsec, is the kernel's to hear of."""
    told_mtu = told(lab, "gw-a", SIDES["b"].outer, WIDE)
    ok(told_mtu == NARROW,
       f"the kernel learns its own: a ping in the clear is told of {told_mtu}")


def check_ages(lab):
    """
    The link is as wide as the others again. By a ping, since whatever takes
    longer than the age may have come to its end when that is over.
    """
    gateways = start(lab, 4, "no", FAST_DAEMON)
    set_narrow(lab, NARROW)
    forget(lab)
    ok(eventually(lambda: told(lab, "host-a", HOSTS[4]["b"], INNER_WIDE) and
                  path_mtu(gateways[0]) == NARROW),
       f"what was learned is believed: {path_mtu(gateways[0])}")
    set_narrow(lab, WIDE)
    ok(eventually(lambda: path_mtu(gateways[0]) is None, AGE_S),
       "and forgotten after ten minutes")
    ok(eventually(lambda: told(lab, "host-a", HOSTS[4]["b"], INNER_WIDE)
                  is None),
       f"then a ping of {INNER_WIDE} octets passes")
    for gateway in gateways:
        gateway.stop()


def main():
    with Lab(with_ipv6=True) as lab:
        make_routers(lab)
        for host in ("host-a", "host-b"):
            lab.run(host, ["ip", "link", "set", "dev", "eth0", "mtu",
                           str(WIDE)])
        set_narrow(lab, NARROW)
        for family in FAMILIES:
            for encap in ("no", "yes"):
                check(lab, family, encap)
        gateways = start(lab, 4, "no")
        told(lab, "host-a", HOSTS[4]["b"], 100)
        check_lies(lab, gateways[0])
        check_kernel(lab)
        for gateway in gateways:
            gateway.stop()
        check_ages(lab)
    return finish()


sys.exit(main())
