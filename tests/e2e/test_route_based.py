#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Route-based tunnels: two between the same gateways, one by IKE and one with keys by
hand, both of everything (0.0.0.0/0), each with an interface of its own. Routes say what goes by which, and
what comes out is seen there; without a daemon, nothing goes. A third one is over
IPv6; it and the first are of all of IPv6 (::/0), too.
"""
import os
import secrets
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import families  # noqa: E402
from ike_conf import ESP, IKE, PSK  # noqa: E402
from lab import (BUILD, SIDES, SOCKET, STATE, Lab, finish, ok,  # noqa: E402
                 search_plaintext, wait_until)
from tcp import transfer  # noqa: E402

WAIT_S = 10
OCTETS = 1 << 20
INSIDE = {"a": "169.254.42.1", "b": "169.254.42.2"}  # as clouds give them
FAR = ("host-b", "10.2.0.2")
GROUP, PORT = "224.0.0.5", 7001
OWN_IPV6 = 3  # packets at most that a kernel sends by itself: which groups it is in

# if_id of the one by IKE, of the one with keys by hand, and of the one over IPv6.
IDS = {"one": 42, "two": 43, "six": 44}
TUNNELS = {"one": "one/net", "two": "two", "six": "six/net"}

GATEWAY = """\
gateway {{
    protected = lan0
    unprotected = wan0
    socket = {socket}
    state_dir = {state}
}}
connections {{
    one {{
        local_addrs = {here.outer}
        remote_addrs = {there.outer}
        proposals = {ike}
        if_id_in = 42
        if_id_out = 42
        local {{
            auth = psk
        }}
        remote {{
            auth = psk
        }}
        children {{
            net {{
                local_ts = 0.0.0.0/0, ::/0
                remote_ts = 0.0.0.0/0, ::/0
                esp_proposals = {esp}
                start_action = trap
            }}
        }}
    }}
    six : connections.one {{
        local_addrs = {here.outer6}
        remote_addrs = {there.outer6}
        if_id_in = 44
        if_id_out = 44
    }}
}}
secrets {{
    ike-peer {{
        secret = "{psk}"
    }}
}}
"""
MANUAL = """\
manual {{
    two {{
        local_addrs = {out.src}
        remote_addrs = {out.dst}
        esp_proposals = aes128-sha256
        if_id_in = 43
        if_id_out = 43
        in {{
            spi = {into.spi:#x}
            encr_key = 0x{into_encr}
            integ_key = 0x{into_integ}
        }}
        out {{
            spi = {out.spi:#x}
            encr_key = 0x{out_encr}
            integ_key = 0x{out_integ}
        }}
    }}
}}
policies {{
    everything {{
        action = protect
        local_ts = 0.0.0.0/0
        remote_ts = 0.0.0.0/0
        manual = two
    }}
}}
"""


def conf(lab, side, *names):
    here = SIDES[side]
    out, into = ((lab.sa_ab, lab.sa_ba) if side == "a"
                 else (lab.sa_ba, lab.sa_ab))
    text = GATEWAY.format(socket=SOCKET, state=STATE, here=here,
                          there=SIDES[here.peer], ike=IKE, esp=ESP, psk=PSK)
    if "two" in names:
        text += MANUAL.format(
            out=out, into=into, out_encr=out.encr_key.hex(),
            out_integ=out.integ_key.hex(), into_encr=into.encr_key.hex(),
            into_integ=into.integ_key.hex())
    return text


def ip(lab, side, *words):
    return lab.run(f"gw-{side}", ["ip", *words]).stdout


def lead(lab, side, name, family=4):
    """The far LAN goes by this tunnel from now on."""
    here = SIDES[side]
    lan = here.lan.replace(".0/24", ".1") if family == 4 else \
        here.lan6.replace("::/64", "::1")
    ip(lab, side, "route", "replace", families.lan(here.peer, family), "dev",
       f"ipsec{IDS[name]}", "src", lan)


def pings(lab, ns, target, n=3):
    done = lab.run(ns, ["ping", "-n", "-c", str(n), "-i", "0.02", "-W", "1",
                        target], check=False, timeout=20)
    return int(done.stdout.split(" received")[0].split()[-1])


def sent(gateway):
    """Packets out, by tunnel."""
    tunnels = gateway.status()["tunnels"]
    return {name: int(tunnels[full].get("out", {}).get("packets", 0))
            for name, full in TUNNELS.items() if full in tunnels}


def link(lab, side, name):
    return ip(lab, side, "-d", "link", "show", "dev", name)


def mtu(lab, side, name):
    return link(lab, side, name).split(" mtu ")[1].split()[0]


def check_interfaces(lab):
    ok(all(mtu(lab, "a", f"ipsec{n}") == mtu(lab, "a", "ipsec0")
           for n in IDS.values()), "each if_id has an interface, of ipsec0's MTU")
    ok("NOARP" in link(lab, "a", "ipsec42") and
       "inet6" not in ip(lab, "a", "address", "show", "dev", "ipsec42"),
       "without ARP, and without an address that nobody gave it")
    routes = [line for line in ip(lab, "a", "route", "show", "table", "all").split("\n")
              if "ipsec4" in line and not line.startswith("multicast ff00::/8 ")]
    ok(not routes, f"it comes without a route: those are the operator's: {routes}")


def check_traffic(lab, gateways):
    wire = lab.capture("wire", "br0", filter="not arp and not ip6 multicast and not icmp6")
    ok(transfer(lab, ("host-a", "10.1.0.2"), FAR, secrets.token_bytes(OCTETS)),
       "TCP of a host behind goes by the tunnel to which the route leads")
    payload = secrets.token_bytes(OCTETS)
    ok(transfer(lab, ("gw-a", "10.1.0.1"), FAR, payload),
       "TCP of the gateway itself, in large packets, does too")
    packets = wire.stop()
    ok(not search_plaintext(packets, payload[:16]) and
       all("ESP" in p or "UDP" in p for p in packets),
       "and nothing of it is on the wire in the clear")
    counts = sent(gateways["a"])
    ok(counts["one"] > 500 and counts["two"] == 0 and
       counts["six"] <= OWN_IPV6,
       f"the others, of the same selectors, have none of it: {counts}")


def check_inside(lab):
    """Of gw-b every interface has to be the one to which the way back leads."""
    lab.run("gw-b", ["sh", "-c", "for i in all ipsec42; do echo 1 "
                     ">/proc/sys/net/ipv4/conf/$i/rp_filter; done"])
    seen = lab.capture("gw-b", "ipsec42", filter="icmp")
    ok(pings(lab, "gw-a", INSIDE["b"]) == 3,
       "neighbours inside of the tunnel, of link-local addresses, reach each "
       "other under a strict rp_filter")
    packets = seen.stop()
    ok(len([p for p in packets if p["IP"].dst == INSIDE["b"]]) == 3 and
       all(p.dst == lab.mac("gw-b", "ipsec42") for p in packets),
       "what comes out of the tunnel comes in by its interface")


def check_group(lab):
    """As routers say hello."""
    import socket
    import struct
    index = int(lab.run("gw-b", ["cat", "/sys/class/net/ipsec42/ifindex"]).stdout)
    mine = int(lab.run("gw-a", ["cat", "/sys/class/net/ipsec42/ifindex"]).stdout)

    def request(number):
        return struct.pack("4s4si", socket.inet_aton(GROUP), bytes(4), number)

    with lab.socket("gw-b", socket.AF_INET, socket.SOCK_DGRAM) as there, \
            lab.socket("gw-a", socket.AF_INET, socket.SOCK_DGRAM) as here:
        there.bind((GROUP, PORT))
        there.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                         request(index))
        there.settimeout(WAIT_S)
        here.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                        request(mine))
        here.sendto(b"hello", (GROUP, PORT))
        try:
            got = there.recvfrom(100)
        except TimeoutError:
            got = (b"", ("nobody", 0))
    ok(got[0] == b"hello" and got[1][0] == INSIDE["a"],
       f"multicast goes by the interface to whom the peer is: {got}")


def check_move(lab, gateways):
    """While a flow is known, to programs and their cache."""
    pings(lab, "host-a", FAR[1], 10)
    before = sent(gateways["a"])
    lead(lab, "a", "two")
    passes = wait_until(lambda: pings(lab, "host-a", FAR[1]) == 3, WAIT_S,
                        "the second tunnel")
    first = sent(gateways["a"])
    ok(passes and pings(lab, "host-a", FAR[1], 10) == 10 and
       pings(lab, "gw-a", FAR[1]) == 3,
       "a route that moved moves what follows it, forwarded and the host's own")
    after = sent(gateways["a"])
    ok(after["two"] == first["two"] + 13 and
       after["one"] - first["one"] <= OWN_IPV6,
       f"by the other tunnel alone: {before}, {first}, {after}")


def grew(gateway, before):
    return {name: n - before[name] for name, n in sent(gateway).items()
            if n - before[name] > OWN_IPV6}


def check_six(lab, gateways):
    """Either family by either tunnel, and IPv6 between the gateways."""
    target = families.HOSTS[6]["b"]
    for side in SIDES:
        lead(lab, side, "six", 6)
    wait_until(lambda: pings(lab, "host-a", target, 1) == 1, WAIT_S,
               "the tunnel over IPv6")
    before = sent(gateways["a"])
    wire = lab.capture("wire", "br0", filter="not arp")
    seen = lab.capture("gw-b", "ipsec44", filter="icmp6")
    payload = secrets.token_bytes(OCTETS // 4)
    ok(transfer(lab, ("host-a", families.HOSTS[6]["a"]), ("host-b", target),
                payload) and
       transfer(lab, ("gw-a", "2001:db8:1::1"), ("host-b", target), payload),
       "IPv6 over IPv6: TCP of a host behind, and of the gateway itself")
    ok(pings(lab, "gw-b", "2001:db8:1::1") == 3 and len(seen.stop()) == 3,
       "what comes out comes in by the tunnel's interface")
    clear = search_plaintext(wire.stop(), payload[:16])
    counts = grew(gateways["a"], before)
    ok(not clear and counts.keys() == {"six"} and counts["six"] > 250,
       f"all of it by that tunnel, nothing in the clear: {counts}")
    for family, name in ((6, "one"), (4, "six")):
        for side in SIDES:
            lead(lab, side, name, family)
        far = families.HOSTS[family]["b"]
        before = sent(gateways["a"])
        ok(pings(lab, "host-a", far) == 3 and pings(lab, "gw-a", far) == 3 and
           grew(gateways["a"], before).keys() == {name},
           f"IPv{family} by the tunnel over the other, once a route leads there")
        lead(lab, "a", "one", 4)
        lead(lab, "b", "one", 4)


def check_gone(lab, gateway):
    """A tunnel that the configuration no longer has; the route is still there."""
    lab.write("gw-a.conf", conf(lab, "a", "one"))
    gateway.client("reload")
    before = gateway.drops().get("no_tunnel", 0)
    came = pings(lab, "host-a", FAR[1], 2)
    lost = gateway.drops()["no_tunnel"] - before
    ok((came, lost) == (0, 2), "what is led to an interface without a tunnel is "
       f"dropped by name: {came}, {lost}")
    ok(pings(lab, "gw-a", FAR[1], 2) == 0 and
       gateway.drops()["no_tunnel"] > before + lost, "the gateway's own, too")
    lead(lab, "a", "two", 6)
    before = gateway.drops()["no_tunnel"]
    ok(pings(lab, "host-a", families.HOSTS[6]["b"], 2) == 0 and
       gateway.drops()["no_tunnel"] == before + 2, "and IPv6")
    answer = gateway.client("explain", "10.1.0.1", FAR[1], "icmp",
                            check=False).stdout
    ok("tunnel ipsec43: no_tunnel" in answer, f"explain says so: {answer}")
    lead(lab, "a", "one")
    answer = gateway.client("explain", "10.1.0.1", FAR[1], "icmp",
                            check=False).stdout
    ok("tunnel ipsec42: steer_host" in answer and "one/net" in answer,
       f"and by which tunnel it goes where there is one: {answer}")


def check_dead(lab, gateway):
    far6 = families.HOSTS[6]["b"]
    ip(lab, "a", "route", "replace", "default", "via", "192.0.2.9")
    ip(lab, "a", "-6", "route", "replace", "default", "via", "2001:db8:ff::9")
    lead(lab, "a", "six", 6)
    gateway.kill()
    wire = lab.capture("wire", "br0", filter="not arp")
    ok(not any(pings(lab, ns, far, 1) for ns in ("gw-a", "host-a")
               for far in (FAR[1], far6)), "no daemon, no tunnel")
    clear = [p for p in wire.stop()
             if "ICMP" in p or "ICMPv6EchoRequest" in p]
    ok(not clear, f"and nothing in the clear by another route: {clear}")


def check_again(lab):
    """By the interface, the address and the route that were there."""
    gateway = lab.start_gateway("gw-a", conf(lab, "a", *IDS))
    passes = wait_until(lambda: pings(lab, "host-a", FAR[1], 1) == 1, WAIT_S,
                        "the tunnel of another start")
    ok(passes and pings(lab, "gw-a", INSIDE["b"]) == 3,
       "the next start takes the interfaces as they are, with their routes")
    lead(lab, "a", "two")
    ok(pings(lab, "host-a", FAR[1]) == 3 and sent(gateway)["two"] == 3,
       "each for the tunnel that it was for")
    ip(lab, "a", "link", "del", "ipsec43")
    wait_until(lambda: "ipsec43" in ip(lab, "a", "-br", "link", "show", "up"),
               WAIT_S, "an interface that was removed")
    lead(lab, "a", "two")
    passes = wait_until(lambda: pings(lab, "host-a", FAR[1]) == 3, WAIT_S,
                        "the tunnel of that interface")
    ok(passes and sent(gateway)["two"] >= 6,
       "one that somebody removes is made again, and serves")
    ok(gateway.stop() == 0, "gw-a stops")


def refused(lab, path):
    try:
        done = lab.run("gw-a", [f"{BUILD}/cygnetd", "-f", path], check=False,
                       timeout=15)
    except subprocess.TimeoutExpired:
        return "it ran"
    return done.stdout + done.stderr


def check_release(lab):
    lab.run("gw-a", [f"{BUILD}/cygnetd", "--release"])
    left = ip(lab, "a", "-br", "link")
    ok("ipsec" not in left, f"--release takes all of them away: {left}")
    ip(lab, "a", "link", "add", "ipsec43", "type", "veth")
    said = refused(lab, lab.write("taken.conf", conf(lab, "a", "two")))
    ok("'ipsec43' is there and none of ours" in said,
       f"an interface of somebody else is not taken: {said}")


def main():
    with Lab(with_ipv6=True) as lab:
        gateways = {side: lab.start_gateway(f"gw-{side}", conf(lab, side, *IDS))
                    for side in SIDES}
        check_interfaces(lab)
        for side in SIDES:
            ip(lab, side, "address", "add", f"{INSIDE[side]}/30", "dev",
               "ipsec42")
            lead(lab, side, "one")
        wait_until(lambda: pings(lab, "host-a", FAR[1], 1) == 1, WAIT_S,
                   "the first tunnel")
        check_traffic(lab, gateways)
        check_inside(lab)
        check_group(lab)
        check_six(lab, gateways)
        check_move(lab, gateways)
        check_gone(lab, gateways["a"])
        check_dead(lab, gateways["a"])
        check_again(lab)
        check_release(lab)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
