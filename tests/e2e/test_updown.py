#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Updown scripts are run when a CHILD SA comes and when it goes, with strongSwan's
environment, and not when it is rekeyed; one that hangs keeps nobody, and is killed.
"""
import os
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import Lab, eventually, finish, ok, wait_until  # noqa: E402

WRITES = """#!/bin/sh
# A line at once: others look at the file meanwhile.
line=$(env | grep ^PLUTO_ | sort | tr '\\n' ';')
echo "ARGS=$*;$line" >> {log}
"""
SLOW = WRITES.replace("# A line", "case $PLUTO_VERB in down-*) sleep 1 ;; esac\n"
                      "# A line")
HANGS = """#!/bin/sh
echo $$ >> {log}
sleep 1000
"""


def with_updown(conf, command, more=""):
    return conf.replace("start_action =", f"updown = {command}\n"
                        f"                {more}\n"
                        "                start_action =")


def runs(path):
    """What the script was told, run by run."""
    try:
        with open(path) as file:
            return [dict(item.split("=", 1) for item in line.split(";")
                         if "=" in item) for line in file]
    except FileNotFoundError:
        return []


def verbs(path):
    return [run["PLUTO_VERB"] for run in runs(path)]



EXPECTED = {
    "ARGS": "one two",
    "PLUTO_VERSION": "1.1",
    "PLUTO_VERB": "up-client",
    "PLUTO_CONNECTION": "net",
    "PLUTO_INTERFACE": "wan0",
    "PLUTO_REQID": "77",
    "PLUTO_PROTO": "esp",
    "PLUTO_ME": "192.0.2.1",
    "PLUTO_MY_ID": "192.0.2.1",
    "PLUTO_MY_CLIENT": "10.1.0.0/24",
    "PLUTO_MY_PORT": "0",
    "PLUTO_MY_PROTOCOL": "0",
    "PLUTO_PEER": "192.0.2.2",
    "PLUTO_PEER_ID": "192.0.2.2",
    "PLUTO_PEER_CLIENT": "10.2.0.0/24",
    "PLUTO_PEER_PORT": "0",
    "PLUTO_PEER_PROTOCOL": "0",
    "PLUTO_HOST_ACCESS": "1",
}


def check_life(lab, gw_a, log):
    """Of one tunnel: up, rekeyed, reloaded, down."""
    wait_until(lambda: not gw_a.client("up", "to-b/net",
                                       check=False).returncode, 10, "a tunnel")
    eventually(lambda: verbs(log))
    said = runs(log)[0] if runs(log) else {}
    wrong = {name: said.get(name) for name, value in EXPECTED.items()
             if said.get(name) != value}
    ok(not wrong, f"a script is told of the tunnel that came: {wrong}")
    ok(said.get("PLUTO_UNIQUEID", "").isdigit(), "and of its IKE SA")
    others = set(said) - set(EXPECTED) - {"PLUTO_UNIQUEID"}
    ok(not others, f"and of nothing else: {others}")
    lab.write("gw-a.conf", ike_conf("a"))  # without the line
    gw_a.client("reload")
    gw_a.client("rekey", "to-b/net")
    gw_a.client("rekey", "to-b")
    gw_a.client("down", "to-b")
    eventually(lambda: len(verbs(log)) > 1)
    ok(verbs(log) == ["up-client", "down-client"], "not when it is rekeyed; "
       "and that it went, though its line was gone by then: "
       f"{verbs(log)}")


def check_hanging(lab, gw_a, log):
    script = lab.write("hangs", HANGS.format(log=log), 0o755)
    lab.write("gw-a.conf", with_updown(ike_conf("a"), script))
    gw_a.client("reload")
    began = time.monotonic()
    gw_a.client("up", "to-b/net")
    wait_until(lambda: os.path.exists(log), 10, "a script that hangs")
    gw_a.status()
    gw_a.client("down", "to-b")
    ok(time.monotonic() - began < 9, "a script that hangs keeps nobody")
    with open(log) as file:
        pid = int(file.readline())
    ok(eventually(lambda: not os.path.exists(f"/proc/{pid}"), 20),
       "and is killed when its time is up")
    ok(eventually(lambda: "did not end within 10 s" in gw_a.log()),
       "which the log says")


def check_refused(lab, gw_a, log):
    script = lab.write("others", WRITES.format(log=log), 0o777)
    lab.write("gw-a.conf", with_updown(ike_conf("a"), script))
    gw_a.client("reload")
    gw_a.client("up", "to-b/net")
    ok(eventually(lambda: "others than root may change it" in gw_a.log()),
       "a script that others may change is not run")
    ok(not os.path.exists(log), "indeed")


def main():
    with Lab() as lab:
        logs = {name: os.path.join(lab.dir, f"{name}.log")
                for name in ("a", "b", "hangs", "others")}
        script = lab.write("writes", WRITES.format(log=logs["a"]), 0o755)
        theirs = lab.write("theirs", SLOW.format(log=logs["b"]), 0o755)
        gw_b = lab.start_gateway("gw-b", with_updown(ike_conf("b"), theirs))
        gw_a = lab.start_gateway(
            "gw-a", with_updown(ike_conf("a"), f"{script} one  two",
                                "hostaccess = yes\nreqid = 77"))
        check_life(lab, gw_a, logs["a"])
        ok(eventually(lambda: verbs(logs["b"]) == ["up-client",
                                                   "down-client"]),
           "the responder's likewise")
        check_refused(lab, gw_a, logs["others"])
        wait_until(lambda: verbs(logs["b"])[2:] == ["up-client"], 10,
                   "the responder's script")
        gw_b.stop()
        ok(verbs(logs["b"])[2:] == ["up-client", "down-client"],
           "a gateway that stops waits for its scripts: "
           f"{verbs(logs['b'])[2:]}")
        gw_b = lab.start_gateway("gw-b", ike_conf("b"))
        gw_a.client("down", "to-b", check=False)
        check_hanging(lab, gw_a, logs["hangs"])
    return finish()


sys.exit(main())
