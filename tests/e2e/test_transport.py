#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Transport mode between the gateways themselves, IPv4 and IPv6, bare and in UDP:
what they say to each other arrives, whole and by ESP alone; the kernel knows how
large its packets may be; what Linux has cut before is dropped by name; nothing
leaves in the clear, SA or no SA; and IKE goes on beside it, with a tunnel of its own.
"""
import json
import os
import secrets
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from families import (FAMILIES, HOSTS, outer, ping,  # noqa: E402
                      transport_conf)
from ike_conf import ike_conf  # noqa: E402
from lab import (Lab, dropped, finish, ok,  # noqa: E402
                 search_plaintext, wait_until)
from tcp import transfer  # noqa: E402

OCTETS = 4 << 20
FORMS = ("no", "yes")   # of encap
MTU = 1500
# Headers of IP and ICMP.
AROUND_PING = {4: 28, 6: 48}
# All but ESP, and what Linux says to its neighbours and to groups.
CLEAR = ("not arp and not esp and not udp port 4500 and not ip6 multicast and "
         "(not icmp6 or ip6[40] < 133)")


def check_traffic(lab, gateways, family, name):
    before = [g.drops() for g in gateways]
    needle = secrets.token_bytes(16)
    ends = [("gw-a", outer("a", family)), ("gw-b", outer("b", family))]
    wire = lab.capture("wire", "br0", filter="not arp")
    for near, far in (ends, reversed(ends)):
        ok(all(ping(lab, near[0], far[1], "-s", str(size), "-p", needle.hex())
               for size in (8, 56, 57, 58, 59, 1300)),
           f"{name}: pings from {near[0]} are answered, of any size")
    packets = wire.stop()
    ok(packets and not search_plaintext(packets, needle[:8]),
       f"{name}: nothing of them is readable")
    payload = needle * (OCTETS // len(needle))
    clear = lab.capture("wire", "br0", filter=CLEAR)
    for near, far in (ends, reversed(ends)):
        ok(transfer(lab, near, far, payload),
           f"{name}: {OCTETS} octets of TCP from {near[0]} arrive")
    ok(not clear.stop(), f"{name}: nothing but ESP is on the wire")
    ok(all(tunnel["mode"] == "transport" for g in gateways
           for tunnel in g.status()["tunnels"].values()),
       f"{name}: status shows the mode")
    found = [dropped(*each) for each in zip(gateways, before)]
    ok(not any(found), f"{name}: nothing is dropped: {found}")


def check_error(lab, family, name):
    """Nobody listens there, which the peer says through the SA as well."""
    clear = lab.capture("wire", "br0", filter=CLEAR)
    kind = socket.AF_INET if family == 4 else socket.AF_INET6
    with lab.socket("gw-a", kind, socket.SOCK_DGRAM) as udp:
        udp.settimeout(5)
        udp.connect((outer("b", family), 9))
        udp.send(b"anybody?")
        try:
            udp.recv(100)
            refused = False
        except ConnectionRefusedError:
            refused = True
        except TimeoutError:
            refused = False
    ok(refused and not clear.stop(),
       f"{name}: the peer's ICMP error comes through the SA")


def route_mtu(lab, family):
    found = lab.run("gw-a", ["ip", "-json", "route", "get",
                             outer("b", family)]).stdout
    return json.loads(found)[0]["metrics"][0]["mtu"]


def check_sizes(lab, gateways, family, name):
    peer, around = outer("b", family), AROUND_PING[family]
    most = route_mtu(lab, family)
    wire = lab.capture("wire", "a", filter="not arp")
    fits = ping(lab, "gw-a", peer, "-M", "do", "-s", str(most - around))
    sizes = [len(p) - 14 for p in wire.stop()]
    ok(fits and max(sizes) <= MTU and max(sizes) > MTU - 16,
       f"{name}: the route's MTU, {most}, fills the path: {max(sizes)}")
    ok(not ping(lab, "gw-a", peer, "-M", "do", "-s", str(most - around + 1)),
       f"{name}: one octet more is refused by the kernel")
    before = gateways[0].drops()
    clear = lab.capture("wire", "br0", filter=CLEAR)
    ok(not ping(lab, "gw-a", peer, "-s", "2000", count=1) and
       gateways[0].drops()["transport"] == before["transport"] + 2 and
       not clear.stop(),
       f"{name}: fragments that Linux made are dropped by name")


def check_closed(lab, gateways, family, name):
    """Whatever becomes of the SA."""
    peer = outer("b", family)
    clear = lab.capture("wire", "br0", filter=CLEAR)
    gateways[0].client("sa", "delete", "to-b")
    before = gateways[0].drops()["no_sa"]
    ok(not ping(lab, "gw-a", peer, count=1) and
       gateways[0].drops()["no_sa"] > before,  # ping tries again and again
       f"{name}: without its SA what would go by it is dropped")
    gateways[0].kill()
    ok(not ping(lab, "gw-a", peer), f"{name}: nor does it go with no daemon")
    ok(not ping(lab, "gw-b", outer("a", family)) and not clear.stop(),
       f"{name}: and nothing of all this is in the clear")


def check_ike(lab):
    """Between the same addresses, all of whose packets a policy covers."""
    lab.renew_sas()
    gateways = []
    for side in "ab":
        manual = transport_conf(lab, side, 4)
        ike = ike_conf(side)
        gateways.append(lab.start_gateway(
            f"gw-{side}", manual + ike[ike.index("connections"):]))
    ok(gateways[0].client("up", "to-b/net", check=False).returncode == 0,
       "IKE is not what the policy of its two ends is for")
    clear = lab.capture("wire", "br0", filter=CLEAR)
    ok(ping(lab, "host-a", HOSTS[4]["b"]) and
       ping(lab, "gw-a", outer("b", 4)) and not clear.stop(),
       "a tunnel between the same two goes on beside transport mode")
    for gateway in gateways:
        gateway.stop()


def main():
    with Lab(with_ipv6=True) as lab:
        for family in FAMILIES:
            for encap in FORMS:
                name = f"IPv{family}{' in UDP' if encap == 'yes' else ''}"
                lab.renew_sas()
                gateways = [lab.start_gateway(
                    f"gw-{side}", transport_conf(lab, side, family, encap))
                    for side in "ab"]
                wait_until(lambda: ping(lab, "gw-a", outer("b", family),
                                        count=1), 10, "an answer")
                check_traffic(lab, gateways, family, name)
                check_error(lab, family, name)
                check_sizes(lab, gateways, family, name)
                check_closed(lab, gateways, family, name)
                gateways[1].stop()
        check_ike(lab)
    return finish()


sys.exit(main())
