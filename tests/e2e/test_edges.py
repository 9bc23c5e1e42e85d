#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Where a gateway that works for two hosts and one policy used to leak or to let
in: link-local addresses, frames for other stations, policies of other tunnels,
the host interface without its daemon, a start that fails over one that ran, and
a release that is not what it says.
"""
import json
import os
import re
import secrets
import signal
import socket
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import (BUILD, Lab, finish, ok, scapy_layers,  # noqa: E402
                 search_plaintext, wait_until)

HOST_A, HOST_B = "10.1.0.2", "10.2.0.2"
PORT = 9000
TUNSETIFF = 0x400454ca

# Holds ipsec0 as its reader, or says why it can't. argv: the device's path
TAKE_TAP = f"""
import fcntl, os, struct, sys
fd = os.open(sys.argv[1], os.O_RDWR)
try:
    fcntl.ioctl(fd, {TUNSETIFF}, struct.pack("16sH22x", b"ipsec0", 0x5102))
except PermissionError:
    print("refused")
else:
    print("taken")
"""


SOURCE = {"host-a": HOST_A, "gw-a": "10.1.0.1", "host-c": "10.3.0.2",
          "host-b": HOST_B}


def udp(lab, ns, target, needle, count=5):
    """Sends; where the kernel knows no way, that is as good as a drop."""
    with lab.socket(ns, socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind((SOURCE[ns], 0))
        for _ in range(count):
            try:
                sock.sendto(needle, (target, PORT))
            except OSError:
                pass


def in_clear(capture, needle):
    return len(search_plaintext(capture.stop(), needle))


def conf_everything(lab):
    """gw-a's, with a policy that covers whatever leaves."""
    return re.sub(r"(local|remote)_ts = \S+", r"\1_ts = 0.0.0.0/0",
                  lab.default_conf("a"))


def check_link_local(lab):
    """The kernel forwards 169.254/16 and most of 0/8, whatever RFCs say."""
    gateway = lab.start_gateway("gw-a", conf_everything(lab))
    lab.run("gw-a", ["ip", "route", "add", "default", "via", "192.0.2.9"])
    for target in ("169.254.1.1", "0.1.2.3", "198.51.100.1"):
        for ns in ("host-a", "host-c"):
            needle = secrets.token_bytes(16)
            capture = lab.capture("wire", "a")
            udp(lab, ns, target, needle)
            seen = in_clear(capture, needle)
            ok(not seen, f"{ns} to {target}: {seen} packets in the clear")
    gateway.stop()
    lab.run("gw-a", ["ip", "route", "del", "default"])


def check_other_stations(lab, gateway):
    """A promiscuous interface sees frames that are none of its business."""
    layers = scapy_layers().layers
    before = gateway.passes()
    packet = layers.inet.IP(src=HOST_A, dst=HOST_B) / layers.inet.UDP(dport=PORT)
    lab.run("gw-a", ["ip", "link", "set", "dev", "lan0", "promisc", "on"])
    for dst in ("02:00:00:00:00:99", "ff:ff:ff:ff:ff:ff"):
        lab.inject("host-a", "eth0", [layers.l2.Ether(dst=dst) / packet] * 5)
    wait_until(lambda: gateway.passes()["other_host"] -
               before["other_host"] == 10, 5, "the frames to be counted")
    ok(gateway.passes()["steer_out"] == before["steer_out"],
       "frames for another station and broadcast frames are left alone")
    lab.run("gw-a", ["ip", "link", "set", "dev", "lan0", "promisc", "off"])


def conf_ordered(lab):
    """An earlier policy discards what the tunnel's selectors would admit."""
    return lab.default_conf("a").replace("policies {\n", f"""policies {{
    not-you {{
        action = discard
        local_ts = 10.1.0.0/24
        remote_ts = {HOST_B}/32
    }}
""")


def check_order(lab):
    """The peer sends by its own policies; ours come first here."""
    gateway = lab.start_gateway("gw-a", conf_ordered(lab))
    capture = lab.capture("host-a", "eth0", f"udp port {PORT}")
    udp(lab, "host-b", HOST_A, bytes(16))
    wait_until(lambda: gateway.drops()["selector"] == 5, 5, "named drops")
    ok(not capture.stop(), "a DISCARD policy comes before a tunnel's selectors")
    gateway.stop()


def check_tap(lab, gateway):
    """While no daemon runs, nobody else may be ipsec0's reader."""
    gateway.kill(signal.SIGKILL)
    gateway.process.wait(timeout=10)
    # As Debian's udev makes it: for everybody.
    path = os.path.join(lab.dir, "tun")
    os.chmod(lab.dir, 0o755)
    lab.run("gw-a", ["sh", "-c", f"mkdir {path}.d; mount -t tmpfs -o dev,"
                     f"mode=755 tmpfs {path}.d; mknod -m 666 {path}.d/tun "
                     "c 10 200"])
    said = lab.run("gw-a", [
        "setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups",
        "/usr/bin/python3", "-c", TAKE_TAP, f"{path}.d/tun"], check=False)
    ok(said.stdout.strip() == "refused",
       f"an unprivileged process as the reader of ipsec0: {said.stdout.strip()}"
       f"{said.stderr.strip()}")


