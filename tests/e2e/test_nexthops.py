#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
What a gateway knows of its own addresses, its neighbours and its links, while
they change: nothing of it is forgotten, nothing is kept for ever, and no
destination loses packets for another one.
"""
import json
import os
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import (BUILD, Lab, LabError, finish, ok,  # noqa: E402
                 scapy_layers, wait_until)

HOST_B = "10.2.0.2"
PORT = 9000
HOSTS = 20          # behind gw-b; the cache's sets have room for four
ROUNDS = 50
HEALTHY = 2000      # packets to a host that is there
DEAD_SHARE = 4      # as many to one that is not
DEAD_HOST = "10.2.0.99"
DEAD_HOSTS = 40
ADDRESSES = 600     # with a broadcast each: more than the map holds
MAP_ROOM = 1024
CHURN = 4000
SO_RCVBUFFORCE = 33


def ping(lab, ns, target, *words):
    return lab.run(ns, ["ping", "-n", "-c", "3", "-i", "0.05", "-W", "1",
                        *words, target], check=False).returncode == 0


def batch(lab, name, lines):
    """A file for ip -batch."""
    return ["ip", "-batch", lab.write(name, "".join(f"{line}\n"
                                                    for line in lines))]


def comes_true(condition, what):
    try:
        return wait_until(condition, 15, what)
    except LabError:
        return False


# --- destinations

class Receivers:
    """A UDP socket of each of the first hosts on host-b's wire."""

    def __init__(self, lab, count):
        self.addresses = [f"10.2.0.{2 + i}" for i in range(count)]
        for address in self.addresses[1:]:
            lab.run("host-b", ["ip", "address", "add", f"{address}/24",
                               "dev", "eth0"])
        self.sockets = [lab.socket("host-b", socket.AF_INET, socket.SOCK_DGRAM)
                        for _ in self.addresses]
        for udp, address in zip(self.sockets, self.addresses):
            udp.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
            udp.bind((address, PORT))
        self.received = 0

    def count(self):
        """Packets since the last zeroing of received."""
        for udp in self.sockets:
            while True:
                try:
                    udp.recv(2048, socket.MSG_DONTWAIT)
                except BlockingIOError:
                    break
                self.received += 1
        return self.received


def check_many_hosts(lab):
    receivers = Receivers(lab, HOSTS)
    udp = lab.socket("host-a", socket.AF_INET, socket.SOCK_DGRAM)
    for i in range(ROUNDS):
        for address in receivers.addresses:
            udp.sendto(b"x" * 100, (address, PORT))
        if i == 0:  # gw-b asks for all of them at once; so many wait for each
            comes_true(lambda: receivers.count() == HOSTS, "the first of each")
        time.sleep(0.001)   # the rate; nothing is waited for
    comes_true(lambda: receivers.count() == HOSTS * ROUNDS, "all packets")
    ok(receivers.received == HOSTS * ROUNDS,
       f"{HOSTS} hosts of one network in turn: {receivers.received} of "
       f"{HOSTS * ROUNDS} packets arrive")
    return receivers


def check_dead_beside_healthy(lab, receivers):
    """Routes that come and go make gw-b ask for all next hops again."""
    receivers.received = 0
    udp = lab.socket("host-a", socket.AF_INET, socket.SOCK_DGRAM)
    for i in range(HEALTHY):
        udp.sendto(b"x" * 100, (HOST_B, PORT))
        for _ in range(DEAD_SHARE):
            udp.sendto(b"x" * 100, (DEAD_HOST, PORT))
        time.sleep(0.0002)  # the rate; nothing is waited for
        if i % 100 == 0:
            for verb in ("add", "del"):
                lab.run("gw-b", ["ip", "route", verb, "13.0.0.0/24",
                                 "dev", "lan0"])
    comes_true(lambda: receivers.count() == HEALTHY, "all packets")
    ok(receivers.received == HEALTHY,
       "a host that does not exist beside one that does, while routes change: "
       f"{receivers.received} of {HEALTHY} packets arrive at the latter")


# --- neighbours

def managed(lab, ns):
    lines = lab.run(ns, ["ip", "-details", "neigh", "show"]).stdout.splitlines()
    return sorted(line.split()[0] for line in lines if " managed" in line)


def release(lab, ns):
    lab.run(ns, [f"{BUILD}/cygnetd", "-f", f"{lab.dir}/{ns}.conf", "--release"])


