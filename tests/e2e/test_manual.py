#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Keys by hand in counter mode: no sequence number is sent twice under one key,
whoever is restarted or killed, and nothing that was recorded before is accepted
after. Where that can't be promised, the start is refused and says why.
"""
import contextlib
import json
import os
import re
import secrets
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import (BUILD, SIDES, STATE, Lab, finish, ok,  # noqa: E402
                 scapy_layers, wait_until)

KEY_BYTES = 20  # of aes128gcm16, its salt included
BLOCK = 65536  # numbers that an end without order may skip
SMALL = "/run/cygnet/small"  # a disk of a few pages


def counter_conf(lab, side):
    """default_conf() in counter mode, which has one key for each SA."""
    text = lab.default_conf(side)
    for sa in (lab.sa_ab, lab.sa_ba):
        key = f"0x{(sa.encr_key + sa.integ_key)[:KEY_BYTES].hex()}"
        text = text.replace(f"encr_key = 0x{sa.encr_key.hex()}",
                            f"encr_key = {key}")
        text = text.replace(
            f"            integ_key = 0x{sa.integ_key.hex()}\n", "")
    text = text.replace("aes128-sha256", "aes128gcm16")
    return text.replace("    socket =",
                        "    allow_manual_counter_mode = yes\n    socket =")


def start(lab, side):
    return lab.start_gateway(f"gw-{side}", counter_conf(lab, side))


def pings(lab, n=5, interval=0.05):
    """How many of n are answered."""
    done = lab.run("host-a", ["ping", "-n", "-c", str(n), "-i", str(interval),
                              "-W", "1", "10.2.0.2"], check=False)
    return int(done.stdout.split(" received")[0].split()[-1])


def passes(lab):
    return pings(lab, 1) == 1


def esp_of(packets, sa):
    """Sequence numbers of the SA's packets, in their order."""
    scapy = scapy_layers()
    esp = scapy.layers.ipsec.ESP
    return [p[esp].seq for p in packets if esp in p and p[esp].spi == sa.spi]


# --- ends

def check_restart(lab, gateway):
    """In order: nobody loses a packet, no number is skipped."""
    wire = lab.capture("wire", "br0", filter="esp")
    before = pings(lab)
    ok(gateway.stop() == 0, "gw-a stops")
    gateway = start(lab, "a")
    after = pings(lab)
    packets = wire.stop()
    ok(before == after == 5, "gw-a restarted: its tunnel passes at once")
    numbers = esp_of(packets, lab.sa_ab)
    ok(numbers == list(range(numbers[0], numbers[0] + 10)),
       f"and goes on with the next sequence number: {numbers}")
    return gateway, packets


def check_replays(lab, gateway, packets, sa, what):
    """What gw-a accepted before, once more."""
    scapy = scapy_layers()
    old = [p for p in packets if scapy.layers.ipsec.ESP in p and
           p[scapy.layers.ipsec.ESP].spi == sa.spi]
    before = gateway.drops()["replay"]
    lab.inject("wire", "a", old)
    with contextlib.suppress(Exception):
        wait_until(lambda: gateway.drops()["replay"] >= before + len(old), 5,
                   "replays")
    ok(old and gateway.drops()["replay"] == before + len(old),
       f"{what}: what it had accepted before is dropped as replay")


def kept(lab, path):
    """What is in a state file against a loss of power."""
    return int(lab.run("gw-a", ["od", "-An", "-t", "u8", "--endian=big", "-j",
                                "24", "-N", "8", path]).stdout)


def is_ahead(lab, gateway, path):
    """After a burst, which a second may have cut in two."""
    ok(pings(lab, 40, 0.002) == 40, "the tunnel passes")
    seq = int(gateway.status()["tunnels"]["to-b"]["in"]["seq"])
    wait_until(lambda: kept(lab, path) >= seq, 5, "the state of a burst")
    return kept(lab, path) > seq + 20


def check_kill(lab, gateway, state):
    """
    Without order: the rest of a block is skipped, no number comes twice. state:
    file of the inbound SA, in which there is more than was received.
    """
    wire = lab.capture("wire", "br0", filter="esp")
    wait_until(lambda: is_ahead(lab, gateway, state), 20, "a burst's state")
    replays = gateway.drops()["replay"]
    pid = gateway.kill_role("dp")
    wait_until(lambda: gateway.role_pid("dp") not in (None, pid), 10,
               "another dp")
    wait_until(lambda: passes(lab), 5, "the tunnel of another dp")
    ok(pings(lab) == 5 and gateway.drops()["replay"] == replays,
       "dp was killed: the next one refuses nothing that is new")
    gateway.kill()
    gateway = start(lab, "a")
    wait_until(lambda: passes(lab), 20, "the tunnel after all were killed")
    packets = wire.stop()
    numbers = esp_of(packets, lab.sa_ab)
    ok(len(set(numbers)) == len(numbers) and numbers == sorted(numbers),
       "no sequence number was sent twice")
    ok(numbers[-1] >= numbers[0] + 2 * BLOCK - 200,
       "the numbers that might have been sent were skipped")
    check_replays(lab, gateway, packets, lab.sa_ba, "gw-a killed")
    return gateway


