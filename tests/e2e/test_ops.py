#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
What an operator does day by day: writes a configuration and has it checked, asks
why a tunnel is not up, watches what happens, and changes the configuration after
a look at what that would change. Connections that stay as they are keep their
SAs: their SPIs are the same before and afterwards.
"""
import json
import os
import re
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import BUILD, Lab, eventually, finish, ok  # noqa: E402

CYGNET = f"{BUILD}/cygnet"
METRICS = ("127.0.0.1", 9465)
PACKETS_OUT = (r'cygnet_tunnel_packets_total'
               r'\{tunnel="to-b/net",direction="out"\} (\d+)')
THIRD = """\
connections {
    third {
        local_addrs = 192.0.2.1
        remote_addrs = 192.0.2.99
        local {
            auth = psk
        }
        remote {
            auth = psk
        }
        children {
            net {
                remote_ts = 10.99.0.0/24
            }
        }
    }
}
"""


def conf_of(**keys):
    """Of gw-a."""
    return ike_conf("a", **keys).replace(
        "gateway {", f"gateway {{\n    metrics = {METRICS[0]}:{METRICS[1]}")


# --- without a daemon

def test_init(lab):
    path = os.path.join(lab.dir, "first.conf")
    words = ["192.0.2.2", "10.1.0.0/24", "10.2.0.0/24"]
    done = lab.run("gw-a", [CYGNET, "init", "-f", path, *words], check=False)
    ok(done.returncode == 0 and os.stat(path).st_mode & 0o777 == 0o600,
       "init writes a configuration that nobody else can read")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    ok("protected = lan0" in text and "unprotected = wan0" in text and
       len(text.splitlines()) == 8,
       "with the interfaces that lead there, in eight lines")
    done = lab.run("gw-a", [CYGNET, "init", "-f", path, *words], check=False)
    ok(done.returncode == 1 and "File exists" in done.stderr,
       "a second time it leaves what is there")
    done = lab.run("gw-a", [CYGNET, "init", "192.0.2.2", "10.77.0.0/24",
                            "10.2.0.0/24"], check=False)
    ok(done.returncode == 1 and "--protected" in done.stderr,
       "where no interface leads there it says which option names one")
    return path


def test_check(lab, path):
    done = lab.run("gw-a", [CYGNET, "check", path], check=False)
    ok(done.returncode == 0 and "is in order: 2 interfaces, 1 connection" in
       done.stdout, "check finds it in order")
    bad = lab.write("bad.conf", "gateway {\n    protectd = lan0\n"
                    "    unprotected = wan0\n}\n")
    done = lab.run("gw-a", [CYGNET, "check", bad], check=False)
    ok(done.returncode == 1 and f"{bad}:2:5: " in done.stderr and
       "protected" in done.stderr, "of a bad one it names place and remedy")
    lost = lab.write("lost.conf", conf_of() + THIRD.replace("local_addrs", "#"))
    done = lab.run("gw-a", [CYGNET, "check", lost], check=False)
    ok(done.returncode == 1 and "third.children.net" in done.stderr and
       "dynamic needs" in done.stderr,
       "and what no policy could be made of")
    done = lab.run("gw-a", [CYGNET, "--json", "check", bad], check=False)
    answer = json.loads(done.stdout)
    ok(done.returncode == 1 and answer["ok"] is False and
       f"{bad}:2:5: " in answer["error"], "as JSON as well")


# --- why

def why(gateway, name):
    return json.loads(gateway.client("why", name, "--json").stdout)


def test_why(gateway):
    ok("start_action" in gateway.client("why", "to-b/net").stdout,
       "of a tunnel that nobody has brought up, why says so")
    ok(gateway.client("up", "-t", "20", "to-b/net", check=False).returncode == 1,
       "one whose peer wants another algorithm does not come up")
    answer = why(gateway, "to-b")
    tunnel = answer["tunnels"]["to-b/net"]
    failure = tunnel["failure"]
    ok("mismatch (ESP)" in failure["what"] and
       any("aes128gcm16" in item for item in failure["ours"]) and
       "esp_proposals" in tunnel["remedy"],
       "why says what is not in common, and where to change it")
    ok(any(event["kind"] == "failed" for event in answer["events"].values()),
       "and what happened last")
    text = gateway.client("why", "net").stdout
    ok("OURS" in text and "What to do: " in text and "Last events:" in text,
       "people read it on a page")
    done = gateway.client("why", "nothing", check=False)
    ok(done.returncode == 1 and "cygnet status" in done.stderr,
       "of what is not there it says where the names are")


# --- watch

class Watch:
    """`cygnet watch`, and the lines that it has written so far."""

    def __init__(self, gateway):
        self._process = gateway.lab.spawn(gateway.ns, [CYGNET, "watch"])

    def events(self):
        with open(self._process.log_path, encoding="utf-8") as file:
            return [json.loads(line) for line in file
                    if line.endswith("\n")]

    def saw(self, event, text):
        return any(e["event"] == event and text in json.dumps(e["data"])
                   for e in self.events())

    def end(self):
        self._process.terminate()
        self._process.wait(timeout=10)


def test_watch(gateway):
    watch = Watch(gateway)

    def comes_up():
        # It may not be registered for events yet.
        gateway.client("down", "-t", "5", "to-b", check=False)
        gateway.client("up", "-t", "20", "to-b/net", check=False)
        return watch.saw("child-updown", "to-b")

    ok(eventually(comes_up), "watch tells of a child that comes up")
    ok(watch.saw("ike-updown", "to-b") and watch.saw("log", "is up"),
       "of its IKE SA, and in words")
    ok(all(isinstance(e["time"], int) for e in watch.events()),
       "each with its time, an object a line")
    watch.end()


# --- metrics

def scrape(lab, path="/metrics"):
    """All that is answered, head included."""
    with lab.socket("gw-a", socket.AF_INET, socket.SOCK_STREAM) as client:
        client.settimeout(10)
        client.connect(METRICS)
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        said = b""
        while part := client.recv(65536):
            said += part
    return said.decode()


def test_metrics(lab):
    text = scrape(lab)
    ok(text.startswith("HTTP/1.1 200 ") and text.endswith("# EOF\n") and
       'cygnet_tunnel_up{tunnel="to-b/net"} 1\n' in text,
       "metrics tell of the tunnel that is up")
    before = int(re.search(PACKETS_OUT, text)[1])
    lab.run("host-a", ["ping", "-c", "3", "-i", "0.05", "-W", "2", "10.2.0.2"])
    after = int(re.search(PACKETS_OUT, scrape(lab))[1])
    ok(after == before + 3, f"and of its packets at once: {before}, {after}")
    ok(scrape(lab, "/").startswith("HTTP/1.1 404 "), "and of nothing else")


# --- reload

def spis(gateway):
    tunnel = gateway.status()["tunnels"]["to-b/net"]
    return tunnel["in"]["spi"], tunnel["out"]["spi"]


def test_reload(lab, gateway):
    before = spis(gateway)
    lab.write("gw-a.conf", conf_of() + THIRD)
    done = gateway.client("reload", "--dry-run", check=False)
    ok(done.returncode == 0 and "+ connection third\n" in done.stdout and
       "+ child third/net\n" in done.stdout and
       "1 connection is what it was" in done.stdout,
       "reload --dry-run shows what is new, and what stays")
    ok("third/net" not in gateway.status()["tunnels"], "and changes nothing")
    done = gateway.client("reload", check=False)
    ok(done.returncode == 0 and "third/net" in gateway.status()["tunnels"],
       f"reload changes it {done.stderr}")
    ok(spis(gateway) == before,
       f"the connection that stayed what it was has its SPIs still: {before}")
    lab.write("gw-a.conf", conf_of(dpd_delay=9) + THIRD)
    rows = json.loads(gateway.client("reload", "--dry-run",
                                     "--json").stdout)["differences"]
    ok([(row["kind"], row["of"], row["name"]) for row in rows.values()] ==
       [("changed", "connection", "to-b")],
       "reload --dry-run --json says which one changes")
    lab.write("gw-a.conf", conf_of() + THIRD)
    done = gateway.client("reload", "--dry-run", check=False)
    ok("Nothing would change.\n" in done.stdout and
       "2 connections are what they were" in done.stdout,
       "of a file that is in force nothing would change")
    lab.write("gw-a.conf", conf_of().replace("dpd_delay", "dpd_dela"))
    done = gateway.client("reload", "--dry-run", check=False)
    ok(done.returncode == 1 and "dpd_dela" in done.stderr and
       "gw-a.conf:" in done.stderr, "a mistake is named with its place")
    ok(spis(gateway) == before, "and all this time the SPIs are the same")


def main():
    with Lab() as lab:
        test_check(lab, test_init(lab))
        gateway = lab.start_gateway("gw-a", conf_of())
        peer = lab.start_gateway("gw-b", ike_conf("b", esp="aes256-sha256"))
        test_why(gateway)
        lab.write("gw-b.conf", ike_conf("b"))
        peer.client("reload")
        test_watch(gateway)
        test_metrics(lab)
        test_reload(lab, gateway)
    return finish()


sys.exit(main())
