#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
What `make install` leaves works under systemd: on gw-a runs a systemd that has
the units and nothing else, with all that they forbid. The configuration is the
example, then with the tunnel that is commented out in it.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import PSK, ike_conf  # noqa: E402
from lab import (BUILD, Gateway, Lab, LabError, ROOT, finish, ok,  # noqa: E402
                 skip, wait_until)

SYSTEMD = "/lib/systemd/systemd"
TARGETS = ("sysinit", "basic", "sockets", "shutdown", "network-pre")
UNITS = ("cygnet", "cygnet-dp", "cygnet-lock", "cygnet-renew@")
CMP_PORT = 8090
WAIT_S = 20
# Becomes process 1 of its machine, whose files are those of ours and stay as
# they are. /run/cygnet is the machine's own already.
BOOT = """
exec unshare --mount --pid --cgroup --fork --kill-child sh -ec '
    mount -o remount,bind,ro /
    mount -t tmpfs -o mode=1777 tmpfs /tmp
    mount -t tmpfs -o mode=1777 tmpfs /var/tmp
    mount -t tmpfs -o mode=755 tmpfs /var/lib
    mount -t proc proc /proc
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    exec env -i PATH="$PATH" container=other SYSTEMD_UNIT_PATH="$0" "$@"
' "$@"
"""


# Its numbers have to be on disk.
MANUAL = """
manual {
    spare {
        local_addrs = 192.0.2.1
        remote_addrs = 192.0.2.7
        esp_proposals = aes128gcm16
        in {
            spi = 0x1001
            encr_key = 0x000102030405060708090a0b0c0d0e0f10111213
        }
        out {
            spi = 0x1002
            encr_key = 0x202122232425262728292a2b2c2d2e2f30313233
        }
    }
}
policies {
    spare {
        action = protect
        local_ts = 10.1.0.0/24
        remote_ts = 10.7.0.0/24
        manual = spare
    }
}
"""


def install(lab):
    """Returns the folder that it was installed below."""
    prefix = os.path.join(lab.dir, "installed")
    subprocess.run(["make", "-s", "-C", ROOT, "install", f"BUILD={BUILD}",
                    f"PREFIX={prefix}", f"SYSCONFDIR={prefix}/etc"],
                   check=True, timeout=60)
    return prefix


def uncomment(example):
    """The example with its tunnel, and the secret that gw-b has."""
    text = re.sub(r"^#(?!include)(?=[a-z}]|    )", "", example, flags=re.M)
    return re.sub(r'secret = ".*"', f'secret = "{PSK}"', text)


class Cgroup:
    """A context manager: a cgroup, which ends with all that is in it."""

    def __init__(self, lab):
        self._mount = os.path.join(lab.dir, "cgroup")

    def __enter__(self):
        os.mkdir(self._mount)
        subprocess.run(["mount", "-t", "cgroup2", "cgroup2", self._mount],
                       check=True, timeout=10)
        with open("/proc/self/cgroup") as file:
            here = re.search(r"^0::/(.*)$", file.read(), re.M)[1]
        self.path = tempfile.mkdtemp(
            prefix="cygnet-test-", dir=os.path.join(self._mount, here))
        return self

    def __exit__(self, kind, value, traceback):
        self._write("cgroup.kill", "1")
        wait_until(self._remove, WAIT_S, "the end of what systemd started")

    def _write(self, name, text):
        with open(os.path.join(self.path, name), "w") as file:
            file.write(text)

    def enter(self):
        self._write("cgroup.procs", "0")

    def _remove(self):
        for folder, _, _ in os.walk(self.path, topdown=False):
            try:
                os.rmdir(folder)
            except OSError:
                return False  # somebody in it has yet to die
        return True


class Machine:
    """gw-a under a systemd."""

    def __init__(self, lab, prefix, cgroup):
        self.lab = lab
        units = f"{prefix}/lib/systemd/system"
        for target in TARGETS:
            os.symlink(f"/lib/systemd/system/{target}.target",
                       f"{units}/{target}.target")
        for unit in UNITS:
            os.mkdir(f"{units}/{unit}.service.d")
            with open(f"{units}/{unit}.service.d/log.conf", "w") as file:
                file.write(f"[Service]\nStandardOutput=append:{lab.dir}/{unit}"
                           f".log\nStandardError=inherit\n")
        process = lab.spawn("gw-a", [
            "sh", "-ec", BOOT, "boot", units, SYSTEMD, "--system",
            "--unit=basic.target", "--log-target=console",
            "--show-status=no"], preexec_fn=cgroup.enter)
        self.gateway = Gateway(lab, "gw-a", process)
        wait_until(self._is_up, WAIT_S, "systemd")

    def _is_up(self):
        if self.gateway.process.poll() is not None:
            raise LabError(f"systemd ended:\n{self.gateway.log()}")
        return self.systemctl("is-active", "basic.target").returncode == 0

    def systemctl(self, *words):
        """As one of its own processes: it answers no others."""
        pid = self.gateway.pid
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            first = file.read().strip()
        return self.lab.run("gw-a", [
            "nsenter", f"--target={first}", "--mount", "--pid", "--cgroup",
            "systemctl", *words], check=False, timeout=WAIT_S)

    def show(self, unit, what):
        return self.systemctl("show", "--value", "-p", what, unit
                              ).stdout.strip()

    def states(self):
        return [self.state(unit) for unit in (
            "cygnet.service", "cygnet-dp.socket", "cygnet-dp.service")]

    def state(self, unit):
        return self.show(unit, "ActiveState")

    def answers(self):
        return self.gateway.client("status", check=False).returncode == 0


