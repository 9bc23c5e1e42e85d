#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
A gateway boots with a tunnel for everything to a peer that has a name, and its
resolver is on the unprotected side: the tunnel comes up, and until then and
afterwards the wire sees ARP, neighbour discovery, IKE, ESP, and the questions for
that one name; nothing of anybody else, whatever he asks the same resolver.
"""
import json
import os
import secrets
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import dns  # noqa: E402
from ike_conf import ike_conf  # noqa: E402
from lab import (BUILD, Lab, finish, log_of, ok, scapy_layers,  # noqa: E402
                 search_plaintext, strangers, wait_until)

FAR_HOST = "10.2.0.2"
PEER = "192.0.2.2"
OTHER_PEER = "198.51.100.22"  # behind the default route
NAME = "gw-b.example.net"
RESOLVER = "198.51.100.53"  # behind the default route
WAIT_S = 20

# argv: needle in hexadecimal, destination
ASK = """
import socket, sys
needle, target = sys.argv[1:]
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
    udp.sendto(bytes.fromhex(needle), (target, 53))
"""


def everything(side, start_action="none"):
    text = ike_conf(side, start_action)
    for network in ("10.1.0.0/24", "10.2.0.0/24"):
        text = text.replace(f"_ts = {network}", "_ts = 0.0.0.0/0")
    return text


def named(text, options=""):
    """Its peer has a name, and it chooses the address by which it goes there."""
    text = text.replace("local_addrs = 192.0.2.1", "")
    text = text.replace(f"remote_addrs = {PEER}", f"remote_addrs = {NAME}")
    return text.replace("unprotected = wan0",
                        f"unprotected = wan0\n    resolvers = {RESOLVER}\n"
                        f"    {options}")


def responder():
    """By whichever of its addresses it is spoken to."""
    return everything("b").replace(f"local_addrs = {PEER}", "")


def default_route(lab):
    lab.run("gw-a", ["ip", "route", "replace", "default", "via",
                     "192.0.2.9"])


def prepare(lab):
    """The resolver, and a peer with two addresses."""
    lab.run("wire", ["ip", "address", "add", f"{RESOLVER}/32", "dev", "br0"])
    lab.run("gw-b", ["ip", "address", "add", f"{OTHER_PEER}/32", "dev",
                     "wan0"])
    lab.run("wire", ["ip", "route", "add", OTHER_PEER, "via", PEER])
    lab.run("wire", ["sysctl", "-qw", "net.ipv4.ip_forward=1",
                     "net.ipv4.conf.all.send_redirects=0",
                     "net.ipv4.conf.br0.send_redirects=0"])
    return dns.start(lab, "wire", RESOLVER, NAME)


def peers(gateway):
    """Where its IKE SAs that are up go to."""
    sas = json.loads(gateway.client("sa", "--json").stdout)["sas"]
    return sorted(sa["remote-host"] for conn in sas for sa in conn.values()
                  if sa["state"] == "ESTABLISHED")


def up(gateway):
    return gateway.client("up", "to-b/net", check=False)


def failure(gateway):
    """Why its tunnel is not up."""
    tunnel = gateway.status()["tunnels"]["to-b/net"]
    return tunnel.get("failure", {}).get("text", "")


# --- what is on the wire

def is_question(packet):
    """For that name, to or from that resolver."""
    ip, udp = packet["IP"], packet["UDP"]
    if RESOLVER not in (ip.src, ip.dst) or 53 not in (udp.sport, udp.dport):
        return False
    return dns.encode(NAME) in bytes(udp.payload)


def ask_as(lab, user, needle):
    """A question of another process, to the same resolver."""
    lab.run("gw-a", ["setpriv", f"--reuid={user}", "--clear-groups",
                     "/usr/bin/python3", "-c", ASK, needle.hex(), RESOLVER],
            check=False)


def check_others(lab, when):
    for user in ("root", "nobody", "cygnet-helper"):
        needle = secrets.token_bytes(16)
        wire = lab.capture("wire", "a")
        ask_as(lab, user, needle)
        packets = wire.stop()
        ok(not search_plaintext(packets, needle),
           f"{when}: what {user} asks the resolver does not leave in the clear")


# --- the boot

def start_lock(lab, path):
    lock = lab.spawn("gw-a", [f"{BUILD}/cygnetd", "--lock", "-f", path])
    wait_until(lambda: "lock: up" in log_of(lock) or lock.poll() is not None,
               WAIT_S, "the lock")
    return lock


def check_boot(lab, server):
    server.says(a=[PEER])
    text = named(everything("a", "start"))
    path = lab.write("gw-a.conf", text)
    lab.run("gw-a", ["ip", "link", "delete", "dev", "wan0"])
    lock = start_lock(lab, path)
    lab.add_wan("a")
    wait_until(lambda: "closed iface=wan0" in log_of(lock), WAIT_S, "wan0")
    default_route(lab)
    check_others(lab, "locked")
    needle = secrets.token_bytes(16)
    wire = lab.capture("wire", "a")
    pings = lab.spawn("host-a", ["ping", "-i", "0.05", "-p", needle.hex(),
                                 FAR_HOST])
    gateway = lab.start_gateway("gw-a", text)
    wait_until(lambda: "bytes from" in log_of(pings), WAIT_S,
               "an answer through the tunnel")
    ok(peers(gateway) == [PEER],
       f"the tunnel to a peer with a name comes up {peers(gateway)}")
    ok(lock.wait(timeout=WAIT_S) == 0, "and the lock ends")
    pings.terminate()
    packets = wire.stop()
    odd = strangers(packets, is_question)
    ok(packets and not search_plaintext(packets, needle) and not odd,
       f"ARP, IKE, ESP and our own questions alone were on the wire {odd[:3]}")
    asked = server.questions()
    ok(asked and all(name == NAME and source.startswith("192.0.2.1:")
                     for _, name, source in asked),
       f"they come from the gateway's outer address {asked[:2]}")
    ok(len({source for _, _, source in asked}) == len(asked) // 2,
       "from another port for each lookup")
    return gateway


def check_process(lab, gateway):
    """helper is nobody: no capability, seccomp, a user of its own."""
    pid = gateway.role_pid("helper")
    with open(f"/proc/{pid}/status") as file:
        status = dict(line.split(":\t", 1) for line in file if ":\t" in line)
    user = lab.run("gw-a", ["id", "-u", "cygnet-helper"]).stdout.strip()
    ok(status["Uid"].split() == [user] * 4 and
       all(int(status[f"Cap{which}"], 16) == 0
           for which in ("Inh", "Prm", "Eff", "Amb")) and
       status["Seccomp"].strip() == "2" and status["NoNewPrivs"].strip() == "1",
       "helper has a user of its own, no capability, and a seccomp filter")


def check_new_address(lab, server, gateway):
    """The peer moved."""
    before = len(server.questions())
    server.says(a=[OTHER_PEER])
    gateway.client("down", "to-b")
    wait_until(lambda: not peers(gateway), WAIT_S, "the end of the tunnel")
    done = up(gateway)
    ok(done.returncode == 0 and peers(gateway) == [OTHER_PEER],
       f"the next attempt goes where the name leads then {done.stderr}")
    ok(len(server.questions()) > before, "for it was asked for anew")
    ping = lab.run("host-a", ["ping", "-c", "3", "-i", "0.1", FAR_HOST],
                   check=False)
    ok(ping.returncode == 0, "and traffic goes there")
    route = lab.run("gw-a", ["ip", "route", "show", "table", "220"]).stdout
    ok("default" in route, f"as does the gateway's own {route.strip()}")


def check_helper_dies(server, gateway):
    gateway.client("down", "to-b")
    wait_until(lambda: not peers(gateway), WAIT_S, "the end of the tunnel")
    old = gateway.kill_role("helper")
    wait_until(lambda: gateway.role_pid("helper") not in (None, old), WAIT_S,
               "another helper")
    done = up(gateway)
    ok(done.returncode == 0 and peers(gateway) == [OTHER_PEER],
       f"when helper dies, another one asks {done.stderr}")
    old = gateway.kill_role("dp")
    wait_until(lambda: gateway.role_pid("dp") not in (None, old), WAIT_S,
               "another dp")
    before = len(server.questions())
    gateway.client("down", "to-b")
    wait_until(lambda: up(gateway).returncode == 0, WAIT_S, "the tunnel")
    ok(len(server.questions()) > before and peers(gateway) == [OTHER_PEER],
       "another data path lets the questions out, too")


# --- a resolver that is no good

BAD = {
    "silent": "no resolver answers",
    "nxdomain": "there is no such name",
    "refused": "the resolver refuses, or fails",
    "truncated": "the answer is cut",
    "long": "answer can't be read",
    "fragments": "no resolver answers",
    "garbage": "answer can't be read",
    "circle": "answer can't be read",
    "stranger": "the name has no address",
    "forged": "answers that nobody asked for",
}


def settle(gateway):
    """The failures of before are over: a lookup succeeds again."""
    wait_until(lambda: up(gateway).returncode == 0, 60, "the tunnel")
    gateway.client("down", "to-b")
    wait_until(lambda: not peers(gateway), WAIT_S, "the end of the tunnel")


def check_bad(server, gateway):
    for mode, words in BAD.items():
        server.says(a=[PEER])
        settle(gateway)
        server.says(mode, a=[PEER])
        began = time.monotonic()
        done = up(gateway)
        took = time.monotonic() - began
        why = failure(gateway)
        ok(done.returncode != 0 and f"cannot resolve {NAME}" in why and
           words in why and took < 15,
           f"{mode}: the lookup ends, and status says why: {why}")
    server.says(a=["127.0.0.1", "224.0.0.1"])
    wait_until(lambda: "loopback, multicast" in (up(gateway), failure(gateway))[1],
               30, "a word about addresses that nobody can have")
    ok(True, f"an address that no peer can have is refused: {failure(gateway)}")
    server.says("alias", a=[PEER])
    wait_until(lambda: up(gateway).returncode == 0, 60, "the tunnel")
    ok(peers(gateway) == [PEER], "a name that stands for another leads there")


def check_boot_without_dns(lab, server):
    """At a boot the resolver may come later: what is to start waits for it."""
    server.says("silent")
    gateway = lab.start_gateway("gw-a", named(everything("a", "start")))
    wait_until(lambda: "no resolver answers" in failure(gateway), WAIT_S,
               "a word about the resolver")
    ok(gateway.status()["tunnels"]["to-b/net"]["state"] == "connecting",
       "without DNS, a child that is to start is still on its way")
    server.says(a=[PEER])
    wait_until(lambda: peers(gateway) == [PEER], 60, "the tunnel")
    ok(True, "a child that is to start comes up when the resolver answers")
    gateway.stop()


def check_no_bootstrap(lab, server):
    """Then a question is what any other traffic of this host is."""
    before = len(server.questions())
    gateway = lab.start_gateway("gw-a", named(everything("a"),
                                              "bootstrap = none"))
    done = up(gateway)
    ok(done.returncode != 0 and len(server.questions()) == before,
       f"bootstrap = none: no question leaves {failure(gateway)}")
    gateway.stop()


# --- a responder's peer

def check_responder(lab, server):
    """gw-a lets in what the name resolves to, also when that is new."""
    server.says(a=["192.0.2.77"])
    gateway = lab.start_gateway("gw-a", named(everything("a")))
    wait_until(lambda: "names: resolved" in gateway.log(), WAIT_S, "the name")
    gw_b = lab.start_gateway("gw-b", everything("b"))
    refused = gw_b.client("up", "to-a/net", check=False)
    ok(refused.returncode != 0,
       "a peer that is not where its name leads is refused")
    server.says(a=[PEER])
    wait_until(lambda: gw_b.client("up", "to-a/net", check=False)
               .returncode == 0, 60, "the tunnel")
    ok(peers(gateway) == [PEER],
       "and let in once its name leads there: it is asked for again")
    gateway.stop()
    gw_b.stop()


def main():
    with Lab() as lab:
        server = prepare(lab)
        gw_b = lab.start_gateway("gw-b", responder())
        gateway = check_boot(lab, server)
        check_process(lab, gateway)
        check_others(lab, "up")
        check_new_address(lab, server, gateway)
        check_helper_dies(server, gateway)
        check_bad(server, gateway)
        gateway.stop()
        check_boot_without_dns(lab, server)
        check_no_bootstrap(lab, server)
        gw_b.stop()
        check_responder(lab, server)
    return finish()


sys.exit(main())
