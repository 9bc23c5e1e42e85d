# SPDX-License-Identifier: BSD-2-Clause
"""
A client of VICI from its description alone: packets behind their length in four
octets, messages of sections, lists and values. Sections become dicts, lists
lists, values strings.
"""
import socket
import struct

REQUEST, RESPONSE, UNKNOWN, REGISTER, _, CONFIRM, _, EVENT = range(8)
SECTION, SECTION_END, VALUE, LIST, ITEM, LIST_END = range(1, 7)


class Message:
    """Reads one from its octets."""

    def __init__(self, octets):
        self.rest = octets

    def _take(self, n):
        taken, self.rest = self.rest[:n], self.rest[n:]
        if len(taken) != n:
            raise ValueError("a message that is cut short")
        return taken

    def _name(self):
        return self._take(self._take(1)[0]).decode()

    def _text(self):
        return self._take(struct.unpack("!H", self._take(2))[0]).decode(
            errors="surrogateescape")

    def _list(self):
        items = []
        while self._take(1)[0] == ITEM:
            items.append(self._text())
        return items

    def section(self):
        """Up to its end, or that of the message."""
        found = {}
        while self.rest:
            kind = self._take(1)[0]
            if kind == SECTION_END:
                break
            name = self._name()
            found[name] = (self.section() if kind == SECTION else
                           self._list() if kind == LIST else self._text())
        return found


def message(values):
    """Of a dict of strings."""
    octets = b""
    for name, text in values.items():
        octets += bytes([VALUE, len(name)]) + name.encode()
        octets += struct.pack("!H", len(text)) + text.encode()
    return octets


class Vici:
    """A connection. Events that came are kept: [(name, message)]."""

    def __init__(self, path, timeout=10):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(timeout)
        self.socket.connect(path)
        self.events = []

    def close(self):
        self.socket.close()

    def _send(self, kind, name, octets=b""):
        packet = bytes([kind, len(name)]) + name.encode() + octets
        self.socket.sendall(struct.pack("!I", len(packet)) + packet)

    def _read(self, n):
        octets = b""
        while len(octets) < n:
            more = self.socket.recv(n - len(octets))
            if not more:
                raise EOFError("the server closed the connection")
            octets += more
        return octets

    def _receive(self):
        packet = self._read(struct.unpack("!I", self._read(4))[0])
        return packet[0], packet[1:]

    def _answer(self):
        """The next packet that is no event."""
        while True:
            kind, rest = self._receive()
            if kind != EVENT:
                return kind, rest
            self._keep(rest)

    def _keep(self, rest):
        name, octets = rest[1:1 + rest[0]], rest[1 + rest[0]:]
        self.events.append((name.decode(), Message(octets).section()))

    def register(self, *names):
        for name in names:
            self._send(REGISTER, name)
            if self._answer()[0] != CONFIRM:
                raise ValueError(f"no event '{name}'")

    def ask(self, command, **values):
        """The answer; None: there is no such command."""
        self._send(REQUEST, command, message(
            {key.replace("_", "-"): text for key, text in values.items()}))
        kind, rest = self._answer()
        return Message(rest).section() if kind == RESPONSE else None

    def wait(self, name, timeout=10):
        """The next event of that name, which is kept no more; None: none came."""
        self.socket.settimeout(timeout)
        while True:
            for i, (kept, found) in enumerate(self.events):
                if kept == name:
                    del self.events[i]
                    return found
            try:
                kind, rest = self._receive()
            except TimeoutError:
                return None
            if kind == EVENT:
                self._keep(rest)
