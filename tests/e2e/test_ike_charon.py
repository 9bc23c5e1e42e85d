#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The IKEv2 engine and strongSwan's charon agree: on every algorithm in both
roles, on keys that open each other's packets, on one pair of SAs after any
rekeying, and when there is nothing to agree on our side says why.

Our engine is tests/ike/peer on gw-a, with sockets and without a data path; one
charon on gw-b serves all cases. With the name of a check as its argument it
does that one alone.
"""
import os
import re
import signal
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import charon as strongswan  # noqa: E402
from ike_peer import (ESP, IKE, OUR_HOST, OUR_LAN, OURS, PSK,  # noqa: E402
                      THEIR_HOST, THEIR_LAN, THEIRS, WAIT_S, Peer, octets)
from lab import Lab, finish, ok, scapy_layers, wait_until  # noqa: E402

COLLISIONS = 8
HALF_OPEN = 10     # at our side; charon is told the same
CLOCK_SPEED = 20   # for what takes minutes
NATT_PORT = 4500

# Each in both roles: every cipher with every hash, and the rest in turn.
CBC = ("aes128", "aes192", "aes256")
HASHES = ("sha1", "sha256", "sha384", "sha512")
AEADS = ("aes128gcm16", "aes256gcm16", "chacha20poly1305")
PRFS = ("prfsha256", "prfsha384", "prfsha512")
GROUPS = ("modp2048", "ecp256", "ecp384", "x25519")
ESPS = ("aes128-sha1", "aes256-sha256", "aes128-sha384", "aes256-sha512",
        "aes192-sha256", *AEADS)
SUITES = [(f"{pair}-{GROUPS[i % len(GROUPS)]}", ESPS[i % len(ESPS)])
          for i, pair in enumerate(
              f"{encr}-{hash}" for encrs, hashes in ((CBC, HASHES),
                                                     (AEADS, PRFS))
              for hash in hashes for encr in encrs)]
# scapy's names, by the numbers of transforms.
ENCR = {12: "AES-CBC", 20: "AES-GCM", 28: "CHACHA20-POLY1305"}
INTEG = {0: None, 2: "HMAC-SHA1-96", 12: "SHA2-256-128", 13: "SHA2-384-192",
         14: "SHA2-512-256"}


class Case:
    """Our engine and charon with a configuration each, over one IKE SA."""

    def __init__(self, lab, charon, ike=IKE, esp=ESP, theirs=None, **ours):
        self.lab, self.charon = lab, charon
        self.mark = charon.mark()
        charon.load(**{"ike": ike, "esp": esp, "dpd_delay": 0,
                       "local_ts": THEIR_LAN, "remote_ts": OUR_LAN,
                       "conn_more": "", "more": "", **(theirs or {})})
        self.peer = Peer(lab, ike, esp, **ours)

    def log(self):
        return self.charon.log(self.mark)

    def initiate(self, we):
        """True: the child is up on both sides."""
        if we:
            self.peer.tell("initiate")
        else:
            self.charon.initiate()
        return self.peer.wait("event child-up", "event failed"
                              ).startswith("event child-up")

    def pair(self):
        """Our SAs, in and out, if they are one pair, and charon's alone."""
        ours = self.peer.sas()
        sas = [sa for sa in self.charon.list_sas()
               if sa["state"] == "ESTABLISHED"]
        children = [child for sa in sas for child in sa["children"]
                    if child["state"] == "INSTALLED"]
        if len(sas) != 1 or len(children) != 1 or len(ours) != 2:
            return None
        into = ours.get(("in", int(children[0]["spi-out"], 16)))
        out = ours.get(("out", int(children[0]["spi-in"], 16)))
        if not into or not out or self.peer.bound() != out.spi:
            return None
        return into, out, children[0]

    def settle(self):
        """Waits until both sides have one and the same pair."""
        return wait_until(self.pair, WAIT_S, "one pair on both sides")

    def same_keys(self, we):
        """Are they charon's, where we (or charon) began the exchange?"""
        into, out, _ = self.settle()
        theirs = self.charon.child_keys(self.mark)[out.spi]
        mine, its = (("initiator", "responder") if we else
                     ("responder", "initiator"))
        return (theirs["out"] == into.spi and
                theirs[f"encryption {mine}"] == out.encr_key and
                theirs[f"encryption {its}"] == into.encr_key and
                theirs.get(f"integrity {mine}", b"") == out.integ_key and
                theirs.get(f"integrity {its}", b"") == into.integ_key)

    def send(self):
        """A packet of ours that scapy encrypts; true: charon opens it."""
        scapy = scapy_layers()
        inet = scapy.layers.inet
        _, out, before = self.settle()
        packet = scapy_sa(out, OURS, THEIRS).encrypt(
            inet.IP(src=OUR_HOST, dst=THEIR_HOST) / inet.UDP(sport=1, dport=9)
            / b"to charon", seq_num=int(before["packets-in"]) + 1)
        # Around it what scapy would put there, but for a length that is right.
        frame = scapy.layers.l2.Ether(
            src=self.lab.mac("gw-a", "wan0"),
            dst=self.lab.mac("gw-b", "wan0")) / inet.IP(
            src=OURS, dst=THEIRS) / inet.UDP(
            sport=out.sport, dport=out.dport) / bytes(
            packet[scapy.layers.ipsec.ESP])
        self.lab.inject("gw-a", "wan0", [frame])
        return wait_until(
            lambda: int(self.settle()[2]["packets-in"]) ==
            int(before["packets-in"]) + 1, WAIT_S, "charon to open a packet")

    def receive(self):
        """A packet of charon's; true: scapy decrypts it with our keys."""
        scapy = scapy_layers()
        into, _, _ = self.settle()
        self.peer.skip()
        with self.lab.socket("host-b", socket.AF_INET,
                             socket.SOCK_DGRAM) as host:
            host.sendto(b"from charon", (OUR_HOST, 9))
        packet = octets(self.peer.wait("esp ").split()[1])
        inet = scapy.layers.inet
        plain = scapy_sa(into, THEIRS, OURS).decrypt(
            inet.IP(src=THEIRS, dst=OURS, proto=50) /
            scapy.layers.ipsec.ESP(packet))
        return plain.src == THEIR_HOST and b"from charon" in bytes(plain)

    def end(self, we=True):
        """Deletes the IKE SA from one side; both forget it."""
        if we:
            self.peer.tell("terminate")
        else:
            self.charon.terminate()
        self.peer.wait("event ike-down")
        wait_until(lambda: not self.charon.list_sas(), WAIT_S,
                   "charon to forget the IKE SA")
        gone = not self.peer.sas()
        self.peer.quit()
        return gone


