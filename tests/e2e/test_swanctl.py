#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Every verb of Debian's stock swanctl at a gateway whose peer is another gateway
of ours: what it prints, and that it was done. What changes nothing is asked
first; events are watched by a client that was there before.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import PSK, ike_conf  # noqa: E402
from lab import Lab, eventually, finish, log_of, ok  # noqa: E402
from swanctl import swanctl, swanctl_load, swanctl_spawn  # noqa: E402

SHUNTS = """\
policies {
    dhcp {
        local_ts = 10.1.0.0/24
        remote_ts = 10.9.0.0/24
        action = bypass
    }
    rest {
        local_ts = 10.1.0.0/24
        remote_ts = 10.8.0.0/24
        action = discard
    }
}
"""

LOADED = f"""\
connections {{
    more {{
        remote_addrs = 192.0.2.99
        local {{
            auth = psk
        }}
        remote {{
            auth = psk
        }}
        children {{
            far {{
                local_ts = 10.1.0.0/24
                remote_ts = 10.77.0.0/24
                start_action = trap
            }}
        }}
    }}
}}
secrets {{
    ike-more {{
        id = 192.0.2.99
        secret = "{PSK}"
    }}
}}
"""


def ping(lab):
    return lab.run("host-a", ["ping", "-c", "1", "-W", "2", "10.2.0.2"],
                   check=False).returncode == 0


def succeeds(lab, sentence, *words):
    """Returns what it printed."""
    got = swanctl(lab, *words)
    ok(got.returncode == 0, f"swanctl {' '.join(words)}: {sentence}")
    return got.stdout


def fails(lab, why, *words):
    got = swanctl(lab, *words)
    ok(got.returncode != 0 and why in got.stdout + got.stderr,
       f"swanctl {' '.join(words)} is refused: {why}")


def count(lab, name, *words):
    found = re.search(rf"^ *{name} *: (\d+)$",
                      swanctl(lab, "--counters", *words).stdout, re.M)
    return int(found[1]) if found else None


def test_questions(lab):
    text = succeeds(lab, "says who answers", "--version", "--daemon")
    ok("cygnet" in text, "it is us")
    text = succeeds(lab, "says how long and how many", "--stats")
    ok("IKE_SAs: 0 total, 0 half-open" in text and "mallinfo: sbrk" in text,
       "it counts IKE SAs and memory")
    text = succeeds(lab, "lists what is configured", "--list-conns")
    ok("to-b: IKEv2" in text, "the connection is among it")
    text = succeeds(lab, "lists policies", "--list-pols")
    ok("dhcp, PASS" in text and "rest, DROP" in text,
       "those to pass and to drop")
    ok("rest" not in swanctl(lab, "--list-pols", "--pass").stdout,
       "or those to pass alone")
    text = succeeds(lab, "lists algorithms", "--list-algs")
    ok("AES_GCM_16" in text, "AES-GCM is among them")
    for verb in ("--list-certs", "--list-authorities", "--list-pools",
                 "--list-sas"):
        ok(succeeds(lab, "has nothing to list", verb).strip() == "",
           "and says nothing")
    succeeds(lab, "flushes nothing", "--flush-certs")
    fails(lab, "no such client", "--redirect", "--ike", "to-b",
          "--gateway", "192.0.2.1")


def test_loads(lab):
    got = swanctl_load(lab, LOADED, "--load-all", "--noprompt")
    ok(got.returncode == 0 and "loaded connection 'more'" in got.stdout,
       "swanctl --load-all loads connections and secrets")
    ok("more/far, TUNNEL" in swanctl(lab, "--list-pols", "--trap").stdout,
       "whose trap is there")
    got = swanctl_load(lab, "", "--load-all", "--noprompt")
    ok(got.returncode == 0 and
       "more" not in swanctl(lab, "--list-conns").stdout,
       "and unloads what is not there any more")
    for verb in ("--load-conns", "--load-creds", "--load-pools",
                 "--load-authorities"):
        got = swanctl_load(lab, "", verb)
        ok(got.returncode == 0, f"swanctl {verb} has nothing to load")
    succeeds(lab, "reads the settings again", "--reload-settings")


def test_traps(lab):
    ok(not ping(lab), "nothing brings the child up by itself")
    succeeds(lab, "installs its trap", "--install", "--child", "net")
    ok("to-b/net, TUNNEL" in swanctl(lab, "--list-pols", "--trap").stdout,
       "which is listed")
    ok(eventually(lambda: ping(lab)), "and the first packets bring it up")
    succeeds(lab, "takes it away", "--uninstall", "--child", "net", "--ike",
             "to-b")
    ok(ping(lab), "what is up stays up")
    ok(swanctl(lab, "--list-pols", "--trap").stdout.strip() == "",
       "no trap is listed")
    fails(lab, "no trap of child 'net' is installed", "--uninstall",
          "--child", "net")
    succeeds(lab, "ends the IKE SA", "--terminate", "--ike", "to-b")
    ok(not ping(lab), "and nothing brings it up again")