# --- state that cannot be kept, or believed

def refused(lab, text, sentence, *said):
    path = lab.write("bad.conf", text)
    try:
        done = lab.run("gw-a", [f"{BUILD}/cygnetd", "-f", path], check=False,
                       timeout=15)
    except subprocess.TimeoutExpired:
        ok(False, f"{sentence}: it starts")
        return
    lines = done.stderr.splitlines()
    ok(done.returncode != 0 and lines and
       all(word in lines[-1] for word in said),
       f"{sentence}: refused: {lines[-1] if lines else ''}")
    ok("ipsec0" not in lab.run("gw-a", ["ip", "-br", "link"]).stdout,
       f"{sentence}: nothing is left behind")


def check_refused(lab, state):
    """state: file of the outbound SA's numbers."""
    text = counter_conf(lab, "a")
    refused(lab, text.replace("counter_mode = yes", "counter_mode = no"),
            "counter mode without leave", "allow_manual_counter_mode",
            "RFC 8221", "bad.conf:")
    elsewhere = text.replace(STATE, SMALL)
    lab.run("gw-a", ["mkdir", SMALL])
    lab.run("gw-a", ["mount", "-t", "tmpfs", "-o", "size=16k,mode=700",
                     "tmpfs", SMALL])
    lab.run("gw-a", ["sh", "-c", f"cat /dev/zero >{SMALL}/fill; true"])
    refused(lab, elsewhere, "full disk", SMALL, "No space left",
            "gateway.state_dir", "manual.to-b")
    lab.run("gw-a", ["rm", f"{SMALL}/fill"])
    lab.run("gw-a", ["mount", "-o", "remount,ro", SMALL])
    refused(lab, elsewhere, "read-only state folder", SMALL,
            "Read-only file system", "gateway.state_dir")
    lab.run("gw-a", ["umount", SMALL])
    lab.run("gw-a", ["chmod", "777", SMALL])
    refused(lab, elsewhere, "state folder that others may write to", SMALL,
            "chmod 700")
    lab.run("gw-a", ["dd", "if=/dev/zero", f"of={state}", "bs=8192", "count=1",
                     "conv=notrunc"])
    refused(lab, text, "damaged state file", state, "damaged", "new key")


def check_other_ciphers(lab):
    """CBC goes on without state, and says what that means."""
    text = lab.default_conf("a").replace(STATE, "/proc/nowhere")
    gateway = lab.start_gateway("gw-a", text)
    ok("no state is kept" in gateway.log() and "/proc/nowhere" in gateway.log(),
       "without state a cipher that is not in counter mode is warned of")
    gateway.stop()


# --- another configuration while it runs

def check_reload(lab, gateway):
    """The pair is the same under another name, for another policy."""
    text = counter_conf(lab, "a")
    flow = lab.spawn("host-a", ["ping", "-n", "-i", "0.02", "-c", "60", "-q",
                                "10.2.0.2"])
    for changed in (text.replace("to-b", "renamed"), text) * 2:
        lab.write("gw-a.conf", changed)
        ok(gateway.client("reload", check=False).returncode == 0,
           "a pair that has another name is the same pair")
    flow.wait(10)
    ok(" 0% packet loss" in open(flow.log_path).read(),
       "which loses no packet meanwhile")
    other = f"0x{secrets.token_bytes(KEY_BYTES).hex()}"
    key = f"0x{(lab.sa_ab.encr_key + lab.sa_ab.integ_key)[:KEY_BYTES].hex()}"
    lab.write("gw-a.conf", text.replace(key, other))
    done = gateway.client("reload", check=False)
    ok(done.returncode == 1 and "manual.to-b.out" in done.stderr and
       "needs an SPI of its own" in done.stderr and passes(lab),
       "another key under an SPI that is in use is refused, and nothing "
       "changes")
    lab.write("gw-a.conf", text.split("manual {")[0])
    ok(gateway.client("reload").returncode == 0 and not passes(lab),
       "without its pair and policy, nothing passes")
    lab.write("gw-a.conf", text)
    ok(gateway.client("reload").returncode == 0 and passes(lab),
       "and when they are back, it does at once")