def scapy_sa(sa, src, dst):
    scapy = scapy_layers()
    inet = scapy.layers.inet
    integ = ({"auth_algo": INTEG[sa.integ], "auth_key": sa.integ_key}
             if sa.integ else {})
    return scapy.layers.ipsec.SecurityAssociation(
        scapy.layers.ipsec.ESP, spi=sa.spi, crypt_algo=ENCR[sa.encr],
        crypt_key=sa.encr_key, tunnel_header=inet.IP(src=src, dst=dst),
        **integ)


def role(we):
    return "we initiate" if we else "charon initiates"


# --- algorithms

def check_suites(lab, charon):
    for ike, esp in SUITES:
        for we in (True, False):
            case = Case(lab, charon, ike, esp)
            name = f"{ike}, {esp}, {role(we)}"
            if not ok(case.initiate(we), f"{name}: up"):
                print(f"# {case.peer.said()}")
                case.peer.quit()
                continue
            ok(case.same_keys(we) and case.send() and case.receive(),
               f"{name}: the same keys, by charon's log and by packets")
            ok(case.end(we), f"{name}: down")


# --- detours of IKE_SA_INIT

def check_other_group(lab, charon):
    both, one = "aes128-sha256-x25519-ecp256", "aes128-sha256-ecp256"
    for we in (True, False):
        case = Case(lab, charon, ike=both if we else one,
                    theirs={"ike": one if we else both})
        ok(case.initiate(we) and case.same_keys(we) and
           ("requesting ECP_256" if we else "it requested ECP_256")
           in case.log(), f"another group is asked for, {role(we)}: up")
        case.end(we)


def first_datagram(lab):
    """An IKE_SA_INIT of ours."""
    with lab.socket("wire", socket.AF_INET, socket.SOCK_DGRAM) as sink:
        sink.bind(("192.0.2.9", 500))
        sink.settimeout(WAIT_S)
        peer = Peer(lab, remote="192.0.2.9")
        peer.tell("initiate")
        datagram = sink.recv(65535)
        peer.kill()
    return datagram


