#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Whatever happens to gw-a, what its policies protect is not seen on the wire: a
matrix of kinds of traffic and of events. Every kind flows without a pause, in
both families, from before the event until it is over; before the first event
and after the last one, without Cygnet, all of them are seen. All of it once
for each way that a gateway forwards: by itself, and by the kernel.

gw-a has plain routes to the far networks all the time, so that a hole would be
seen. What may be on the wire is ARP, what IPv6 says to its link, IKE and ESP.
"""
import collections
import ipaddress
import json
import os
import secrets
import signal
import socket
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import IKE, PSK  # noqa: E402
from lab import (BUILD, SIDES, SOCKET, Lab, LabError, finish,  # noqa: E402
                 log_of, ok, wait_until)

# Who sends, and to whom; in the order of the families.
Kind = collections.namedtuple("Kind", "what ns sources receiver targets")
FAR_HOST = ("10.2.0.2", "2001:db8:2::2")
KINDS = (
    Kind("the host's own", "gw-a", ("10.1.0.1", "2001:db8:1::1"), "host-b",
         FAR_HOST),
    Kind("to the peer itself", "gw-a", ("192.0.2.1", "2001:db8:ff::1"), "gw-b",
         ("192.0.2.2", "2001:db8:ff::2")),
    Kind("forwarded from dmz0, not served", "host-c",
         ("10.3.0.2", "2001:db8:3::2"), "host-b", FAR_HOST),
    Kind("forwarded from lan0, served", "host-a", ("10.1.0.2", "2001:db8:1::2"),
         "host-b", FAR_HOST),
)
FAMILIES = ((4, socket.AF_INET), (6, socket.AF_INET6))
# What gw-a protects: local_ts and remote_ts.
CHILDREN = {
    "lan4": ("10.1.0.0/24", "10.2.0.0/24"),
    "dmz4": ("10.3.0.0/24", "10.2.0.0/24"),
    "peer4": ("192.0.2.1/32", "192.0.2.2/32"),
    "lan6": ("2001:db8:1::/64", "2001:db8:2::/64"),
    "dmz6": ("2001:db8:3::/64", "2001:db8:2::/64"),
    "peer6": ("2001:db8:ff::1/128", "2001:db8:ff::2/128"),
}
FIRST_PORT = 7001
PAUSE_S = 0.001     # between two rounds, in which each kind sends once
ENOUGH = 150        # rounds while something stays as it is
WAIT_S = 20

ETH_BYTES, IPV6_BYTES = 14, 40
ARP, IPV4, IPV6 = b"\x08\x06", b"\x08\x00", b"\x86\xdd"
UDP, ESP, ICMPV6, HOP_BY_HOP = 17, 50, 58, 0
IKE_PORTS = {500, 4500}
GATEWAYS = {ipaddress.ip_address(a) for side in SIDES.values()
            for a in (side.outer, side.outer6)}


def conf(side, forward="direct", prefix="", backwards=False):
    """
    Of gw-a ("a") or gw-b ("b"): six children of one connection, under names
    with that prefix, in that order.
    """
    here, there = SIDES[side], SIDES[SIDES[side].peer]
    children = ""
    for name, ends in sorted(CHILDREN.items(), reverse=backwards):
        local, remote = ends if side == "a" else reversed(ends)
        children += f"""\
            {prefix}{name} {{
                local_ts = {local}
                remote_ts = {remote}
                esp_proposals = aes128gcm16
                start_action = {"trap" if side == "a" else "none"}
            }}
"""
    return f"""\
