# SPDX-License-Identifier: BSD-2-Clause
"""
Gateways of Lab(with_ipv6=True) whose tunnels are in IPv4 and IPv6, inside and
outside, and the traffic that goes through them.
"""
import json
import re

from lab import SIDES, scapy_layers, wait_until

FAMILIES = (4, 6)
HOSTS = {4: {"a": "10.1.0.2", "b": "10.2.0.2"},
         6: {"a": "2001:db8:1::2", "b": "2001:db8:2::2"}}
SERVER_S = 10
TCP_LIMIT_S = 30


def outer(side, family):
    return SIDES[side].outer if family == 4 else SIDES[side].outer6


def lan(side, family):
    return SIDES[side].lan if family == 4 else SIDES[side].lan6


def ip(family, src, dst, **fields):
    """scapy's header of that family."""
    scapy = scapy_layers()
    from scapy.layers.inet6 import IPv6
    return (scapy.layers.inet.IP if family == 4 else IPv6)(
        src=src, dst=dst, **fields)


def hops(packet):
    return packet.ttl if packet.version == 4 else packet.hlim


def esp_of(packet):
    """The header in front of ESP, of whichever family; None."""
    inet, ipsec = scapy_layers().layers.inet, scapy_layers().layers.ipsec
    from scapy.layers.inet6 import IPv6
    if ipsec.ESP not in packet:
        return None
    return packet[inet.IP if inet.IP in packet else IPv6]


def conf_between(text, side, family):
    """A configuration of that side, between outer addresses of the family."""
    for key, end in (("local_addrs", side), ("remote_addrs", SIDES[side].peer)):
        before = f"{key} = {outer(end, 4)}\n"
        assert before in text
        text = text.replace(before, f"{key} = {outer(end, family)}\n")
    return text


ALONE = "^(aes[0-9]+|3?des)$"  # encryption, which has no replay window
ALLOWED_BY = {
    "allow_manual_counter_mode": "ctr|gcm|ccm|gmac|chacha",
    "allow_weak_algorithms": f"des|md5|{ALONE}",
}


def manual_conf(lab, side, family, esp="aes128-sha256", encap="no"):
    """
    default_conf() with a policy for either family inside this one. The SAs'
    keys are as long as esp wants them; what wants none has none. What has to be
    allowed for esp is.
    """
    peer = SIDES[side].peer
    text = lab.default_conf(side).replace(
        "aes128-sha256\n", f"{esp}\n        encap = {encap}\n")
    for key in ("encr_key", "integ_key"):
        if not getattr(lab.sa_ab, key):
            text = re.sub(rf".*{key}.*\n", "", text)
    if re.search(ALONE, esp):
        text = re.sub(r".*replay_window.*\n", "", text)
    for option, algorithms in ALLOWED_BY.items():
        if re.search(algorithms, esp):
            text = text.replace("gateway {\n",
                                f"gateway {{\n    {option} = yes\n")
    assert text.endswith("}\n")
    return conf_between(text[:-2] + f"""\
    lan-to-lan-6 {{
        action = protect
        local_ts = {lan(side, 6)}
        remote_ts = {lan(peer, 6)}
        manual = to-{peer}
    }}
}}
""", side, family)


def transport_conf(lab, side, family, encap="no"):
    """default_conf() with the SAs in transport mode, and a policy of their ends."""
    here, there = SIDES[side], SIDES[SIDES[side].peer]
    text = lab.default_conf(side).replace(
        "aes128-sha256\n", f"aes128-sha256\n        mode = transport\n"
        f"        encap = {encap}\n")
    for key, lan_, end in (("local_ts", here.lan, side),
                           ("remote_ts", there.lan, here.peer)):
        text = text.replace(f"{key} = {lan_}\n",
                            f"{key} = {outer(end, family)}\n")
    return conf_between(text, side, family)


def ping(lab, ns, target, *words, count=3):
    return lab.run(ns, ["ping", "-n", "-c", str(count), "-i", "0.05", "-W",
                        "1", *words, target], check=False).returncode == 0


def tcp(lab, family, octets, backwards=False):
    """From host-a to host-b; what the end of it has received. It does not count
    what is still under way: little, by the window."""
    server = lab.spawn("host-b", ["iperf3", "-s", "-1"])
    wait_until(lambda: ":5201" in lab.run("host-b", ["ss", "-Hltn"]).stdout,
               SERVER_S, "iperf3 on host-b")
    done = lab.run("host-a", [
        "iperf3", "-J", "-c", HOSTS[family]["b"], "-n", str(octets), "-w", "256K",
        *(["-R"] if backwards else [])], check=False, timeout=TCP_LIMIT_S)
    server.wait(SERVER_S)
    answer = json.loads(done.stdout)
    if "error" in answer:
        print(f"# iperf3: {answer['error']}")
        return 0
    return answer["end"]["sum_received"]["bytes"]
