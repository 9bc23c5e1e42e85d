#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Two gateways behind one NAT (tests/support/natt.py), gw-a and hub, which gw-b knows by
the NAT's address and a port each. Apart are in tunnel mode their networks, and where
these overlap the first policy has them; in transport mode, where both have the NAT's
address, the ports of what is inside, whose checksums are for another address then.
"""
import os
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from lab import SIDES, SOCKET, STATE, finish, ok  # noqa: E402
from natt import GW_A, GW_B, NAT_OUT, NatLab  # noqa: E402

HUB = "192.0.2.8"
NET_A, NET_B, NET_H = SIDES["a"].lan, SIDES["b"].lan, "10.8.0.0/24"
HOST_A, HOST_B, HOST_H = "10.1.0.2", "10.2.0.2", "10.8.0.2"
PORTS = {GW_A: 5000, HUB: 5010}  # the NAT's
CLIENTS = {"gw-a": 7001, "hub": 7002}  # ports of what is inside
SERVER = 9000

CONF = """\
gateway {{
    protected = lan0
    unprotected = wan0
    socket = {socket}
    state_dir = {state}
}}
manual {{
{pairs}}}
policies {{
{policies}}}
"""
PAIR = """\
    {name} {{
        local_addrs = {local}
        remote_addrs = {remote}
        esp_proposals = aes128-sha256
        mode = {mode}
        encap = yes
        remote_port = {port}
        in {{
            spi = {into.spi:#x}
            encr_key = 0x{into_encr}
            integ_key = 0x{into_integ}
        }}
        out {{
            spi = {out.spi:#x}
            encr_key = 0x{out_encr}
            integ_key = 0x{out_integ}
        }}
    }}
"""
POLICY = """\
    {name} {{
        action = protect
        local_ts = {local}
        remote_ts = {remote}
        manual = {pair}{more}
    }}
"""


def conf(pairs, policies):
    return CONF.format(socket=SOCKET, state=STATE, pairs="".join(pairs),
                       policies="".join(policies))


def pair(name, local, remote, out, into, mode, port=4500):
    return PAIR.format(
        name=name, local=local, remote=remote, mode=mode, port=port, out=out,
        into=into, out_encr=out.encr_key.hex(), out_integ=out.integ_key.hex(),
        into_encr=into.encr_key.hex(), into_integ=into.integ_key.hex())


def policy(name, local, remote, of, more=""):
    return POLICY.format(name=name, local=local, remote=remote, pair=of,
                         more=more)


def pairs_of(lab, mode):
    """gw-b's, and of each client its own."""
    mine, theirs = [], {}
    for ns, address in (("gw-a", GW_A), ("hub", HUB)):
        there, back = lab.random_sa(address, GW_B), lab.random_sa(GW_B, address)
        mine.append(pair(ns, GW_B, NAT_OUT, back, there, mode, PORTS[address]))
        theirs[ns] = pair("b", address, GW_B, there, back, mode)
    return mine, theirs


def ping(lab, near, far):
    return lab.run(near, ["ping", "-n", "-c", "3", "-i", "0.2", "-W", "1", far],
                   check=False).returncode == 0


def start(lab, mine, policies, theirs, client_policies):
    gateways = [lab.start_gateway("gw-b", conf(mine, policies))]
    for ns in CLIENTS:
        gateways.append(lab.start_gateway(
            ns, conf([theirs[ns]], [client_policies[ns]])))
    return gateways


# --- tunnel mode

def to_ports(lab, far):
    """To which of the NAT's ports gw-b sends what is for that host."""
    capture = lab.capture("wire", "b", f"udp and src host {GW_B}")
    arrived = ping(lab, "host-b", far)
    return arrived, {p["UDP"].dport for p in capture.stop()}


def check_tunnels(lab, apart):
    name = "networks apart" if apart else "networks that overlap"
    mine, theirs = pairs_of(lab, "tunnel")
    gateways = start(
        lab, mine, [policy("a", NET_B, NET_A if apart else "10.0.0.0/8", "gw-a"),
                    policy("h", NET_B, NET_H, "hub")], theirs,
        {"gw-a": policy("b", NET_A, NET_B, "b"),
         "hub": policy("b", NET_H, NET_B, "b")})
    ok(ping(lab, "host-a", HOST_B), f"{name}: host-a reaches host-b")
    ok(ping(lab, "host-h", HOST_B) == apart,
       f"{name}: host-h {'does' if apart else 'does not'}")
    if apart:
        for far, address in ((HOST_A, GW_A), (HOST_H, HUB)):
            arrived, ports = to_ports(lab, far)
            ok(arrived and ports == {PORTS[address]},
               f"{name}: to {far} it goes by {ports}")
    selector = gateways[0].drops()["selector"]
    ok(selector == (0 if apart else 3),
       f"{name}: {selector} packets are dropped as another's")
    for gateway in gateways:
        gateway.stop()


# --- transport mode

def asks(lab, ns, server):
    """A connection from that client's port; what the server says of it."""
    with lab.socket(ns, socket.AF_INET, socket.SOCK_STREAM) as tcp:
        tcp.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        tcp.settimeout(5)
        tcp.bind(("0.0.0.0", CLIENTS[ns]))
        tcp.connect((GW_B, SERVER))
        there, peer = server.accept()
        with there:
            there.settimeout(5)
            there.sendall(ns.encode())
            return peer, tcp.recv(64).decode()


def check_transport(lab):
    mine, theirs = pairs_of(lab, "transport")
    more = "\n        protocol = tcp"
    gateways = start(
        lab, mine,
        [policy(ns, GW_B, NAT_OUT, ns, f"{more}\n        remote_ports = {port}")
         for ns, port in CLIENTS.items()], theirs,
        {ns: policy("b", address, GW_B, "b", more)
         for ns, address in (("gw-a", GW_A), ("hub", HUB))})
    capture = lab.capture("wire", "b", "tcp")
    with lab.socket("gw-b", socket.AF_INET, socket.SOCK_STREAM) as server:
        server.settimeout(5)
        server.bind((GW_B, SERVER))
        server.listen()
        for ns, port in CLIENTS.items():
            got = asks(lab, ns, server)
            ok(got == ((NAT_OUT, port), ns),
               f"transport mode: {ns} has its own connection: {got}")
    ok(not capture.stop(), "transport mode: and none of it in the clear")
    for gateway in gateways:
        gateway.stop()


def main():
    with NatLab() as lab:
        lab.build_nat()
        lab.add_hub(HUB, NET_H)
        lab.put_behind("hub")
        lab.map_to(PORTS)
        for apart in True, False:
            check_tunnels(lab, apart)
        check_transport(lab)
    return finish()


sys.exit(main())