def check_neighbours(lab, gateway):
    """On gw-b's LAN: hosts that are not there, host-b, and an operator's."""
    operators = "10.2.0.200"
    lab.run("gw-b", ["ip", "neigh", "replace", operators, "dev", "lan0",
                     "lladdr", "02:00:00:00:00:77", "nud", "permanent"])
    lab.run("host-a", ["sh", "-c", " ".join(
        f"ping -c 1 -W 1 10.2.0.{100 + i} >&2 &" for i in range(DEAD_HOSTS))
        + f" ping -c 1 -W 1 {operators} >&2; wait"], check=False)
    ok(gateway.drops()["no_neighbour"] >= DEAD_HOSTS and
       ping(lab, "host-a", HOST_B),
       f"{DEAD_HOSTS} hosts that are not there are asked for in vain")
    kept = [f"10.2.0.{2 + i}" for i in range(HOSTS)] + ["192.0.2.1"]
    found = managed(lab, "gw-b")
    ok("10.2.0.2" in found and "192.0.2.1" in found and set(found) <= set(kept),
       f"the kernel keeps those that are there, and no others: {found}")
    gateway.stop()
    ok(not managed(lab, "gw-b"), "after a stop it keeps none for us")
    gateway = lab.start_gateway("gw-b", lab.default_conf("b"))
    lab.run("gw-b", ["ping", "-c", "1", "-W", "1", "10.1.0.2"], check=False)
    comes_true(lambda: managed(lab, "gw-b"), "a neighbour in use")
    gateway.kill(signal.SIGKILL)
    gateway.process.wait(timeout=10)
    left = managed(lab, "gw-b")
    release(lab, "gw-b")
    lines = lab.run("gw-b", ["ip", "neigh", "show", operators]).stdout
    ok(left and not managed(lab, "gw-b") and "PERMANENT" in lines,
       f"nor does it after SIGKILL ({left}) and --release; an operator's entry "
       "stays")


# --- addresses

def check_cloud_address(lab):
    """An address of 32 bits that is its own broadcast, as DHCP may give it."""
    lab.run("gw-a", ["ip", "address", "del", "192.0.2.1/24", "dev", "wan0"])
    lab.run("gw-a", ["ip", "address", "add", "192.0.2.1/32", "broadcast",
                     "192.0.2.1", "dev", "wan0"])
    lab.run("gw-a", ["ip", "route", "add", "192.0.2.0/24", "dev", "wan0",
                     "src", "192.0.2.1"])
    ok(comes_true(lambda: ping(lab, "host-a", HOST_B), "a ping"),
       "an address that is its own broadcast is an address: the tunnel works")


def check_many_addresses(lab, gateway):
    """10.0.0.0/8 is behind gw-b, but for what is an address of gw-a's."""
    lines = [f"10.{100 + i // 250}.{i % 250}.1/30 broadcast +"
             for i in range(ADDRESSES)]
    last = lines[-1].split("/")[0]
    lab.run("gw-a", batch(lab, "addresses", [
        f"address add {line} dev lan0" for line in lines]))
    ok(comes_true(lambda: ping(lab, "host-a", last), "an answer"),
       f"all of {ADDRESSES} addresses with broadcasts are gw-a's own")
    churn = lab.spawn("gw-a", batch(lab, "churn", [
        f"address {verb} 10.90.0.1/32 dev lan0" for _ in range(CHURN)
        for verb in ("add", "del")]))
    churn.wait(timeout=60)
    ok(comes_true(lambda: ping(lab, "host-a", HOST_B), "a ping") and
       ping(lab, "host-a", last),
       f"nothing is forgotten over an address that came and went {CHURN} times")
    lab.run("gw-a", batch(lab, "more", [
        f"address add 10.200.{i // 250}.{i % 250}/32 dev lan0"
        for i in range(MAP_ROOM)]))
    lab.run("gw-a", ["ip", "address", "add", "10.250.0.1/32", "dev", "lan0"])
    comes_true(lambda: "too many addresses" in gateway.log(), "an error line")
    ok(gateway.log().count("too many addresses") == 1 and
       ping(lab, "host-a", HOST_B),
       "more addresses than there is room for are an error, told once")


# --- links

