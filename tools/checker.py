# SPDX-License-Identifier: BSD-2-Clause
"""What the checkers written in Python share: files to read, faults to print."""
import os
import subprocess

# Data, kept as their source has it.
DATA = ("tests/vectors/", "tests/fuzz/corpus/")


def source_texts(*patterns):
    """Yields path from the root and text of every file but binary ones."""
    root = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    listed = subprocess.run([os.path.join(root, "tools/source-files"), *patterns],
                            check=True, stdout=subprocess.PIPE)
    # splitlines() would also split at what Unicode has for line ends.
    for path in os.fsdecode(listed.stdout).split("\n")[:-1]:
        with open(os.path.join(root, path), "rb") as file:
            octets = file.read()
        if b"\0" not in octets:
            yield path, octets.decode("utf-8", "replace")


def report(faults):
    """Prints (path, line, what is wrong); returns the exit status."""
    status = 0
    for path, number, what in faults:
        print(f"{path}:{number}: {what}")
        status = 1
    return status
