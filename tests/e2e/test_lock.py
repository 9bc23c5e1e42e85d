#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
A gateway boots with a tunnel for everything: from before its interface is there
until the tunnel is up, the wire sees ARP, DHCP, IKE and ESP, and nothing else.
gw-a has a plain route to the far network all the time, so that a hole would be
seen; before and after the lock, it is.
"""
import json
import os
import secrets
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import (BUILD, SOCKET, Lab, finish, log_of, ok,  # noqa: E402
                 scapy_layers, search_plaintext, strangers, wait_until)

FAR_HOST = "10.2.0.2"
PEER = "192.0.2.2"
SENDERS = {"host-a": "10.1.0.2", "gw-a": "192.0.2.1", "host-c": "10.3.0.2"}
PORTS = (7, 53, 67, 500, 4500)  # what a rule by ports alone would let out
WAIT_S = 10

# argv: needle in hexadecimal, port, destination…
SEND = """
import contextlib, socket, sys
needle, port, *targets = sys.argv[1:]
with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
    with contextlib.suppress(OSError):  # IKE may have it
        udp.bind(("", int(port)))
    for target in targets:
        try:
            udp.sendto(bytes.fromhex(needle), (target, int(port)))
        except OSError:
            pass  # it has no way yet
"""


def everything(side, start_action="none"):
    """A tunnel for all that there is, the gateway's own packets included."""
    text = ike_conf(side, start_action)
    for network in ("10.1.0.0/24", "10.2.0.0/24"):
        text = text.replace(f"_ts = {network}", "_ts = 0.0.0.0/0")
    return text


def plain_route(lab):
    lab.run("gw-a", ["ip", "route", "replace", "10.2.0.0/24", "via", PEER])


def programs(lab):
    """Ids of what is attached to gw-a's unprotected interface."""
    net = json.loads(lab.run("gw-a", ["bpftool", "-j", "net"]).stdout)[0]
    return sorted(p["id"] for p in net["xdp"] + net["tc"]
                  if p["devname"] == "wan0")


def send(lab, needle, senders=tuple(SENDERS)):
    for ns in senders:
        for port in PORTS:
            lab.run(ns, ["/usr/bin/python3", "-c", SEND, needle.hex(),
                         str(port), FAR_HOST, PEER])


def leaked(lab, senders=tuple(SENDERS)):
    """Plaintext on the wire of what all of them send now."""
    needle = secrets.token_bytes(16)
    wire = lab.capture("wire", "a")
    send(lab, needle, senders)
    return search_plaintext(wire.stop(), needle)


def start_lock(lab, path):
    lock = lab.spawn("gw-a", [f"{BUILD}/cygnetd", "--lock", "-f", path])
    wait_until(lambda: "lock: up" in log_of(lock) or lock.poll() is not None,
               WAIT_S, "the lock")
    return lock


def end_of(lock):
    return lock.wait(timeout=WAIT_S)


def release(lab):
    return lab.run("gw-a", [f"{BUILD}/cygnetd", "--release"], check=False)


# --- while it is locked

def check_closed(lab):
    found = leaked(lab)
    ok(not found, f"locked: nothing leaves in the clear {found[:1]}")
    ping = lab.run("wire", ["ping", "-c", "2", "-i", "0.2", "-W", "1",
                            "192.0.2.1"], check=False)
    ok(ping.returncode == 1, "locked: nothing comes in, either")
    neighbours = lab.run("wire", ["ip", "neigh", "show", "192.0.2.1"]).stdout
    ok("lladdr" in neighbours, f"locked: ARP is answered {neighbours.strip()}")


def dhcp(lab, needle, **fields):
    """One frame of it; the direction stands in the ports."""
    scapy_layers()
    from scapy.layers.inet import IP, UDP
    from scapy.layers.l2 import Ether
    return (Ether(src=fields["src_mac"], dst=fields["dst_mac"]) /
            IP(src=fields["src"], dst=fields["dst"]) /
            UDP(sport=fields["sport"], dport=fields["dport"]) / needle)


