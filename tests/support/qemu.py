# SPDX-License-Identifier: BSD-2-Clause
"""
A guest: a virtual machine with Debian's own kernel, in the place of a machine
of the laboratory.

    guest = qemu.start(lab, "gw-b", programs=["ping", "tcpdump"])
    guest.run(["ping", "-c", "1", "192.0.2.1"])
    guest.stop()

The machine's interfaces become virtio_net in the guest, with the same names,
and have no address; the machine itself is only a switch between them and what
they were joined to. QEMU emulates the processor: nested virtualization is not
everywhere, and where it is it does not always work.

The guest has its own file system and nothing of the machine's: name what it
needs; our own are in /cygnet. Programs and scripts go in through a serial port, so a test may do with
the network what it likes. It is gone with the laboratory.
"""
import json
import os
import shlex
import socket
import subprocess

import qemu_image
from lab import BUILD, LabError, log_of, wait_until

# Emulated, Linux copies faster without the instructions that are fast on silicon.
CPU = "max,-erms"
CPUS = 2
QUEUES = 2 * CPUS  # of an interface: virtio_net sends XDP's packets by others
MEMORY_MIB = 768
BOOT_S = 60
SLOW_S = 60  # for what a host does within a second, on a busy machine
OURS = {f"/cygnet/{name}": f"{BUILD}/{name}" for name in ("cygnetd", "cygnet")}
SLACK_S = 10  # from a command's time limit to its answer


class Guest:
    """A running guest. Made by start()."""

    def __init__(self, lab, ns, image, nics):
        ours, its = socket.socketpair()
        self._port = ours
        self._rest = b""
        self._gateway = None  # the pid of its first process
        with its:
            self.process = lab.spawn(ns, [
                "qemu-system-x86_64", "-accel", "tcg", "-cpu", CPU,
                "-smp", str(CPUS), "-m", str(MEMORY_MIB), "-M", "q35",
                "-nodefaults", "-no-user-config", "-display", "none",
                "-no-reboot", "-kernel", qemu_image.kernel(),
                "-initrd", image,
                # On a busy machine the kernel's check of its timer fails.
                "-append", "console=ttyS0 quiet panic=-1 no_timer_check "
                "rdinit=/init",
                "-chardev", "stdio,id=console,signal=off",
                "-serial", "chardev:console", "-device", "virtio-serial-pci",
                "-chardev", f"socket,id=lab,fd={its.fileno()}",
                "-device", "virtserialport,chardev=lab,name=lab", *nics],
                pass_fds=[its.fileno()])
        self._answer(BOOT_S)

    def _receive(self):
        try:
            octets = self._port.recv(1 << 16)
        except TimeoutError:
            raise LabError("the guest does not answer") from None
        if not octets:
            self.process.wait(10)
            raise LabError(f"the guest ended:\n{log_of(self.process)}")
        self._rest += octets

    def _take(self, octets):
        while len(self._rest) < octets:
            self._receive()
        taken, self._rest = self._rest[:octets], self._rest[octets:]
        return taken

    def _answer(self, timeout):
        """Exit status and output."""
        self._port.settimeout(timeout)
        while b"\n" not in self._rest:
            self._receive()
        line = self._take(self._rest.index(b"\n") + 1)
        status, octets = map(int, line.split())
        return status, self._take(octets).decode(errors="replace")

    def run(self, command, check=True, timeout=10):
        """
        Runs a program (a list) or a script (a string) to its end; with check,
        it has to succeed. Output and errors are one.
        """
        if not isinstance(command, str):
            command = shlex.join(command)
        script = command.encode()
        self._port.settimeout(SLACK_S)
        self._port.sendall(f"{len(script)} {timeout}\n".encode() + script)
        status, output = self._answer(timeout + SLACK_S)
        if check and status:
            raise LabError(f"guest: {command}: exit status {status}\n{output}")
        return subprocess.CompletedProcess(command, status, output)

    def spawn(self, name, argv):
        """Starts a program, and returns its pid; its output goes to log(name)."""
        return int(self.run(
            f"{shlex.join(argv)} >/var/log/{name} 2>&1 & echo $!").stdout)

    def log(self, name):
        return self.run(["cat", f"/var/log/{name}"]).stdout

    def write(self, path, text):
        """Writes a file, which root alone can read."""
        self.run(f"umask 077; mkdir -p {os.path.dirname(path)}; "
                 f"printf %s {shlex.quote(text)} >{path}")

    def start_gateway(self, conf_text):
        """Starts cygnetd and waits until it answers; its log is "cygnetd"."""
        self.run("mkdir -p /run/cygnet; sysctl -qw net.ipv4.ip_forward=1")
        self.write("/run/cygnet.conf", conf_text)
        self._gateway = self.spawn(
            "cygnetd", ["/cygnet/cygnetd", "-f", "/run/cygnet.conf"])
        try:
            wait_until(lambda: self.client("status", check=False
                                           ).returncode == 0, SLOW_S, "cygnetd")
        except LabError as error:
            raise LabError(f"{error}\n{self.log('cygnetd')}") from None

    def stop_gateway(self):
        """
        Ends it, if it runs, and takes its programs away. Told all at once, its
        first process would start the others again before it hears of it.
        """
        self.run(f"kill {self._gateway}; "
                 "while pidof cygnetd; do sleep 0.1; done >/dev/null; "
                 "/cygnet/cygnetd --release", timeout=20)

    def client(self, *words, check=True):
        """Runs the command-line client."""
        return self.run(["/cygnet/cygnet", *words], check)

    def drops(self):
        """Packets that its gateway dropped, by those reasons there were."""
        answer = json.loads(self.client("drops", "--json").stdout)["drops"]
        return {reason: counter["packets"]
                for reason, counter in answer.items() if counter["packets"]}

    def stop(self, timeout=10):
        """Ends it; returns QEMU's exit status."""
        self._port.sendall(b"11 10\npoweroff -f")
        status = self.process.wait(timeout)
        self._port.close()
        return status


