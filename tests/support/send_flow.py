#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Sends datagrams at a rate until its time is over or SIGTERM comes, and prints how
many they were. Of several flows each has a port of its own.

    send_flow.py DESTINATION PORT PER-SECOND SECONDS OCTETS FLOWS

It catches up on what it could not send in time, but in no burst that would
overrun a link.
"""
import signal
import socket
import sys
import time

BURST = 64
PAUSE_S = 0.0005


def main():
    told = []
    signal.signal(signal.SIGTERM, lambda *_: told.append(True))
    pps, seconds = float(sys.argv[3]), float(sys.argv[4])
    octets = bytes(int(sys.argv[5]))
    flows = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
             for _ in range(int(sys.argv[6]))]
    for udp in flows:
        udp.connect((sys.argv[1], int(sys.argv[2])))
    begin, sent = time.monotonic(), 0
    while (now := time.monotonic() - begin) < seconds and not told:
        for _ in range(min(int(pps * now) - sent, BURST)):
            flows[sent % len(flows)].send(octets)
            sent += 1
        time.sleep(PAUSE_S)
    print(sent)


main()