def check_dhcp(lab):
    """Each of four messages: a wish, an offer, a renewal, and its answer."""
    gateway, server = lab.mac("gw-a", "wan0"), lab.mac("wire", "br0")
    asks = {"src_mac": gateway, "sport": 68, "dport": 67}
    answers = {"src_mac": server, "dst_mac": gateway, "src": "192.0.2.9",
               "sport": 67, "dport": 68}
    for sentence, ns, ifname, seen_by, fields in (
            ("its wish", "gw-a", "wan0", ("wire", "a"), {
                **asks, "dst_mac": "ff:ff:ff:ff:ff:ff", "src": "0.0.0.0",
                "dst": "255.255.255.255"}),
            ("an offer, to an address not its own yet", "wire", "br0",
             ("gw-a", "wan0"), {**answers, "dst": "192.0.2.100"}),
            ("a renewal, to the server alone", "gw-a", "wan0", ("wire", "a"), {
                **asks, "dst_mac": server, "src": "192.0.2.1",
                "dst": "192.0.2.9"}),
            ("its answer", "wire", "br0", ("gw-a", "wan0"),
             {**answers, "dst": "192.0.2.1"})):
        needle = secrets.token_bytes(16)
        capture = lab.capture(*seen_by)
        lab.inject(ns, ifname, [dhcp(lab, needle, **fields)])
        ok(search_plaintext(capture.stop(), needle),
           f"locked: DHCP passes, {sentence}")


def check_failed_start(lab, text):
    """It had attached its programs already."""
    before = programs(lab)
    lab.run("gw-a", ["touch", f"{SOCKET}.file"])
    path = lab.write("failing.conf", text.replace(SOCKET, f"{SOCKET}.file"))
    failed = lab.run("gw-a", [f"{BUILD}/cygnetd", "-f", path], check=False)
    ok(failed.returncode == 1 and "no socket" in failed.stderr,
       f"a start that fails says why: {failed.stderr.splitlines()[-1:]}")
    ok(programs(lab) == before and not leaked(lab),
       "and what was locked is locked again, by the same programs")


# --- taking over

def check_boot(lab):
    """
    The order of a boot: the lock, then the interface, then cygnetd; all the
    while somebody sends.
    """
    text = everything("a", "start")
    path = lab.write("gw-a.conf", text)
    lab.run("gw-a", ["ip", "link", "delete", "dev", "wan0"])
    lock = start_lock(lab, path)
    lab.add_wan("a")
    wait_until(lambda: "closed iface=wan0" in log_of(lock), WAIT_S, "wan0")
    ok(True, "an interface that appears is closed")
    plain_route(lab)
    check_closed(lab)
    check_dhcp(lab)
    check_failed_start(lab, text)
    needle = secrets.token_bytes(16)
    wire = lab.capture("wire", "a")
    pings = lab.spawn("host-a", ["ping", "-i", "0.02", "-p", needle.hex(),
                                 FAR_HOST])
    gateway = lab.start_gateway("gw-a", text)
    answered = wait_until(lambda: "bytes from" in log_of(pings), WAIT_S,
                          "an answer through the tunnel")
    ok(answered, "cygnetd takes over, and the tunnel comes up")
    ok(end_of(lock) == 0 and "has taken over" in log_of(lock),
       "then the lock ends by itself")
    ok(gateway.drops()["default_discard"] > 0,
       "what it dropped is counted on by the daemon")
    pings.terminate()
    packets = wire.stop()
    ok(packets and not search_plaintext(packets, needle),
       "until then and after it, nothing was readable on the wire")
    odd = strangers(packets)
    ok(not odd, f"IKE, ESP and ARP alone were on it {odd[:3]}")
    found = leaked(lab)
    ok(not found, f"nor does the gateway itself send in the clear {found[:1]}")
    return gateway, path


# --- its own ends

def check_locked_again(lab, gateway, path):
    gateway.stop()
    before = programs(lab)
    lock = start_lock(lab, path)
    ok(programs(lab) == before, "what an earlier start left is left alone")
    lock.terminate()
    ok(end_of(lock) == 0 and programs(lab) == before,
       "a lock that is told to end leaves all closed")
    ok(release(lab).returncode == 0 and not programs(lab) and
       leaked(lab, ["gw-a"]), "--release opens")