def check_scapy(lab, _charon):
    from scapy.contrib import ikev2  # takes a second
    datagram = first_datagram(lab)
    message = ikev2.IKEv2(datagram)
    payloads = [layer.__name__.removeprefix("IKEv2_payload_")
                for layer in message.layers()]
    transform, transforms = message.prop.trans, []
    while transform:
        transforms.append((transform.transform_type, transform.transform_id))
        transform = transform.payload
    ok(payloads == ["IKEv2", "SA", "KE", "Nonce", "Notify", "Notify",
                    "Notify", "Notify"] and
       transforms == [(1, 12), (3, 12), (2, 5), (4, 31)] and
       bytes(message) == datagram,
       "scapy reads our IKE_SA_INIT, and builds the same")


def half_open(lab, ns, source, destination, datagram):
    """As many peers begin as make cookies due, and stay away."""
    with lab.socket(ns, socket.AF_INET, socket.SOCK_DGRAM) as flood:
        flood.bind((source, 5000))
        flood.settimeout(WAIT_S)
        for i in range(HALF_OPEN):
            spi = (i + 1).to_bytes(8, "big")
            flood.sendto(spi + datagram[8:], (destination, 500))
            flood.recv(65535)


def check_cookies(lab, charon):
    datagram = first_datagram(lab)
    case = Case(lab, charon)
    half_open(lab, "gw-b", THEIRS, OURS, datagram)
    ok(case.initiate(False) and case.same_keys(False) and re.search(
        r"IKE_SA_INIT response 0 \[ N\(COOKIE\) \]", case.log()),
       "we ask for a cookie while much is half open: up")
    case.end()
    case = Case(lab, charon)
    half_open(lab, "gw-a", OURS, THEIRS, datagram)
    ok(case.initiate(True) and case.same_keys(True) and
       case.log().count("[ N(COOKIE) SA KE No") == 1,
       "charon asks for a cookie: up")
    case.end()


# --- rekeying

def rekey(case, what, we):
    case.peer.skip()
    before = case.settle()
    if we:
        case.peer.tell("rekey net" if what == "child" else "rekey")
    else:
        case.charon.rekey(what)
    if what == "child":
        case.peer.wait("event child-up")
        case.peer.wait("event child-down")
    else:
        case.peer.wait("event ike-up")
    into, out, _ = case.settle()
    return (into.spi, out.spi) != (before[0].spi, before[1].spi)


def check_rekey_child(lab, charon):
    for first in (True, False):
        for esp in ("aes128gcm16", "aes256-sha256-x25519"):
            case = Case(lab, charon, esp=esp)
            case.initiate(first)
            case.receive()  # now we know that charon has the pair
            for we in (True, False, True):
                ok(rekey(case, "child", we) and case.same_keys(we) and
                   case.send() and case.receive(),
                   f"a child of {esp} that {'we' if first else 'charon'} made "
                   f"is rekeyed by {'us' if we else 'charon'}")
            case.end(first)


def check_rekey_other_group(lab, charon):
    both, one = "aes128gcm16-x25519-ecp256", "aes128gcm16-ecp256"
    for we in (True, False):
        case = Case(lab, charon, esp=both if we else one,
                    theirs={"esp": one if we else both})
        case.initiate(we)
        case.receive()
        ok(rekey(case, "child", we) and case.same_keys(we) and
           "N(INVAL_KE)" in case.log() and case.send(),
           "rekeying the child, another group is asked for, "
           f"{role(we)}: rekeyed")
        case.end()


def check_rekey_ike(lab, charon):
    for first in (True, False):
        case = Case(lab, charon)
        case.initiate(first)
        case.receive()
        spis = case.charon.list_sas()[0]["initiator-spi"]
        for we in (True, False, True):
            ok(not rekey(case, "ike", we) and case.send() and case.receive() and
               case.charon.list_sas()[0]["initiator-spi"] != spis,
               f"an IKE SA that {'we' if first else 'charon'} made is rekeyed "
               f"by {'us' if we else 'charon'}, and its child stays")
            spis = case.charon.list_sas()[0]["initiator-spi"]
        ok(rekey(case, "child", first) and case.same_keys(first),
           "a child is rekeyed under the new one")
        case.end(first)


# --- post-quantum pre-shared keys (RFC 8784)

PPK_ID, OTHER_ID = "ppk-1.example.org", "ppk-2.example.org"
PPK = "what a quantum computer does not find out"


def charons_ppk(name=PPK_ID, required="no"):
    return {"conn_more": f"ppk_id = {name}\n        ppk_required = {required}",
            "more": f"secrets {{\n    ppk-1 {{\n        id = {name}\n"
                    f"        secret = \"{PPK}\"\n    }}\n}}"}


