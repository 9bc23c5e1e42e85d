#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
`cygnet explain` says what becomes of a packet: of flows by chance, from behind the
gateway, from outside, from an interface that is not served and of the gateway's own,
it is what happens to real packets of them afterwards, by every counter that there
is. It leaves no trace, says what to do, and refuses what makes no sense.

Flows of which it says the same are sent together: if one fared otherwise, the
counters would not be as many as these are.
"""
import collections
import contextlib
import json
import os
import random
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import (BUILD, Lab, finish, ok, scapy_layers,  # noqa: E402
                 wait_until)

FLOWS = 500  # of each mode
TIMES = 3    # of which the last meets the flow cache
WAIT_S = 5
BATCH = 50

# What others than the flows cause: ARP and neighbour discovery, IKE that is
# asked for an SA and finds nobody.
NOISE = {"not_ip", "link", "own_socket"}
VERDICTS = {"protected": 0, "opened": 0, "clear": 4, "held": 5, "dropped": 6}

POLICIES = """
    far-discarded {
        action = discard
        local_ts = 10.1.0.0/24
        remote_ts = 10.2.0.128/25
    }
    web {
        action = bypass
        local_ts = 10.1.0.0/24
        remote_ts = 10.2.0.0/24
        protocol = tcp
        remote_ports = 443
    }
    six {
        action = protect
        local_ts = 2001:db8:1::/64
        remote_ts = 2001:db8:2::/64
        manual = to-b
    }
    outside {
        action = bypass
        local_ts = 10.1.0.0/24
        remote_ts = 198.51.100.0/24
    }
