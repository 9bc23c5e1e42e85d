# SPDX-License-Identifier: BSD-2-Clause
"""
The wire of the laboratory as a bad path: relay.c in place of the bridge.

    path = relay.start(lab, delay_ms=50, reorder=16, seed=7)
    path.counts()["a"]["in"]["esp"]   # what came from gw-a, up to now
    path.stop()                       # the last counts; the bridge is back

The options are relay.c's, which says what it counts. While it runs, wire:br0
sees nothing; captures on wire:a and wire:b see what it gets and gives.
"""
import json
import signal

from lab import BUILD, LabError, log_of, wait_until

PORTS = ("a", "b")


class Relay:
    """A running relay. Made by start()."""

    def __init__(self, lab, **options):
        self.lab = lab
        self._master("nomaster")
        words = [word for name, value in options.items()
                 for word in (f"--{name.replace('_', '-')}", str(value))]
        self.process = lab.spawn("wire", [f"{BUILD}/tests/support/relay",
                                          *words, *PORTS])
        self._reports = 0
        wait_until(lambda: "ready" in self._said(), 10, "the relay")

    def _master(self, *words):
        for port in PORTS:
            self.lab.run("wire", ["ip", "link", "set", "dev", port, *words])

    def _said(self):
        if self.process.poll():
            raise LabError(f"the relay ended:\n{log_of(self.process)}")
        return log_of(self.process)

    def _ask(self, sig):
        """Its counts, one line for each signal; all that it lost is told."""
        def lines():
            return self._said().splitlines(keepends=True)[1 + self._reports:]

        self.process.send_signal(sig)
        wait_until(lambda: lines()[:1] and lines()[0].endswith("\n"), 10,
                   "the relay's counts")
        counts = json.loads(lines()[0])
        self._reports += 1
        return counts

    def counts(self):
        """By the port where packets came in."""
        return self._ask(signal.SIGUSR1)

    def stop(self):
        """Ends it; what is on its way is gone. Returns its last counts."""
        counts = self._ask(signal.SIGTERM)
        self.process.wait(timeout=10)
        self._master("master", "br0")
        return counts


def start(lab, **options):
    """Puts a relay between gw-a and gw-b, and waits until it relays."""
    return Relay(lab, **options)