# --- SAs that are added and deleted

def pair_text(name, side, **given):
    """A pair, or half of one, as `cygnet sa add` takes it."""
    here, there = SIDES[side], SIDES[SIDES[side].peer]
    sas = {way: f"""
        {way} {{
            spi = {spi:#x}
            encr_key = 0x{key.hex()}
        }}""" for way, (spi, key) in given.items()}
    return f"""
manual {{
    {name} {{
        local_addrs = {here.outer}
        remote_addrs = {there.outer}
        esp_proposals = aes128gcm16
        policies = lan-to-lan{''.join(sas.values())}
    }}
}}
"""


def cygnet(lab, gateway, *words, text=None):
    """cygnet on the gateway's machine, with text on its standard input."""
    return subprocess.run(
        ["nsenter", f"--target={lab.holder_pid(gateway.ns)}", "--mount", "--net",
         f"{BUILD}/cygnet", *words], input=text, text=True, check=False,
        timeout=20, capture_output=True)


def new_keys():
    return {way: (spi, secrets.token_bytes(KEY_BYTES))
            for way, spi in (("ab", 0x7001), ("ba", 0x7002))}


def check_add(lab, gateways):
    """New keys by hand, without a loss: in, out, and the old ones away."""
    keys = new_keys()
    flow = lab.spawn("host-a", ["ping", "-n", "-i", "0.01", "-c", "250", "-q",
                                "10.2.0.2"])
    for way in ("in", "out"):
        for side, gateway in gateways.items():
            key = keys["ba" if (side == "a") == (way == "in") else "ab"]
            name = f"new-{way}"
            done = cygnet(lab, gateway, "sa", "add", name,
                          text=pair_text(name, side, **{way: key}))
            ok(done.returncode == 0 and done.stdout == f"{name}: added\n",
               f"{gateway.ns}: {name} is added {done.stderr.strip()}")
    for side, gateway in gateways.items():
        done = cygnet(lab, gateway, "--json", "sa", "delete",
                      f"to-{SIDES[side].peer}")
        ok(json.loads(done.stdout)["success"] == "yes",
           f"{gateway.ns}: the old pair is deleted")
    ok(flow.poll() is None, "a ping goes on all the while")
    flow.wait(20)
    with open(flow.log_path) as log:
        ok(" 0% packet loss" in log.read(), "and loses no packet")
    wire = lab.capture("wire", "br0", filter="esp")
    ok(pings(lab) == 5, "the tunnel passes with new keys")
    spis = {p[scapy_layers().layers.ipsec.ESP].spi for p in wire.stop()}
    ok(spis == {0x7001, 0x7002}, f"which have SPIs of their own: {spis}")
    policy = json.loads(gateways["a"].client("policy", "--json").stdout)
    ok(policy["policies"]["lan-to-lan"]["tunnel"] == "new-out",
       "`cygnet policy` says which pair protects")
    return keys


def check_added_stay(lab, gateway, keys):
    gateway.kill_role("dp")
    wait_until(lambda: passes(lab), 20, "the tunnel after dp was killed")
    status = gateway.status()["tunnels"]
    ok(set(status) == {"new-in", "new-out"} and passes(lab),
       "what was added and deleted is so after dp was killed")
    lab.write("gw-a.conf", counter_conf(lab, "a"))
    done = gateway.client("reload", check=False)
    ok(done.returncode == 0 and
       set(gateway.status()["tunnels"]) == {"to-b", "new-in", "new-out"} and
       passes(lab), "the file's pair is back with a reload, and what was added "
       "stays and goes before it")
    text = counter_conf(lab, "a").replace(f"{lab.sa_ba.spi:#x}",
                                          f"{keys['ba'][0]:#x}")
    lab.write("gw-a.conf", text)
    done = gateway.client("reload", check=False)
    ok(done.returncode == 1 and "cygnet sa delete new-in" in done.stderr,
       "a file that has its SPI is refused")