def numbers(lab):
    """Of the IKE SA and of its child."""
    text = swanctl(lab, "--list-sas").stdout
    return (re.search(r"^to-b: #(\d+)", text, re.M)[1],
            re.search(r"^ +net: #(\d+)", text, re.M)[1])


def is_another(lab, ike, child):
    """Is one IKE SA up, with one child, and are both of them new?"""
    text = swanctl(lab, "--list-sas").stdout
    return (text.count("ESTABLISHED") == text.count("INSTALLED") == 1 and
            not {ike, child} & set(numbers(lab)))


def hear(lab, *clients):
    """Do they, of a tunnel that comes and goes?"""
    swanctl(lab, "--initiate", "--child", "net")
    swanctl(lab, "--terminate", "--ike", "to-b")
    return all(log_of(client) for client in clients)


def test_life(lab):
    watch = swanctl_spawn(lab, "--monitor-sa", "--raw")
    log = swanctl_spawn(lab, "--log")
    ok(eventually(lambda: hear(lab, watch, log)),
       "two clients hear of events")
    text = succeeds(lab, "brings a child up", "--initiate", "--child", "net",
                    "--timeout", "10")
    ok("[CHD] child 'net' is up" in text, "and shows the log meanwhile")
    ike, child = numbers(lab)
    ok(f"to-b: #{ike}, ESTABLISHED" in swanctl(
        lab, "--list-sas", "--ike-id", ike).stdout,
       "swanctl --list-sas has the IKE SA by its number")
    ok(swanctl(lab, "--list-sas", "--ike-id", "9999").stdout.strip() == "",
       "and no other one")
    succeeds(lab, "rekeys one child", "--rekey", "--child-id", child)
    ok(eventually(lambda: numbers(lab)[1] != child),
       "which has another number then")
    succeeds(lab, "rekeys one IKE SA", "--rekey", "--ike-id", ike)
    ok(eventually(lambda: numbers(lab)[0] != ike),
       "which has another number, too")
    ike, child = numbers(lab)
    succeeds(lab, "reauthenticates one", "--rekey", "--ike-id", ike,
             "--reauth")
    ok(eventually(lambda: is_another(lab, ike, child)),
       "and both have other numbers")
    ok(ping(lab), "packets pass all the while")
    ike, child = numbers(lab)
    succeeds(lab, "ends one child", "--terminate", "--child-id", child)
    succeeds(lab, "ends one IKE SA by force", "--terminate", "--ike-id", ike,
             "--force")
    ok(swanctl(lab, "--list-sas").stdout.strip() == "", "nothing is left")
    fails(lab, f"there is no IKE SA {ike}", "--terminate", "--ike-id", ike)
    check_events(watch)
    ok(eventually(lambda: "[IKE] IKE SA 'to-b' is up" in log_of(log) and
                  "[CHD] child 'net' is rekeyed" in log_of(log)),
       "swanctl --log has it in words")


def has_all(client, pieces):
    return all(piece in log_of(client) for piece in pieces)


def check_events(watch):
    ok(eventually(lambda: has_all(watch, (
        "ike-updown event {up=yes to-b {uniqueid=",
        "child-updown event {up=yes to-b {uniqueid="))),
       "swanctl --monitor-sa shows SAs that come up")
    ok(eventually(lambda: has_all(watch, (
        "ike-updown event {to-b {uniqueid=",
        "child-updown event {to-b {uniqueid="))), "and that go down")


def test_counters(lab):
    ok(count(lab, "ike-init-out-req", "--name", "to-b") >= 2 and
       eventually(lambda: count(lab, "child-rekey", "--name", "to-b") == 1) and
       count(lab, "ike-rekey-init", "--name", "to-b") == 1,
       "swanctl --counters has what happened of a connection")
    ok(count(lab, "ike-rekey-init") == 1, "of all peers together")
    ok("to-b:" in swanctl(lab, "--counters", "--all").stdout,
       "and of every connection")
    succeeds(lab, "resets them", "--counters", "--reset", "--name", "to-b")
    ok(count(lab, "ike-rekey-init") == 1,
       "of one connection alone")
    succeeds(lab, "resets them all", "--counters", "--reset", "--all")
    ok(count(lab, "ike-rekey-init") == 0, "of all peers together, too")
    fails(lab, "nothing was counted of that name", "--counters", "--name",
          "nobody")


def test_end_of_ike(lab, gateway, other):
    other.stop()
    waits = swanctl_spawn(lab, "--initiate", "--child", "net")
    ok(eventually(lambda: "IKE_SAs: 1 total, 1 half-open" in swanctl(
        lab, "--stats").stdout), "a client waits for a peer that is gone")
    gateway.kill_role("ike")
    ok(eventually(lambda: waits.poll() is not None) and
       "the IKE process ended before this was done" in log_of(waits),
       "and is told at once when the process that speaks IKE ends")


def main():
    with Lab() as lab:
        gateway = lab.start_gateway("gw-a", ike_conf("a") + SHUNTS)
        other = lab.start_gateway("gw-b", ike_conf("b"))
        test_questions(lab)
        test_loads(lab)
        test_traps(lab)
        test_life(lab)
        test_counters(lab)
        test_end_of_ike(lab, gateway, other)
    return finish()


sys.exit(main())
