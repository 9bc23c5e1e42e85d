# SPDX-License-Identifier: BSD-2-Clause
"""
strongSwan's charon in a guest (qemu.py), over the kernel's own ESP: unlike
charon.py's it does all that XFRM does.

    guest = qemu.start(lab, "gw-b", programs=qemu_charon.PROGRAMS,
                       files=qemu_charon.files())
    qemu_charon.start(guest)
    qemu_charon.load(guest, "connections { … } secrets { … }")
    qemu_charon.swanctl(guest, "--list-sas")
"""
from lab import LabError, wait_until

CHARON = "/usr/lib/ipsec/charon"
PROGRAMS = ("swanctl", CHARON)
PLUGINS = ("random", "nonce", "openssl", "kdf", "vici", "socket-default",
           "kernel-netlink")
START_S = 20
# Nothing is routed: one's own addresses say which child carries a packet.
SETTINGS = f"""
charon {{
    load = {' '.join(PLUGINS)}
    install_routes = no
    delete_rekeyed_delay = 1
    filelog {{
        stderr {{
            default = 1
            flush_line = yes
        }}
    }}
}}
swanctl {{
    load = random
}}
"""


def files():
    plugins = [f"/usr/lib/ipsec/plugins/libstrongswan-{name}.so"
               for name in PLUGINS]
    return {plugin: plugin for plugin in plugins}


def start(guest):
    """
    Its log is "charon". From then on the guest takes ESP in UDP, whoever has made
    the SAs: for that a socket has to be there.
    """
    guest.write("/etc/strongswan.conf", SETTINGS)
    guest.spawn("charon", [CHARON])
    try:
        wait_until(lambda: swanctl(guest, "--stats", check=False
                                   ).returncode == 0, START_S, "charon")
    except LabError as error:
        raise LabError(f"{error}\n{guest.log('charon')}") from None


def load(guest, conf_text):
    """Has it read that swanctl.conf."""
    guest.write("/etc/swanctl/swanctl.conf", conf_text)
    try:
        swanctl(guest, "--load-all", "--noprompt")
    except LabError as error:
        raise LabError(f"{error}\n{guest.log('charon')}") from None


def swanctl(guest, *words, check=True):
    return guest.run(["swanctl", *words], check)
