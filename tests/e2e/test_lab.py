#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The laboratory is what its page says. Without Cygnet, on plain kernel routing:
what the other tests take for granted, and above all the positive control of
every "no plaintext on the wire": where nothing protects it, it is seen.
"""
import json
import os
import secrets
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import Lab, finish, ok, scapy_layers, search_plaintext  # noqa: E402

ADDRESSES = {
    "host-a": {"eth0": "10.1.0.2/24"},
    "gw-a": {"lan0": "10.1.0.1/24", "wan0": "192.0.2.1/24",
             "dmz0": "10.3.0.1/24"},
    "wire": {"br0": "192.0.2.9/24"},
    "gw-b": {"lan0": "10.2.0.1/24", "wan0": "192.0.2.2/24"},
    "host-b": {"eth0": "10.2.0.2/24"},
    "host-c": {"eth0": "10.3.0.2/24"},
}


def ip_json(lab, ns, *words):
    return json.loads(lab.run(ns, ["ip", "-json", *words]).stdout or "[]")


def check_topology(lab):
    for ns, expected in ADDRESSES.items():
        found = {link["ifname"]: f"{a['local']}/{a['prefixlen']}"
                 for link in ip_json(lab, ns, "-4", "address")
                 for a in link["addr_info"] if link["ifname"] != "lo"}
        ok(found == expected, f"{ns} has the addresses of its page")
    ok(not any(ip_json(lab, ns, "-6", "address") for ns in ADDRESSES),
       "no machine has an IPv6 address")
    ports = {link["ifname"] for link in
             ip_json(lab, "wire", "link", "show", "master", "br0")}
    ok(ports == {"a", "b"}, "the wire's bridge has the ports a and b")
    defaults = {ns: [r["gateway"] for r in
                     ip_json(lab, ns, "route", "show", "default")]
                for ns in ADDRESSES}
    ok(defaults == {"host-a": ["10.1.0.1"], "host-b": ["10.2.0.1"],
                    "host-c": ["10.3.0.1"],
                    "gw-a": [], "gw-b": [], "wire": []},
       "hosts have a default route, gateways and the wire have none")


def check_hosts(lab):
    for ns in ("host-a", "host-b", "host-c"):
        link = ip_json(lab, ns, "link", "show", "dev", "eth0")[0]
        ok(link["mtu"] == 1400, f"{ns} sends at most 1400 octets")
        features = lab.run(ns, ["ethtool", "-k", "eth0"]).stdout
        ok("tx-checksumming: off" in features and
           "tx-tcp-segmentation: off" in features,
           f"{ns} sends whole packets with complete checksums")


def check_machines(lab):
    lab.run("gw-a", ["mkdir", "/sys/fs/bpf/cygnet"])
    pins = {ns: lab.run(ns, ["ls", "/sys/fs/bpf"]).stdout.split()
            for ns in ("gw-a", "gw-b")}
    ok("cygnet" in pins["gw-a"] and "cygnet" not in pins["gw-b"],
       "each gateway has a BPF file system of its own, and it stays")
    lab.run("gw-a", ["touch", "/run/cygnet/dp"])
    ok(lab.run("gw-b", ["ls", "/run/cygnet"]).stdout == "",
       "each gateway has a /run/cygnet of its own")
    ok("wan0" in lab.run("gw-a", ["ls", "/sys/class/net"]).stdout.split(),
       "a gateway's /sys shows its own interfaces")


def ping(lab, needle=b"\0", count=3):
    """host-a to host-b; the exit status."""
    return lab.run("host-a", ["ping", "-n", "-c", str(count), "-i", "0.05",
                              "-W", "1", "-p", needle.hex(), "10.2.0.2"],
                   check=False).returncode


def check_wire(lab):
    ok(ping(lab, count=1) != 0, "the far network is out of reach at first")
    lab.route_far_network("a", "b")
    needle = secrets.token_bytes(16)
    capture = lab.capture("wire", "a")
    esp_only = lab.capture("wire", "a", filter="esp")
    ok(ping(lab, needle) == 0, "with plain routes host-a pings host-b")
    packets = capture.stop()
    ok(len(search_plaintext(packets, needle)) == 6,
       "three pings and their answers are seen in the clear on the wire")
    ok(not search_plaintext(packets, secrets.token_bytes(16)),
       "what nobody sent is not seen")
    ok(not [p for p in packets if p.type == 0x86dd], "the wire has no IPv6")
    ok(esp_only.stop() == [], "a capture's filter is respected")


def check_burst(lab):
    layers = scapy_layers().layers
    head = (layers.l2.Ether(src=lab.mac("host-a", "eth0"),
                            dst=lab.mac("gw-a", "lan0")) /
            layers.inet.IP(src="10.1.0.2", dst="10.2.0.2") /
            layers.inet.UDP(sport=7, dport=7))
    needles = [secrets.token_bytes(1000) for _ in range(1000)]
    frames = [bytes(head / needle) for needle in needles]
    capture = lab.capture("host-b", "eth0", filter="udp port 7")
    lab.inject("host-a", "eth0", frames)
    packets = capture.stop()
    ok([bytes(packet)[-1000:] for packet in packets] == needles,
       "a capture that is stopped at once has every packet, in order")


def check_keys(lab):
    inet = scapy_layers().layers.inet
    inner = (inet.IP(src="10.1.0.2", dst="10.2.0.2") /
             inet.UDP(sport=7, dport=7) / b"payload of the test")
    esp = lab.scapy_sa(lab.sa_ab).encrypt(inner)
    ok(esp.src == "192.0.2.1" and esp.dst == "192.0.2.2" and esp.proto == 50 and
       not search_plaintext([esp], b"payload"),
       "scapy's SA makes ESP between the gateways")
    back = lab.scapy_sa(lab.sa_ab).decrypt(esp)
    ok(b"payload of the test" in bytes(back) and back.dst == "10.2.0.2",
       "and opens it again")
    conf = {side: lab.default_conf(side) for side in "ab"}
    keys = [lab.sa_ab.encr_key, lab.sa_ab.integ_key,
            lab.sa_ba.encr_key, lab.sa_ba.integ_key]
    ok(all(key.hex() in text for key in keys for text in conf.values()),
       "both configurations have all the keys")
    ok(conf["a"].index(lab.sa_ba.encr_key.hex()) <
       conf["a"].index(lab.sa_ab.encr_key.hex()) and
       conf["b"].index(lab.sa_ab.encr_key.hex()) <
       conf["b"].index(lab.sa_ba.encr_key.hex()),
       "what one gateway sends with, the other receives with")


def main():
    with Lab(with_dmz=True) as lab:
        check_topology(lab)
        check_hosts(lab)
        check_machines(lab)
        check_wire(lab)
        check_burst(lab)
        check_keys(lab)
    return finish()


sys.exit(main())