def unit_of(pid):
    with open(f"/proc/{pid}/cgroup") as file:
        return re.search(r"^0::.*/(.*)$", file.read(), re.M)[1]


def ping(lab):
    return lab.run("host-a", ["ping", "-c", "5", "-i", "0.2", "-W", "1",
                              "10.2.0.2"], check=False).returncode == 0


def tunnels(gateway):
    return [(t["in"]["spi"], t["out"]["spi"])
            for t in gateway.status()["tunnels"].values()]


def roles(gateway):
    return [gateway.role_pid(role) for role in ("dp", "ike")]


def check_lock(lab, machine):
    """A boot's first step; cygnetd takes over in the next one."""
    machine.systemctl("start", "cygnet-lock.service")
    states = [machine.state(unit) for unit in
              ("cygnet-lock.service", "network-pre.target")]
    ok(states == ["active", "active"],
       f"the lock is ready before there is a network: {states}")
    net = json.loads(lab.run("gw-a", ["bpftool", "-j", "net"]).stdout)[0]
    ok({p["devname"] for p in net["xdp"]} == {"wan0"} and net["tc"],
       f"and has closed the unprotected interface {net}")


def check_lock_ends(machine):
    wait_until(lambda: machine.state("cygnet-lock.service") ==
               "inactive", WAIT_S, "the end of the lock")
    result = machine.show("cygnet-lock.service", "Result")
    ok(result == "success", f"the lock has ended: {result}")


def check_start(lab, machine, conf):
    gateway = machine.gateway
    machine.systemctl("start", "cygnet.service")
    ok(wait_until(machine.answers, WAIT_S, "cygnetd"),
       "it starts with the example as it is")
    with open(conf) as file:
        text = uncomment(file.read())
    with open(conf, "w") as file:
        file.write(text.replace(
            "gateway {", "gateway {\n    allow_manual_counter_mode = yes", 1) +
            MANUAL)
    machine.systemctl("reload", "cygnet.service")
    ok(wait_until(lambda: gateway.role_pid("ike"), WAIT_S, "ike"),
       "the example's tunnel comes with a reload")
    ok(wait_until(lambda: ping(lab), WAIT_S, "the tunnel"), "and is passing")
    state = f"/proc/{gateway.role_pid('dp')}/root/var/lib/cygnet"
    ok(sorted(name.split("-")[0] for name in os.listdir(state)) ==
       ["in", "out"] and os.stat(state).st_mode & 0o7777 == 0o700,
       "the state of manual keys has a folder, which is dp's to write to")
    units = [unit_of(pid) for pid in roles(gateway)]
    ok(units == ["cygnet-dp.service", "cygnet.service"],
       f"dp is a unit of its own, started by its socket: {units}")


def pki(folder, *words):
    subprocess.run([f"{BUILD}/cygnet", "pki", *words], cwd=folder, check=True,
                   capture_output=True, timeout=60)


def make_certs(conf):
    """
    moon's ends soon, next is for the same key, and does not. They have one number:
    openssl's server gives out the certificate that it is asked to replace.
    """
    for folder in "x509", "private", "x509ca", "renew":
        os.mkdir(f"{conf}/{folder}")
    pki(conf, "gen", "--out", "ca.key")
    pki(conf, "self", "ca.key", "--ca", "--dn", "CN=ca", "--out",
        "x509ca/ca.pem")
    for name, key, days in (("x509/moon.pem", "private/moon.pem", "20"),
                            ("next.pem", "private/moon.pem", "90"),
                            ("server.pem", "server.key", "90")):
        if not os.path.exists(f"{conf}/{key}"):
            pki(conf, "gen", "--out", key)
        pki(conf, "req", key, "--dn", "CN=moon", "--force", "--out", "req")
        pki(conf, "issue", "req", "--cacert", "x509ca/ca.pem", "--cakey",
             "ca.key", "--lifetime", days, "--serial", "77", "--out", name)


def renews(machine, conf, *options):
    """Whether the unit was content, and the certificate that there is then."""
    with open(f"{conf}/renew/moon", "w", encoding="utf-8") as file:
        file.write(f"CMP=http://127.0.0.1:{CMP_PORT}/pkix/\n"
                   f"CACERT={conf}/x509ca/ca.pem\n"
                   f"OPTIONS={' '.join(options)}\n")
    machine.systemctl("start", "cygnet-renew@moon.service")
    with open(f"{conf}/x509/moon.pem", "rb") as file:
        return (machine.show("cygnet-renew@moon.service", "Result") ==
                "success", file.read())


