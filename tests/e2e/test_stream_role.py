#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The process that holds TCP connections (RFC 9329), seen from all its sides: this test
is its ctl, its ike, its worker and its peers. What comes by TCP in whatever pieces
arrives at ike and at the worker whole, and what they send arrives at the peer; who does
not read loses ESP, and what is counted says so; a connection is there for as long as
ike wants it.
"""
import array
import os
import secrets
import socket
import struct
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import BUILD, Lab, finish, ok  # noqa: E402

VERSION = 8
(LISTEN, IKE, PAIR, OPEN, STOP, READY, GONE, COUNTS, UP, DOWN, MESSAGE, KEEP,
 CLOSE) = (1, 2, 3, 4, 5, 64, 65, 66, 128, 129, 130, 131, 132)
LOST = 67
COUNT_NAMES = ("accepted", "crowded", "malformed", "slow", "esp_full",
               "esp_gone", "esp_busy", "ike_long", "esp_astray", "open")
END_PEER = 1  # enum stream_end
PREFIX = b"IKETCP"
WAIT_S = 20
SPI = 0x12345678
MACHINE = "host-a"


class Seam:
    """One end of a seam (ctrl/base/seam.h)."""

    def __init__(self, sock):
        self.sock = sock
        sock.settimeout(WAIT_S)
        self._got = []

    def send(self, kind, octets, fds=()):
        control = [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                    array.array("i", fds))] if fds else []
        self.sock.sendmsg([struct.pack("=HHI", VERSION, kind, len(octets)) +
                           octets], control)

    def next(self):
        """Kind and octets of the next message."""
        while not self._got:
            octets = self.sock.recv(1 << 16)
            if not octets:
                raise EOFError("the other end is closed")
            while octets:
                _, kind, n = struct.unpack_from("=HHI", octets)
                self._got.append((kind, octets[8:8 + n]))
                octets = octets[(8 + n + 7) & ~7:]
        return self._got.pop(0)

    def expect(self, kind):
        """The next message of that kind; others are passed by."""
        while True:
            got, octets = self.next()
            if got == kind:
                return octets


def addr(text):
    return bytes(10) + b"\xff\xff" + socket.inet_aton(text)


def head(stream, peer=None):
    """Of an ESP packet: struct stream_esp."""
    return struct.pack("=II", stream, 0) + (peer or addr("127.0.0.1"))


class Role:
    """The process, and all that it is linked to."""

    def __init__(self, lab):
        self.lab = lab
        path = f"{lab.dir}/stream"
        self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.listener.bind(path)
        self.listener.listen(4)
        self.path = path
        fd = self.listener.fileno()
        self.process = subprocess.Popen(
            [f"{BUILD}/cygnetd", "--role=stream"], pass_fds=(3,) if fd != 3
            else (), close_fds=False, stdin=subprocess.DEVNULL,
            preexec_fn=lambda: os.dup2(fd, 3) and os.set_inheritable(3, True))
        self.ctl = self.link()
        self.ready = self.ctl.expect(READY)
        self.ike = self.worker = self.tcp = None

    def link(self):
        ctl = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ctl.connect(self.path)
        return Seam(ctl)

    def listen(self):
        self.tcp = self.lab.socket(MACHINE, socket.AF_INET, socket.SOCK_STREAM)
        self.tcp.bind(("127.0.0.1", 0))
        self.tcp.listen(16)
        self.tcp.setblocking(False)
        self.ctl.send(LISTEN, bytes(4), [self.tcp.fileno()])

    def introduce_ike(self):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.ctl.send(IKE, bytes(4), [theirs.fileno()])
        theirs.close()
        self.ike = Seam(ours)

    def introduce_worker(self):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.ctl.send(PAIR, struct.pack("=II", 0, 1), [theirs.fileno()])
        theirs.close()
        ours.settimeout(WAIT_S)
        self.worker = ours

    def connect(self):
        peer = self.lab.socket(MACHINE, socket.AF_INET, socket.SOCK_STREAM)
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        peer.settimeout(WAIT_S)
        peer.connect(self.tcp.getsockname())
        return peer

    def bring_up(self):
        """A connection, and its number."""
        peer, message = self.connect(), ike_message()
        peer.sendall(PREFIX + framed(message))
        up = self.ike.expect(UP)
        got = self.ike.expect(MESSAGE)
        assert got[8:] == message
        return peer, struct.unpack_from("=I", up)[0], up

    def say(self, kind, stream):
        self.ike.send(kind, struct.pack("=I", stream))

    def count(self, name, least):
        """Waits until so many are counted."""
        n = 0
        while n < least:
            n = dict(zip(COUNT_NAMES, struct.unpack(
                "=10Q", self.ctl.expect(COUNTS))))[name]
        return n


def ike_message(size=80):
    return secrets.token_bytes(size)


def framed(message, marker=bytes(4)):
    return struct.pack("!H", 2 + len(marker) + len(message)) + marker + message


def esp(size=100, spi=SPI):
    return struct.pack("!I", spi) + secrets.token_bytes(size - 4)


def receive(peer, n):
    octets = b""
    while len(octets) < n:
        more = peer.recv(n - len(octets))
        if not more:
            break
        octets += more
    return octets


def is_closed(peer):
    try:
        return peer.recv(1) == b""
    except ConnectionError:
        return True
    except TimeoutError:
        return False


# --- what comes in and goes out

def check_in(role):
    peer, stream, up = role.bring_up()
    local, remote = peer.getpeername(), peer.getsockname()
    ends = up[16:52]
    ok(stream and ends == addr(local[0]) + addr(remote[0]) +
       struct.pack("=HH", local[1], remote[1]) and up[8:16] == bytes(8),
       "ike is told of a connection with its ends, and then of its message")
    message, packets = ike_message(20480), [esp(), esp(65533), esp(8)]
    octets = b"".join([framed(packets[0], b""), framed(message),
                       framed(packets[1], b""), framed(packets[2], b"")])
    for i in range(0, 300):
        peer.sendall(octets[i:i + 1])
    peer.sendall(octets[300:])
    ok(role.ike.expect(MESSAGE)[8:] == message,
       "the longest message arrives at ike as it was, whatever its pieces")
    got = [role.worker.recv(1 << 17) for _ in packets]
    ok(got == [head(stream, bytes(16)) + p for p in packets],
       "ESP arrives at the worker, the longest and the shortest too")
    peer.sendall(framed(ike_message(65535 - 6)) + framed(message))
    ok(role.ike.expect(MESSAGE)[8:] == message and
       role.count("ike_long", 1) == 1,
       "an IKE message that is too long is counted, and the next one read")
    return peer, stream


def check_out(role, peer, stream):
    message, packet = ike_message(500), esp(1400)
    role.ike.send(MESSAGE, struct.pack("=II", stream, len(message)) + message)
    want = framed(message)
    ok(receive(peer, len(want)) == want, "what ike sends arrives at the peer")
    role.worker.send(head(stream) + packet)
    want = framed(packet, b"")
    ok(receive(peer, len(want)) == want, "what a worker sends arrives as well")
    role.worker.send(head(stream ^ 1) + packet)
    ok(role.count("esp_gone", 1) == 1, "ESP of no connection goes nowhere")
    role.worker.send(head(stream) + packet[:3])
    ok(role.count("esp_gone", 2) == 2, "nor does what is cut in its SPI")
    role.worker.send(head(stream, addr("127.0.0.2")) + packet)
    ok(role.count("esp_astray", 1) == 1, "nor what is for another peer")


def check_backlog(role, peer, stream):
    """A peer that does not read."""
    role.worker.setblocking(True)
    packet, sent = esp(10000), 3000
    for _ in range(sent):
        role.worker.send(head(stream) + packet)
    full = role.count("esp_full", 1)
    message = ike_message()
    role.ike.send(MESSAGE, struct.pack("=II", stream, len(message)) + message)
    peer.settimeout(3)
    octets = bytearray()
    try:
        while not octets.endswith(message):
            octets += peer.recv(1 << 20)
    except TimeoutError:
        pass
    ok(octets.endswith(framed(message)) and
       octets.count(framed(packet, b"")) < sent and full,
       f"who does not read loses ESP ({octets.count(packet)} of {sent} came), "
       "IKE comes behind it")


def check_worker_is_slow(role, peer):
    """It reads nothing, until its pair is full."""
    packet, sent = framed(esp(1000), b""), 2000
    for _ in range(sent):
        peer.sendall(packet)
    busy = role.count("esp_busy", 1)
    role.worker.setblocking(False)
    n = 0
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline and n + busy < sent:
        try:
            role.worker.recv(1 << 17)
            n += 1
        except BlockingIOError:
            busy = role.count("esp_busy", busy + 1) if n + busy < sent else busy
    ok(n + busy == sent, f"of {sent} packets for a worker that does not read {n} "
       f"arrive and {busy} are counted")
    role.worker.settimeout(WAIT_S)


def check_pair_lost(role):
    role.worker.close()
    role.ctl.expect(LOST)
    role.introduce_worker()
    peer, stream, _ = role.bring_up()
    packet = esp()
    peer.sendall(framed(packet, b""))
    ok(role.worker.recv(1 << 17) == head(stream, bytes(16)) + packet,
       "a pair that is lost is told to ctl, and the next one is used")
    peer.close()


def check_close(role):
    peer, stream, _ = role.bring_up()
    message = ike_message()
    role.ike.send(MESSAGE, struct.pack("=II", stream, len(message)) + message)
    role.say(CLOSE, stream)
    ok(receive(peer, 1000) == framed(message),
       "a connection that ike closes ends behind what was sent")
    peer, stream, _ = role.bring_up()
    peer.close()
    down = role.ike.expect(DOWN)
    ok(struct.unpack("=IHHQ", down)[:2] == (stream, END_PEER),
       "one that the peer closes is told to ike")


# --- who comes and goes

def check_open(role):
    """ctl connects, ike asked for it."""
    server = role.lab.socket(MACHINE, socket.AF_INET, socket.SOCK_STREAM)
    server.bind(("127.0.0.1", 0))
    client = role.lab.socket(MACHINE, socket.AF_INET, socket.SOCK_STREAM)
    client.setblocking(False)
    for number, listens in ((5, True), (6, False)):
        if listens:
            server.listen(1)
        else:
            server.close()
            client = role.lab.socket(MACHINE, socket.AF_INET,
                                     socket.SOCK_STREAM)
            client.bind(("127.0.0.1", 0))
            client.setblocking(False)
        client.connect_ex(("127.0.0.1", 9) if not listens
                          else server.getsockname())
        ends = addr("127.0.0.1") * 2 + struct.pack("=HH", 1, 2)
        role.ctl.send(OPEN, struct.pack("=IIQ", number, 0, 70 + number) + ends +
                      bytes(4), [client.fileno()])
        client.close()
        if listens:
            peer, _ = server.accept()
            peer.settimeout(WAIT_S)
            up = role.ike.expect(UP)
            ok(struct.unpack_from("=Q", up, 8)[0] == 75 and
               receive(peer, len(PREFIX)) == PREFIX,
               "one that we open is told to ike, and says the prefix")
            peer.close()
        down = struct.unpack("=IHHQ", role.ike.expect(DOWN))
        gone = role.ctl.expect(GONE)
        ok(down[3] == 70 + number and struct.unpack_from("=I", gone)[0] == number
           and gone[8:44] == ends,
           "it ends, and both are told" if listens else
           f"one that is refused is told to both {os.strerror(down[2])}")


def check_gone(role):
    """ctl lets a connection out past the policies until it is over for both."""
    server = role.lab.socket(MACHINE, socket.AF_INET, socket.SOCK_STREAM)
    server.bind(("127.0.0.1", 0))
    server.listen(1)
    client = role.lab.socket(MACHINE, socket.AF_INET, socket.SOCK_STREAM)
    client.setblocking(False)
    client.connect_ex(server.getsockname())
    role.ctl.send(OPEN, struct.pack("=IIQ", 7, 0, 77) + addr("127.0.0.1") * 2 +
                  struct.pack("=HHI", 1, 2, 0), [client.fileno()])
    client.close()
    peer, _ = server.accept()
    peer.settimeout(WAIT_S)
    role.say(CLOSE, struct.unpack_from("=I", role.ike.expect(UP))[0])
    said = receive(peer, len(PREFIX) + 1)
    peer.sendall(framed(ike_message()))
    role.ctl.sock.settimeout(0.5)
    try:
        role.ctl.expect(GONE)
        early = True
    except TimeoutError:
        early = False
    role.ctl.sock.settimeout(WAIT_S)
    peer.sendall(framed(ike_message()))
    peer.close()
    gone = role.ctl.expect(GONE)
    ok(said == PREFIX and not early and struct.unpack_from("=I", gone)[0] == 7,
       "one that ike closes is gone once its peer has ended it, too")


def check_ike_dies(role, peer):
    role.ike.sock.close()
    ok(is_closed(peer), "when ike dies, what it knew is closed")
    late, message = role.connect(), ike_message()
    late.sendall(PREFIX + framed(message))
    time.sleep(0.3)
    role.introduce_ike()
    stream = struct.unpack_from("=I", role.ike.expect(UP))[0]
    ok(role.ike.expect(MESSAGE)[8:] == message,
       "what comes while none is there waits for the next one")
    role.say(KEEP, stream)
    return late


def check_ctl_dies(role, peer):
    time.sleep(1.2)  # this one is told all that there was to count
    role.ctl.sock.close()
    role.ctl = role.link()
    ready = role.ctl.expect(READY)
    ok(struct.unpack("=BBBBI", ready) == (1, 1, 1, 0, 7),
       f"another ctl is told what the process has {ready.hex()}")
    ok(role.count("ike_long", 1) == 1, "and what was counted before it came")
    message = ike_message()
    peer.sendall(framed(message))
    ok(role.ike.expect(MESSAGE)[8:] == message, "connections go on meanwhile")


def check_end(role):
    role.ike.sock.close()
    role.ctl.sock.close()
    ok(role.process.wait(timeout=WAIT_S) == 0,
       "without ctl and ike there is nobody to work for")


def main():
    with Lab() as lab:
        role = Role(lab)
        ok(role.ready == bytes(8), "a fresh one has nothing")
        role.introduce_ike()
        role.introduce_worker()
        role.listen()
        try:
            peer, stream = check_in(role)
            role.say(KEEP, stream)
            check_out(role, peer, stream)
            check_backlog(role, peer, stream)
            check_worker_is_slow(role, peer)
            check_pair_lost(role)
            check_close(role)
            check_open(role)
            check_gone(role)
            check_ctl_dies(role, check_ike_dies(role, peer))
            check_end(role)
        finally:
            role.process.kill()
            role.process.wait(timeout=WAIT_S)
    return finish()


if __name__ == "__main__":
    sys.exit(main())
