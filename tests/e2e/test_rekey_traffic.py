#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
No packet is lost in a gateway while SAs are rekeyed, on a path that delays by
50 ms and reorders by up to 16 places, at 80 % of the rate at which nothing is
lost; nothing leaks meanwhile, and nothing is dropped as a replay or for an
unknown SPI at either side.

Both sides rekey the CHILD SA and the IKE SA in turn, strongSwan's charon and we,
or two gateways of ours, with traffic both ways. What is sent, what the wire
carries and what arrives is counted: what charon loses is told apart from what we
do. Then once more where IKE is faster than ESP, so that a DELETE overtakes what
was sent before it; and on a path that loses and doubles what IKE says.
"""
# Runs alone: it asks that nothing be lost.
import itertools
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import charon  # noqa: E402
import relay  # noqa: E402
from flows import Flow, link_dropped, sink, snmp  # noqa: E402
from ike_conf import IKE, PSK, ike_conf  # noqa: E402
from lab import BUILD, Lab, LabError, finish, ok, wait_until  # noqa: E402

ESP = "aes128gcm16-x25519"  # rekeyed with a key exchange of its own
DELAY_MS, PLACES = 50, 16
FIRST_PPS, LEAST_PPS, TRIAL_S, BISECTIONS = 10000, 250, 0.7, 2
OFFERED = 0.95      # less of it: the senders can't do more
SHARE = 0.8
SLOW_PPS = 4000
LOSSY_S, LOSSY_PAUSE_S, LOSSY_PPS = 6, 0.1, 1000
LOSSY_UPS = 5       # rekeyings: there should be many more
FAST_DAEMON = "tests/support/cygnetd_fast"
FLOWING = 200       # packets: traffic is under way
FLOW_S = 90         # at most; it is ended before
WAIT_S = 30
ATTEMPTS = 4        # others use the processors too: each at half the rate
QUIET_S = 0.2       # four times the path's delay

HOSTS = {"host-a": "10.2.0.2", "host-b": "10.1.0.2"}  # and whom they reach
LINKS = (("host-a", "eth0"), ("wire", "a"), ("wire", "b"), ("host-b", "eth0"))
# Where there are not enough processors, not where something was rekeyed.
OVERLOAD = ("xsk_rx", "xsk_rx_full", "tx_full", "link_tx", "link", "relay")
# charon's words for a replay and for an unknown SPI.
CHARON_DROPS = ("sequence number verification failed",
                "does not belong to an installed SA")


class Charon:
    """The peer that is not ours."""
    name = "charon"

    def __init__(self, lab):
        self.charon = charon.start(
            lab, "gw-b", local="192.0.2.2", remote="192.0.2.1",
            local_ts="10.2.0.0/24", remote_ts="10.1.0.0/24", ike=IKE, esp=ESP,
            psk=PSK)
        self._mark = 0

    def rekey(self, what):
        self.charon.rekey(what)

    def drops(self):
        """Those of which it writes, by its words."""
        log = self.charon.log()
        return {words: log.count(words) for words in CHARON_DROPS}


class Ours:
    """The peer that is ours."""
    name = "gw-b"

    def __init__(self, lab, program="cygnetd"):
        self.gateway = lab.start_gateway("gw-b", ike_conf("b", esp=ESP),
                                         program)

    def rekey(self, what):
        self.gateway.client("rekey", "to-a/net" if what == "child" else "to-a")

    def drops(self):
        return self.gateway.drops()


class Path:
    """host-a, our gateway, the relay, the peer and host-b."""

    def __init__(self, lab, make_peer, seed, program="cygnetd"):
        self.lab = lab
        self.seed = seed
        self.start_relay()
        self.peer = make_peer(lab)
        self.gateway = lab.start_gateway(
            "gw-a", ike_conf("a", "start", esp=ESP), program)
        wait_until(lambda: "child_sa up" in self.gateway.log(), WAIT_S,
                   "the tunnel")
        for ns, target in HOSTS.items():  # neighbours are known
            lab.run(ns, ["ping", "-c", "1", "-W", "2", target])

    def start_relay(self, **options):
        self.relay = relay.start(self.lab, delay_ms=DELAY_MS, reorder=PLACES,
                                 seed=self.seed, **options)

    def rekey(self, what):
        self.gateway.client("rekey", "to-b/net" if what == "child" else "to-b")

    def arrived(self):
        return {ns: snmp(self.lab, ns, "Ip", "InDelivers") for ns in HOSTS}

    def look(self):
        """All counts there are; those of drops begin with "-"."""
        wire = self.relay.counts()
        counts = self.arrived()
        for port in relay.PORTS:
            for way in ("in", "out"):
                counts[f"{port} {way}"] = wire[port][way]["esp"]
        counts["clear"] = sum(wire[port]["in"]["clear"]
                              for port in relay.PORTS)
        # Of the socket by which charon gets ESP, and IKE; ours needs none.
        counts["socket"] = snmp(self.lab, "gw-b", "Udp", "RcvbufErrors")
        counts["-relay"] = sum(wire[port]["lost"] for port in relay.PORTS)
        counts["-link"] = sum(link_dropped(self.lab, *link) for link in LINKS)
        for name, n in self.gateway.drops().items():
            counts[f"-{name}"] = n
        for name, n in self.peer.drops().items():
            counts[f"-peer {name}"] = n
        return counts

    def look_at_rest(self):
        """Once nothing is under way any more."""
        seen = [self.look()]

        def rest():
            time.sleep(QUIET_S)
            seen.append(self.look())
            return seen[-1] == seen[-2]

        wait_until(rest, WAIT_S, "rest")
        return seen[-1]

    def send(self, pps, seconds):
        return [Flow(self.lab, ns, target, pps, seconds)
                for ns, target in HOSTS.items()]

    def wait_for_traffic(self):
        """Until as much has arrived as proves that it flows."""
        before = self.arrived()
        wait_until(lambda: all(n > before[ns] + FLOWING for ns, n
                               in self.arrived().items()), WAIT_S, "traffic")


class Account:
    """What happened between two looks, and what the hosts sent."""

    def __init__(self, before, after, sent):
        self.sent = dict(zip(HOSTS, sent))
        self.more = {name: n - before[name] for name, n in after.items()}
        self.drops = {name[1:]: n for name, n in self.more.items()
                      if name[0] == "-" and n}

    def overloaded(self):
        return any(name.removeprefix("peer ") in OVERLOAD
                   for name in self.drops)

    def ours(self):
        """Lost between our receiving and our sending, both ways."""
        return (self.sent["host-a"] - self.more["a in"] +
                self.more["b out"] - self.more["host-a"])

    def peers(self):
        return (self.sent["host-b"] - self.more["b in"] +
                self.more["a out"] - self.more["host-b"])

    def lossless(self):
        return not self.drops and not self.ours() and not self.peers()


# --- the rate

def trial(path, pps):
    """Is nothing lost of as much as this?"""
    before = path.look()
    sent = [flow.end() for flow in path.send(pps, TRIAL_S)]
    account = Account(before, path.look_at_rest(), sent)
    return account.lossless() and min(sent) >= OFFERED * pps * TRIAL_S


def no_loss_rate(path):
    """Doubled until something is lost, and then between the two."""
    good, bad = 0, FIRST_PPS
    while trial(path, bad):
        good, bad = bad, 2 * bad
    while not good:
        bad //= 2
        if bad < LEAST_PPS:
            raise LabError(f"something is lost at {LEAST_PPS} a second")
        if trial(path, bad) or trial(path, bad):
            good, bad = bad, 2 * bad
    for _ in range(BISECTIONS):
        middle = (good + bad) // 2
        good, bad = (middle, bad) if trial(path, middle) else (good, middle)
    return good


# --- rekeying

def count(path, line):
    return path.gateway.log().count(line)


def rekey_once(path, pps, who, what):
    """The account of it, and whether all of it happened under traffic."""
    down = f"{what}_sa down"
    before, downs = path.look(), count(path, down)
    flows = path.send(pps, FLOW_S)
    path.wait_for_traffic()
    who.rekey(what)
    wait_until(lambda: count(path, down) > downs, WAIT_S, "the old one's end")
    path.wait_for_traffic()
    alive = all(flow.runs() for flow in flows)
    sent = [flow.stop() for flow in flows]
    return Account(before, path.look_at_rest(), sent), alive


def check_rekey(path, pps, who, what):
    for _ in range(ATTEMPTS):
        account, alive = rekey_once(path, pps, who, what)
        if not account.overloaded():
            break
        print(f"# {pps} are too many for the processors: {account.drops}")
        pps //= 2
    name = (f"{'we rekey' if who is path else f'{path.peer.name} rekeys'} the "
            f"{what.replace('ike', 'IKE').replace('child', 'CHILD')} SA at "
            f"{pps} a second each way")
    ok(alive and account.ours() == 0,
       f"{name}: of {account.sent['host-a']} and {account.more['b out']} that "
       f"we got, we lost {account.ours()}")
    ok(not account.drops, f"nothing is dropped by a name: {account.drops}")
    ok(account.more["clear"] == 0, "nothing is in the clear on the wire")
    if path.peer.name != "charon":
        ok(account.peers() == 0, f"the peer lost {account.peers()}")
    else:
        lost = account.more["a out"] - account.more["host-b"]
        ok(lost <= account.more["socket"],
           f"all that we sent reached {path.peer.name}: of "
           f"{account.more['a out']} it lost {lost}, for "
           f"{account.more['socket']} its socket had no room")


def check_slow(path):
    """
    Few packets: a DELETE is answered before the last of the old SA are there.
    charon's log has each, and would tell of an unknown SPI.
    """
    theirs = path.peer.name == "charon"
    if theirs:
        path.peer.charon.log_packets(True)
    for options in ({}, {"only": "esp"}):
        path.relay.stop()
        path.start_relay(**options)
        if options:
            print("# now IKE is not delayed")
        for who in (path, path.peer):
            check_rekey(path, SLOW_PPS, who, "child")
    if theirs:
        ok("parsed ESP header" in path.peer.charon.log(),
           "charon's log has every packet")


def rekey_again_and_again(path):
    """
    By both sides, one as soon as the other: `cygnet rekey` is not waited for.
    """
    commands = [(ns, name) for what in ("/net", "", "/net") for ns, name
                in (("gw-a", f"to-b{what}"), ("gw-b", f"to-a{what}"))]
    end_s = time.monotonic() + LOSSY_S
    for ns, name in itertools.cycle(commands):
        path.lab.spawn(ns, [f"{BUILD}/cygnet", "rekey", name])
        time.sleep(LOSSY_PAUSE_S)
        if time.monotonic() > end_s:
            return


def check_lossy(lab):
    """
    With a clock that is faster in both, so that what is lost is sent again
    after a fraction of a second.
    """
    path = Path(lab, lambda lab: Ours(lab, FAST_DAEMON), 9, FAST_DAEMON)
    path.relay.stop()
    path.start_relay(only="ike", drop_permille=100, dup_permille=100)
    before, ups = path.look(), count(path, "child_sa up")
    flows = path.send(LOSSY_PPS, FLOW_S)
    path.wait_for_traffic()
    rekey_again_and_again(path)
    path.wait_for_traffic()
    sent = [flow.stop() for flow in flows]
    account = Account(before, path.look_at_rest(), sent)
    ups = count(path, "child_sa up") - ups
    lost = path.relay.stop()
    ok(account.lossless(),
       f"of {sum(sent)} we lost {account.ours()} and {account.peers()}, "
       f"by name {account.drops}, in {ups} rekeyings of the child while "
       f"{lost['a']['dropped'] + lost['b']['dropped']} datagrams of IKE were "
       "lost")
    ok(ups > LOSSY_UPS and lost["a"]["dropped"] > 0 and
       lost["b"]["dropped"] > 0 and account.more["clear"] == 0,
       "it was really rekeyed and lost, and nothing leaked")
    path.gateway.stop()
    path.peer.gateway.stop()


def end(path):
    path.gateway.stop()
    counts = path.relay.stop()
    ok(0 < counts["a"]["places"] <= PLACES and
       0 < counts["b"]["places"] <= PLACES,
       f"the path reordered, by {counts['a']['places']} and "
       f"{counts['b']['places']} places")


def check_peer(lab, make_peer, seed):
    path = Path(lab, make_peer, seed)
    limit = no_loss_rate(path)
    print(f"# with {path.peer.name} nothing is lost at {limit} a second each "
          "way")
    for what in ("child", "ike"):
        for who in (path, path.peer):
            check_rekey(path, int(SHARE * limit), who, what)
    check_slow(path)
    end(path)
    return path


def main():
    with Lab() as lab:
        sinks = [sink(lab, ns) for ns in HOSTS]
        path = check_peer(lab, Charon, 7)
        path.peer.charon.process.terminate()
        path.peer.charon.process.wait(WAIT_S)
        check_peer(lab, Ours, 8).peer.gateway.stop()
        check_lossy(lab)
        for udp in sinks:
            udp.close()
    return finish()


sys.exit(main())
