#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
OpenSSL's providers by configuration: they are in the processes that sign and exchange
keys, and in no other; a tunnel comes up with them, in ike's sandbox, too. One that is not
there is an error at start with a remedy. Of those that Debian has, `legacy` is the one that
is not there by itself.
"""
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import BUILD, Lab, eventually, finish, ok  # noqa: E402

FIRST = "gateway {\n"


def with_providers(conf, names):
    return conf.replace(FIRST, f"{FIRST}    openssl_providers = {names}\n", 1)


def has_legacy(pid):
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps:
        return "/legacy.so" in maps.read()


def tunnel(lab):
    gateways = {}
    for side, names in (("a", "legacy, default"), ("b", None)):
        conf = ike_conf(side, "trap")
        gateways[side] = lab.start_gateway(f"gw-{side}",
                                           with_providers(conf, names) if names else conf)
    with_it, without = gateways["a"], gateways["b"]
    ok(eventually(lambda: lab.run("host-a", ["ping", "-c", "1", "-W", "2", "10.2.0.2"],
                                  check=False).returncode == 0, 15),
       "a tunnel comes up, by a gateway with legacy and default, and one without")
    ok(has_legacy(with_it.pid) and has_legacy(with_it.role_pid("ike")),
       "ctl and ike have the provider that is named")
    ok(not has_legacy(with_it.role_pid("dp")), "dp has not")
    ok(not has_legacy(without.pid) and not has_legacy(without.role_pid("ike")),
       "who does not name it does not have it")
    ok("openssl/default" in with_it.client("algorithms").stdout,
       "what it lacks the default one does")
    lab.write("gw-a.conf", with_providers(ike_conf("a", "trap"), "default"))
    done = with_it.client("reload", check=False)
    ok(done.returncode != 0 and "gateway.openssl_providers" in done.stderr,
       f"another list takes a restart: {done.stderr.strip()}")


def missing(lab):
    path = lab.write("missing.conf", with_providers(ike_conf("a"), "nosuch, default"))
    for words in ([f"{BUILD}/cygnetd", "-f", path], [f"{BUILD}/cygnet", "check", path]):
        done = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
        said = done.stderr + done.stdout
        ok(done.returncode != 0 and "libcrypto can't load nosuch" in said and
           "install it there, or remove its name" in said,
           f"{os.path.basename(words[0])} says what is missing: {said.strip()}")


def main():
    with Lab() as lab:
        missing(lab)
        tunnel(lab)
    return finish()


sys.exit(main())
