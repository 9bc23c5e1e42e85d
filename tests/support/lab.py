# SPDX-License-Identifier: BSD-2-Clause
"""
The laboratory: two gateways, a host behind each, and the wire between them.

    host-a --- gw-a === wire === gw-b --- host-b

    host-a:eth0  10.1.0.2/24     gw-a:lan0  10.1.0.1/24
    gw-a:wan0    192.0.2.1/24    wire:a     port of the bridge wire:br0
    gw-b:wan0    192.0.2.2/24    wire:b     port of the bridge wire:br0
    host-b:eth0  10.2.0.2/24     gw-b:lan0  10.2.0.1/24
    wire:br0     192.0.2.9/24    where an observer or an attacker sits
    host-c:eth0  10.3.0.2/24     gw-a:dmz0  10.3.0.1/24 (with_dmz=True): a
                                 host on an interface that Cygnet does not serve

With with_ipv6=True the same in IPv6 beside it: 2001:db8:1::/64 and 2001:db8:2::/64
behind the gateways, 2001:db8:ff::/64 between them, and 2001:db8:3::/64 of host-c;
with the same last number. Addresses are there at once, and nobody advertises.

Each is a machine of its own: a network namespace, and a mount namespace with
its own /sys, BPF file system and /run/cygnet, so that what one gateway pins is
not found by the other. Hosts have a default route, gateways have none. Else there
is no IPv6. All of it is made by Lab() and vanishes with the sandbox that the test
runs in (tests/support/sandbox); README.md in tests/e2e says how to write one.
"""
import collections
import contextlib
import ctypes
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time

ROOT = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
BUILD = os.path.abspath(os.environ.get("CYG_BUILD", f"{ROOT}/build"))
SOCKET = "/run/cygnet/vici"  # where cygnet asks when it is not told otherwise
STATE = "/run/cygnet/state"  # of manual keys, a machine's own
POLL_S = 0.05
RUN_S, START_S = 30, 30  # programs, and cygnetd until it answers: others may
#                          have all of the machine meanwhile
LOG_TAIL_LINES = 60

# A manual SA in one direction: outer addresses, SPI in host order, raw keys.
SA = collections.namedtuple("SA", "src dst spi encr_key integ_key")
# What differs between the two gateways.
Side = collections.namedtuple("Side", "peer outer lan outer6 lan6")
SIDES = {"a": Side("b", "192.0.2.1", "10.1.0.0/24", "2001:db8:ff::1",
                   "2001:db8:1::/64"),
         "b": Side("a", "192.0.2.2", "10.2.0.0/24", "2001:db8:ff::2",
                   "2001:db8:2::/64")}

_failures = 0


class LabError(Exception):
    """Something that the test takes for granted did not work."""


# --- what a test says: the lines that tests/run counts

def ok(condition, sentence):
    """Reports whether the sentence is true; returns that."""
    global _failures
    if not condition:
        _failures += 1
    print("ok -" if condition else "not ok -", sentence, flush=True)
    return bool(condition)


def skip(sentence, why):
    print(f"skip - {sentence}: {why}", flush=True)


def finish():
    """The exit status of a test: sys.exit(finish())."""
    return 1 if _failures else 0


# --- helpers without a laboratory

