#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
When gw-a's daemon dies, nothing that a policy protects leaves in the clear,
and every packet that was sent is found under a name. Three kinds of senders:
a LAN host, the gateway itself, and a host behind an interface that Cygnet does
not serve; each of them also as if it were IKE or DHCP. gw-a has a plain route
to the far network all the time, so that a hole would be seen; at the end
--release opens one, and the same senders are seen.

Sequence numbers of manual SAs start again at 1 with the daemon: the replay
window is off here.
"""
# Runs alone: it floods, and counts every packet.
import json
import os
import secrets
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import (BUILD, SOCKET, Lab, LabError, finish, ok,  # noqa: E402
                 search_plaintext, wait_until)

FAR_HOST = "10.2.0.2"
PLAIN_PORT = 7
# What a rule by ports alone would let out: IKE, IKE with NAT, DHCP.
TEMPTING_PORTS = (500, 4500, 67)
PORTS = (PLAIN_PORT, *TEMPTING_PORTS)
COUNT = 1000      # packets of each sender to PLAIN_PORT while it is down
FEW = 50          # to every tempting port, and to every port while it is up
BURST = 25        # packets in a row; then the others have time to read
PAUSE_S = 0.002

# Machine and source address of each sender.
SENDERS = {"host-a": "10.1.0.2", "gw-a": "10.1.0.1", "host-c": "10.3.0.2"}

# argv: needle, count, pause, source, destination, ports
UNPRIVILEGED = f"""
import os, socket, sys, time
assert os.getuid() != 0
needle, count, source, target, *ports = sys.argv[1:]
for port in map(int, ports):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind((source, port))
        for i in range(int(count)):
            udp.sendto(bytes.fromhex(needle), (target, port))
            if i % {BURST} == 0:
                time.sleep({PAUSE_S})