def check_add_refused(lab, gateway, keys):
    """Each of these is the good one with one thing changed."""
    good = pair_text("more", "a", **{"in": (0x7003, secrets.token_bytes(20)),
                                     "out": (0x7004, secrets.token_bytes(20))})
    used = f"0x{keys['ab'][1].hex()}"
    first = re.search("0x[0-9a-f]{40}", good)[0]
    rows = [("a name that is there", "new-in", good.replace("more", "new-in"),
             ["manual.new-in is there already"]),
            ("an inbound SPI that is there", "more",
             good.replace("0x7003", f"{keys['ba'][0]:#x}"),
             ["manual.more.in.spi", "manual.new-in.in.spi", "must differ"]),
            ("an outbound SPI that is there", "more",
             good.replace("0x7004", f"{keys['ab'][0]:#x}"),
             ["manual.more.out.spi", "manual.new-out.out.spi"]),
            ("a key that another SA has", "more", good.replace(first, used),
             ["manual.new-out.out.encr_key", "a key of its own"]),
            ("a key of a wrong length", "more", good.replace(first, first[:-2]),
             ["19 octets", "needs 20"]),
            ("a key of one octet", "more", good.replace(first, "0x" + "00" * 20),
             ["openssl rand"]),
            ("a reserved SPI", "more", good.replace("0x7003", "255"),
             ["a number from 256"]),
            ("a policy that is not there", "more",
             good.replace("lan-to-lan", "lan-to-lam"),
             ["did you mean 'lan-to-lan'?"]),
            ("no policy", "more", good.replace("policies =", "# "),
             ["manual.more.policies is missing"]),
            ("another section", "more", good + "gateway {\n}\n",
             ["manual { more {", "nothing else"]),
            ("another name than the text's", "less", good,
             ["manual { less {"]),
            ("nothing", "more", "", ["manual { more {"])]
    for sentence, name, text, said in rows:
        done = cygnet(lab, gateway, "sa", "add", name, text=text)
        ok(done.returncode == 1 and done.stdout == "" and
           done.stderr.count("\n") == 1 and
           all(word in done.stderr for word in said),
           f"`sa add` refuses {sentence}: {done.stderr.strip()}")
    path = lab.write("open.keys", good, mode=0o644)
    done = cygnet(lab, gateway, "sa", "add", "more", "--file", path)
    ok(done.returncode == 1 and "chmod 600" in done.stderr,
       "`sa add` refuses a file that others may read")
    path = lab.write("more.keys", good.replace("0x7003", "3"))
    done = cygnet(lab, gateway, "sa", "add", "more", "--file", path)
    ok(done.returncode == 1 and f"{path}:" in done.stderr,
       f"what is wrong in a file has its place: {done.stderr.strip()}")
    done = cygnet(lab, gateway, "sa", "delete", "more")
    ok(done.returncode == 1 and "no pair of manual SAs 'more'" in done.stderr,
       "`sa delete` refuses a name that is not there")
    ok(passes(lab), "and all goes on as before")
    path = lab.write("more.keys", good)
    for _ in range(2):  # the SPI, the key and its state are free again
        done = [cygnet(lab, gateway, "sa", "add", "more", "-f", path),
                cygnet(lab, gateway, "sa", "delete", "more")]
        ok([d.returncode for d in done] == [0, 0],
           f"the good one is added and deleted {done[0].stderr.strip()} "
           f"{done[1].stderr.strip()}")
    for words in (("sa", "add"), ("sa", "delete"),
                  ("sa", "delete", "x", "--file", path)):
        ok(cygnet(lab, gateway, *words).returncode == 2,
           f"`cygnet {' '.join(words[:2])}` is wrong usage so")


def main():
    with Lab() as lab:
        gw_b = start(lab, "b")
        gw_a = start(lab, "a")
        ok("its key counts from 1" in gw_a.log(),
           "that a key has no state yet is said")
        ok(gw_a.log().count("is in memory") == 1,
           "that state in memory ends with this boot, too, once")
        state = {way: re.search(rf"sa=manual.to-b.{way} file=([^\s:]+)",
                                gw_a.log())[1] for way in ("in", "out")}
        gw_a, packets = check_restart(lab, gw_a)
        check_replays(lab, gw_a, packets, lab.sa_ba, "gw-a restarted")
        ok("its key counts from 1" not in gw_a.log(),
           "a key that has state is not said to be new")
        gw_a = check_kill(lab, gw_a, state["in"])
        check_reload(lab, gw_a)
        keys = check_add(lab, {"a": gw_a, "b": gw_b})
        check_add_refused(lab, gw_a, keys)
        check_added_stay(lab, gw_a, keys)
        gw_a.stop()
        lab.run("gw-a", [f"{BUILD}/cygnetd", "--release"])
        check_refused(lab, state["out"])
        check_other_ciphers(lab)
        ok(gw_b.drops()["replay"] == 0, "gw-b never saw a number twice")
    return finish()


sys.exit(main())
