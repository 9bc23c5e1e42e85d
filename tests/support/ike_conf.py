# SPDX-License-Identifier: BSD-2-Clause
"""Configurations of gateways that negotiate their tunnel by IKEv2."""
from lab import SIDES, SOCKET

IKE, ESP, PSK = "aes128-sha256-x25519", "aes128gcm16", "a secret of both"


def ike_conf(side, start_action="none", ike=IKE, esp=ESP, dpd_delay=0,
             dpd_action="clear"):
    """Of gw-a ("a") or gw-b ("b"): one tunnel, LAN to LAN."""
    here, there = SIDES[side], SIDES[SIDES[side].peer]
    return f"""\
gateway {{
    protected = lan0
    unprotected = wan0
    socket = {SOCKET}
}}
connections {{
    to-{here.peer} {{
        local_addrs = {here.outer}
        remote_addrs = {there.outer}
        proposals = {ike}
        dpd_delay = {dpd_delay}
        local {{
            auth = psk
        }}
        remote {{
            auth = psk
        }}
        children {{
            net {{
                local_ts = {here.lan}
                remote_ts = {there.lan}
                esp_proposals = {esp}
                start_action = {start_action}
                dpd_action = {dpd_action}
            }}
        }}
    }}
}}
secrets {{
    ike-{here.peer} {{
        secret = "{PSK}"
    }}
}}
"""
