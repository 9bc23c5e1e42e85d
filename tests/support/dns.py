# SPDX-License-Identifier: BSD-2-Clause
"""
A DNS server that knows one name, and says of it what a test wants to have said:
the truth, nothing, or nonsense. As a module, start() runs it on a machine; as a
program, it is the server:

    dns.py ADDRESS RULES LOG

RULES is a file of JSON, read for every question: {"name": …, "mode": …, "a": […],
"aaaa": […]}. LOG has a line for each question, "TYPE NAME SOURCE:PORT".
"""
import ipaddress
import json
import os
import random
import socket
import struct
import sys

A, CNAME, AAAA = 1, 5, 28
TYPES = {A: "a", AAAA: "aaaa"}
FORGERIES = 40


def encode(name):
    labels = name.rstrip(".").split(".")
    return b"".join(bytes([len(x)]) + x.encode() for x in labels) + b"\0"


def decode(message, at):
    labels = []
    while message[at]:
        labels.append(message[at + 1:at + 1 + message[at]].decode())
        at += 1 + message[at]
    return ".".join(labels), at + 1


def record(owner, kind, data):
    return owner + struct.pack("!HHIH", kind, 1, 0, len(data)) + data


def records(rules, kind, owner):
    return [record(owner, kind, ipaddress.ip_address(text).packed)
            for text in rules.get(TYPES.get(kind), [])]


def message(ident, question, answers, flags=0x8180):
    return struct.pack("!HHHHHH", ident, flags, 1, len(answers), 0, 0) + \
        question + b"".join(answers)


def answers(rules, query):
    """What goes back, in its order: none, one, or many."""
    ident = struct.unpack("!H", query[:2])[0]
    name, end = decode(query, 12)
    kind = struct.unpack("!H", query[end:end + 2])[0]
    question, pointer = query[12:end + 4], b"\xc0\x0c"
    good = message(ident, question, records(rules, kind, pointer))
    mode = rules["mode"]
    if name.lower() != rules["name"] or mode == "nxdomain":
        return [message(ident, question, [], 0x8183)]
    if mode == "truth":
        return [good]
    if mode == "alias":
        alias = record(pointer, CNAME, encode("other.example.net"))
        return [message(ident, question, [alias] + records(
            rules, kind, encode("other.example.net")))]
    if mode == "refused":
        return [message(ident, question, [], 0x8185)]
    if mode == "truncated":
        return [message(ident, question, [], 0x8380)]
    if mode == "long":
        return [good + bytes(900)]
    if mode == "fragments":
        return [good + bytes(4000)]
    if mode == "garbage":
        return [message(ident, question, [os.urandom(40)])]
    if mode == "circle":
        return [message(ident, question, [record(pointer, CNAME, pointer)])]
    if mode == "stranger":  # the address of a name that nobody asked for
        return [message(ident, question, records(
            rules, kind, encode("other.example.net")))]
    if mode == "forged":
        return [message(ident ^ random.randrange(1, 1 << 16), question,
                        records(rules, kind, pointer))
                for _ in range(FORGERIES)]
    return []  # silent


def serve(address, rules_path, log_path):
    family = (socket.AF_INET6 if ":" in address else socket.AF_INET)
    with socket.socket(family, socket.SOCK_DGRAM) as udp, \
            open(log_path, "a", buffering=1) as log:
        udp.bind((address, 53))
        print("ready", flush=True)
        while True:
            query, source = udp.recvfrom(4096)
            with open(rules_path) as file:
                rules = json.load(file)
            name, end = decode(query, 12)
            kind = struct.unpack("!H", query[end:end + 2])[0]
            print(TYPES.get(kind, kind), name, f"{source[0]}:{source[1]}",
                  file=log)
            for answer in answers(rules, query):
                udp.sendto(answer, source)


class Server:
    """Made by start()."""

    def __init__(self, lab, ns, address, name):
        self.address, self.name = address, name
        self._lab, self._ns = lab, ns
        self._rules = os.path.join(lab.dir, f"dns-{ns}.json")
        self._log = os.path.join(lab.dir, f"dns-{ns}.log")
        open(self._log, "w").close()

    def says(self, mode="truth", a=(), aaaa=()):
        """From the next question on."""
        text = json.dumps({"name": self.name, "mode": mode, "a": list(a),
                           "aaaa": list(aaaa)})
        with open(f"{self._rules}.new", "w") as file:
            file.write(text)
        os.rename(f"{self._rules}.new", self._rules)

    def questions(self):
        """Of each a list of its type, its name, and whence it came."""
        with open(self._log) as file:
            return [line.split() for line in file]

    def run(self):
        return self._lab.spawn(self._ns, ["/usr/bin/python3",
                                          os.path.abspath(__file__),
                                          self.address, self._rules,
                                          self._log])


def start(lab, ns, address, name):
    """On machine ns, which has that address; it says nothing at first."""
    from lab import log_of, wait_until
    server = Server(lab, ns, address, name)
    server.says("silent")
    process = server.run()
    wait_until(lambda: "ready" in log_of(process), 10, "the DNS server")
    return server


if __name__ == "__main__":
    serve(*sys.argv[1:])