"""
CONNECTIONS = """
connections {
    to-b {
        local_addrs = 192.0.2.1
        remote_addrs = 192.0.2.2
        local {
            auth = psk
        }
        remote {
            auth = psk
        }
        children {
            trapped {
                local_ts = 10.1.0.0/24
                remote_ts = 10.4.0.0/24
                start_action = trap
            }
            waits {
                local_ts = 10.1.0.0/24
                remote_ts = 10.5.0.0/24
            }
        }
    }
}
secrets {
    ike-b {
        secret = "a secret of both"
    }
}
"""
# What the machines say by themselves is no part of it.
QUIET = """
table inet quiet {
    chain out {
        type filter hook output priority 0
        icmp type { destination-unreachable, redirect, echo-reply } drop
        icmpv6 type { destination-unreachable, parameter-problem,
                      echo-reply } drop
        tcp flags rst drop
    }
}
"""
SILENT = """
table inet quiet {
    chain out {
        type filter hook output priority 0; policy drop
    }
}
"""

Flow = collections.namedtuple("Flow", "origin src dst proto sport dport")

FAR = ["10.2.0.2", "10.2.0.77", "10.2.0.200", "10.4.0.9", "10.5.0.9",
       "198.51.100.9", "203.0.113.9", "10.3.0.2", "192.0.2.9"]
FAR6 = ["2001:db8:2::2", "2001:db8:77::9", "2001:db8:3::2"]
OURS = ["10.1.0.1", "192.0.2.1", "10.3.0.1"]
LAN = ["10.1.0.2", "10.1.0.77"]
OUTSIDE = ["203.0.113.7", "10.2.0.2", "192.0.2.9", "10.4.0.9", "10.1.0.9"]
# By origin: sources and destinations of a family each.
ENDS = {
    "lan0": [(LAN + ["10.8.0.5"], FAR + OURS + LAN + ["224.0.0.5"]),
             (["2001:db8:1::2"], FAR6 + ["2001:db8:1::1"])],
    "wan0": [(OUTSIDE, LAN + OURS + ["198.51.100.9", "10.2.0.77", "10.3.0.2",
                                     "10.1.0.255"]),
             (["2001:db8:77::9", "2001:db8:2::2"],
              ["2001:db8:1::2", "2001:db8:ff::1", "2001:db8:3::2"])],
    "dmz0": [(["10.3.0.2"], FAR + OURS + LAN)],
    "": [(["10.1.0.1", "192.0.2.1"], FAR + OURS + LAN)],
}
SENDERS = {"lan0": ("host-a", "eth0"), "wan0": ("wire", "br0"),
           "dmz0": ("host-c", "eth0")}


def any_flow(chance, spi):
    origin = chance.choice(list(ENDS))
    sources, targets = chance.choice(ENDS[origin])
    src, dst = chance.choice(sources), chance.choice(targets)
    proto = chance.choice(["udp", "udp", "tcp", "icmp", "gre", "esp"])
    ports = [chance.choice([4000, 40000]),
             chance.choice([53, 443, 500, 4500, 67, 68])]
    if proto == "icmp":
        proto, ports = "icmpv6" if ":" in src else "icmp", [None, None]
    elif proto == "gre" or (proto == "esp" and ":" in src):
        proto, ports = "gre", [None, None]
    elif proto == "esp":
        ports = [chance.choice([spi, 0x7777]), None]
    return Flow(origin, src, dst, proto, *ports)


def packet_of(flow):
    scapy = scapy_layers()
    inet = scapy.layers.inet
    if ":" in flow.src:
        import scapy.layers.inet6 as inet6
        ip = inet6.IPv6(src=flow.src, dst=flow.dst)
        echo = inet6.ICMPv6EchoRequest()
    else:
        ip = inet.IP(src=flow.src, dst=flow.dst)
        echo = inet.ICMP()
    if flow.proto == "udp":
        return ip / inet.UDP(sport=flow.sport, dport=flow.dport) / bytes(16)
    if flow.proto == "tcp":
        return ip / inet.TCP(sport=flow.sport, dport=flow.dport)
    if flow.proto in ("icmp", "icmpv6"):
        return ip / echo
    number = {"gre": 47, "esp": 50}[flow.proto]
    if ":" in flow.src:
        ip.nh = number
    else:
        ip.proto = number
    # As ESP it is of the right length, and its number is new.
    return ip / ((flow.sport or 0).to_bytes(4, "big") + bytes(3) + b"\1" +
                 bytes(64))


def words_of(flow):
    words = ["--in", flow.origin] if flow.origin else []
    words += [flow.src, flow.dst, flow.proto]
    return words + [str(port) for port in (flow.sport, flow.dport)
                    if port is not None]


def explain_all(lab, flows):
    """Answers, and exit codes; by one process on the gateway for all."""
    path = lab.write("flows", "".join(" ".join(words_of(flow)) + "\n"
                                      for flow in flows))
    done = lab.run("gw-a", [
        "sh", "-c", f"while read -r words; do {BUILD}/cygnet explain --json "
        f"$words; echo \"exit $?\"; done <{path}"], timeout=120)
    answers = []
    for text in done.stdout.split("exit ")[:-1]:
        # The code of the answer before stands in front.
        answers.append(json.loads(text[text.index("{"):]))
    codes = [int(text.split("\n")[0])
             for text in done.stdout.split("exit ")[1:]]
    return list(zip(answers, codes))


def foretold(answer):
    """Where it comes by, and what is decided there."""
    return tuple((step["at"], step.get("interface", ""), step["decision"])
                 for step in answer["steps"].values())


def reasons_of(steps):
    """What is counted: the kernel does not, and nobody takes what is held."""
    return ["no_sa" if decision == "held" else decision
            for at, _, decision in steps if at != "kernel"]


def counters(gateway):
    answer = json.loads(gateway.client("drops", "--json").stdout)
    return collections.Counter({
        reason: int(counter["packets"]) for kind in ("drops", "passes")
        for reason, counter in answer[kind].items()})


def own_packet(lab, flow, octets):
    with lab.socket("gw-a", socket.AF_INET, socket.SOCK_RAW,
                    socket.IPPROTO_RAW) as raw, contextlib.suppress(OSError):
        raw.sendto(octets, (flow.dst, 0))  # refused: the kernel's verdict


def send(lab, flows):
    scapy = scapy_layers()
    frames = collections.defaultdict(list)
    for flow in flows:
        packet = packet_of(flow)
        if not flow.origin:
            own_packet(lab, flow, bytes(packet))
            continue
        frames[flow.origin].append(bytes(scapy.layers.l2.Ether(
            dst=lab.mac("gw-a", flow.origin) if not send.macs else
            send.macs[flow.origin], src="02:00:00:00:00:99") / packet))
    for origin, of_origin in frames.items():
        for at in range(0, len(of_origin), BATCH):
            lab.inject(*SENDERS[origin], of_origin[at:at + BATCH])
            time.sleep(0.01)


send.macs = {}


def moved(before, after):
    return {reason: after[reason] - before[reason] for reason in after
            if after[reason] != before[reason] and reason not in NOISE}


def check_group(lab, gateway, steps, flows, opened):
    """Do all of these flows fare so, and nothing else?"""
    want = collections.Counter()
    for reason in reasons_of(steps):
        if reason not in NOISE:
            want[reason] += len(flows) * TIMES
    before = counters(gateway)
    for _ in range(TIMES):
        send(lab, flows)
    if opened:  # which of them SA and packet say; forged ones don't pass
        want["icv"] += len(flows) * TIMES
    with contextlib.suppress(Exception):
        wait_until(lambda: moved(before, counters(gateway)) == dict(want),
                   WAIT_S, "the counters")
    got = moved(before, counters(gateway))
    if got == dict(want):
        return True
    print(f"# {steps}: {len(flows)} flows, times {TIMES}: {got}, such as "
          f"{[' '.join(words_of(flow)) for flow in flows[:4]]}")
    return False


def test_flows(lab, gateway, seed, what):
    chance = random.Random(seed)
    flows = [any_flow(chance, lab.sa_ba.spi) for _ in range(FLOWS)]
    send.macs = {origin: lab.mac("gw-a", origin) for origin in SENDERS}
    explain_all(lab, flows[:1])
    before = counters(gateway)
    answers = explain_all(lab, flows)
    ok(not moved(before, counters(gateway)),
       f"{what}: {FLOWS} questions are counted nowhere")
    ok(all(VERDICTS[answer["verdict"]] == code for answer, code in answers),
       f"{what}: exit codes are those of the verdicts")
    groups = collections.defaultdict(list)
    for flow, (answer, _) in zip(flows, answers):
        groups[answer["verdict"] == "opened", foretold(answer)].append(flow)
    right = [check_group(lab, gateway, steps, of_group, opened)
             for (opened, steps), of_group in groups.items()]
    kinds = ", ".join(sorted({"+".join(reasons_of(steps))
                              for _, steps in groups}))
    ok(all(right), f"{what}: {FLOWS} flows by chance fare as was said: {kinds}")
    ok(len(groups) > 10, f"{what}: in {len(groups)} ways")


def conf(lab, mode, default):
    text = lab.default_conf("a").replace(
        "gateway {", f"gateway {{\n    forward = {mode}\n    default = {default}")
    return text.replace("policies {", "policies {" + POLICIES) + CONNECTIONS


def explain(gateway, *words):
    return gateway.client("explain", *words, check=False)


def lines(done):
    return done.stdout.splitlines()


def test_words(lab, gateway):
    spi = f"{lab.sa_ab.spi:#010x}"
    done = explain(gateway, "10.1.0.2", "10.2.0.2", "udp", "40000", "53")
    ok(done.returncode == 0 and lines(done)[0] ==
       "From 10.1.0.2 to 10.2.0.2, protocol 17, ports 40000 and 53:" and
       lines(done)[1].startswith("  protected lan0: steer_out (") and
       "Policy lan-to-lan covers it: protect, by tunnel to-b." in lines(done)
       and f"Its SA is {spi}, between 192.0.2.1 and 192.0.2.2." in lines(done)
       and lines(done)[-1] == "It is sent, protected.",
       "it says policy, SA and outcome in sentences")
    answer = json.loads(explain(gateway, "--json", "10.1.0.2", "10.2.0.2",
                                "icmp").stdout)
    hop = answer["next_hop"]
    ok((hop["address"], hop["interface"], hop["mtu"]) ==
       ("192.0.2.2", "wan0", 1500) and 1400 < hop["inner_mtu"] < 1460,
       f"and the way to the peer: {hop}")
    done = explain(gateway, "10.2.0.2", "10.1.0.2", "tcp", "40000", "22")
    ok(done.returncode == 6 and "plaintext_in" in lines(done)[1] and
       "policy lan-to-lan wants it protected" in lines(done)[-1],
       f"plaintext from outside, and what to do: {lines(done)[-1]}")
    done = explain(gateway, "10.1.0.2", "10.5.0.1", "icmp")
    ok(done.returncode == 6 and "cygnet up to-b/waits" in lines(done)[-1],
       f"a policy without an SA: {lines(done)[-1]}")
    done = explain(gateway, "10.1.0.2", "10.4.0.1", "icmp")
    ok(done.returncode == 5 and "  worker: held" in done.stdout and
       "cygnet up to-b/trapped" in lines(done)[-1],
       "a tunnel that traffic brings up")
    ok(gateway.status()["tunnels"]["to-b/trapped"]["state"] == "trap",
       "which a question does not")
    done = explain(gateway, "10.1.0.1", "10.2.0.2", "icmp")
    ok(done.returncode == 0 and [line.split(":")[0] for line in
                                 lines(done)[1:4]] ==
       ["  kernel wan0", "  guard wan0", "  worker"],
       "the gateway's own: by its route to the guard, and to a worker")


def test_next_hop(lab, gateway):
    lab.run("gw-a", ["ip", "route", "add", "blackhole", "192.0.2.2"])
    done = explain(gateway, "10.1.0.2", "10.2.0.2", "icmp")
    ok(done.returncode == 6 and "worker: route_refuses" in done.stdout and
       "ip route get 192.0.2.2" in lines(done)[-1],
       f"no way to the peer: {lines(done)[-1]}")
    lab.run("gw-a", ["ip", "route", "del", "blackhole", "192.0.2.2"])
    lab.run("gw-a", ["ip", "route", "add", "192.0.2.2", "dev", "wan0",
                     "mtu", "1300"])
    hop = json.loads(explain(gateway, "--json", "10.1.0.2", "10.2.0.2",
                             "icmp").stdout)["next_hop"]
    ok(hop["mtu"] == 1300 and hop["inner_mtu"] < 1300,
       "the path's MTU is the route's")
    lab.run("gw-a", ["ip", "route", "del", "192.0.2.2"])


def test_refused(gateway):
    flow = ["10.1.0.2", "10.2.0.2"]
    for words, code, said in (
            (flow, 2, "takes SRC DST PROTO [SPORT DPORT]"),
            ([*flow, "udp", "1", "2", "3"], 2, "takes no argument '3'"),
            (["10.1.0", "10.2.0.2", "icmp"], 1, "source '10.1.0' is no addr"),
            (["10.1.0.2", "::x", "icmp"], 1, "destination '::x' is no address"),
            (["10.1.0.2", "2001:db8::1", "icmp"], 1, "of two families"),
            ([*flow, "frog"], 1, "protocol 'frog' is none"),
            ([*flow, "any"], 1, "protocol 'any' is none"),
            ([*flow, "udp"], 1, "udp has ports"),
            ([*flow, "tcp", "1"], 1, "name both"),
            ([*flow, "tcp", "1", "65536"], 1, "number from 0 to 65535"),
            ([*flow, "gre", "1", "2"], 1, "gre has no ports"),
            ([*flow, "esp"], 1, "name its SPI"),
            ([*flow, "icmpv6"], 1, "write icmp"),
            ([*flow, "icmp", "3", "1"], 1, "depends on the packet that it quo"),
            ([*flow, "icmp", "8"], 1, "name both"),
            ([*flow, "icmp", "--in", "eth77"], 1, "no interface 'eth77'"),
            (["172.16.0.1", "10.2.0.2", "icmp"], 1, "say so by --in")):
        done = explain(gateway, *words)
        ok(done.returncode == code and said in done.stderr,
           f"{' '.join(words)}: {done.stderr.strip()}")


def test_users(lab):
    done = lab.run("gw-a", ["setpriv", "--reuid=65534", "--clear-groups",
                            f"{BUILD}/cygnet", "explain", "10.1.0.2",
                            "10.2.0.2", "icmp"], check=False)
    ok(done.returncode == 1 and "run as root" in done.stderr,
       "nobody but root may ask")


def test_lifetime(lab, gateway):
    """Its manual SA may carry as many packets as a group of one flow has."""
    flow = Flow("lan0", "10.1.0.2", "10.2.0.2", "icmp", None, None)
    out = ("protected", "lan0", "steer_out")
    ok(check_group(lab, gateway, (out, ("worker", "", "worker_tx")), [flow],
                   False), "an SA carries what it may")
    done = explain(gateway, "10.1.0.2", "10.2.0.2", "icmp")
    ok(done.returncode == 6 and "  worker: lifetime" in done.stdout and
       "cygnet sa add" in lines(done)[-1], f"and then: {lines(done)[-1]}")
    ok(check_group(lab, gateway, (out, ("worker", "", "lifetime")), [flow],
                   False), "which is so")


def test_restart(lab, gateway):
    pid = gateway.kill_role("dp")
    wait_until(lambda: gateway.role_pid("dp") not in (None, pid), WAIT_S,
               "another data path")
    wait_until(lambda: explain(gateway, "10.1.0.2", "10.2.0.2",
                               "icmp").returncode == 0, WAIT_S, "an answer")
    ok(True, "another data path answers as the one before")


def test_negotiated(lab):
    """Of an SA that the peer agreed to for less than its policy covers."""
    lab.run("gw-b", ["nft", "flush", "ruleset"])
    peer = lab.start_gateway("gw-b", ike_conf("b"))
    gateway = lab.start_gateway("gw-a", ike_conf("a").replace(
        "remote_ts = 10.2.0.0/24", "remote_ts = 10.2.0.0/16"))
    done = explain(gateway, "10.1.0.2", "10.2.0.2", "icmp")
    ok(done.returncode == 6 and "cygnet up to-b/net" in lines(done)[-1],
       "a tunnel that is down")
    words = lines(done)[-1].split("cygnet ")[1].split(" (")[0].split()
    gateway.client(*words)
    done = explain(gateway, "10.1.0.2", "10.2.0.2", "icmp")
    ok(done.returncode == 0 and "by tunnel to-b/net" in done.stdout,
       "is up after what was said is to be done")
    done = explain(gateway, "10.1.0.2", "10.2.9.9", "icmp")
    ok(done.returncode == 6 and "  worker: selector" in done.stdout, "but not for what the peer "
       f"did not agree to: {lines(done)[-1]}")
    flow = Flow("lan0", "10.1.0.2", "10.2.9.9", "icmp", None, None)
    ok(check_group(lab, gateway, (("protected", "lan0", "steer_out"),
                                  ("worker", "", "selector")), [flow], False),
       "and so it is with real packets")
    spi = json.loads(gateway.client("status", "--json").stdout)[
        "tunnels"]["to-b/net"]["in"]["spi"]
    done = explain(gateway, "192.0.2.2", "192.0.2.1", "esp", spi)
    ok(done.returncode == 0 and f"Its SA is {spi}, between 192.0.2.1 and "
       "192.0.2.2." in lines(done), "ESP from the peer comes to its SA")
    done = explain(gateway, "192.0.2.2", "192.0.2.1", "udp", "500", "500")
    ok(done.returncode == 4 and "unprotected wan0: ike" in done.stdout,
       "and IKE to the kernel")
    gateway.stop()
    peer.stop()


def main():
    with Lab(with_dmz=True, with_ipv6=True) as lab:
        for ns in ("host-a", "host-b", "host-c", "wire", "gw-b"):
            lab.run(ns, ["nft", "-f", lab.write("silent.conf", SILENT)])
        lab.run("gw-a", ["nft", "-f", lab.write("quiet.conf", QUIET)])
        lab.run("gw-a", ["sysctl", "-qw", "net.ipv4.conf.all.send_redirects=0",
                         "net.ipv4.conf.wan0.send_redirects=0",
                         "net.ipv4.conf.lan0.send_redirects=0"])
        lab.run("gw-a", ["ip", "route", "add", "default", "via", "192.0.2.9"])
        lab.run("gw-a", ["ip", "route", "add", "unreachable", "172.16.0.0/16"])
        lab.run("gw-a", ["ip", "route", "add", "default", "via",
                         "2001:db8:ff::9"])
        # Who says nothing does not answer for its address, either.
        for address, ifname, ns, far in (
                ("2001:db8:ff::9", "wan0", "wire", "br0"),
                ("2001:db8:1::2", "lan0", "host-a", "eth0"),
                ("2001:db8:3::2", "dmz0", "host-c", "eth0")):
            lab.run("gw-a", ["ip", "neigh", "replace", address, "lladdr",
                             lab.mac(ns, far), "dev", ifname])
        gateway = lab.start_gateway("gw-a", conf(lab, "direct", "bypass"))
        test_words(lab, gateway)
        test_next_hop(lab, gateway)
        test_refused(gateway)
        test_users(lab)
        test_flows(lab, gateway, 5, "direct")
        test_restart(lab, gateway)
        gateway.stop()
        lab.renew_sas()
        gateway = lab.start_gateway("gw-a", conf(lab, "kernel", "discard"))
        test_flows(lab, gateway, 6, "kernel")
        gateway.stop()
        lab.renew_sas()
        gateway = lab.start_gateway("gw-a", lab.default_conf("a").replace(
            "manual {\n    to-b {", "manual {\n    to-b {\n        "
            f"life_packets = {TIMES}"))
        test_lifetime(lab, gateway)
        gateway.stop()
        test_negotiated(lab)
    return finish()


sys.exit(main())
