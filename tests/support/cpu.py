# SPDX-License-Identifier: BSD-2-Clause
"""What the CPU of this machine can run."""


def crypto_backends():
    """Those of cygnetd's, the one that it takes by itself first."""
    with open("/proc/cpuinfo") as file:
        flags = next(line for line in file if line.startswith("flags")).split()
    fits = {"aes", "pclmulqdq"} <= set(flags)
    return ["ipsec-mb", "openssl"] if fits else ["openssl"]
