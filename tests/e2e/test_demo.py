#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The demo proves what it shows; with KEEP=1 each line that it prints enters a
machine, where `cygnet` needs no option; Ctrl-C and a plain kill end all of it.
"""
import os
import re
import signal
import subprocess
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import BUILD, ROOT, finish, ok, wait_until  # noqa: E402

LIMIT_S = 60
# What a machine has and no other.
ADDRESSES = {"host-a": "10.1.0.2", "gw-a": "10.1.0.1", "gw-b": "10.2.0.1",
             "host-b": "10.2.0.2"}


def start(*words, **environment):
    """The demo as a user starts it: not in this test's sandbox already."""
    env = dict(os.environ, **environment)
    env.pop("CYG_SANDBOX", None)
    demo = subprocess.Popen(
        ["env", "--default-signal=INT", f"{ROOT}/tools/demo", BUILD,
         *words], env=env,
        text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, start_new_session=True)
    late = threading.Timer(LIMIT_S, os.killpg, (demo.pid, signal.SIGKILL))
    late.daemon = True
    late.start()
    return demo


def read_until(demo, text):
    """What it says up to the line with this text, or all of it."""
    said = ""
    for line in demo.stdout:
        said += line
        if text in line:
            break
    return said


def enter(line, command):
    """Types a command into the shell that a printed line opens."""
    return subprocess.run(["sh", "-c", line.replace("sudo ", "")], text=True,
                          input=command, check=False, timeout=10,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def check_kept():
    demo = start(KEEP="1")
    said = read_until(demo, f"{BUILD}/cygnet status")
    if not ok("demo: ok" in said and said.endswith("cygnet status\n"),
              "the demo proves what it shows, and says how to enter it"):
        print(said + read_until(demo, "\0"))
        return
    lines = re.findall(r"^ *(sudo nsenter .* # (\S+))$", said, re.MULTILINE)
    ok([name for _, name in lines] == list(ADDRESSES),
       "there is a line for each machine")
    for line, name in lines:
        there = enter(line, "ip -4 -br address").stdout
        ok(ADDRESSES[name] in there, f"it leads to {name}")
        if name.startswith("gw"):
            status = enter(line, said.splitlines()[-1])
            ok(status.returncode == 0 and "passing" in status.stdout,
               f"on {name} the command that is printed shows the tunnel")
    pid = re.search(r"sudo kill (\d+)", said)[1]
    sandbox = re.search(r"nsenter -t (\d+)", said)[1]
    os.kill(int(pid), signal.SIGTERM)
    rest = read_until(demo, "\0")
    ok(demo.wait(10) == -signal.SIGTERM and not rest,
       "the kill that is printed ends it")
    wait_until(lambda: not os.path.exists(f"/proc/{sandbox}"), 10,
               "the end of the demo's sandbox")
    ok(True, "and its sandbox")


def check_manual():
    demo = start("manual")
    said = read_until(demo, "\0")
    ok(demo.wait(10) == 0 and said.endswith("demo: ok\n"),
       "so does the one with keys by hand")


def check_interrupted():
    demo = start()
    read_until(demo, "host-a pings host-b")
    os.killpg(demo.pid, signal.SIGINT)
    rest = read_until(demo, "\0")
    ok(demo.wait(10) == 1 and
       rest.endswith("demo: interrupted, everything is gone\n"),
       "Ctrl-C ends it, and it says so")
    if "Traceback" in rest:
        print(rest)


def main():
    check_kept()
    check_manual()
    check_interrupted()
    return finish()


sys.exit(main())
