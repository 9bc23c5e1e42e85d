#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
What comes back from an address is what was sent. As a program, on a host: one
datagram of each size of a row (RFC 792 and RFC 4443, echo), then a TCP connection
to port 7 (RFC 862), which carries random octets to and fro. Of several addresses one
after the other; ADDRESS,N has no datagrams below N octets. Says nothing if all is well,
else of which what is wrong.
"""
import os
import select
import socket
import struct
import sys
import threading
import time

SIZES = (*range(32), *range(1100, 1116))  # each rest of a block
TCP_OCTETS = 1 << 16
BURST = 8  # datagrams under way
LIMIT_S = 10
# Of echoes in either family: a raw socket's arguments, the types of what asks and
# of what answers, and what stands before that in what is received.
V4 = ((socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP), 8, 0, 20)
V6 = ((socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6), 128, 129, 0)


def echo(kind, number, payload):
    """Of IPv6 it is Linux that fills in the checksum."""
    head = struct.pack("!BBHHH", kind, 0, 0, os.getpid() & 0xffff, number)
    octets = head + payload + bytes(len(payload) % 2)
    total = sum(word for word, in struct.iter_unpack("!H", octets))
    total = (total & 0xffff) + (total >> 16)
    total = (total & 0xffff) + (total >> 16)
    return head[:2] + struct.pack("!H", ~total & 0xffff) + head[4:] + payload


def datagrams(target, least):
    arguments, asks, answers, at = V6 if ":" in target else V4
    sock = socket.socket(*arguments)
    sock.connect((target, 0))
    missing = {}
    unsent = [(size, os.urandom(size)) for size in SIZES if size >= least]
    deadline = time.monotonic() + LIMIT_S
    while (unsent or missing) and time.monotonic() < deadline:
        while unsent and len(missing) < BURST:
            size, payload = unsent.pop()
            missing[size] = payload
            sock.send(echo(asks, size, payload))
        left = max(0, deadline - time.monotonic())
        if not select.select([sock], [], [], left)[0]:
            break
        packet = sock.recv(2048)[at:]
        kind, _, _, identifier, number = struct.unpack_from("!BBHHH", packet)
        if kind == answers and identifier == os.getpid() & 0xffff and \
                missing.get(number) == packet[8:]:
            del missing[number]
    if unsent or missing:
        print(target, "no echo of", sorted([*missing, *(size for size, _ in unsent)]))


def connection(target):
    octets = os.urandom(TCP_OCTETS)
    with socket.create_connection((target, 7), timeout=LIMIT_S) as sock:
        sender = threading.Thread(target=lambda: (
            sock.sendall(octets), sock.shutdown(socket.SHUT_WR)))
        sender.start()
        came = b""
        while piece := sock.recv(65536):
            came += piece
        sender.join()
    if came != octets:
        print(f"{target} {len(came)} octets of {TCP_OCTETS} came back by TCP")


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        address, _, octets = argument.partition(",")
        try:
            datagrams(address, int(octets or 0))
            connection(address)
        except OSError as error:
            print(address, error)