"""


def conf(lab, side):
    """default_conf() with a second network behind gw-a and no window."""
    text = lab.default_conf(side).replace("replay_window = 1024",
                                          "replay_window = 0")
    here, there = (("10.3.0.0/24", "10.2.0.0/24") if side == "a"
                   else ("10.2.0.0/24", "10.3.0.0/24"))
    assert text.endswith("}\n}\n")
    return text[:-2] + f"""\
    dmz {{
        action = protect
        local_ts = {here}
        remote_ts = {there}
        manual = to-{"b" if side == "a" else "a"}
    }}
}}
"""


class Traffic:
    """Sockets of all senders and of the receiver; a needle for each sender."""

    def __init__(self, lab):
        self.lab = lab
        self.needles = {ns: secrets.token_bytes(32) for ns in SENDERS}
        self.nobody = secrets.token_bytes(32)
        self._out = {(ns, port): self._bind(ns, source, port)
                     for ns, source in SENDERS.items() for port in PORTS
                     # there the unprivileged process needs them
                     if ns != "gw-a" or port == PLAIN_PORT}
        self._in = [self._bind("host-b", FAR_HOST, port) for port in PORTS]
        lab.run("gw-a", ["sysctl", "-qw",
                         "net.ipv4.ip_unprivileged_port_start=0"])

    def _bind(self, ns, address, port):
        udp = self.lab.socket(ns, socket.AF_INET, socket.SOCK_DGRAM)
        udp.bind((address, port))
        return udp

    def everybody(self):
        """All needles, by who sends them."""
        return dict(self.needles, nobody=self.nobody)

    def send(self, count, port=PLAIN_PORT):
        """Every sender that has this port sends so many, in turn."""
        for i in range(count):
            for (ns, own_port), udp in self._out.items():
                if own_port == port:
                    udp.sendto(self.needles[ns], (FAR_HOST, port))
            if i % BURST == 0:
                time.sleep(PAUSE_S)

    def send_tempting(self, count):
        """To and from the tempting ports, on gw-a without privileges."""
        for port in TEMPTING_PORTS:
            self.send(count, port)
        self.lab.run("gw-a", [
            "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
            "/usr/bin/python3", "-c", UNPRIVILEGED, self.nobody.hex(),
            str(count), SENDERS["gw-a"], FAR_HOST, *map(str, TEMPTING_PORTS)],
            timeout=60)

    def received(self):
        """What host-b received since the last call: [(sender, port)]."""
        who = {needle: name for name, needle in self.everybody().items()}
        got = []
        for udp, port in zip(self._in, PORTS):
            while True:
                try:
                    needle = udp.recv(2048, socket.MSG_DONTWAIT)
                except BlockingIOError:
                    break
                got.append((who[needle], port))
        return got


def all_sent(count):
    """What host-b has received when everybody sent so many to each port."""
    return sorted([(ns, port) for ns in SENDERS for port in PORTS
                   if ns != "gw-a" or port == PLAIN_PORT] * count +
                  [("nobody", port) for port in TEMPTING_PORTS] * count)


def leaked(traffic, packets):
    """Who is seen in the clear."""
    return {name for name, needle in traffic.everybody().items()
            if search_plaintext(packets, needle)}


def warm_up(traffic):
    """Next hops are known: few packets may wait for one."""
    got = []

    def complete():
        got.extend(traffic.received())
        return len(got) >= len(SENDERS)

    traffic.send(1)
    wait_until(complete, 5, "the first packets")


def check_up(lab, traffic, when):
    traffic.received()
    warm_up(traffic)
    capture = lab.capture("wire", "br0")
    traffic.send(FEW)
    traffic.send_tempting(FEW)
    got = []

    def complete():
        got.extend(traffic.received())
        return len(got) >= len(all_sent(FEW))

    try:
        wait_until(complete, 5, "what was sent")
    except LabError:
        pass    # said by the next line
    packets = capture.stop()
    ok(sorted(got) == all_sent(FEW),
       f"{when}: all senders reach host-b on all ports, each packet once")
    ok(not leaked(traffic, packets),
       f"{when}: in the clear on the wire: "
       f"{leaked(traffic, packets) or 'nobody'}")


class Books:
    """
    Counts that outlive the daemon: the maps that its programs use, by ids that
    it gave while it lived, and what its host interface dropped.
    """

    def __init__(self, lab, ids, names):
        self.lab = lab
        self.ids = {name: str(ids[name])
                    for name in ("drops", "worker_drops", "passes",
                                 "worker_passes")}
        self.names = names

    def read(self):
        """{name: packets}, those that are not 0."""
        found = {}
        for kind, map_id in self.ids.items():
            dump = self.lab.run("gw-a", ["bpftool", "-j", "map", "dump", "id",
                                         map_id])
            for entry in json.loads(dump.stdout):
                # Workers have a row each, filled up to a multiple of 4.
                names = self.names[kind]
                index = self._number(entry["key"]) % (-(-len(names) // 4) * 4)
                name = names[index] if index < len(names) else "filling"
                values = entry.get("values") or [entry]
                found[name] = found.get(name, 0) + sum(
                    self._number(v["value"][:8]) for v in values)
        link = self.lab.run("gw-a", ["ip", "-j", "-s", "link", "show", "dev",
                                     "ipsec0"])
        found["host_queue"] = json.loads(
            link.stdout)[0]["stats64"]["tx"]["dropped"]
        return {name: n for name, n in found.items() if n}

    @staticmethod
    def _number(octets):
        return int.from_bytes(bytes(int(o, 16) for o in octets), "little")


def books_of(lab, gateway):
    # Index 0 of the drops is no reason; the names stand in the enum's order.
    drops = ["none", *gateway.drops()]
    passes = [f"pass {name}" for name in gateway.passes()]
    return Books(lab, gateway.status()["maps"],
                 {"drops": drops, "worker_drops": drops,
                  "passes": passes, "worker_passes": passes})


def difference(after, before):
    return {name: after.get(name, 0) - before.get(name, 0)
            for name in after if after.get(name, 0) != before.get(name, 0)}


def check_down(lab, traffic, books, when):
    """The exact account of what is sent while no daemon runs."""
    tempting = FEW * len(TEMPTING_PORTS)
    by_guard = 2 * COUNT + 2 * tempting     # gw-a with its nobody, host-c
    expected = {"no_worker": COUNT + tempting, "host_queue": by_guard,
                "pass steer_host": by_guard}
    traffic.received()
    before = books.read()
    capture = lab.capture("wire", "br0")
    traffic.send(COUNT)
    traffic.send_tempting(FEW)
    def found_now():
        found = difference(books.read(), before)
        found.pop("pass not_ip", None)      # ARP, whenever a neighbour wants it
        return found
    try:
        wait_until(lambda: found_now() == expected, 5,
                   "all packets in the books")
    except LabError:
        pass    # said by the next line
    packets = capture.stop()
    found = found_now()
    ok(found == expected, f"{when}: every packet is dropped by a name: {found}")
    ok(not traffic.received(), f"{when}: nothing reaches host-b")
    ok(not leaked(traffic, packets),
       f"{when}: in the clear on the wire: "
       f"{leaked(traffic, packets) or 'nobody'}")


def delivered(lab):
    """Packets that came to host-b, whoever reads them."""
    head, values = [line.split() for line in lab.run(
        "host-b", ["cat", "/proc/net/snmp"]).stdout.splitlines()
        if line.startswith("Ip:")]
    return int(values[head.index("InDelivers")])


def check_account(lost, found, when):
    """
    What has no name went with the worker: it had been steered to it, and was
    not yet seen to end. Returns how many those are.
    """
    passed = {name.removeprefix("pass "): n for name, n in found.items()
              if name.startswith("pass ")}
    steered = passed["steer_out"] + passed["steer_host"]
    ended = passed.get("worker_tx", 0) + sum(
        n for name, n in found.items()
        if not name.startswith("pass ") and name != "no_worker")
    ok(0 <= lost <= steered - ended,
       f"{when}: {lost} packets have no name, of the {steered - ended} that "
       "were on their way through the worker")
    return steered - ended


def check_dying(lab, traffic, gateway, far_gateway, sig, when):
    """
    The daemon ends in the midst of traffic. Returns how many packets were then
    with its worker.
    """
    books = books_of(lab, gateway)
    before, arrived = books.read(), delivered(lab)
    # In no map before the daemon ends: what its sockets count.
    before.update({name: n for name, n in gateway.drops().items()
                   if name.startswith("xsk_")})
    far = sum(far_gateway.drops().values())
    capture = lab.capture("wire", "br0")
    traffic.send(COUNT // 2)
    gateway.kill(sig)
    traffic.send(COUNT)
    gateway.process.wait(timeout=10)
    traffic.send(COUNT // 2)
    packets = capture.stop()
    found = difference(books.read(), before)
    named = sum(n for name, n in found.items() if not name.startswith("pass "))
    died = check_account(
        2 * COUNT * len(SENDERS) - named - (delivered(lab) - arrived) -
        (sum(far_gateway.drops().values()) - far), found, when)
    esp = [p for p in packets if p.haslayer("IP") and p["IP"].proto == 50]
    ok(len(esp) >= COUNT // 2, f"{when}: before it, ESP was on the wire")
    ok(not leaked(traffic, packets),
       f"{when}: in the clear on the wire: "
       f"{leaked(traffic, packets) or 'nobody'}")
    return died


def check_failed_start(lab, traffic):
    """A new daemon that gives up does not take the old one's programs away."""
    text = conf(lab, "a").replace(SOCKET, f"{lab.dir}/bad.conf/vici")
    path = lab.write("bad.conf", text)
    done = lab.run("gw-a", [f"{BUILD}/cygnetd", "-f", path], check=False)
    ok(done.returncode != 0, "a daemon without a control socket gives up: "
       f"{done.stderr.strip()}")
    traffic.received()
    capture = lab.capture("wire", "br0")
    traffic.send(FEW)
    traffic.send_tempting(FEW)
    packets = capture.stop()
    ok(not leaked(traffic, packets) and not traffic.received(),
       "after that nothing reaches host-b; in the clear on the wire: "
       f"{leaked(traffic, packets) or 'nobody'}")


