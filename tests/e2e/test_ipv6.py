#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
What IPv6 alone has, through a tunnel over IPv6: extension headers, fragments that
the sender makes, what a gateway sends and receives itself, neighbour discovery
beside a policy for all of IPv6. And when the daemon is killed, nothing of IPv6
that a policy protects leaves in the clear: not the gateway's own, not a LAN host's,
not that of a host behind an interface that Cygnet does not serve; nor while the
lock waits for the daemon.
"""
import os
import secrets
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from families import conf_between, lan, ping  # noqa: E402
from lab import (BUILD, SIDES, Lab, finish, log_of, ok,  # noqa: E402
                 scapy_layers, search_plaintext, wait_until)

HOSTS = {"host-a": "2001:db8:1::2", "gw-a": "2001:db8:1::1",
         "host-c": "2001:db8:3::2"}
FROM_DMZ = "2001:db8:3::1"  # gw-a's, where its first policy of IPv6 is
FAR = "2001:db8:2::2"
PORT = 7
COUNT = 3  # of ping()
BIG = 4000  # in a ping: three fragments


def conf(lab, side):
    """One of its policies is for all of IPv6."""
    peer = SIDES[side].peer
    dmz, everything = (("2001:db8:3::/64", lan("b", 6)), (lan("a", 6), "::/0"))
    if side == "b":
        dmz, everything = dmz[::-1], everything[::-1]
    text = conf_between(lab.default_conf(side), side, 6)
    assert text.endswith("}\n")
    for name, local_ts, remote_ts in (("dmz", *dmz), ("all", *everything)):
        text = text[:-2] + f"""\
    {name} {{
        action = protect
        local_ts = {local_ts}
        remote_ts = {remote_ts}
        manual = to-{peer}
    }}
}}
"""
    return text


# --- while it is up

def check_extension_headers(lab):
    """What is behind them is found, and they are what they were."""
    scapy_layers()
    from scapy.layers import inet, inet6
    from scapy.layers.l2 import Ether
    ether = Ether(src=lab.mac("host-a", "eth0"), dst=lab.mac("gw-a", "lan0"))
    chains = (("destination options", inet6.IPv6ExtHdrDestOpt()),
              ("hop-by-hop options", inet6.IPv6ExtHdrHopByHop()),
              ("a fragment header of a whole packet",
               inet6.IPv6ExtHdrFragment(id=1)),
              ("three of them", inet6.IPv6ExtHdrHopByHop() /
               inet6.IPv6ExtHdrDestOpt() / inet6.IPv6ExtHdrDestOpt()))
    with lab.socket("host-b", socket.AF_INET6, socket.SOCK_DGRAM) as udp:
        udp.bind((FAR, PORT))
        udp.settimeout(2)
        for what, chain in chains:
            needle = secrets.token_bytes(32)
            wire = lab.capture("wire", "br0")
            lab.inject("host-a", "eth0", [
                ether / inet6.IPv6(src=HOSTS["host-a"], dst=FAR) / chain /
                inet.UDP(sport=PORT, dport=PORT) / needle])
            try:
                got = udp.recv(2048)
            except TimeoutError:
                got = None
            ok(got == needle and not search_plaintext(wire.stop(), needle),
               f"a packet with {what} goes through the tunnel")


def check_fragments(lab):
    needle = secrets.token_bytes(16)
    wire = lab.capture("wire", "br0")
    arrived = [ping(lab, ns, target, "-s", str(BIG), "-p", needle.hex())
               for ns, target in (("host-a", FAR), ("host-b", HOSTS["host-a"]),
                                  ("gw-a", FAR))]
    packets = wire.stop()
    ok(all(arrived), f"fragments go through, a gateway's own, too: {arrived}")
    ok(not search_plaintext(packets, needle) and
       all(len(p) <= 1514 for p in packets),
       "none of them in the clear, none larger than the wire")


def check_own(lab):
    needle = secrets.token_bytes(16)
    wire = lab.capture("wire", "br0")
    inside = lab.capture("host-b", "eth0")
    ok(ping(lab, "gw-a", FAR, "-p", needle.hex()),
       "the gateway's own packets of IPv6 take the tunnel")
    ok(ping(lab, "host-b", HOSTS["gw-a"], "-p", needle.hex()),
       "and what comes by it for the gateway itself is answered")
    seen = search_plaintext(inside.stop(), needle)
    ok(not search_plaintext(wire.stop(), needle) and
       len(seen) == 4 * COUNT, "in the clear behind the other gateway alone")
    from scapy.layers.inet6 import IPv6
    ok({p[IPv6].src for p in seen} == {FROM_DMZ, HOSTS["gw-a"], FAR},
       "it begins with its address inside the first policy's local network")


def check_neighbours(lab):
    """Discovery is nobody's to protect, whatever the policies say."""
    lab.run("gw-a", ["ip", "-6", "neigh", "flush", "dev", "wan0"])
    lab.run("gw-a", ["ip", "-6", "neigh", "flush", "dev", "lan0"])
    ok(ping(lab, "gw-a", SIDES["b"].outer6) and
       ping(lab, "host-a", FAR) and ping(lab, "host-a", HOSTS["gw-a"]),
       "neighbours are found beside a policy for all of IPv6")