def wait_until(condition, timeout, what):
    """Polls until condition() is true and returns what it returned."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise LabError(f"waited {timeout} s for {what}")
        time.sleep(POLL_S)


def eventually(condition, timeout=10):
    """What condition() returned in the end, be it true or not."""
    try:
        return wait_until(condition, timeout, "")
    except LabError:
        return condition()


def search_plaintext(packets, needle):
    """Those of the packets whose octets contain the needle."""
    return [packet for packet in packets if needle in bytes(packet)]


def strangers(packets, is_ours=lambda packet: False):
    """
    Summaries of what is neither ARP, IKE, nor ESP, bare or in UDP; is_ours says
    of a packet of UDP that it is expected as well.
    """
    def is_expected(packet):
        if "ARP" in packet:
            return True
        if "IP" not in packet:
            return False
        if "UDP" in packet:
            ports = {packet["UDP"].sport, packet["UDP"].dport}
            return ports <= {500, 4500} or is_ours(packet)
        return packet["IP"].proto == 50

    return [packet.summary() for packet in packets if not is_expected(packet)]


def dropped(gateway, before):
    """What gateway.drops() counts more than before."""
    return {name: n - before[name] for name, n in gateway.drops().items()
            if n != before[name]}


def check_drop(gateway, sentence, name, action):
    """One packet, one drop, under this name and no other."""
    before = gateway.drops()
    action()
    eventually(lambda: dropped(gateway, before))
    found = dropped(gateway, before)
    ok(found == {name: 1}, f"{sentence}: {found}")


def log_of(process):
    """All that a process of Lab.spawn() wrote so far."""
    with open(process.log_path, errors="replace") as file:
        return file.read()


def scapy_layers():
    """Loads scapy, which takes a second, only where a test needs it."""
    import scapy.layers.l2      # noqa: F401: registers Ethernet for rdpcap
    import scapy.layers.inet
    import scapy.layers.ipsec
    return scapy


def _run(argv, check=True, timeout=RUN_S, **kwargs):
    done = subprocess.run(argv, timeout=timeout, text=True, errors="replace",
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, check=False, **kwargs)
    if check and done.returncode:
        raise LabError(f"{' '.join(argv)}: exit status {done.returncode}\n"
                       f"{done.stdout}{done.stderr}")
    return done


class Lab:
    """
    A context manager. Every call is bounded in time; what was started is
    killed at the end, and after a failure the logs of all of it are printed.

    dir     folder for files of this test, gone with the sandbox
    sa_ab   the manual SA from gw-a to gw-b that default_conf() configures
    sa_ba   the one back
    """

    def __init__(self, with_dmz=False, with_ipv6=False):
        self.with_dmz = with_dmz
        self.with_ipv6 = with_ipv6
        self.dir = None
        self.renew_sas()
        self._holders = {}  # machine: the process that its namespaces hang on
        self._spawned = []  # Popen, each with what it is and its log's path

    def renew_sas(self, encr_bytes=16, integ_bytes=32):
        """Others for default_conf(): the same keys are never used again."""
        self.sa_ab, self.sa_ba = (
            self.random_sa(*ends)._replace(
                encr_key=secrets.token_bytes(encr_bytes),
                integ_key=secrets.token_bytes(integ_bytes))
            for ends in (("192.0.2.1", "192.0.2.2"),
                         ("192.0.2.2", "192.0.2.1")))

    @staticmethod
    def random_sa(src, dst):
        """Keys for aes128-sha256; SPIs up to 255 are reserved."""
        return SA(src, dst, 0x1000 + secrets.randbelow(0xfffff000),
                  secrets.token_bytes(16), secrets.token_bytes(32))

    def __enter__(self):
        if "CYG_SANDBOX" not in os.environ:
            raise LabError("the laboratory is built in a sandbox only; run: "
                           f"sudo tests/support/sandbox {sys.argv[0]}")
        # So that a test that is out of time still prints its logs.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit("terminated"))
        self.dir = tempfile.mkdtemp(prefix="lab.")
        self._build()
        return self

    def __exit__(self, kind, value, traceback):
        processes = [*self._spawned, *self._holders.values()]
        for process in processes:
            process.kill()
        for process in processes:
            process.wait(timeout=10)
        if _failures or kind:
            for process in self._spawned:
                lines = log_of(process).splitlines()
                print(f"# --- {process.what}: exit status "
                      f"{process.returncode}, the log's end:")
                for line in lines[-LOG_TAIL_LINES:]:
                    print(f"#   {line}")

    # --- the topology

    def _build(self):
        os.makedirs("/run/cygnet", exist_ok=True)  # another lab left it
        machines = ["host-a", "gw-a", "wire", "gw-b", "host-b"]
        if self.with_dmz:
            machines.append("host-c")
        for ns in machines:
            self._add_machine(ns)
        for side in SIDES:
            self.add_lan(side)
            self.run(f"gw-{side}", ["sysctl", "-qw", "net.ipv4.ip_forward=1"])
            if self.with_ipv6:
                self.run(f"gw-{side}", [
                    "sysctl", "-qw", "net.ipv6.conf.all.forwarding=1"])
        if self.with_dmz:
            self._add_lan("host-c", "gw-a", "dmz0", "10.3.0.0/24",
                          "2001:db8:3::/64")
        self._add_bridge()
        for side in SIDES:
            self.add_wan(side)

    def add_lan(self, side):
        """A gateway's link to its host; again, after a test has deleted it."""
        self._add_lan(f"host-{side}", f"gw-{side}", "lan0", SIDES[side].lan,
                      SIDES[side].lan6)

    def add_wan(self, side, queues=None):
        """
        A gateway's link to the wire; again, after a test has deleted it. With
        queues it never has more of them.
        """
        self.add_wan_link(side, queues)
        self.add_wan_address(side)

    def add_wan_link(self, side, queues=None):
        """As it appears, before anybody gives it an address."""
        self._add_link((f"gw-{side}", "wan0"), ("wire", side), queues)
        _run(["ip", "-n", "wire", "link", "set", "dev", side,
              "master", "br0"])

    def add_wan_address(self, side):
        self._add_address(f"gw-{side}", "wan0", f"{SIDES[side].outer}/24",
                          f"{SIDES[side].outer6}/64")

    def add_lan(self, side):
        """The network behind a gateway; again, after a test has deleted it."""
        self._add_lan(f"host-{side}", f"gw-{side}", "lan0",
                      SIDES[side].lan, SIDES[side].lan6)

    def _add_machine(self, ns):
        _run(["ip", "netns", "add", ns])
        # A process holds the mount namespace: bound to a file it would be
        # easier to enter, but Linux 6.18 refuses that bind now and then.
        holder = subprocess.Popen(
            ["nsenter", f"--net=/run/netns/{ns}", "unshare", "--mount",
             "sh", "-ec", "mount -t sysfs sysfs /sys;"
             "mount -t bpf bpf /sys/fs/bpf; mount -t tmpfs tmpfs /run/cygnet;"
             "echo; exec sleep infinity >/dev/null"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        self._holders[ns] = holder
        with holder.stdout as ready:
            if not ready.readline():
                raise LabError(f"could not make the machine {ns}")
        # Before there is any link: without IPv6 no address of it ever appears,
        # and captures hold nothing that the test did not cause, but ARP.
        quiet = (("accept_ra=0", "accept_dad=0", "router_solicitations=0")
                 if self.with_ipv6 else ("disable_ipv6=1",))
        self.run(ns, ["sysctl", "-qw", *(
            f"net.ipv6.conf.{conf}.{key}" for conf in ("all", "default")
            for key in quiet)])
        _run(["ip", "-n", ns, "link", "set", "dev", "lo", "up"])

    @staticmethod
    def _add_link(one, other, queues=None):
        limits = ["numrxqueues", str(queues), "numtxqueues",
                  str(queues)] if queues else []
        _run(["ip", "link", "add", "name", one[1], "netns", one[0], *limits,
              "type", "veth", "peer", "name", other[1], "netns", other[0]])
        for ns, ifname in (one, other):
            _run(["ip", "-n", ns, "link", "set", "dev", ifname, "up"])

    def _add_address(self, ns, ifname, address, address6):
        _run(["ip", "-n", ns, "address", "add", address, "dev", ifname])
        if self.with_ipv6:
            _run(["ip", "-n", ns, "address", "add", address6, "dev", ifname])

    def _add_lan(self, host, gateway, ifname, network, network6):
        """The gateway has the networks' .1 and ::1, the host their .2 and ::2."""
        stem = network.rsplit(".", 1)[0]
        stem6 = network6.split("/")[0]
        self._add_link((host, "eth0"), (gateway, ifname))
        self._add_address(host, "eth0", f"{stem}.2/24", f"{stem6}2/64")
        self._add_address(gateway, ifname, f"{stem}.1/24", f"{stem6}1/64")
        # 1400 leaves room for what ESP adds on a wire of 1500. With transmit
        # offload a veth hands over packets whose checksum is not complete,
        # and large ones to be cut by a hardware that is not there: a real
        # wire never carries such, so the gateway would be tested on fiction.
        _run(["ip", "-n", host, "link", "set", "dev", "eth0", "mtu", "1400"])
        self.run(host, ["ethtool", "-K", "eth0", "tx", "off"])
        _run(["ip", "-n", host, "route", "add", "default",
              "via", f"{stem}.1"])
        if self.with_ipv6:
            _run(["ip", "-n", host, "route", "add", "default",
                  "via", f"{stem6}1"])

    def _add_bridge(self):
        _run(["ip", "-n", "wire", "link", "add", "name", "br0", "type",
              "bridge", "mcast_snooping", "0"])
        self._add_address("wire", "br0", "192.0.2.9/24", "2001:db8:ff::9/64")
        _run(["ip", "-n", "wire", "link", "set", "dev", "br0", "up"])

    def add_hub(self, address, network):
        """A third gateway on the wire, hub, with host-h behind it."""
        for ns in ("hub", "host-h"):
            self._add_machine(ns)
        self._add_lan("host-h", "hub", "lan0", network, "2001:db8:8::/64")
        self.run("hub", ["sysctl", "-qw", "net.ipv4.ip_forward=1"])
        self._add_link(("hub", "wan0"), ("wire", "hub"))
        self._add_address("hub", "wan0", f"{address}/24", "2001:db8:ff::8/64")
        _run(["ip", "-n", "wire", "link", "set", "dev", "hub",
              "master", "br0"])

    def route_far_network(self, *sides):
        """
        Gives the gateways of these sides ("a", "b") a plain route to the
        other side's network. Until then they have none: what reaches it went
        through a tunnel, or leaked by another way.
        """
        for side in sides:
            far = SIDES[SIDES[side].peer]
            self.run(f"gw-{side}", ["ip", "route", "add", far.lan,
                                    "via", far.outer])
            if self.with_ipv6:
                self.run(f"gw-{side}", ["ip", "route", "add", far.lan6,
                                        "via", far.outer6])

    # --- on a machine

    def holder_pid(self, ns):
        """Of the process that has nothing but the machine's namespaces."""
        return self._holders[ns].pid

    def _as_machine(self, ns, argv):
        """argv as it runs on a machine; replaces itself, so the pid stays."""
        return ["nsenter", f"--target={self.holder_pid(ns)}", "--mount",
                "--net", "--", *argv]

    def run(self, ns, argv, check=True, timeout=RUN_S, **kwargs):
        """Runs a program to its end; with check, it has to succeed."""
        return _run(self._as_machine(ns, argv), check, timeout, **kwargs)

    def spawn(self, ns, argv, **kwargs):
        """Starts a program; its output goes to a log in dir."""
        path = os.path.join(self.dir, f"{len(self._spawned)}.log")
        with open(path, "w") as log:
            process = subprocess.Popen(
                self._as_machine(ns, argv), stdout=log,
                stderr=subprocess.STDOUT, text=True,
                **{"stdin": subprocess.DEVNULL, **kwargs})
        process.log_path = path
        process.what = f"{ns}: {' '.join(argv)}"
        self._spawned.append(process)
        return process

    def write(self, name, text, mode=0o600):
        """Writes a file into dir; returns its path."""
        path = os.path.join(self.dir, name)
        with open(path, "w", opener=lambda p, flags: os.open(p, flags, mode)
                  ) as file:
            file.write(text)
        os.chmod(path, mode)
        return path

    def socket(self, ns, *args):
        """socket.socket(*args) that lives on the machine ns."""
        libc = ctypes.CDLL(None, use_errno=True)

        def enter(file):
            if libc.setns(file.fileno(), 0):
                raise OSError(ctypes.get_errno(), f"setns {file.name}")

        with open("/proc/self/ns/net") as home, \
                open(f"/run/netns/{ns}") as there:
            enter(there)
            try:
                return socket.socket(*args)
            finally:
                enter(home)

    def mac(self, ns, ifname):
        link = self.run(ns, ["ip", "-json", "link", "show", "dev", ifname])
        return json.loads(link.stdout)[0]["address"]

    def inject(self, ns, ifname, packets):
        """Sends Ethernet frames (scapy's, or bytes) as they are."""
        with self.socket(ns, socket.AF_PACKET, socket.SOCK_RAW) as raw:
            raw.bind((ifname, 0))
            for packet in packets:
                raw.send(bytes(packet))

    def capture(self, ns, ifname, filter=""):
        """Captures on an interface from now on; see Capture."""
        return Capture(self, ns, ifname, filter)

    # --- Cygnet

    def socket_path(self, ns):
        """The control socket, SOCKET on the machine, as all others see it."""
        return f"/proc/{self.holder_pid(ns)}/root{SOCKET}"

    def default_conf(self, side):
        """Configuration of gw-a ("a") or gw-b ("b"): one tunnel, LAN to LAN."""
        here, there = SIDES[side], SIDES[SIDES[side].peer]
        out, into = ((self.sa_ab, self.sa_ba) if side == "a"
                     else (self.sa_ba, self.sa_ab))
        return f"""\
gateway {{
    protected = lan0
    unprotected = wan0
    socket = {SOCKET}
    state_dir = {STATE}
}}
manual {{
    to-{here.peer} {{
        local_addrs = {here.outer}
        remote_addrs = {there.outer}
        esp_proposals = aes128-sha256
        replay_window = 1024
        in {{
            spi = {into.spi:#x}
            encr_key = 0x{into.encr_key.hex()}
            integ_key = 0x{into.integ_key.hex()}
        }}
        out {{
            spi = {out.spi:#x}
            encr_key = 0x{out.encr_key.hex()}
            integ_key = 0x{out.integ_key.hex()}
        }}
    }}
}}
policies {{
    lan-to-lan {{
        action = protect
        local_ts = {here.lan}
        remote_ts = {there.lan}
        manual = to-{here.peer}
    }}
}}
"""

    def start_gateway(self, ns, conf_text, program="cygnetd"):
        """Starts cygnetd and waits until it answers; see Gateway."""
        path = self.write(f"{ns}.conf", conf_text)
        process = self.spawn(ns, [f"{BUILD}/{program}", "-f", path])
        gateway = Gateway(self, ns, process)
        wait_until(gateway.answers, START_S, f"cygnetd on {ns}")
        return gateway

    @staticmethod
    def scapy_sa(sa):
        """The SA as scapy has it: its encrypt() and decrypt() take IP."""
        scapy = scapy_layers()
        return scapy.layers.ipsec.SecurityAssociation(
            scapy.layers.ipsec.ESP, spi=sa.spi,
            crypt_algo="AES-CBC", crypt_key=sa.encr_key,
            auth_algo="SHA2-256-128", auth_key=sa.integ_key,
            tunnel_header=scapy.layers.inet.IP(src=sa.src, dst=sa.dst))


class Gateway:
    """A running cygnetd. Made by Lab.start_gateway()."""

    def __init__(self, lab, ns, process):
        self.lab = lab
        self.ns = ns
        self.process = process

    @property
    def pid(self):
        return self.process.pid

    def role_pid(self, role):
        """Of its process "dp" or "ike"; None while there is none."""
        pids = self.lab.run(self.ns, ["ip", "netns", "pids", self.ns]).stdout
        for pid in pids.split():
            try:
                with open(f"/proc/{pid}/cmdline") as file:
                    if f"--role={role}" in file.read().split("\0"):
                        return int(pid)
            except (FileNotFoundError, ProcessLookupError):
                pass  # it has ended meanwhile
        return None

    def kill_role(self, role, sig=signal.SIGKILL):
        """Returns the pid of the process that got it."""
        pid = self.role_pid(role)
        os.kill(pid, sig)
        return pid

    def client(self, *words, check=True):
        """Runs the command-line client against this gateway."""
        return self.lab.run(self.ns, [f"{BUILD}/cygnet", *words], check=check)

    def answers(self):
        if self.process.poll() is not None:
            raise LabError(f"cygnetd on {self.ns} ended with exit status "
                           f"{self.process.returncode}:\n{self.log()}")
        return self.client("status", "--json", check=False).returncode == 0

    def status(self):
        return json.loads(self.client("status", "--json").stdout)

    def drops(self):
        """Packets that were dropped, by every reason there is."""
        return self._packets("drops")

    def passes(self):
        """Packets that were let pass or handed on, likewise."""
        return self._packets("passes")

    def in_flight(self):
        """Packets that a worker was given and that have not ended yet."""
        return int(json.loads(
            self.client("drops", "--json").stdout)["in_flight"])

    def _packets(self, kind):
        answer = json.loads(self.client("drops", "--json").stdout)
        return {reason: counter["packets"]
                for reason, counter in answer[kind].items()}

    def kill(self, sig=signal.SIGKILL):
        """As an operator does; SIGKILL, too, for all its processes."""
        roles = [self.role_pid(role) for role in ("dp", "ike")]
        self.process.send_signal(sig)
        if sig != signal.SIGKILL:
            return
        for pid in filter(None, roles):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, sig)  # ike ends when it is alone
            wait_until(lambda pid=pid: not os.path.exists(f"/proc/{pid}"), 10,
                       "the end of a process that was killed")

    def stop(self, timeout=10):
        """Stops it as an operator would; returns the exit status."""
        self.kill(signal.SIGTERM)
        return self.process.wait(timeout)

    def log(self):
        return log_of(self.process)


class Capture:
    """
    Packets on one interface, from the constructor's return until stop().
    stop() waits for what is still on its way: until tcpdump has written all
    that its filter received, and nothing came for QUIET_S. What came before the
    kernel had the filter is received and never written: LATE_S are enough.
    """
    QUIET_S = 0.3
    LATE_S = 2
    BOUND_S = 10
    # The buffer has slots of the largest size, whatever a packet's own is:
    # with 262144 octets, the default, there would be 128 of them.
    SNAPLEN = 9216
    BUFFER_KIB = 32768

    def __init__(self, lab, ns, ifname, filter):
        self.path = os.path.join(lab.dir, f"{secrets.token_hex(4)}.pcap")
        self._process = lab.spawn(ns, [
            "tcpdump", "-i", ifname, "-w", self.path, "-n", "-U",
            "--immediate-mode", "-s", str(self.SNAPLEN),
            "-B", str(self.BUFFER_KIB), "-Z", "root", filter])
        self._reports = 0
        wait_until(lambda: "listening on" in self._said(), 10,
                   f"tcpdump on {ns}:{ifname}")

    def _said(self):
        if self._process.poll() is not None:
            raise LabError(f"tcpdump ended:\n{log_of(self._process)}")
        return log_of(self._process)

    def _counts(self):
        """Packets written, received, lost: tcpdump's answer to SIGUSR1."""
        report = re.compile(r"(\d+) packets? captured, (\d+) packets? received"
                            r" by filter, (\d+) packets? dropped by kernel")

        def answer():
            found = report.findall(self._said())
            return found[self._reports:]

        self._process.send_signal(signal.SIGUSR1)
        counts = wait_until(answer, self.BOUND_S, "tcpdump's counts")[0]
        self._reports += 1
        return tuple(int(count) for count in counts)

    def stop(self):
        """Ends the capture; returns scapy's packets, in order."""
        self._end()
        scapy_layers()
        from scapy.utils import rdpcap
        packets = list(rdpcap(self.path))
        self._check_whole(packet.wirelen for packet in packets)
        return packets

    def frames(self):
        """Ends the capture; returns octets alone, in a tenth of the time."""
        self._end()
        from scapy.utils import RawPcapReader
        with contextlib.closing(RawPcapReader(self.path)) as reader:
            frames = list(reader)
        self._check_whole(about.wirelen for _, about in frames)
        return [octets for octets, _ in frames]

    def _check_whole(self, lengths):
        if any(length > self.SNAPLEN for length in lengths):
            raise LabError(f"the capture cut packets at {self.SNAPLEN} octets")

    def _end(self):
        deadline = time.monotonic() + self.BOUND_S
        before, quiet_since, quiet_s = None, time.monotonic(), self.QUIET_S
        while time.monotonic() - quiet_since < quiet_s:
            *counts, lost = self._counts()
            if lost:
                raise LabError(f"the capture lost {lost} packets")
            if counts != before:
                before, quiet_since = counts, time.monotonic()
                quiet_s = (self.QUIET_S if counts[0] == counts[1]
                           else self.LATE_S)
            if time.monotonic() > deadline:
                raise LabError("packets did not cease before the capture's end")
            time.sleep(POLL_S)
        self._process.send_signal(signal.SIGINT)
        self._process.wait(timeout=self.BOUND_S)
