#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
`cygnet capture`: what tshark reads in it is what went into the crypto and what
came out, by side, SA, policy and drop reason; root alone gets it, the log says
who did, and a client that is killed leaves nothing behind. `cygnet drops --watch`
beside it.
"""
import json
import os
import re
import secrets
import signal
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import (BUILD, Lab, LabError, finish, log_of, ok,  # noqa: E402
                 scapy_layers, wait_until)

CYGNET = f"{BUILD}/cygnet"
FIELDS = ("frame.interface_name", "frame.comment", "icmp.type", "esp.spi",
          "ip.src", "frame.packet_flags_direction")


class Client:
    """A capture under way on gw-a."""

    def __init__(self, gateway, *words, name="capture.pcapng"):
        self.gateway = gateway
        self.path = os.path.join(gateway.lab.dir, name)
        begun = begins(gateway)
        self.process = gateway.lab.spawn(
            gateway.ns, [CYGNET, "capture", "-w", self.path, *words])
        wait_until(lambda: begins(gateway) > begun or
                   self.process.poll() is not None, 5, "a capture's begin")

    def end(self, sig=None):
        """Its exit status, by itself or after that signal."""
        if sig:
            self.process.send_signal(sig)
        return self.process.wait(10)

    def packets(self):
        """A dict of fields for each packet, by tshark."""
        argv = ["tshark", "-r", self.path, "-T", "fields", "-E", "separator=|",
                "-E", "occurrence=f"]
        for field in FIELDS:
            argv += ["-e", field]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=30,
                              check=False)
        if done.returncode or "cut short" in done.stderr:
            raise LabError(f"tshark: {done.stderr}")
        return [dict(zip(FIELDS, line.split("|")))
                for line in done.stdout.splitlines()]


def begins(gateway):
    return gateway.log().count("audit: capture begins")


def ends(gateway):
    return gateway.log().count("audit: capture ended")


def ping(lab, count=1, payload=b"\x00"):
    done = lab.run("host-a", ["ping", "-n", "-c", str(count), "-i", "0.05",
                              "-W", "2", "-p", payload.hex(), "10.2.0.2"],
                   check=False)
    ok(done.returncode == 0, "the tunnel passes")


def refused(gateway, sentence, words, *options):
    done = gateway.client("capture", "-w", "/dev/null", *options, check=False)
    ok(done.returncode == 1 and words in done.stderr,
       f"{sentence}: {done.stderr.strip()}")


def spi(sa):
    return f"0x{sa.spi:08x}"


def check_sides(lab, gateway):
    """One ping each, which is four packets at gw-a."""
    client = Client(gateway, "-n", "4")
    ping(lab)
    ok(client.end() == 0, "a capture of four packets ends by itself")
    seen = client.packets()
    ok([(p["frame.interface_name"], p["icmp.type"], p["esp.spi"])
        for p in seen] ==
       [("cleartext", "8", ""), ("ciphertext", "", spi(lab.sa_ab)),
        ("ciphertext", "", spi(lab.sa_ba)), ("cleartext", "0", "")],
       "a ping is there before and after the crypto, in both directions")
    ok([p["frame.comment"] for p in seen] ==
       [f"out spi={spi(lab.sa_ab)} seq=2 policy=lan-to-lan",
        f"out spi={spi(lab.sa_ab)} seq=2 policy=lan-to-lan",
        f"in spi={spi(lab.sa_ba)} seq=2", f"in spi={spi(lab.sa_ba)} seq=2"],
       "each with SA, number and policy as its comment")
    wait_until(lambda: ends(gateway) == begins(gateway), 5, "its end")
    ok(re.search(rf"audit: capture begins pid={client.process.pid} side=both",
                 gateway.log()) and
       re.search(rf"audit: capture ended pid={client.process.pid} packets=4 "
                 "missing=0", gateway.log()), "the log says who, and how many")


def check_one_side(lab, gateway):
    needle = secrets.token_bytes(8)
    for option, kinds, is_clear in (("--before", {("8", ""), ("0", "")}, True),
                                    ("--after", {("", spi(lab.sa_ab)),
                                                 ("", spi(lab.sa_ba))}, False)):
        client = Client(gateway, option, "-n", "2")
        ping(lab, payload=needle)
        client.end()
        seen = {(p["icmp.type"], p["esp.spi"]) for p in client.packets()}
        with open(client.path, "rb") as file:
            octets = file.read()
        ok(seen == kinds and (needle in octets) == is_clear,
           f"{option}: {'cleartext' if is_clear else 'ciphertext'} alone")
        ok(all(key not in octets for sa in (lab.sa_ab, lab.sa_ba)
               for key in (sa.encr_key, sa.integ_key)), "and no key")


def check_filters(lab, gateway):
    client = Client(gateway, "--after", "--sa", spi(lab.sa_ba))
    ping(lab, 3)
    ok(client.end(signal.SIGINT) == 0 and
       [p["esp.spi"] for p in client.packets()] == [spi(lab.sa_ba)] * 3,
       "--sa: packets of that SA; Ctrl-C ends it, and the file is whole")
    client = Client(gateway, "--before", "--policy", "lan-to-lan")
    ping(lab)
    client.end(signal.SIGTERM)
    ok([p["icmp.type"] for p in client.packets()] == ["8", "0"],
       "--policy: those of its SAs, in both directions")
    client = Client(gateway, "--policy", "other", "-n", "2")
    ping(lab)
    client.end(signal.SIGINT)
    ok(not client.packets(), "and of another policy none")
    client = Client(gateway, "--after", "-s", "64", "-n", "2")
    ping(lab)
    client.end()
    ok(os.path.getsize(client.path) < 700, "--snaplen cuts packets")


def old_packets(lab):
    """What gw-a has accepted before."""
    wire = lab.capture("wire", "a", filter="esp")
    ping(lab, 2)
    esp = scapy_layers().layers.ipsec.ESP
    return [p for p in wire.stop() if esp in p and p[esp].spi == lab.sa_ba.spi]


def check_drops(lab, gateway):
    old = old_packets(lab)
    esp = scapy_layers().layers.ipsec.ESP
    forged = old[0].copy()
    forged[esp].seq = 0xffff
    client = Client(gateway, "--drop", "replay", "-n", "2")
    lab.inject("wire", "a", [forged, *old])
    client.end()
    comment = [p["frame.comment"] for p in client.packets()]
    ok(len(comment) == 2 and
       all(c.startswith("dropped: replay: sequence number seen before")
           and f"in spi={spi(lab.sa_ba)} seq=" in c for c in comment),
       f"--drop replay: what was replayed, and why it is dropped: {comment}")
    client = Client(gateway, "--drop", "any", "-n", "1")
    lab.inject("wire", "a", [forged])
    client.end()
    with open(client.path, "rb") as file:
        octets = file.read()
    ok(client.packets()[0]["frame.comment"].startswith("dropped: icv: ") and
       bytes(forged["IP"]) in octets,
       "what was forged is shown as it came, not as it was decrypted")


def check_watch(lab, gateway):
    """It asks first when it likes: packets come until it has seen some."""
    old = old_packets(lab)
    watch = lab.spawn(gateway.ns, [CYGNET, "-j", "drops", "--watch", "1"])
    wait_until(lambda: lab.inject("wire", "a", old) or log_of(watch), 10,
               "drops --watch")
    watch.send_signal(signal.SIGINT)
    watch.wait(5)
    lines = [json.loads(line) for line in log_of(watch).splitlines()]
    total = gateway.drops()["replay"]
    ok(lines and all(line["reason"] == "replay" and line["per_second"] > 0 and
                     0 < line["packets"] <= line["total"] <= total
                     for line in lines),
       f"drops --watch --json says what is dropped meanwhile: {lines}")


def check_refusals(lab, gateway):
    refused(gateway, "a policy that is not there is refused",
            "there is no policy 'nowhere'", "--policy", "nowhere")
    refused(gateway, "so is an SPI that cannot be", "'200' is no SPI", "--sa",
            "200")
    refused(gateway, "and a reason that is none", "cygnet drops --all",
            "--drop", "bad_luck")
    refused(gateway, "and one whose packets no worker sees", "tcpdump",
            "--drop", "spi_unknown")
    refused(gateway, "and no time at all", "timeout is a number", "-t", "0")
    done = lab.run(gateway.ns, ["setpriv", "--reuid=65534", "--clear-groups",
                                CYGNET, "capture"], check=False)
    ok(done.returncode == 1 and "run as root" in done.stderr,
       "who is not root gets nothing")


def check_file(lab, gateway):
    """Cleartext is root's alone, and what is refused takes no file's place."""
    path = lab.write("kept.pcapng", "an earlier capture", mode=0o644)
    lab.run(gateway.ns, [CYGNET, "capture", "-w", path, "--policy", "nowhere"],
            check=False)
    with open(path) as file:
        ok(file.read() == "an earlier capture",
           "a capture that is refused leaves its file as it was")
    client = Client(gateway, "-t", "1", name="kept.pcapng")
    ok(client.end() == 0 and not client.packets() and
       os.stat(path).st_mode & 0o777 == 0o600, "another one is root's alone")
    link = os.path.join(lab.dir, "link.pcapng")
    os.symlink(path, link)
    done = lab.run(gateway.ns, [CYGNET, "capture", "-w", link, "-t", "1"],
                   check=False)
    ok(done.returncode == 1 and "cannot write" in done.stderr,
       "and goes by no link")


def check_one_at_a_time(lab, gateway):
    first = Client(gateway, name="first.pcapng")
    refused(gateway, "a second capture is refused", "another capture")
    ended = ends(gateway)
    first.end(signal.SIGKILL)
    wait_until(lambda: ends(gateway) > ended, 5, "the end of a capture")
    ok(True, "a client that is killed ends its capture")
    client = Client(gateway, "-n", "4")
    ping(lab)
    ok(client.end() == 0 and len(client.packets()) == 4, "another one begins")
    client = Client(gateway, "-t", "1")
    ok(client.end() == 0 and not client.packets(), "one whose time is over ends")
    client = Client(gateway)
    pid = gateway.kill_role("dp")
    client.end()
    wait_until(lambda: gateway.role_pid("dp") not in (None, pid), 10,
               "another dp")
    ok(True, "one whose data path ends, too")


OTHER = """
    other {
        action = bypass
        local_ts = 10.1.0.0/24
        remote_ts = 10.9.0.0/24
    }
"""

with Lab() as lab:
    gw_a = lab.start_gateway("gw-a", lab.default_conf("a").replace(
        "policies {\n", "policies {" + OTHER))
    gw_b = lab.start_gateway("gw-b", lab.default_conf("b"))
    ping(lab)
    check_sides(lab, gw_a)
    check_file(lab, gw_a)
    check_one_side(lab, gw_a)
    check_filters(lab, gw_a)
    check_drops(lab, gw_a)
    check_watch(lab, gw_a)
    check_refusals(lab, gw_a)
    check_one_at_a_time(lab, gw_a)
    ok(gw_a.stop() == 0, "gw-a stops in order")
sys.exit(finish())