gateway {{
    protected = lan0
    unprotected = wan0
    forward = {forward}
    socket = {SOCKET}
}}
connections {{
    to-{here.peer} {{
        local_addrs = {here.outer}
        remote_addrs = {there.outer}
        proposals = {IKE}
        local {{
            auth = psk
        }}
        remote {{
            auth = psk
        }}
        children {{
{children}        }}
    }}
}}
secrets {{
    ike-{here.peer} {{
        secret = "{PSK}"
    }}
}}
"""


class Stream:
    """One kind in one family: who sends, who receives, and what was tried."""

    def __init__(self, lab, kind, index, port):
        family, number = FAMILIES[index][1], FAMILIES[index][0]
        self.what = f"{kind.what}, IPv{number}"
        self.needle = secrets.token_bytes(16)
        self.tried = self.arrived = 0
        self._target = (kind.targets[index], port)
        self._out = lab.socket(kind.ns, family, socket.SOCK_DGRAM)
        self._out.bind((kind.sources[index], 0))
        self._into = lab.socket(kind.receiver, family, socket.SOCK_DGRAM)
        self._into.bind(self._target)
        self._into.setblocking(False)

    def send(self):
        try:
            self._out.sendto(self.needle, self._target)
        except OSError:
            pass    # it has no way now
        self.tried += 1

    def receive(self):
        """Takes what has come; returns how many came in all."""
        try:
            while True:
                self._into.recv(64)
                self.arrived += 1
        except BlockingIOError:
            return self.arrived


class Traffic:
    """All streams; they flow from begin() to end()."""

    def __init__(self, lab):
        self.streams = [
            Stream(lab, kind, index, FIRST_PORT + 2 * n + index)
            for n, kind in enumerate(KINDS) for index in range(len(FAMILIES))]
        self.pause_s = PAUSE_S
        self._flows = False
        self._thread = None

    def begin(self):
        self._flows = True
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        while self._flows:
            for stream in self.streams:
                stream.send()
            time.sleep(self.pause_s)

    def end(self):
        self._flows = False
        self._thread.join()

    def go_on(self, rounds=ENOUGH):
        """Returns when each stream has sent so many more."""
        wanted = self.streams[-1].tried + rounds
        wait_until(lambda: self.streams[-1].tried >= wanted, WAIT_S,
                   "senders to send")

    def arrive(self):
        """Waits until of every stream something arrives that is sent now."""
        before = {stream: stream.receive() for stream in self.streams}

        def missing():
            return [stream.what for stream in self.streams
                    if stream.receive() == before[stream]]

        try:
            wait_until(lambda: not missing(), WAIT_S, "traffic")
        except LabError:
            raise LabError(f"does not arrive any more: {missing()}") from None


# --- what is on the wire

def ends_of(frame):
    """Source, destination, protocol and what is behind the IP header."""
    if frame[12:14] == IPV4:
        behind = ETH_BYTES + (frame[14] & 15) * 4
        ends, protocol = (frame[26:30], frame[30:34]), frame[23]
    else:
        behind = ETH_BYTES + IPV6_BYTES
        ends, protocol = (frame[22:38], frame[38:54]), frame[20]
    return (*map(ipaddress.ip_address, ends), protocol, frame[behind:])


def may_be_seen(frame):
    """ARP, what IPv6 says to its link, and IKE and ESP of the gateways."""
    if frame[12:14] == ARP:
        return True
    if frame[12:14] not in (IPV4, IPV6):
        return False
    source, target, protocol, rest = ends_of(frame)
    if protocol in (ICMPV6, HOP_BY_HOP):    # neighbours; MLD
        return frame[21] == 255 or target.is_multicast
    if not {source, target} <= GATEWAYS:
        return False
    if protocol == UDP:
        return {int.from_bytes(rest[:2], "big"),
                int.from_bytes(rest[2:4], "big")} <= IKE_PORTS
    return protocol == ESP


class Lookout:
    """Traffic flows, from now until seen(), and everything is captured."""

    def __init__(self, lab, traffic):
        self._traffic = traffic
        self._before = {s: s.tried for s in traffic.streams}
        self._capture = lab.capture("wire", "br0")
        traffic.begin()

    def seen(self):
        """{stream: (packets tried, frames in the clear)}, and what else is
        odd."""
        self._traffic.end()
        tried = {s: s.tried - n for s, n in self._before.items()}
        frames = self._capture.frames()
        clear = {s: [f for f in frames if s.needle in f] for s in tried}
        known = {f for found in clear.values() for f in found}
        odd = [f for f in frames if not may_be_seen(f) and f not in known]
        return {s: (tried[s], len(clear[s])) for s in tried}, odd


def check_closed(lab, traffic, event, happens):
    """A row for each kind of traffic, while something happens."""
    lookout = Lookout(lab, traffic)
    try:
        traffic.go_on()
        happens()
        traffic.go_on()
    finally:    # what leaves in the clear does not arrive, either
        seen, odd = lookout.seen()
        for stream, (tried, clear) in seen.items():
            ok(tried >= 2 * ENOUGH and not clear,
               f"{event}: {stream.what}: {tried} sent, {clear} in the clear")
        ok(not odd, f"{event}: nothing else is on the wire {odd[:1]}")


def check_open(lab, traffic, when):
    """The control: what none of the events may show is seen without Cygnet."""
    lookout = Lookout(lab, traffic)
    traffic.go_on(2 * ENOUGH)
    for stream, (tried, clear) in lookout.seen()[0].items():
        ok(clear > ENOUGH,
           f"{when}: {stream.what}: of {tried} sent, {clear} are seen")


# --- the events

class Events:
    """What happens to gw-a. Each returns when it is over."""

    def __init__(self, lab, traffic, far, forward):
        self.lab = lab
        self.traffic = traffic
        self.far = far
        self.forward = forward
        self.text = conf("a", forward)
        self.gateway = None

    def boot(self):
        """wan0 appears, as its driver is loaded, and then gets its address."""
        path = self.lab.write("gw-a.conf", self.text)
        lock = self.lab.spawn("gw-a", [f"{BUILD}/cygnetd", "--lock", "-f",
                                       path])
        wait_until(lambda: "lock: up" in log_of(lock), WAIT_S, "the lock")
        self.lab.add_wan_link("a")
        wait_until(lambda: "closed iface=wan0" in log_of(lock), WAIT_S,
                   "wan0 to be closed")
        self.lab.add_wan_address("a")
        self.lab.route_far_network("a")

    def start(self):
        self.gateway = self.lab.start_gateway("gw-a", self.text)
        self.traffic.arrive()

    def reload(self):
        self.gateway.client("reload")
        self.traffic.arrive()

    def swap(self):
        """Every policy goes, and another one takes its place."""
        for prefix, backwards in (("other-", True), ("", False)):
            self.text = conf("a", self.forward, prefix, backwards)
            self.lab.write("gw-a.conf", self.text)
            self.gateway.client("reload")
            self.traffic.arrive()

    def replace_sas(self):
        for name in CHILDREN:
            self.gateway.client("rekey", f"to-b/{name}")
        self.far.client("rekey", "to-a")
        self.traffic.arrive()

    def kill_ike(self):
        self.gateway.kill_role("ike")
        self.traffic.arrive()

    def kill_dp(self):
        self.gateway.kill_role("dp")
        self.traffic.go_on()
        self.traffic.arrive()

    def kill_ctl(self):
        self.gateway.process.send_signal(signal.SIGKILL)
        self.gateway.process.wait(timeout=WAIT_S)
        self.traffic.go_on()
        self.start()

    def kill_all(self):
        self.gateway.kill(signal.SIGKILL)
        self.gateway.process.wait(timeout=WAIT_S)
        self.traffic.go_on()
        self.start()

    def fill_rings(self):
        before = self._overflow()
        self.gateway.kill_role("dp", signal.SIGSTOP)
        self.traffic.pause_s = 0
        self.traffic.go_on(3000)
        self.traffic.pause_s = PAUSE_S
        self.gateway.kill_role("dp", signal.SIGCONT)
        self.traffic.arrive()
        if not self._overflow() > before:
            raise LabError("no ring was full")

    def _overflow(self):
        drops = self.gateway.drops()
        return sum(drops[name] for name in ("xsk_rx", "xsk_rx_full",
                                            "host_queue"))

    def remove_host_interface(self):
        self.lab.run("gw-a", ["ip", "link", "del", "ipsec0"])
        self.traffic.go_on()
        self.restart()

    def remove_unprotected(self):
        """As a network manager does: its address comes later."""
        self.lab.run("gw-a", ["ip", "link", "del", "wan0"])
        self.traffic.go_on()
        self.lab.add_wan_link("a")
        wait_until(lambda: "made anew" in self.gateway.log(), WAIT_S,
                   "a word about wan0")
        self.lab.add_wan_address("a")
        self.lab.route_far_network("a")
        self.traffic.go_on()
        self.restart()

    def remove_protected(self):
        """What it forwards is then as if from an interface not served."""
        self.lab.run("gw-a", ["ip", "link", "del", "lan0"])
        self.traffic.go_on()
        self.lab.add_lan("a")
        self.traffic.go_on()
        self.restart()

    def restart(self):
        self.gateway.stop(timeout=WAIT_S)
        self.start()

    def stop(self):
        self.gateway.stop(timeout=WAIT_S)
        said = self.gateway.log().splitlines()[-1]
        ok("what policies protect is dropped until" in said and
           "--release" in said,
           f"stop: it says what happens now, and how to release it: {said}")

    def upgrade(self):
        """The programs found are those of another version."""
        map_id = self._layout_map()
        self.lab.run("gw-a", [
            "bpftool", "map", "update", "id", str(map_id), "key", "0", "0", "0",
            "0", "value", "1", "2", "3", "4"])
        self.start()
        if "another layout" not in self.gateway.log():
            raise LabError("the layout was not found to be another one")

    def _layout_map(self):
        net = json.loads(self.lab.run("gw-a", ["bpftool", "-j",
                                               "net"]).stdout)[0]
        program = self.lab.run("gw-a", [
            "bpftool", "-j", "prog", "show", "id", str(net["tc"][0]["id"])])
        for map_id in json.loads(program.stdout)["map_ids"]:
            about = json.loads(self.lab.run("gw-a", [
                "bpftool", "-j", "map", "show", "id", str(map_id)]).stdout)
            if about["name"] == "cyg_layout":
                return map_id
        raise LabError("the programs have no map cyg_layout")

    def release(self):
        self.gateway.stop(timeout=WAIT_S)
        self.lab.run("gw-a", [f"{BUILD}/cygnetd", "-f",
                              os.path.join(self.lab.dir, "gw-a.conf"),
                              "--release"])


def columns(events):
    return (
        ("boot with --lock", events.boot),
        ("start", events.start),
        ("reload", events.reload),
        ("policies swapped", events.swap),
        ("SAs replaced", events.replace_sas),
        ("ike killed", events.kill_ike),
        ("dp killed", events.kill_dp),
        ("ctl killed", events.kill_ctl),
        ("all killed", events.kill_all),
        ("rings full", events.fill_rings),
        ("ipsec0 removed", events.remove_host_interface),
        ("wan0 removed", events.remove_unprotected),
        ("lan0 removed", events.remove_protected),
        ("stop", events.stop),
        ("programs of another layout", events.upgrade),
    )


def main():
    with Lab(with_dmz=True, with_ipv6=True) as lab:
        lab.route_far_network("a")
        traffic = Traffic(lab)
        check_open(lab, traffic, "without Cygnet")
        far = lab.start_gateway("gw-b", conf("b"))
        for forward in ("direct", "kernel"):
            events = Events(lab, traffic, far, forward)
            lab.run("gw-a", ["ip", "link", "del", "wan0"])
            for event, happens in columns(events):
                check_closed(lab, traffic, f"{forward}, {event}", happens)
            events.release()
            check_open(lab, traffic, f"{forward}, released")
    return finish()


sys.exit(main())