def check_failed_start(lab):
    """A start without the policy fails: the one before stays in force."""
    text = lab.default_conf("a")
    text = re.sub(r"socket = \S+", "socket = /proc/nowhere/vici",
                  text[:text.index("policies {")])
    path = lab.write("without.conf", text)
    done = lab.run("gw-a", [f"{BUILD}/cygnetd", "-f", path], check=False)
    needle = secrets.token_bytes(16)
    capture = lab.capture("wire", "a")
    for ns in ("host-a", "gw-a"):
        udp(lab, ns, HOST_B, needle)
    seen = in_clear(capture, needle)
    ok(done.returncode != 0 and not seen,
       "a start that fails leaves the policies of the one before in force: "
       f"{done.stderr.strip()}; {seen} packets in the clear")


def check_made_anew(lab):
    """wan0 goes and comes back, and with it the way out; ipsec0 goes."""
    gateway = lab.start_gateway("gw-a", lab.default_conf("a"))
    lab.run("gw-a", ["ip", "link", "del", "wan0"])
    lab.add_wan("a")
    wait_until(lambda: "made anew" in gateway.log(), 5, "the daemon to notice")
    lab.route_far_network("a")
    needle = secrets.token_bytes(16)
    capture = lab.capture("wire", "a")
    for ns in ("host-a", "gw-a"):
        udp(lab, ns, HOST_B, needle)
    seen = in_clear(capture, needle)
    ok(not seen, f"wan0 made anew: {seen} packets in the clear")
    lab.run("gw-a", ["ip", "link", "del", "ipsec0"])
    wait_until(lambda: "is gone" in gateway.log(), 5, "the worker to notice")
    before = cpu_ticks(gateway)
    time.sleep(1)
    spent = cpu_ticks(gateway) - before
    ok(spent < 20, f"without ipsec0 the worker sleeps: {spent} ticks in 1 s")
    capture = lab.capture("wire", "a")
    udp(lab, "gw-a", HOST_B, needle)
    ok(not in_clear(capture, needle), "and nothing leaves in the clear")
    gateway.stop()
    release(lab)


def cpu_ticks(gateway):
    with open(f"/proc/{gateway.role_pid('dp')}/stat") as file:
        return sum(map(int, file.read().split()[13:15]))


def release(lab, *prefix):
    return lab.run("gw-a", [*prefix, f"{BUILD}/cygnetd", "--release"],
                   check=False)


def leftovers(lab):
    net = json.loads(lab.run("gw-a", ["bpftool", "-j", "net"]).stdout)[0]
    qdiscs = lab.run("gw-a", ["tc", "qdisc", "show"]).stdout
    links = lab.run("gw-a", ["ip", "-br", "link"]).stdout
    return [*net["xdp"], *net["tc"], *re.findall("clsact", qdiscs),
            *re.findall("ipsec0", links)]


def check_release(lab):
    gateway = lab.start_gateway("gw-a", lab.default_conf("a"))
    needle = secrets.token_bytes(16)
    done = release(lab)
    capture = lab.capture("wire", "a")
    udp(lab, "host-a", HOST_B, needle)
    ok(done.returncode != 0 and "stop it first" in done.stderr and
       not in_clear(capture, needle),
       f"--release while the daemon runs is refused: {done.stderr.strip()}")
    gateway.stop()
    done = release(lab, "setpriv", "--reuid=nobody", "--regid=nogroup",
                   "--clear-groups")
    ok(done.returncode != 0 and leftovers(lab),
       f"--release without privileges says so: {done.stderr.strip()}")
    done = release(lab)
    ok(done.returncode == 0 and not leftovers(lab),
       f"--release leaves nothing behind: {leftovers(lab) or 'nothing'}")


def check_dropped_interface(lab):
    """A later file no longer names an interface, or gives it another role."""
    text = lab.default_conf("a")
    lab.start_gateway("gw-a", text.replace(
        "protected = lan0\n", "protected = lan0, dmz0\n", 1)).stop()
    lab.start_gateway("gw-a", text)
    net = json.loads(lab.run("gw-a", ["bpftool", "-j", "net"]).stdout)[0]
    ok(sorted(x["devname"] for x in net["xdp"]) == ["lan0", "wan0"],
       "an interface that a later file does not name is let go")


def main():
    with Lab(with_dmz=True) as lab:
        lab.route_far_network("a")
        far = lab.start_gateway("gw-b", lab.default_conf("b"))
        check_link_local(lab)
        check_order(lab)
        gateway = lab.start_gateway("gw-a", lab.default_conf("a"))
        check_other_stations(lab, gateway)
        check_tap(lab, gateway)
        check_failed_start(lab)
        check_release(lab)
        check_made_anew(lab)
        check_dropped_interface(lab)
        far.stop()
    return finish()


sys.exit(main())
