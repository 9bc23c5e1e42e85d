#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
A child of several networks and ports between two gateways of ours: the first packet
brings it up, one pair of SAs carries what any pair of its selectors has, and nothing
else; and it is so after rekeying, and after the peer took less.
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import Lab, eventually, finish, ok, wait_until  # noqa: E402

HOST = "10.2.0.2"
TCP, UDP, OTHER = 7001, 7002, 7003  # ports of host-b
WAIT_S = 10
FAR = f"10.2.0.0/24[tcp/{TCP}], 10.2.0.0/24[udp/{UDP}-{OTHER - 1}], 10.2.0.0/24[icmp]"
NEAR = "10.1.0.0/24"


def conf(side, far=FAR, **more):
    local, remote = (NEAR, far) if side == "a" else (far, NEAR)
    text = ike_conf(side, **more)
    lans = ("10.1.0.0/24", "10.2.0.0/24")
    here, there = lans if side == "a" else lans[::-1]
    text = text.replace(f"local_ts = {here}", f"local_ts = {local}")
    return text.replace(f"remote_ts = {there}", f"remote_ts = {remote}").replace(
        "gateway {", "gateway {\n    default = discard")


def reaches(lab, proto, port=None, host=HOST):
    """Is there an answer of host-b's?"""
    if proto == "icmp":
        words = ["ping", "-c", "1", "-W", "3", host]
    else:
        kind = "DGRAM" if proto == "udp" else "STREAM"
        words = ["python3", "-c", "import socket\n"
                 f"s = socket.socket(socket.AF_INET, socket.SOCK_{kind})\n"
                 "s.settimeout(2)\n"
                 f"s.connect(('{HOST}', {port}))\n"
                 "s.send(b'x')\n"
                 "assert s.recv(1) == b'x'"]
    return lab.run("host-a", words, check=False).returncode == 0


def echo(lab):
    """Of one octet each, on all ports."""
    lab.spawn("host-b", ["python3", "-c", f"""
import socket, threading
def udp(port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("", port))
    while True:
        s.sendto(*s.recvfrom(1))
def tcp(port):
    s = socket.create_server(("", port))
    while True:
        c, _ = s.accept()
        c.sendall(c.recv(1))
        c.close()
for port in ({TCP}, {UDP}, {OTHER}):
    threading.Thread(target=udp, args=(port,)).start()
    threading.Thread(target=tcp, args=(port,)).start()
"""])


def child(gateway):
    """The only one."""
    sas = json.loads(gateway.client("sa", "--json").stdout)["sas"]
    children = [c for named in sas for sa in named.values()
                for c in sa["child-sas"].values()]
    return children[0] if len(children) == 1 else None


def is_another(gateway, before):
    now = child(gateway)
    return now and now["spi-in"] != before


def check_traffic(lab, what):
    ok(reaches(lab, "tcp", TCP) and reaches(lab, "udp", UDP) and
       reaches(lab, "icmp"), f"{what}: what each pair has is carried")
    ok(not reaches(lab, "tcp", UDP) and not reaches(lab, "udp", TCP) and
       not reaches(lab, "udp", OTHER), f"{what}: and nothing else")


def check_all(lab):
    b = lab.start_gateway("gw-b", conf("b"))
    a = lab.start_gateway("gw-a", conf("a", start_action="trap"))
    policies = json.loads(a.client("policy", "--json").stdout)["policies"]
    ok(set(policies) == {"to-b/net", "to-b/net#2", "to-b/net#3"},
       f"a policy for each pair: {list(policies)}")
    ok(eventually(lambda: reaches(lab, "udp", UDP)),
       "a packet brings the child up")
    wait_until(lambda: child(a) and child(b), WAIT_S, "one child")
    ok(len(child(a)["remote-ts"]) == 3, f"with all pairs: {child(a)}")
    check_traffic(lab, "brought up by a packet")
    before = child(a)["spi-in"]
    a.client("rekey", "to-b/net")
    wait_until(lambda: is_another(a, before), WAIT_S,
               "rekeying")
    check_traffic(lab, "rekeyed")
    a.stop()
    b.stop()


def check_less(lab):
    """The peer knows one of the pairs alone."""
    b = lab.start_gateway("gw-b", conf("b", far="10.2.0.0/24[icmp]"))
    a = lab.start_gateway("gw-a", conf("a"))
    a.client("up", "to-b/net")
    wait_until(lambda: child(a), WAIT_S, "the child")
    ok(len(child(a)["remote-ts"]) == 1, "the peer takes one pair")
    ok(reaches(lab, "icmp"), "which is carried")
    ok(not reaches(lab, "tcp", TCP), "and no other one")
    a.stop()
    b.stop()


def check_range(lab):
    """Of addresses, and of types of ICMP."""
    far = "10.2.0.2-10.2.0.5[icmp/0-8]"
    b = lab.start_gateway("gw-b", conf("b", far=far))
    a = lab.start_gateway("gw-a", conf("a", far=far, start_action="trap"))
    ok(eventually(lambda: reaches(lab, "icmp")),
       "a packet in a range brings its child up")
    wait_until(lambda: child(a) and child(b), WAIT_S, "one child")
    ok(child(a)["remote-ts"] == ["10.2.0.2..10.2.0.5[icmp/0-8(255)]"],
       f"which has the range: {child(a)['remote-ts']}")
    ok(not reaches(lab, "icmp", host="10.2.0.1"),
       "what stands before the range is none of its")
    a.stop()
    b.stop()
    far = "10.2.0.2-10.2.0.5[icmp/8]"
    b = lab.start_gateway("gw-b", conf("b", far=far))
    a = lab.start_gateway("gw-a", conf("a", far=far, start_action="trap"))
    answers = []

    def asks():
        answers.append(reaches(lab, "icmp"))
        return child(b) and child(b)["packets-in"]

    wait_until(asks, WAIT_S, "requests to arrive")
    ok(not any(answers), "of requests alone there is no answer")
    a.stop()
    b.stop()


def main():
    with Lab() as lab:
        check_range(lab)
        echo(lab)
        check_all(lab)
        check_less(lab)
    return finish()


sys.exit(main())