def check_restart(lab, traffic):
    """A new daemon takes over from the old one in the midst of traffic."""
    capture = lab.capture("wire", "br0")
    sender = threading.Thread(target=traffic.send, args=[10 * COUNT])
    sender.start()
    try:
        gateway = lab.start_gateway("gw-a", conf(lab, "a"))
        during = sender.is_alive()
    finally:
        sender.join()
    packets = capture.stop()
    ok(during and not leaked(traffic, packets),
       "while a new daemon takes over: in the clear on the wire: "
       f"{leaked(traffic, packets) or 'nobody'}")
    return gateway


def check_release(lab, traffic, far_gateway):
    """The positive control: without Cygnet all of them are seen."""
    lab.run("gw-a", [f"{BUILD}/cygnetd", "-f",
                     os.path.join(lab.dir, "gw-a.conf"), "--release"])
    net = json.loads(lab.run("gw-a", ["bpftool", "-j", "net"]).stdout)[0]
    links = lab.run("gw-a", ["ip", "-br", "link"]).stdout
    ok(not net["xdp"] and not net["tc"] and "ipsec0" not in links,
       "--release takes programs and ipsec0 away")
    before = far_gateway.drops()["plaintext_in"]
    capture = lab.capture("wire", "br0")
    traffic.send(FEW)
    traffic.send_tempting(FEW)
    packets = capture.stop()
    seen = {name: len(search_plaintext(packets, needle))
            for name, needle in traffic.everybody().items()}
    ports = len(TEMPTING_PORTS)
    ok(seen == {"host-a": FEW * (ports + 1), "gw-a": FEW, "nobody": FEW * ports,
                "host-c": FEW * (ports + 1)},
       f"then every packet of every sender is seen on the wire: {seen}")
    ok(far_gateway.drops()["plaintext_in"] - before == sum(seen.values()) and
       not traffic.received(),
       "and gw-b drops each of them as plaintext_in")


def main():
    with Lab(with_dmz=True) as lab:
        lab.route_far_network("a")
        gateway = lab.start_gateway("gw-a", conf(lab, "a"))
        far_gateway = lab.start_gateway("gw-b", conf(lab, "b"))
        traffic = Traffic(lab)
        check_up(lab, traffic, "daemon up")
        books = books_of(lab, gateway)
        died = check_dying(lab, traffic, gateway, far_gateway, signal.SIGKILL,
                           "SIGKILL")
        check_down(lab, traffic, books, "after SIGKILL")
        check_failed_start(lab, traffic)
        gateway = check_restart(lab, traffic)
        named = gateway.drops()["worker_died"]
        ok(named >= died, f"the next daemon gives them a name: {named} packets "
           "are worker_died")
        check_up(lab, traffic, "daemon up again")
        books = books_of(lab, gateway)
        check_dying(lab, traffic, gateway, far_gateway, signal.SIGTERM,
                    "SIGTERM")
        ok(gateway.process.returncode == 0, "SIGTERM ends it with status 0")
        check_down(lab, traffic, books, "after SIGTERM")
        check_release(lab, traffic, far_gateway)
    return finish()


sys.exit(main())
