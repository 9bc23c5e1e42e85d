#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
What is loaded changes while the gateway runs: by stock swanctl, and by a file
that is read again. What did not change goes on, without a packet lost.
"""
import os
import re
import signal
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ESP, ike_conf  # noqa: E402
from lab import SOCKET, Lab, finish, log_of, ok, wait_until  # noqa: E402
from swanctl import swanctl, swanctl_load  # noqa: E402

GATEWAY = f"""\
gateway {{
    protected = lan0
    unprotected = wan0
    socket = {SOCKET}
}}
"""


def swanctl_conf(**kwargs):
    """The connection and the secret of gw-a, without what is ours alone."""
    whole = ike_conf("a", **kwargs)
    return whole[whole.index("connections {"):]


def ping(lab, *words):
    return lab.run("host-a", ["ping", "-c", "1", "-W", "1", *words, "10.2.0.2"],
                   check=False)


def is_up(lab):
    return ping(lab).returncode == 0


def spis(lab):
    """Of the CHILD SAs, as swanctl lists them."""
    return re.findall(r"^    (?:in|out)  ?([0-9a-f]{8}),",
                      swanctl(lab, "--list-sas").stdout, re.MULTILINE)


def wait_for_tunnel(lab):
    wait_until(lambda: len(spis(lab)) == 2 and is_up(lab), 10, "the tunnel")


def is_empty(lab):
    return not swanctl(lab, "--list-sas").stdout.strip()


def test_swanctl(lab):
    first = swanctl_conf(start_action="start")
    done = swanctl_load(lab, first, "--load-all")
    ok(done.returncode == 0 and "loaded connection 'to-b'" in done.stdout,
       "swanctl loads a connection and its secret")
    wait_for_tunnel(lab)
    before = spis(lab)
    ok(before, "the tunnel comes up by itself")
    done = swanctl_load(lab, first, "--load-all")
    ok(done.returncode == 0 and spis(lab) == before and is_up(lab),
       "loaded again it keeps its SAs")
    done = swanctl_load(lab, swanctl_conf(start_action="start",
                                          esp="aes256gcm16"), "--load-all")
    ok(done.returncode == 0, "a changed one is loaded")
    done = swanctl_load(lab, first, "--load-all")
    wait_for_tunnel(lab)
    ok(not set(spis(lab)) & set(before), "and comes up anew")
    wait_until(lambda: swanctl(lab, "--list-sas").stdout.count("IKEv2") == 1,
               10, "the end of the IKE SAs that there were")
    bad = swanctl_load(lab, first.replace("local_ts", "label = a\n"
                                          "local_ts"), "--load-conns")
    ok(bad.returncode != 0 and "connections.to-b.children.net.label is a label "
       "of SELinux" in bad.stderr and is_up(lab),
       "what is refused changes nothing")


def test_policies(lab):
    two = swanctl_conf().replace("children {", """vips = 10.9.0.1, 10.9.0.2
        children {""")
    bad = swanctl_load(lab, two, "--load-conns")
    ok(bad.returncode != 0 and "the data path takes one of each family" in
       bad.stderr and is_up(lab), "nor does what the data path refuses")


def test_unload(lab):
    done = swanctl_load(lab, "secrets {\n}\n", "--load-all")
    ok("0 connections" in done.stdout or "no connections" in done.stdout,
       "a file without connections unloads what was loaded")
    wait_until(lambda: is_empty(lab), 10, "the end of the SAs")
    ok(not swanctl(lab, "--list-conns").stdout.strip(), "they are gone")


def with_child(text, local, remote, more=""):
    """Of gw-a or gw-b, a second one."""
    return text.replace("children {", f"""children {{
            more {{
                local_ts = {local}
                remote_ts = {remote}
                esp_proposals = {ESP}
                {more}
            }}
""")


def test_children(lab, gateway, before):
    """Both start by themselves; one changes."""
    whole = ike_conf("a", start_action="start")
    reload(lab, gateway, with_child(whole, "10.1.0.0/24", "10.77.0.0/24",
                                    "start_action = start"))
    wait_until(lambda: len(spis(lab)) == 4, 10, "another child")
    ok(set(before) < set(spis(lab)), "a child that is new comes up")
    first = set(spis(lab)) - set(before)
    reload(lab, gateway, with_child(whole, "10.1.0.0/24", "10.77.0.0/24",
                                    "start_action = start\n rekey_time = 2h"))
    def after():
        now = set(spis(lab))
        return now if len(now) == 4 and not first & now else None

    ok(set(before) < wait_until(after, 10, "the changed child"),
       "one that is changed comes up anew, and the other goes on")


def reload(lab, gateway, text):
    lab.write("gw-a.conf", text)
    return gateway.client("reload", check=False)


def test_reload(lab, gateway):
    whole = ike_conf("a", start_action="start")
    done = reload(lab, gateway, whole)
    ok(done.returncode == 0, "cygnet reload reads a connection in the file")
    wait_for_tunnel(lab)
    before = spis(lab)
    flow = lab.spawn("host-a", ["ping", "-i", "0.01", "-c", "100", "-q",
                                "10.2.0.2"])
    more = with_child(whole, "10.1.0.0/24", "10.77.0.0/24")
    for text in (more, whole) * 3:
        ok(reload(lab, gateway, text).returncode == 0, "and another child"
           if text is more else "and its end")
    flow.wait(10)
    ok(spis(lab) == before, "the first child keeps its SAs meanwhile")
    ok(" 0% packet loss" in log_of(flow),
       "and no packet is lost")
    bad = reload(lab, gateway, whole.replace("mode =", "x") + "fog {\n}\n")
    ok(bad.returncode == 1 and "gw-a.conf:" in bad.stderr and
       "unknown section 'fog'" in bad.stderr and is_up(lab),
       "an error has its place, and changes nothing")
    bad = reload(lab, gateway, whole.replace("lan0", "lan9"))
    ok(bad.returncode == 1 and "takes a restart" in bad.stderr,
       "what takes a restart is refused")
    lab.write("gw-a.conf", more)
    gateway.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "more" in swanctl(lab, "--list-conns").stdout, 10,
               "the configuration")
    ok(spis(lab) == before, "SIGHUP does the same")
    test_children(lab, gateway, before)


def main():
    with Lab() as lab:
        gateway = lab.start_gateway("gw-a", GATEWAY)
        lab.start_gateway("gw-b", with_child(ike_conf("b"), "10.77.0.0/24",
                                             "10.1.0.0/24"))
        test_swanctl(lab)
        test_policies(lab)
        test_unload(lab)
        test_reload(lab, gateway)
    return finish()


sys.exit(main())