def tunnel_mtu(lab):
    routes = json.loads(lab.run("gw-a", [
        "ip", "-json", "route", "show", "table", "220"]).stdout)
    return [metrics["mtu"] for route in routes
            for metrics in route.get("metrics", [])]


def check_link(lab, gateway):
    before = tunnel_mtu(lab)
    lab.run("gw-a", ["ip", "link", "set", "dev", "wan0", "mtu", "1300"])
    ok(comes_true(lambda: tunnel_mtu(lab) == [before[0] - 208], "a smaller MTU"),
       f"wan0 gets an MTU of 1300: {before[0]} of the tunnel's route becomes "
       f"{tunnel_mtu(lab)[0]}")
    capture = lab.capture("wire", "a", filter="esp")
    drops = gateway.drops()["too_big"]
    large = ping(lab, "host-a", HOST_B, "-s", "1300", "-M", "do")
    ok(not large and not capture.stop() and
       gateway.drops()["too_big"] == drops + 1,
       "and what does not fit is too_big")
    mac = "02:00:00:00:00:55"
    lab.run("gw-a", ["ip", "link", "set", "dev", "wan0", "address", mac])
    lab.run("gw-b", ["ip", "neigh", "replace", "192.0.2.1", "lladdr", mac,
                     "dev", "wan0", "nud", "reachable"])
    capture = lab.capture("wire", "a", filter="esp")
    answered = comes_true(lambda: ping(lab, "host-a", HOST_B), "a ping")
    ether = scapy_layers().layers.l2.Ether
    sources = {p[ether].src for p in capture.stop()
               if p["IP"].src == "192.0.2.1"}
    ok(answered and sources == {mac},
       f"wan0 gets another MAC: ESP leaves with it: {sources}")
    lab.run("gw-a", ["ip", "link", "set", "dev", "wan0", "down"])
    comes_true(lambda: not tunnel_mtu(lab), "the kernel's flush")
    lab.run("gw-a", ["ip", "link", "set", "dev", "wan0", "up"])
    ok(comes_true(lambda: tunnel_mtu(lab), "the route"),
       "wan0 goes down and up again: the tunnel's route is back")


# --- what is found at the start

def check_start(lab):
    """The queues of a bridge are no channels, and its forwarding is its own."""
    lab.run("gw-a", ["ip", "link", "add", "name", "br9", "numrxqueues", "4",
                     "type", "bridge"])
    lab.run("gw-a", ["ip", "link", "set", "dev", "br9", "up"])
    conf = lab.default_conf("a").replace("protected = lan0",
                                         "protected = lan0, br9", 1)
    lab.run("gw-a", ["sysctl", "-qw", "net.ipv4.conf.br9.forwarding=0"])
    path = lab.write("br9.conf", conf)
    done = lab.run("gw-a", [f"{BUILD}/cygnetd", "-f", path], check=False)
    ok(done.returncode != 0 and
       "sysctl -w net/ipv4/conf/br9/forwarding=1" in done.stderr,
       "an interface without forwarding is refused, with the remedy: "
       f"{done.stderr.strip()}")
    lab.run("gw-a", ["sysctl", "-qw", "net/ipv4/conf/br9/forwarding=1"])
    gateway = lab.start_gateway("gw-a", conf)
    queues = gateway.status()["interfaces"]["br9"]["queues"]
    ok(int(queues) == 4, f"of an interface without channels all queues are "
       f"served: {queues}")
    gateway.stop()


def main():
    with Lab() as lab:
        check_start(lab)
        gateways = {side: lab.start_gateway(f"gw-{side}", lab.default_conf(side))
                    for side in "ab"}
        ok(comes_true(lambda: "192.0.2.2" in managed(lab, "gw-a"), "the peer"),
           "the way to the peer is found out before there is a packet for it")
        receivers = check_many_hosts(lab)
        check_dead_beside_healthy(lab, receivers)
        check_neighbours(lab, gateways["b"])
        gateways["a"].stop()
        for side in "ab":
            gateways[side] = lab.start_gateway(
                f"gw-{side}", lab.default_conf(side)
                .replace("remote_ts = 10.2.0.0/24", "remote_ts = 10.0.0.0/8")
                .replace("local_ts = 10.2.0.0/24", "local_ts = 10.0.0.0/8"))
        check_link(lab, gateways["a"])
        check_cloud_address(lab)
        check_many_addresses(lab, gateways["a"])
    return finish()


sys.exit(main())
