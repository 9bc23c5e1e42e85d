#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Traffic that says how much of it was lost. As a program, on a host: pings an
address every INTERVAL_S until SIGINT, waits for what is still under way, and
prints how many were sent and how many answers came.
"""
import os
import select
import signal
import socket
import struct
import sys
import time

INTERVAL_S = 0.005
LAST_S = 5  # so long the last answer may take


class Stream:
    """From host-a to host-b, from now until stop()."""

    def __init__(self, lab, target="10.2.0.2"):
        self._process = lab.spawn("host-a", ["/usr/bin/python3", __file__,
                                             target])

    def stop(self):
        """How many were sent, and how many came back."""
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=10)
        with open(self._process.log_path) as file:
            return tuple(map(int, file.read().split()))


def echo(number):
    """RFC 792, of an identifier that is this process's."""
    words = [0x0800, os.getpid() & 0xffff, number & 0xffff]
    total = sum(words)
    total = (total & 0xffff) + (total >> 16)
    return struct.pack("!HHHH", 0x0800, ~total & 0xffff, *words[1:])


def take(sock, answered):
    packet = sock.recv(2048)
    kind, _, identifier, number = struct.unpack_from("!HHHH", packet, 20)
    if kind == 0 and identifier == os.getpid() & 0xffff:
        answered.add(number)


def main(target):
    ended, sent, answered = [], 0, set()
    signal.signal(signal.SIGINT, lambda *_: ended.append(True))
    sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    due = time.monotonic()
    while not ended:
        try:
            sock.sendto(echo(sent), (target, 0))
        except OSError:
            pass  # as lost as one that was sent
        sent += 1
        due += INTERVAL_S
        while (left := due - time.monotonic()) > 0:
            if select.select([sock], [], [], left)[0]:
                take(sock, answered)
    while len(answered) < sent and select.select([sock], [], [], LAST_S)[0]:
        take(sock, answered)
    print(sent, len(answered))


if __name__ == "__main__":
    main(sys.argv[1])
