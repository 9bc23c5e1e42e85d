#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
IKE and ESP in TCP (RFC 9329): the process that holds the connections. Under a policy
that protects everything its connections alone pass, whoever else uses its port; it
reads what strangers send, in whatever pieces, and gives them little time and room;
and what becomes of connections when processes end.
"""
# Takes a CPU: strangers have ten seconds, in which the process is to be heard.
import os
import secrets
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import (Lab, finish, ok, search_plaintext, strangers,  # noqa: E402
                 wait_until)
from ike_conf import ike_conf  # noqa: E402

GW, PEER, HOST = "192.0.2.1", "192.0.2.2", "10.1.0.2"
PORT, OTHER_PORT = 4500, 7000
PREFIX = b"IKETCP"
WAIT_S = 20
FIRST_S = 10   # for the first message
PER_ADDRESS = 8  # strangers
INVALID_MAJOR_VERSION = 5

# argv: needle in hexadecimal, source port, destination
CONNECT = """
import socket, sys
needle, port, target = sys.argv[1:]
with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp:
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    try:
        tcp.bind(("", int(port)))
    except OSError as error:
        print("not bound:", error)
    tcp.settimeout(2)
    try:
        tcp.connect((target, 4500))
        tcp.sendall(bytes.fromhex(needle))
        print("connected")
    except OSError as error:
        print(error)
