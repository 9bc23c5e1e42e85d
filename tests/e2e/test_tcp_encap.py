#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
IKE and ESP in TCP (RFC 9329) between two of our gateways, where nothing of UDP and no
bare ESP gets through: what networks behind them, and they themselves, send each other
passes, in TCP alone; and does again after the process that holds the connections, or
the data path, was killed.
"""
# Takes a CPU: TCP goes through four processes that share it.
import os
import secrets
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import (Lab, eventually, finish, ok,  # noqa: E402
                 search_plaintext, wait_until)
from moves import ping, sa_of  # noqa: E402
from tcp import transfer  # noqa: E402

PORT = 4500
UP_S = 60      # by UDP it is tried first
AGAIN_S = 45
OCTETS = 4 << 20
NO_UDP = """\
table inet strict {
    chain in {
        type filter hook input priority 0
        udp dport { 500, 4500 } drop
        meta l4proto esp drop
    }
}
"""
GATEWAYS = ("gw-a", "gw-b")


def conf_of(side, mode):
    text = ike_conf(side)
    if side == "a":
        return text.replace("proposals =", f"tcp_encap = {mode}\n"
                            "        proposals =", 1)
    return text.replace("protected = lan0",
                        f"protected = lan0\n    tcp_port = {PORT}", 1)


def is_ours(packet):
    """In TCP, between the gateways."""
    return "TCP" in packet and PORT in (packet["TCP"].sport,
                                        packet["TCP"].dport)


def is_past_tcp(packet):
    """ESP, bare or in UDP; IKE is tried by UDP, with a non-ESP marker (RFC 3948)."""
    if "UDP" not in packet:
        return not is_ours(packet)
    udp = packet["UDP"]
    octets = bytes(udp.payload)
    return (PORT in (udp.sport, udp.dport) and len(octets) > 4 and
            octets[:4] != bytes(4))


def check_wire(lab, gateways):
    """What is on the wire while packets pass."""
    needle = secrets.token_bytes(16)
    wire = lab.capture("wire", "a", "ip")
    for host, target in (("host-a", "10.2.0.2"), ("host-b", "10.1.0.2")):
        lab.run(host, ["ping", "-c", "5", "-i", "0.2", "-W", "2", "-p",
                       needle.hex(), target])
        ok(True, f"{host} reaches {target}")
    for ns, target in (("gw-a", "10.2.0.2"), ("gw-b", "10.1.0.2")):
        lab.run(ns, ["ping", "-c", "2", "-i", "0.2", "-W", "2", "-p",
                     needle.hex(), target])
        ok(True, f"{ns} itself reaches {target}")
    packets = wire.stop()
    bare = [p.summary() for p in packets if is_past_tcp(p)]
    ok(any(is_ours(p) for p in packets) and not bare,
       f"on the wire is TCP at {PORT} {bare[:2]}")
    ok(not search_plaintext(packets, needle),
       "and nothing of what the pings carry")
    for gateway in gateways:
        passes = gateway.passes()
        ok(passes["worker_stream"] > 0 and passes["stream_in"] > 0,
           f"{gateway.ns} counts what goes and comes by connections")


def check_transfer(lab):
    for near, far in ((("host-a", "10.1.0.2"), ("host-b", "10.2.0.2")),
                      (("host-b", "10.2.0.2"), ("host-a", "10.1.0.2"))):
        ok(transfer(lab, near, far, secrets.token_bytes(OCTETS), 60),
           f"{OCTETS >> 20} MiB of TCP arrive from {near[0]} as they are")


def check_large(lab):
    """As for a path of 1,400 octets, whose sender is told."""
    said = lab.run("host-a", ["ping", "-c", "1", "-W", "2", "-M", "do", "-s",
                              "1420", "10.2.0.2"], check=False)
    ok(said.returncode != 0 and "mtu" in (said.stdout + said.stderr).lower(),
       "whose packets are too large with DF is told so")
    ok(lab.run("host-a", ["ping", "-c", "2", "-i", "0.2", "-W", "2", "-M",
                          "dont", "-s", "3000", "10.2.0.2"],
               check=False).returncode == 0, "without DF they are cut")


def check_books(gateways):
    for gateway in gateways:
        ok(eventually(lambda one=gateway: one.in_flight() == 0),
           f"{gateway.ns} knows of every packet where it ended")


def check_kill(lab, gateway, role):
    before = sa_of(gateway)["initiator-spi"]
    needle = secrets.token_bytes(16)
    wire = lab.capture("wire", "a", "ip")
    pings = lab.spawn("host-a", ["ping", "-i", "0.1", "-c", "100", "-p",
                                 needle.hex(), "10.2.0.2"])
    killed = gateway.kill_role(role)
    wait_until(lambda: gateway.role_pid(role) not in (None, killed), AGAIN_S,
               f"another {role} of {gateway.ns}")
    wait_until(lambda: ping(lab), AGAIN_S,
               f"packets after {role} of {gateway.ns} was killed")
    pings.kill()
    pings.wait()
    packets = wire.stop()
    ok(not search_plaintext(packets, needle) and
       not any(is_past_tcp(p) for p in packets),
       "and meanwhile nothing went past TCP, in the clear or as ESP")
    ok(sa_of(gateway)["initiator-spi"] == before,
       "by the IKE SA that there was")


def check_mode(lab, mode):
    gateways = [lab.start_gateway(f"gw-{side}", conf_of(side, mode))
                for side in "ab"]
    gateways[0].client("up", "to-b/net")
    wait_until(lambda: ping(lab), UP_S, f"tcp_encap = {mode}: packets")
    check_wire(lab, gateways)
    check_large(lab)
    check_transfer(lab)
    check_books(gateways)
    if mode == "yes":
        for gateway in gateways:
            check_kill(lab, gateway, "stream")
        check_kill(lab, gateways[0], "dp")
        check_transfer(lab)
        check_books(gateways)
    for gateway in gateways:
        gateway.stop()


def main():
    with Lab() as lab:
        for ns in GATEWAYS:
            lab.run(ns, ["nft", "-f", lab.write("strict.conf", NO_UDP)])
        for mode in ("fallback", "yes"):
            check_mode(lab, mode)
    return finish()


sys.exit(main())