def missing():
    """Why there can be no guest; None if there can."""
    if not qemu_image.kernel():
        return f"no kernel in {qemu_image.KERNEL}; run: sudo make install-deps"
    return None


def start(lab, ns, programs=(), files=None, more=None):
    """
    Boots a guest in the place of ns and waits until it answers.

    programs, files  what is in it; see qemu_image.build()
    more             interfaces beside the machine's, {name: which of those},
                     joined to the same; down, for they would answer ARP as well
    """
    ifnames = {"wan0": "wan0", "lan0": "lan0"} | (more or {})
    image = os.path.join(lab.dir, f"{ns}.image")
    qemu_image.build(image, programs, OURS | (files or {}))
    nics = []
    for number, (ifname, like) in enumerate(ifnames.items()):
        if ifname == like:
            _add_switch(lab, ns, ifname)
        _add_tap(lab, ns, ifname, like)
        nics += [
            "-netdev", f"tap,id={ifname},ifname=tap-{ifname},script=no,"
            f"downscript=no,vhost=off,queues={QUEUES}",
            "-device", f"virtio-net-pci,netdev={ifname},mq=on,"
            f"vectors={2 * QUEUES + 2},mac=02:00:00:00:01:{number:02x},romfile="]
    guest = Guest(lab, ns, image, nics)
    os.unlink(image)
    for number, (ifname, like) in enumerate(ifnames.items()):
        guest.run(f"ip link set dev eth{number} name {ifname}; "
                  f"ip link set dev {like} up")
    return guest


def _ip(lab, ns, *commands):
    for command in commands:
        lab.run(ns, ["ip", *command.split()])


def _add_switch(lab, ns, ifname):
    """Between the interface, which is only a port of it, and taps."""
    _ip(lab, ns, f"address flush dev {ifname}",
        f"link add br-{ifname} type bridge mcast_snooping 0",
        f"link set dev {ifname} master br-{ifname}",
        f"link set dev br-{ifname} up")


def _add_tap(lab, ns, ifname, like):
    _ip(lab, ns, f"tuntap add dev tap-{ifname} mode tap multi_queue",
        f"link set dev tap-{ifname} master br-{like} up")