def check_counters(gateways):
    for gateway in gateways:
        dropped = {name: n for name, n in gateway.drops().items() if n}
        ok(not dropped, f"{gateway.ns} dropped nothing: {dropped}")


# --- when it is killed

def check_fail_closed(lab, gateway):
    needle = secrets.token_bytes(16)
    ok(all([ping(lab, ns, FAR) for ns in HOSTS]), "all three senders arrive")
    gateway.kill()
    wire = lab.capture("wire", "br0")
    arrived = [ns for ns in HOSTS
               if ping(lab, ns, FAR, "-I", HOSTS[ns], "-p", needle.hex())]
    lab.run("gw-a", ["ip", "-6", "neigh", "flush", "dev", "wan0"])
    found = ping(lab, "gw-a", SIDES["b"].outer6)
    ok(not arrived and not search_plaintext(wire.stop(), needle),
       f"when the daemon is dead nobody's packets leave in the clear {arrived}")
    ok(found, "and neighbours are still found")


def check_release(lab):
    """The same senders are seen once it is allowed: there was a way."""
    needle = secrets.token_bytes(16)
    lab.run("gw-a", [f"{BUILD}/cygnetd", "-f", f"{lab.dir}/gw-a.conf",
                     "--release"])
    wire = lab.capture("wire", "br0")
    for ns in HOSTS:
        ping(lab, ns, FAR, "-I", HOSTS[ns], "-p", needle.hex())
    from scapy.layers.inet6 import IPv6
    seen = search_plaintext(wire.stop(), needle)
    ok({p[IPv6].src for p in seen} == set(HOSTS.values()),
       "after --release all three are seen")


# --- forwarding

def check_forwarding(lab):
    path = f"{lab.dir}/gw-a.conf"
    for off, remedy in (
            ("all", "sysctl -w net.ipv6.conf.all.forwarding=1"),
            ("lan0", "sysctl -w net/ipv6/conf/lan0/forwarding=1")):
        lab.run("gw-a", ["sysctl", "-qw", f"net.ipv6.conf.{off}.forwarding=0"])
        process = lab.spawn("gw-a", [f"{BUILD}/cygnetd", "-f", path])
        ok(process.wait(10) == 1 and remedy in log_of(process),
           f"without forwarding ({off}) it does not start, and says: {remedy}")
        said = lab.run("gw-a", [f"{BUILD}/cygnet", "doctor", path],
                       check=False)
        ok(said.returncode and remedy in said.stdout, "so does the doctor")
        lab.run("gw-a", ["sysctl", "-qw", "net.ipv6.conf.all.forwarding=1"])


# --- the lock

def check_own_neighbours(lab):
    """Of the gateway itself: their answers come to its global addresses."""
    for source, target, sentence in (
            (SIDES["a"].outer6, "2001:db8:ff::9",
             "the gateway finds its neighbours, too"),
            ("2001:db8:ff::77", SIDES["b"].outer6,
             "also from an address that came later")):
        lab.run("gw-a", ["ip", "address", "replace", f"{source}/64", "dev",
                         "wan0", "nodad"])
        lab.run("gw-a", ["ip", "-6", "neigh", "flush", "dev", "wan0"])

        def known(source=source, target=target):
            lab.run("gw-a", ["ping", "-6", "-c", "1", "-W", "1", "-I", source,
                             target], check=False)
            return "lladdr" in lab.run("gw-a", ["ip", "-6", "neigh", "show",
                                                target]).stdout

        wait_until(known, 5, f"the MAC address of {target}")
        ok(True, sentence)


def check_lock(lab):
    path = lab.write("lock.conf", conf(lab, "a"))
    lock = lab.spawn("gw-a", [f"{BUILD}/cygnetd", "--lock", "-f", path])
    wait_until(lambda: "lock: up" in log_of(lock), 10, "the lock")
    ok(not ping(lab, "gw-a", SIDES["b"].outer6) and
       not ping(lab, "gw-b", SIDES["a"].outer6),
       "the lock lets nothing of IPv6 out or in")
    lab.run("gw-b", ["ip", "-6", "neigh", "flush", "dev", "wan0"])
    ping(lab, "gw-b", SIDES["a"].outer6)
    known = lab.run("gw-b", ["ip", "-6", "neigh", "show",
                             SIDES["a"].outer6]).stdout
    ok("lladdr" in known, "but neighbours are found")
    check_own_neighbours(lab)
    lock.terminate()
    lock.wait(10)


def main():
    with Lab(with_dmz=True, with_ipv6=True) as lab:
        gateways = [lab.start_gateway(f"gw-{side}", conf(lab, side))
                    for side in SIDES]
        check_extension_headers(lab)
        check_fragments(lab)
        check_own(lab)
        check_neighbours(lab)
        check_counters(gateways)
        lab.route_far_network("a")
        check_fail_closed(lab, gateways[0])
        check_release(lab)
        check_forwarding(lab)
        check_lock(lab)
    return finish()


sys.exit(main())
