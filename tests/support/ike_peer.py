# SPDX-License-Identifier: BSD-2-Clause
"""
The IKEv2 engine alone, tests/ike/peer, on gw-a of the laboratory: on sockets,
without a data path.
"""
import collections
import os
import re

from lab import BUILD, log_of, ok, wait_until

OURS, THEIRS = "192.0.2.1", "192.0.2.2"
OUR_LAN, THEIR_LAN = "10.1.0.0/24", "10.2.0.0/24"
OUR_HOST, THEIR_HOST = "10.1.0.2", "10.2.0.2"
PSK = "a key that both sides have"
IKE, ESP = "aes128-sha256-x25519", "aes128gcm16"
WAIT_S = 10

# What our engine put into the SAD.
Sa = collections.namedtuple(
    "Sa", "dir spi encr encr_key integ integ_key sport dport selectors")


class Peer:
    """Our engine: a process for each configuration."""

    def __init__(self, lab, ike=IKE, esp=ESP, psk=PSK, local_ts=OUR_LAN,
                 remote_ts=THEIR_LAN, remote=THEIRS, dpd_s=0, speed=1,
                 ppk=("", "", "no")):
        fifo = os.path.join(lab.dir, "commands")
        if not os.path.exists(fifo):
            os.mkfifo(fifo)
        # Open for both: it never ends, and opening waits for nobody.
        self._commands = os.open(fifo, os.O_RDWR)
        self.process = lab.spawn("gw-a", [
            "sh", "-c", 'exec "$@" <"$0"', fifo, f"{BUILD}/tests/ike/peer",
            OURS, remote, local_ts, remote_ts, ike, esp, psk, str(dpd_s),
            str(speed), *ppk])
        self._seen = 0
        self.wait("ready")

    def tell(self, command):
        os.write(self._commands, f"{command}\n".encode())

    def said(self):
        return log_of(self.process)

    def wait(self, *patterns, timeout=WAIT_S):
        """
        Until it says one of these, in a line behind those that were waited
        for before; returns the line.
        """
        def found():
            lines = self.said().splitlines()
            for i in range(self._seen, len(lines)):
                if any(re.match(pattern, lines[i]) for pattern in patterns):
                    self._seen = i + 1
                    return lines[i]
            return None

        return wait_until(found, timeout, f"peer to say {patterns}; it said:\n"
                          f"{self.said()}")

    def skip(self):
        """What was said so far is not waited for."""
        self._seen = len(self.said().splitlines())

    def sas(self):
        """
        Those that are in the SAD, by direction and SPI, but for inbound ones
        that stay a little after their child went down.
        """
        sas = {}
        for line in self.said().splitlines():
            words = line.split()
            if words[:1] == ["sa"]:
                sa = Sa(words[1], int(words[2]), int(words[3]),
                        octets(words[4]), int(words[5]), octets(words[6]),
                        int(words[7]), int(words[8]), words[9:])
                sas[sa.dir, sa.spi] = sa
            elif words[:1] == ["deleted"]:
                sas.pop((words[1], int(words[2])), None)
            elif words[:1] == ["down"]:
                sas.pop(("in", int(words[1])), None)
        return sas

    def bound(self):
        """The SPI of the outbound SA that its policy has."""
        found = re.findall(r"^bound (\d+)$", self.said(), re.MULTILINE)
        return int(found[-1]) if found else None

    def quit(self):
        self.tell("quit")
        status = self.process.wait(timeout=WAIT_S)
        os.close(self._commands)
        if status:
            ok(False, f"our engine ends as it should: {status}")

    def kill(self):
        self.process.kill()
        self.process.wait(timeout=WAIT_S)
        os.close(self._commands)


def octets(text):
    return b"" if text == "-" else bytes.fromhex(text)