def check_renewal(lab, machine, conf):
    """A CA's certificate, by a timer."""
    make_certs(conf)
    octets = {}
    for name in "x509/moon.pem", "next.pem":
        with open(f"{conf}/{name}", "rb") as file:
            octets[name] = file.read()

    def reloads():
        with open(f"{lab.dir}/cygnet.log", encoding="utf-8") as file:
            return file.read().count("configuration read again")

    before = reloads()
    machine.systemctl("start", "cygnet-renew@moon.timer")
    ok(machine.state("cygnet-renew@moon.timer") == "active" and
       machine.show("cygnet-renew@moon.timer", "NextElapseUSecRealtime"),
       "the timer of a certificate's renewal waits for its day")
    ok(renews(machine, conf, "--within", "10d") ==
       (True, octets["x509/moon.pem"]) and reloads() == before,
       "one that is good for long is left alone")
    ok(renews(machine, conf) == (False, octets["x509/moon.pem"]) and
       machine.show("cygnet-renew@moon.service", "Result") == "exit-code",
       "one whose CA is down stays, and the unit says that it failed")
    server = lab.spawn("gw-a", [
        "openssl", "cmp", "-port", str(CMP_PORT), "-rsp_cert",
        f"{conf}/next.pem", "-srv_cert", f"{conf}/server.pem", "-srv_key",
        f"{conf}/server.key", "-srv_trusted", f"{conf}/x509ca/ca.pem"])
    wait_until(lambda: f":{CMP_PORT} " in lab.run(
        "gw-a", ["ss", "-Hltn"]).stdout, WAIT_S, "the CA")
    ok(renews(machine, conf) == (True, octets["next.pem"]),
       "one that ends soon is renewed")
    ok(wait_until(lambda: reloads() == before + 1, WAIT_S, "a reload"),
       "and the daemon takes the new one")
    ok(renews(machine, conf) == (True, octets["next.pem"]) and
       reloads() == before + 1, "once")
    ok(ping(lab), "and packets pass")
    machine.systemctl("stop", "cygnet-renew@moon.timer")
    server.terminate()


def check_ctl_killed(lab, machine):
    gateway = machine.gateway
    before, sas = roles(gateway), tunnels(gateway)
    main = machine.show("cygnet.service", "MainPID")
    machine.systemctl("kill", "--kill-whom=main", "--signal=KILL",
                      "cygnet.service")
    wait_until(lambda: machine.show("cygnet.service", "MainPID") not in
               ("0", main) and machine.answers(), WAIT_S, "another ctl")
    ok(roles(gateway) == before and tunnels(gateway) == sas,
       "ctl is killed: systemd starts it again, and nothing else")
    ok(ping(lab), "and packets pass")


def check_dp_killed(lab, machine):
    gateway = machine.gateway
    ctl = machine.show("cygnet.service", "MainPID")
    before = gateway.kill_role("dp")
    wait_until(lambda: gateway.role_pid("dp") not in (None, before) and
               machine.answers(), WAIT_S, "another dp")
    ok(unit_of(gateway.role_pid("dp")) == "cygnet-dp.service",
       "dp is killed: systemd starts it again when ctl asks for it")
    ok(wait_until(lambda: ping(lab), WAIT_S, "the tunnel") and
       machine.show("cygnet.service", "MainPID") == ctl,
       "and packets pass again, with the ctl of before")


def check_stop(machine):
    machine.systemctl("stop", "cygnet.service")
    wait_until(lambda: roles(machine.gateway) == [None, None], WAIT_S,
               "the end of dp and ike")
    states = machine.states()
    ok(states == ["inactive", "active", "inactive"],
       f"stopped, all processes end, and the socket stays: {states}")
    machine.systemctl("start", "cygnet.service")
    ok(wait_until(machine.answers, WAIT_S, "cygnetd"), "and it starts again")
    machine.systemctl("stop", "cygnet-dp.socket")
    states = machine.states()
    ok(states == ["inactive"] * 3, f"it stops with the socket: {states}")


def show_logs(lab):
    for unit in UNITS:
        with open(f"{lab.dir}/{unit}.log", errors="replace") as file:
            for line in file.readlines()[-10:]:
                print(f"# {unit}: {line}", end="")


def run(lab):
    prefix = install(lab)
    lab.start_gateway("gw-b", ike_conf("b"))
    with Cgroup(lab) as cgroup:
        machine = Machine(lab, prefix, cgroup)
        try:
            check_lock(lab, machine)
            check_start(lab, machine, f"{prefix}/etc/cygnet/cygnet.conf")
            check_lock_ends(machine)
            check_renewal(lab, machine, f"{prefix}/etc/cygnet")
            check_ctl_killed(lab, machine)
            check_dp_killed(lab, machine)
            check_stop(machine)
        except LabError:
            show_logs(lab)
            raise


def main():
    if not os.access(SYSTEMD, os.X_OK):
        skip("the units work", "there is no systemd")
        return finish()
    with Lab() as lab:
        run(lab)
    return finish()


sys.exit(main())
