#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The audit log (RFC 4301 section 4.4.1, RFC 4303): what is unknown, replayed or forged
stands in it with SPI, addresses, number and time; a flood of it does
not fill it; `audit = no` ends it.
"""
import os
import re
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import Lab, finish, ok, scapy_layers, wait_until  # noqa: E402

FLOOD = 400
LINE = re.compile(
    r"audit: (?P<event>\w+) (?:protocol=(?P<protocol>\w+) )?"
    r"spi=(?P<spi>0x\w{8}) saddr=(?P<saddr>\S+) daddr=(?P<daddr>\S+) "
    r"seq=(?P<seq>\d+)(?: flow_id=(?P<flow>\S+))? "
    r"time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ(?: left_out=(?P<left>\d+))?$",
    re.MULTILINE)
UNKNOWN = 0x12345678


def lines(gateway, event=None):
    return [m.groupdict() for m in LINE.finditer(gateway.log())
            if event in (None, m["event"])]


def first(gateway, event):
    return wait_until(lambda: lines(gateway, event), 5,
                      f"{event} in the audit log")[0]


def is_from_b(line, spi, seq):
    return (line["spi"], line["saddr"], line["daddr"], line["seq"]) == (
        f"0x{spi:08x}", "192.0.2.2", "192.0.2.1", str(seq))


class Wire:
    """Somebody on the wire, who can send as gw-b."""

    def __init__(self, lab):
        self.lab = lab
        self.layers = scapy_layers().layers
        self.inet = self.layers.inet
        self.ether = self.layers.l2.Ether(src=lab.mac("gw-b", "wan0"),
                                          dst=lab.mac("gw-a", "wan0"))

    def ip(self, **fields):
        return self.ether / self.inet.IP(src="192.0.2.2", dst="192.0.2.1",
                                         **fields)

    def esp(self, spi, seq):
        return self.ip() / self.layers.ipsec.ESP(spi=spi, seq=seq,
                                                 data=bytes(64))

    def send(self, *packets):
        self.lab.inject("wire", "a", packets)


def check_unknown(gateway, wire):
    wire.send(wire.esp(UNKNOWN, 7))
    line = first(gateway, "spi_unknown")
    ok(is_from_b(line, UNKNOWN, 7) and line["protocol"] == "esp",
       f"an SPI that nobody knows: {line}")
    ah = wire.ip() / wire.layers.ipsec.AH(spi=UNKNOWN, seq=8,
                                          icv=bytes(12)) / bytes(40)
    wait_until(lambda: wire.send(ah) or [
        line for line in lines(gateway, "spi_unknown")
        if line["protocol"] == "ah" and is_from_b(line, UNKNOWN, 8)], 5,
        "AH in the audit log")
    ok(True, "one of AH, too")
    six = wire.layers.inet6.IPv6(src="2001:db8:ff::2", dst="2001:db8:ff::1",
                                 fl=0xabcde)
    wait_until(lambda: wire.send(
        wire.ether / six / wire.layers.ipsec.ESP(spi=UNKNOWN, seq=10,
                                                 data=bytes(64))) or [
        line for line in lines(gateway, "spi_unknown")
        if line["flow"] == "0xabcde" and line["saddr"] == "2001:db8:ff::2"], 5,
        "IPv6 in the audit log")
    ok(True, "and the flow id, in IPv6")


def check_peer(lab, gateway, wire):
    """What only the keys, the window and the selectors tell."""
    seen = lab.capture("wire", "a", filter="esp")
    ok(lab.run("host-a", ["ping", "-n", "-c", "1", "10.2.0.2"],
               check=False).returncode == 0, "the tunnel passes")
    esp = wire.layers.ipsec.ESP
    old = [p for p in seen.stop() if p[esp].spi == lab.sa_ba.spi][0]
    wire.send(old)
    ok(is_from_b(first(gateway, "replay"), lab.sa_ba.spi, old[esp].seq),
       "a replay")
    forged = old.copy()
    forged[esp].seq = 500
    wire.send(forged)
    ok(is_from_b(first(gateway, "icv"), lab.sa_ba.spi, 500), "a forged packet")
    inner = wire.inet.IP(src="10.2.0.2", dst="10.9.9.9") / wire.inet.UDP(
        sport=1000, dport=2000) / b"elsewhere"
    wire.send(wire.ether / lab.scapy_sa(lab.sa_ba).encrypt(inner, seq_num=600))
    text = wait_until(lambda: re.search(
        r"audit: selector .*", gateway.log()), 5, "a selector")[0]
    ok(f"spi=0x{lab.sa_ba.spi:08x} saddr=192.0.2.2 daddr=192.0.2.1 seq=600 "
       "inner=10.2.0.2:1000>10.9.9.9:2000 protocol=17 time=" in text,
       f"what a peer must not send: {text}")


def check_flood(gateway, wire):
    before = len(lines(gateway))
    replays = gateway.drops()["spi_unknown"]
    one = bytes(wire.esp(UNKNOWN, 1))
    wire.send(*[one] * FLOOD)
    wait_until(lambda: gateway.drops()["spi_unknown"] >= replays + FLOOD, 10,
               "a flood")
    more = len(lines(gateway)) - before
    ok(more < FLOOD / 8, f"a flood of {FLOOD} makes {more} lines")
    wait_until(lambda: wire.send(one) or sum(
        int(line["left"] or 0) for line in lines(gateway)) > FLOOD * 3 / 4, 5,
        "what was left out")
    ok(True, "and the next ones say how many were left out")


def check_off(lab, gateway, wire):
    conf = lab.default_conf("a").replace("gateway {", "gateway {\n    audit = no")
    lab.write("gw-a.conf", conf)
    ok(gateway.client("reload").returncode == 0, "audit = no is read")
    seen = len(lines(gateway))
    drops = gateway.drops()["spi_unknown"]
    wire.send(*[wire.esp(UNKNOWN, 1)] * 20)
    wait_until(lambda: gateway.drops()["spi_unknown"] == drops + 20, 5, "drops")
    gateway.process.send_signal(signal.SIGHUP)
    wait_until(lambda: gateway.log().count("configuration read again") == 2, 5,
               "a reload")
    ok(len(lines(gateway)) == seen, "and nothing is told any more")


with Lab(with_ipv6=True) as lab:
    gw_a = lab.start_gateway("gw-a", lab.default_conf("a"))
    lab.start_gateway("gw-b", lab.default_conf("b"))
    wire = Wire(lab)
    check_peer(lab, gw_a, wire)
    check_unknown(gw_a, wire)
    check_flood(gw_a, wire)
    check_off(lab, gw_a, wire)
sys.exit(finish())