"""


def everything():
    """A tunnel for all there is, that is not up."""
    text = ike_conf("a")
    for network in ("10.1.0.0/24", "10.2.0.0/24"):
        text = text.replace(f"_ts = {network}", "_ts = 0.0.0.0/0")
    return text.replace("protected = lan0",
                        f"protected = lan0\n    tcp_port = {PORT}", 1)


def connect(lab, port=PORT, timeout=5):
    tcp = lab.socket("gw-b", socket.AF_INET, socket.SOCK_STREAM)
    tcp.settimeout(timeout)
    tcp.connect((GW, port))
    return tcp


def connects(lab, port=PORT):
    try:
        connect(lab, port, 2).close()
        return True
    except OSError:
        return False


def is_closed(tcp, timeout=WAIT_S):
    """By the other side, in that time."""
    tcp.settimeout(timeout)
    try:
        return tcp.recv(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


def ike_message(exchange=34, version=0x20, length=None, payload=bytes(40)):
    """A request, as somebody makes it up."""
    size = 28 + len(payload) if length is None else length
    return struct.pack("!8s8sBBBBII", secrets.token_bytes(8), bytes(8), 33,
                       version, exchange, 8, 0, size) + payload


def framed(message, marker=bytes(4)):
    return struct.pack("!H", 2 + len(marker) + len(message)) + marker + message


# --- who passes

def check_passes(lab):
    """Under a policy that protects everything, and has no SA."""
    wire = lab.capture("wire", "a", "tcp")
    tcp = connect(lab)
    tcp.sendall(PREFIX)
    time.sleep(0.2)
    ok(not is_closed(tcp, 0.2), "a peer's connection comes up past the policies")
    tcp.sendall(b"\0\0")
    ok(is_closed(tcp), "and is closed at a length of 0")
    tcp.close()
    time.sleep(0.5)
    packets = wire.stop()
    flags = "".join(str(p["TCP"].flags) for p in packets
                    if p["IP"].src == GW)
    ok("S" in flags and "F" in flags,
       f"SYN and FIN of the gateway were on the wire ({flags})")


def leaks(packets):
    """What has left, whoever says again that an earlier connection has ended."""
    return [p for p in packets if p["IP"].dst == PEER]


def take_port(lab):
    """Before the gateway listens there; it may all the same, with SO_REUSEADDR."""
    early = lab.socket("gw-a", socket.AF_INET, socket.SOCK_STREAM)
    early.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    early.bind(("", PORT))
    return early


def check_others(lab, early):
    """What is not of the process's own sockets has no part in it."""
    listener = lab.socket("gw-b", socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((PEER, PORT))
    listener.listen(8)
    for ns, user in (("gw-a", "root"), ("gw-a", "nobody"),
                     ("gw-a", "cygnet-stream"), ("host-a", "root")):
        for port in (0, PORT):
            needle = secrets.token_bytes(16)
            wire = lab.capture("wire", "a", "tcp")
            said = lab.run(ns, ["setpriv", f"--reuid={user}", "--clear-groups",
                                "/usr/bin/python3", "-c", CONNECT,
                                needle.hex(), str(port), PEER], check=False)
            packets = wire.stop()
            if ns == "gw-a" and port == PORT:
                ok("not bound" in said.stdout,
                   f"{user} on {ns} does not get port {port}: we listen there")
                continue
            ok("not bound" not in said.stdout and
               "connected" not in said.stdout and not leaks(packets),
               f"{user} on {ns} reaches no port {PORT} in the clear from port "
               f"{port} {strangers(leaks(packets))[:2]}")
    wire = lab.capture("wire", "a", "tcp")
    early.settimeout(2)
    failed = early.connect_ex((PEER, PORT))
    packets = wire.stop()
    ok(failed and not leaks(packets) and early.getsockname()[1] == PORT,
       f"nor does who has had port {PORT} since before we listened "
       f"{strangers(leaks(packets))[:2]}")
    early.close()
    listener.close()
    server = lab.socket("gw-a", socket.AF_INET, socket.SOCK_STREAM)
    server.bind((GW, OTHER_PORT))
    server.listen(1)
    ok(not connects(lab, OTHER_PORT), "another port of the gateway is not open")
    server.close()


def check_drops(gateway, before):
    after = gateway.drops()
    ok(after["plaintext_in"] > before["plaintext_in"],
       "which is counted as plaintext_in")


# --- strangers

def check_garbage(lab):
    for what, octets in (
            ("another protocol", b"GET / HTTP/1.1\r\n\r\n"),
            ("a prefix that is not whole right", b"IKETCQ"),
            ("a length of 1", PREFIX + b"\0\1"),
            ("a message without a header", PREFIX + framed(bytes(8))),
            ("ESP that is no packet", PREFIX + framed(b"\1\2\3\4", b"")),
            ("an IKE message that is too short for its header",
             PREFIX + b"\0\x21" + bytes(4))):
        with connect(lab) as tcp:
            tcp.sendall(octets)
            ok(is_closed(tcp), f"{what}: the connection is closed")


def check_slow(lab):
    """Half of a message, one octet at a time; and none at all."""
    message = PREFIX + framed(ike_message())
    silent, slow = connect(lab), connect(lab)
    began = time.monotonic()
    slow.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        for octet in message[:-1]:
            slow.sendall(bytes((octet,)))
            time.sleep(0.05)
    except OSError:
        pass
    closed = is_closed(slow) and is_closed(silent)
    took = time.monotonic() - began
    ok(closed and FIRST_S - 2 < took < FIRST_S + WAIT_S,
       f"who has not said a whole message is closed after {took:.1f} s")
    silent.close()
    slow.close()


def check_flood(lab):
    """Of one address."""
    several = [connect(lab) for _ in range(4 * PER_ADDRESS)]
    time.sleep(1)
    alive = sum(not is_closed(tcp, 0.02) for tcp in several)
    ok(alive == PER_ADDRESS, f"{alive} of {len(several)} strangers stay")
    for tcp in several:
        tcp.close()
    wait_until(lambda: works(lab), WAIT_S, "room for another one")


def works(lab):
    """A connection that is not closed at once."""
    try:
        with connect(lab) as tcp:
            tcp.sendall(PREFIX)
            return not is_closed(tcp, 0.3)
    except OSError:
        return False


# --- ike

def receive(tcp, n):
    octets = b""
    while len(octets) < n:
        more = tcp.recv(n - len(octets))
        if not more:
            raise EOFError(f"closed after {len(octets)} octets of {n}")
        octets += more
    return octets


def answer(tcp):
    """The next IKE message, without its marker."""
    length, marker = struct.unpack("!HI", receive(tcp, 6))
    assert marker == 0
    return receive(tcp, length - 6)


def ask(tcp):
    """Of a version that nobody speaks: the answer says so (RFC 7296 2.5)."""
    request = ike_message(version=0x30)
    tcp.sendall(framed(request))
    reply = answer(tcp)
    return (reply[:8] == request[:8] and reply[17] == 0x20 and
            struct.unpack("!H", reply[34:36])[0] == INVALID_MAJOR_VERSION)


def check_ike(lab, gateway):
    """What a peer says arrives at ike, and its answer at the peer."""
    tcp = connect(lab)
    tcp.sendall(PREFIX)
    ok(ask(tcp) and ask(tcp), "ike answers in the connection, each time")
    tcp.sendall(framed(ike_message(exchange=34, payload=secrets.token_bytes(
        2000))))
    ok(ask(tcp), "after garbage of IKE_SA_INIT it goes on")
    old = gateway.kill_role("ike")
    ok(is_closed(tcp), "when ike dies, its connections end")
    tcp.close()
    wait_until(lambda: gateway.role_pid("ike") not in (None, old), WAIT_S,
               "another ike")
    with connect(lab) as tcp:
        tcp.sendall(PREFIX)
        ok(ask(tcp), "and the next one answers in another one")


# --- the process

def check_process(lab, gateway):
    """stream is nobody: no capability, seccomp, a user of its own."""
    pid = gateway.role_pid("stream")
    with open(f"/proc/{pid}/status") as file:
        status = dict(line.split(":\t", 1) for line in file if ":\t" in line)
    user = lab.run("gw-a", ["id", "-u", "cygnet-stream"]).stdout.strip()
    ok(status["Uid"].split() == [user] * 4 and
       all(int(status[f"Cap{which}"], 16) == 0
           for which in ("Inh", "Prm", "Eff", "Amb")) and
       status["Seccomp"].strip() == "2" and status["NoNewPrivs"].strip() == "1",
       "stream has a user of its own, no capability, and a seccomp filter")


def check_stream_dies(lab, gateway):
    tcp = connect(lab)
    old = gateway.kill_role("stream")
    ok(is_closed(tcp), "when stream dies, its connections end")
    tcp.close()
    wait_until(lambda: gateway.role_pid("stream") not in (None, old), WAIT_S,
               "another stream")
    wait_until(lambda: works(lab), WAIT_S, "a connection to it")
    ok(True, "and another one listens, past the policies")


def check_dp_dies(lab, gateway):
    """The sockets that it let out are let out by the next one."""
    tcp = connect(lab)
    tcp.sendall(PREFIX[:2])
    old = gateway.kill_role("dp")
    wait_until(lambda: gateway.role_pid("dp") not in (None, old), WAIT_S,
               "another dp")
    tcp.sendall(PREFIX[2:] + b"\0\0")
    ok(is_closed(tcp), "when dp dies, a connection goes on past the policies")
    tcp.close()
    wait_until(lambda: works(lab), WAIT_S, "a connection to it")
    ok(True, "and others come")


def main():
    with Lab() as lab:
        early = take_port(lab)
        gateway = lab.start_gateway("gw-a", everything())
        wait_until(lambda: works(lab), WAIT_S, "a connection")
        check_process(lab, gateway)
        check_passes(lab)
        before = gateway.drops()
        check_others(lab, early)
        check_drops(gateway, before)
        check_ike(lab, gateway)
        check_garbage(lab)
        check_flood(lab)
        check_slow(lab)
        check_stream_dies(lab, gateway)
        check_dp_dies(lab, gateway)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