def check_released(lab, path):
    lock = start_lock(lab, path)
    ok(programs(lab) and not leaked(lab), "it is locked again")
    ok(release(lab).returncode == 0 and end_of(lock) == 0 and
       not programs(lab) and leaked(lab, ["gw-a"]),
       "--release opens what a lock keeps closed, which ends")


def check_killed(lab, path):
    start_lock(lab, path).kill()
    before = programs(lab)
    ok(before and not leaked(lab), "a lock that is killed leaves all closed")
    lock = start_lock(lab, path)
    ok(lock.poll() is None and programs(lab) == before, "another one goes on")
    lab.run("gw-a", ["ip", "link", "delete", "dev", "wan0"])
    lab.add_wan("a")
    wait_until(lambda: "closed iface=wan0" in log_of(lock), WAIT_S, "wan0")
    plain_route(lab)
    ok(not leaked(lab), "and closes an interface that was made anew")
    lock.terminate()
    end_of(lock)
    release(lab)


def check_not_closed(lab, path):
    """Somebody else is faster on an interface that appears."""
    lab.run("gw-a", ["ip", "link", "delete", "dev", "wan0"])
    lock = start_lock(lab, path)
    lab.run("gw-a", ["ip", "link", "add", "later", "type", "veth", "peer",
                     "name", "end"])
    for argv in (["tc", "qdisc", "add", "dev", "later", "clsact"],
                 ["tc", "filter", "add", "dev", "later", "egress", "pref", "1",
                  "handle", "1", "bpf", "direct-action", "bytecode",
                  "1,6 0 0 0"],
                 ["ip", "link", "set", "dev", "later", "name", "wan0"]):
        lab.run("gw-a", argv)
    wait_until(lambda: "NOT closed iface=wan0" in log_of(lock), WAIT_S,
               "a word about wan0")
    ok(log_of(lock).count("tc filter del dev wan0 egress pref 1") == 1,
       "an interface that cannot be closed is told of, with the remedy")
    lab.run("gw-a", ["tc", "filter", "del", "dev", "wan0", "egress", "pref",
                     "1"])
    wait_until(lambda: "closed iface=wan0" in log_of(lock).splitlines()[-1]
               and programs(lab), WAIT_S, "wan0")
    ok(log_of(lock).count("NOT closed") == 1, "and is closed once it can be")
    lock.terminate()
    end_of(lock)
    release(lab)
    lab.run("gw-a", ["ip", "link", "delete", "dev", "wan0"])


def check_usage(lab, path):
    both = lab.run("gw-a", [f"{BUILD}/cygnetd", "--lock", "--release"],
                   check=False)
    ok(both.returncode == 2 and "one of them" in both.stderr,
       f"--lock and --release at once are refused: {both.stderr.strip()}")
    notified = lab.run("gw-a", [
        "/usr/bin/python3", "-c", NOTIFY, f"{BUILD}/cygnetd", "--lock", "-f",
        path], check=False)
    ok(notified.stdout.strip() == "READY=1",
       f"it tells a service manager when all is closed {notified.stdout}")
    release(lab)


# Prints what the program in argv says to its service manager, and ends it.
NOTIFY = """
import os, socket, subprocess, sys
manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
manager.settimeout(5)
manager.bind("\\0cygnet-test-lock")
service = subprocess.Popen(sys.argv[1:], env={
    **os.environ, "NOTIFY_SOCKET": "@cygnet-test-lock"})
try:
    print(manager.recv(64).decode())
finally:
    service.terminate()
    service.wait(timeout=5)
"""


def main():
    with Lab(with_dmz=True) as lab:
        plain_route(lab)
        ok(leaked(lab, ["gw-a"]), "without a lock, what is sent is seen")
        lab.start_gateway("gw-b", everything("b"))
        gateway, path = check_boot(lab)
        check_locked_again(lab, gateway, path)
        check_released(lab, path)
        check_killed(lab, path)
        check_usage(lab, path)
        check_not_closed(lab, path)
    return finish()


sys.exit(main())