def check_ppk(lab, charon):
    for we in (True, False):
        case = Case(lab, charon, theirs=charons_ppk(required="yes"),
                    ppk=(PPK_ID, PPK, "yes"))
        ok(case.initiate(we) and case.same_keys(we) and case.receive() and
           charon.list_sas()[0].get("ppk") == "yes" and
           rekey(case, "child", we) and case.same_keys(we),
           f"a PPK that both require, {role(we)}: the same keys")
        ok(not rekey(case, "ike", we) and rekey(case, "child", not we) and
           case.same_keys(not we),
           f"the same after the IKE SA is rekeyed, {role(we)}")
        case.end(we)


def check_ppk_optional(lab, charon):
    """Whoever has none uses none, where the other side can do without."""
    rows = (("charon has none", (PPK_ID, PPK, "no"), {}),
            ("we have none", ("", "", "no"), charons_ppk()),
            ("charon has another", (PPK_ID, PPK, "no"),
             {"more": charons_ppk(OTHER_ID)["more"]}))
    for name, ours, theirs in rows:
        for we in (True, False):
            case = Case(lab, charon, theirs=theirs, ppk=ours)
            ok(case.initiate(we) and case.same_keys(we) and
               "ppk" not in charon.list_sas()[0],
               f"{name}, {role(we)}: up without a PPK")
            case.end(we)


def check_ppk_refused(lab, charon):
    rows = (("charon has none", (PPK_ID, PPK, "yes"), {}, "ppk_required"),
            ("the PPKs differ", (PPK_ID, "another", "yes"),
             charons_ppk(required="yes"), "pre-shared keys"))
    for name, ours, theirs, word in rows:
        for we in (True, False):
            case = Case(lab, charon, theirs=theirs, ppk=ours)
            said, named = failure(case, we, word)
            ok(named, f"{name}, {role(we)}: {said}")
            case.peer.quit()


def stands_still(pid):
    with open(f"/proc/{pid}/stat") as file:
        return file.read().rpartition(") ")[2][0] == "T"


def collide(case, what):
    """
    Our engine stands still until charon's request is under way, and is then
    told to make the same one before it has read charon's.
    """
    mark = case.charon.mark()
    case.peer.process.send_signal(signal.SIGSTOP)
    wait_until(lambda: stands_still(case.peer.process.pid), WAIT_S,
               "our engine to stand still")
    case.charon.rekey(what)
    wait_until(lambda: "generating CREATE_CHILD_SA request"
               in case.charon.log(mark), WAIT_S, "charon's request")
    case.peer.tell("rekey net" if what == "child" else "rekey")
    case.peer.process.send_signal(signal.SIGCONT)
    # Its threads may do what arrived last first: then it was no collision, and
    # of an IKE SA that it has deleted by then it answers nothing.
    wait_until(lambda: re.search("generating CREATE_CHILD_SA response|"
                                 "IKE_SA deleted", case.charon.log(mark)),
               WAIT_S, "charon's answer to ours")
    return "collision" in case.charon.log(mark)


def check_collisions(lab, charon):
    for esp in ("aes128gcm16", "aes128-sha256-x25519"):
        case = Case(lab, charon, esp=esp)
        case.initiate(True)
        case.receive()
        met = 0
        for _ in range(COLLISIONS):
            before = case.settle()[0].spi
            met += collide(case, "child")
            wait_until(lambda: case.settle()[0].spi != before,  # noqa: B023
                       WAIT_S, "another pair")
            case.receive()
        ok(met > 0 and case.send(),
           f"{COLLISIONS} times both sides rekeyed a child of {esp} at once "
           f"({met} collisions): one pair is left each time")
        case.end()


def check_collisions_ike(lab, charon):
    case = Case(lab, charon)
    case.initiate(True)
    case.receive()
    met = 0
    for _ in range(COLLISIONS):
        before = case.charon.list_sas()[0]["initiator-spi"]
        met += collide(case, "ike")
        wait_until(lambda: [sa["initiator-spi"] for sa
                            in case.charon.list_sas()] != [before]
                   and case.pair(), WAIT_S, "another IKE SA")
        case.receive()
    ok(met > 0 and case.send() and rekey(case, "child", False),
       f"{COLLISIONS} times both sides rekeyed the IKE SA at once ({met} "
       "collisions): one is left each time, with the child")
    case.end()


# --- the end

