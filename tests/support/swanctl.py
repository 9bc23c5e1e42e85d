# SPDX-License-Identifier: BSD-2-Clause
"""Debian's stock swanctl at the control socket of a gateway."""
import os
import shutil

from lab import SOCKET

PROGRAM = "/usr/sbin/swanctl"


def swanctl(lab, *words):
    """A copy: Debian's own is held by AppArmor to Debian's files."""
    program = os.path.join(lab.dir, "swanctl")
    if not os.path.exists(program):
        shutil.copy(PROGRAM, program)
    return lab.run("gw-a", ["env", f"SWANCTL_DIR={lab.dir}", program, *words,
                            "--uri", f"unix://{SOCKET}"], check=False)


def swanctl_load(lab, text, *words):
    """The same with text as swanctl.conf."""
    with open(os.path.join(lab.dir, "swanctl.conf"), "w",
              encoding="utf-8") as file:
        file.write(text)
    return swanctl(lab, *words)


def swanctl_spawn(lab, *words):
    """One that goes on until it is ended; log_of() has what it printed."""
    swanctl(lab, "--help")  # the copy is there
    return lab.spawn("gw-a", ["env", f"SWANCTL_DIR={lab.dir}",
                              "stdbuf", "-oL",
                              os.path.join(lab.dir, "swanctl"), *words,
                              "--uri", f"unix://{SOCKET}"])
