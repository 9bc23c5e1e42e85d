#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Debian's own kernel, the oldest that we run on, loads the programs, and they give
the verdicts of their tables there. The one about NAT comes last: its rules load
the module that tracks connections, which no program has needed to be loaded.
"""
# Runs alone: the verifier takes both CPUs of its guest for a minute.
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import qemu  # noqa: E402
from lab import BUILD, Lab, finish, ok, skip  # noqa: E402

TABLES = ("test_programs", "test_fragments", "test_fib", "test_changes", "test_nat",
          "test_seat", "test_dry")
TABLE_S = 150


def check_tables(guest):
    for name in TABLES:
        done = guest.run([f"/tests/{name}"], check=False, timeout=TABLE_S)
        passed = re.search(r"PASSED  \] (\d+) test", done.stdout)
        if not ok(done.returncode == 0 and passed,
                  f"{name} passes on Linux 6.1, "
                  f"{passed[1] if passed else 'no'} cases"):
            print(re.sub("^", "# ", done.stdout[-4000:], flags=re.MULTILINE))


def check_doctor(guest, tracked):
    tracks = bool(guest.run("grep nf_conntrack /proc/modules",
                            check=False).stdout)
    said = guest.run(["/cygnet/cygnet", "doctor"], check=False).stdout
    ok(tracks == tracked and "BPF programs load" in said and
       "knows what packets were before NAT" in said,
       "the programs load and see through NAT " +
       ("once" if tracked else "before") + " its module is there")


def main():
    why = qemu.missing()
    if why:
        skip("the programs run on Debian's kernel", why)
        return finish()
    with Lab() as lab:
        guest = qemu.start(lab, "gw-b", programs=["nft"], files={
            f"/tests/{name}": f"{BUILD}/tests/bpf/{name}" for name in TABLES})
        check_doctor(guest, tracked=False)
        check_tables(guest)
        check_doctor(guest, tracked=True)
    return finish()


sys.exit(main())