def check_delete_child(lab, charon):
    for we in (True, False):
        case = Case(lab, charon)
        case.initiate(True)
        case.receive()
        if we:
            case.peer.tell("terminate net")
        else:
            charon.terminate("child")
        case.peer.wait("event child-down")
        wait_until(lambda: not case.peer.sas() and not any(
            child["state"] == "INSTALLED"
            for child in charon.list_sas()[0]["children"]), WAIT_S,
            "both to forget the child")
        ok(charon.list_sas()[0]["state"] == "ESTABLISHED",
           f"{'we delete' if we else 'charon deletes'} the child: both forget "
           "it, and the IKE SA stays")
        case.end(not we)


def check_dead_peer(lab, charon):
    case = Case(lab, charon, theirs={"dpd_delay": 1})
    case.initiate(True)
    case.settle()
    case.peer.kill()
    wait_until(lambda: not charon.list_sas(), 2 * WAIT_S,
               "charon to notice that we are gone")
    ok("giving up after" in case.log(), "charon notices that we are gone")


def check_dead_charon(lab, charon):
    """The last one: charon is gone after it."""
    case = Case(lab, charon, dpd_s=CLOCK_SPEED, speed=CLOCK_SPEED)
    case.initiate(True)
    case.settle()
    charon.process.kill()
    said = case.peer.wait("event ike-down", timeout=2 * WAIT_S)
    ok("the peer does not answer" in said and not case.peer.sas(),
       f"we notice that charon is gone: {said}")
    case.peer.quit()


# --- nothing to agree on

def failure(case, we, *words):
    """What our side says of it, and does it name all of these?"""
    if we:
        case.peer.tell("initiate")
    else:
        case.charon.initiate()
    said = case.peer.wait("event failed").removeprefix("event failed ")
    return said, all(word in said for word in words)


def check_refusals(lab, charon):
    for we in (True, False):
        case = Case(lab, charon, psk="another key")
        said, named = failure(case, we, "pre-shared key", "both sides")
        ok(named, f"the keys differ, {role(we)}: {said}")
        case.peer.quit()

        case = Case(lab, charon, ike="aes256-sha512-ecp384",
                    theirs={"ike": IKE})
        said, named = failure(case, we, "proposal mismatch (IKE)",
                              "we have aes256-sha512-prfsha512-ecp384",
                              "the peer accepts none" if we else
                              "the peer offers aes128-sha256")
        ok(named, f"IKE proposals differ, {role(we)}: {said}")
        case.peer.quit()

        case = Case(lab, charon, esp="aes256-sha512",
                    theirs={"esp": "aes128gcm16"})
        said, named = failure(case, we, "proposal mismatch (ESP)",
                              "we have aes256-sha512",
                              "the peer accepts none" if we else
                              "the peer offers aes128gcm16")
        ok(named, f"ESP proposals differ, {role(we)}: {said}")
        ok(charon.list_sas()[0]["state"] == "ESTABLISHED" and case.end(we),
           "the IKE SA stays without it")

        case = Case(lab, charon, theirs={"remote_ts": "10.9.0.0/24"})
        said, named = failure(case, we, "selector mismatch",
                              f"we have {OUR_LAN} === {THEIR_LAN}",
                              "the peer accepts none" if we else
                              f"the peer offers 10.9.0.0/24 === {THEIR_LAN}")
        ok(named, f"selectors differ, {role(we)}: {said}")
        ok(charon.list_sas()[0]["state"] == "ESTABLISHED" and case.end(we),
           "the IKE SA stays without it")


def check_narrowing(lab, charon):
    wide = "10.0.0.0/8"
    ranges = "10.1.0.0-10.1.0.255=10.2.0.0-10.2.0.255"
    rows = (("charon has 10.0.0.0/8", {}, {"local_ts": wide,
                                           "remote_ts": wide}),
            ("we have 10.0.0.0/8", {"local_ts": wide, "remote_ts": wide}, {}))
    for what, ours, theirs in rows:
        for we in (True, False):
            case = Case(lab, charon, theirs=theirs, **ours)
            up = case.initiate(we)
            into, out, child = case.settle()
            ok(up and into.selectors == out.selectors == [ranges] and
               child["local-ts"] == [THEIR_LAN] and
               child["remote-ts"] == [OUR_LAN] and case.receive(),
               f"{what}, {role(we)}: narrowed to the other's")
            case.end(we)


