# SPDX-License-Identifier: BSD-2-Clause
"""
Datagrams between the hosts of the laboratory at a rate, and counts of what
became of them.

    udp = sink(lab, "host-b")
    flow = Flow(lab, "host-a", "10.2.0.2", pps=5000, seconds=2)
    flow.end()          # the datagrams that it sent
    snmp(lab, "host-b", "Ip", "InDelivers")
"""
import os
import socket

from lab import LabError, log_of

PROGRAM = os.path.join(os.path.dirname(os.path.abspath(__file__)),
                       "send_flow.py")
PORT = 9
PAYLOAD = 200


class Flow:
    """
    Datagrams from a machine, from now on; with flows, from so many ports in
    turn, which a link with queues spreads over them: no queue has none, if they
    are many.
    """

    def __init__(self, lab, ns, target, pps, seconds, flows=1):
        self.seconds = seconds
        self.process = lab.spawn(ns, [
            "/usr/bin/python3", PROGRAM, target, str(PORT), str(pps),
            str(seconds), str(PAYLOAD), str(flows)])

    def runs(self):
        return self.process.poll() is None

    def end(self):
        """Waits until it ends; returns how many it sent."""
        if self.process.wait(timeout=self.seconds + 20):
            raise LabError(f"a sender gave up:\n{log_of(self.process)}")
        return int(log_of(self.process))

    def stop(self):
        """Ends it now; returns how many it sent. It has to have begun."""
        self.process.terminate()
        return self.end()


def sink(lab, ns):
    """Where they may go to: nobody reads it, but nobody answers either."""
    udp = lab.socket(ns, socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("0.0.0.0", PORT))
    return udp


def snmp(lab, ns, protocol, counter):
    """A counter of /proc/net/snmp."""
    head, values = [line.split() for line in lab.run(
        ns, ["cat", "/proc/net/snmp"]).stdout.splitlines()
        if line.startswith(protocol + ":")]
    return int(values[head.index(counter)])


def link_dropped(lab, ns, ifname):
    """Packets that the kernel lost at an interface, in both directions."""
    folder = f"/sys/class/net/{ifname}/statistics"
    return sum(map(int, lab.run(
        ns, ["cat", f"{folder}/tx_dropped", f"{folder}/rx_dropped"]
    ).stdout.split()))


def two_queues(lab, ns, ifname):
    """Of a veth, so that what it sends arrives by two at the other end."""
    lab.run(ns, ["ethtool", "-L", ifname, "rx", "2", "tx", "2"])


def xdp_received(lab, ns, ifname, queue):
    """Packets that XDP saw on a queue of a veth."""
    stats = lab.run(ns, ["ethtool", "-S", ifname]).stdout
    for line in stats.splitlines():
        name, _, n = line.strip().partition(": ")
        if name == f"rx_queue_{queue}_xdp_packets":
            return int(n)
    return 0