def check_several(lab, charon):
    """
    Networks and ports, all of them pairs of one SA. charon's own network is one, as
    kernel-libipsec wants an address of the host's in each.
    """
    rows = (
        ("two networks of ours", "10.1.0.0/24,10.3.0.0/24", "10.2.0.0/24",
         "10.1.0.0/24, 10.3.0.0/24", "10.2.0.0/24",
         {f"{local}=10.2.0.0-10.2.0.255" for local in (
             "10.1.0.0-10.1.0.255", "10.3.0.0-10.3.0.255")}),
        ("a port of charon's", "10.1.0.0/24[17]", "10.2.0.0/24[17/9-9]",
         "10.1.0.0/24[udp]", "10.2.0.0/24[udp/9]",
         {"10.1.0.0-10.1.0.255=10.2.0.0-10.2.0.255[17/0-65535=9-9]"}),
        ("protocols that charon has one of", "10.1.0.0/24[17],10.1.0.0/24[6]",
         "10.2.0.0/24[17],10.2.0.0/24[6]",
         "10.1.0.0/24[udp]", "10.2.0.0/24[udp]",
         {"10.1.0.0-10.1.0.255=10.2.0.0-10.2.0.255[17/0-65535=0-65535]"}))
    for what, local, remote, for_charon, charons, wanted in rows:
        for we in (True, False):
            case = Case(lab, charon, local_ts=local, remote_ts=remote,
                        theirs={"local_ts": charons, "remote_ts": for_charon})
            up = case.initiate(we)
            into, out, _ = case.settle()
            ok(up and set(into.selectors) == set(out.selectors) == wanted,
               f"{what}, {role(we)}: {out.selectors}")
            ok(rekey(case, "child", we) and
               set(case.settle()[1].selectors) == wanted,
               f"{what}, {role(we)}: the same after rekeying")
            case.end(we)


def check_packet(lab, charon):
    """It is asked for first, and charon takes all the same."""
    case = Case(lab, charon)
    case.peer.tell(f"acquire 17 {OUR_HOST} 5000 {THEIR_HOST} 9")
    case.peer.wait("event child-up")
    _, out, _ = case.settle()
    ok(out.selectors == ["10.1.0.0-10.1.0.255=10.2.0.0-10.2.0.255"] and
       case.same_keys(True) and case.receive(),
       f"a child that a packet asks for: {out.selectors}")
    case.end()


def check_populate(lab, charon):
    """An SA for each flow: charon takes the values that a packet asks for."""
    case = Case(lab, charon, remote_ts=f"pfp:{THEIR_LAN}")
    wanted = {f"{OUR_HOST}-{OUR_HOST}=10.2.0.1-10.2.0.1[17/{port}-{port}=9-9]"
              for port in (5000, 5001)}

    def agree():
        """Have both sides two pairs, of these values and of the same SPIs?"""
        sas = case.peer.sas()
        out = {sa.spi: sa.selectors for sa in sas.values() if sa.dir == "out"}
        theirs = {int(child["spi-in"], 16) for sa in charon.list_sas()
                  for child in sa["children"] if child["state"] == "INSTALLED"}
        return (set(out) == theirs and len(out) == 2 and
                {one for few in out.values() for one in few} == wanted)

    for port in (5000, 5001):
        case.peer.tell(f"acquire 17 {OUR_HOST} {port} 10.2.0.1 9")
        case.peer.wait("event child-up")
    wait_until(agree, WAIT_S, "two pairs of a flow each")
    ok(agree(), "two flows have a pair each")
    for rekeys in (lambda: case.peer.tell("rekey net"), charon.rekey):
        before = set(case.peer.sas())
        rekeys()
        ok(wait_until(lambda: agree() and not before & set(case.peer.sas()),
                      WAIT_S, "rekeying"), "and the same when they are rekeyed")
    case.end()


def main():
    with Lab() as lab:
        charon = strongswan.start(
            lab, "gw-b", local=THEIRS, remote=OURS, local_ts=THEIR_LAN,
            remote_ts=OUR_LAN, ike=IKE, esp=ESP, psk=PSK,
            cookie_threshold=HALF_OPEN, half_open_timeout=3,
            retransmit_timeout=1.0)
        checks = (check_scapy, check_suites, check_other_group, check_refusals,
                  check_narrowing, check_several, check_packet,
                  check_populate,
                  check_rekey_child, check_rekey_other_group,
                  check_rekey_ike, check_ppk, check_ppk_optional,
                  check_ppk_refused, check_collisions, check_collisions_ike,
                  check_delete_child, check_cookies, check_dead_peer,
                  check_dead_charon)
        for check in checks:
            if sys.argv[1:] in ([], [check.__name__]):
                check(lab, charon)
    return finish()


sys.exit(main())
