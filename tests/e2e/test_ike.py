#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
The daemon speaks IKE: tunnels with strongSwan's charon, in both roles, and what
the process that reads from strangers may do.
"""
import os
import signal
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
import charon  # noqa: E402
from ike_conf import ESP, IKE, PSK, ike_conf  # noqa: E402
from lab import BUILD, Lab, finish, log_of, ok, wait_until  # noqa: E402

SMALL = 200  # octets of an IP packet: IKE_AUTH takes several


def start_charon(lab, **other):
    return charon.start(lab, "gw-b", **{
        "local": "192.0.2.2", "remote": "192.0.2.1",
        "local_ts": "10.2.0.0/24", "remote_ts": "10.1.0.0/24",
        "ike": IKE, "esp": ESP, "psk": PSK, **other})


def ping(lab, ns="host-a", target="10.2.0.2"):
    return lab.run(ns, ["ping", "-c", "3", "-i", "0.1", "-W", "1", target],
                   check=False).returncode == 0


def status_of(pid):
    with open(f"/proc/{pid}/status") as file:
        return dict(line.rstrip("\n").split(":\t", 1) for line in file
                    if ":\t" in line)


def count(gateway, what):
    return gateway.log().count(what)


def test_initiator(lab, gateway, peer):
    wait_until(lambda: count(gateway, "child_sa up"), 10, "the tunnel")
    ok(len(peer.list_sas()) == 1, "the daemon brings a tunnel to charon up")
    capture = lab.capture("wire", "br0")
    ok(ping(lab), "hosts reach each other through it")
    packets = capture.stop()
    clear = [p for p in packets if p.haslayer("IP")
             and str(p["IP"].src).startswith("10.")]
    ok(not clear, "and nothing of it is in the clear on the wire")
    esp = [p for p in packets if p.haslayer("UDP") and
           p["UDP"].dport == 4500 and len(p["UDP"].payload) > 8 and
           bytes(p["UDP"].payload)[:4] != bytes(4)]
    ok(len(esp) == 6, "but in ESP in UDP")


def test_privileges(lab, gateway):
    status = status_of(gateway.role_pid("ike"))
    ok(set(status["Uid"].split()) != {"0"} and
       "0" not in status["Uid"].split(),
       "the process that speaks IKE is not root's")
    ok(int(status["CapEff"], 16) == 0 and int(status["CapPrm"], 16) == 0,
       "it has no capability")
    ok(status["NoNewPrivs"].strip() == "1", "and can gain none")
    ok(status["Seccomp"].strip() == "2", "its system calls are filtered")
    folder = f"/proc/{gateway.role_pid('ike')}/fd"
    held = [os.readlink(f"{folder}/{fd}") for fd in os.listdir(folder)
            if int(fd) > 2]
    ok(all(h.startswith(("socket:", "anon_inode:", "pipe:")) for h in held),
       "it holds sockets and no file")


def test_own_traffic(lab):
    ok(lab.run("gw-a", ["ping", "-c", "2", "-i", "0.1", "-W", "1",
                        "10.2.0.2"], check=False).returncode == 0,
       "the gateway's own packets take the tunnel too")


def test_responder(lab, gateway, peer):
    peer.terminate()
    wait_until(lambda: count(gateway, "ike_sa down"), 10, "the end")
    ok(not peer.list_sas(), "charon deletes the IKE SA")
    ok(peer.initiate().returncode == 0, "charon brings a tunnel to us up")
    ok(ping(lab) and ping(lab, "host-b", "10.1.0.2"),
       "and hosts reach each other through it")


def test_rekey(lab, gateway, peer):
    for what, line in (("child", "child_sa up"), ("ike", "ike_sa up")):
        before = count(gateway, line)
        flow = lab.spawn("host-a", ["ping", "-q", "-c", "60", "-i", "0.02",
                                    "-W", "2", "10.2.0.2"])
        peer.rekey(what)
        wait_until(lambda: count(gateway, line) > before, 10, "the rekeying")
        flow.wait(20)
        ok(" 0% packet loss" in log_of(flow),
           f"no packet is lost while charon rekeys the {what} SA")
    ok(len(peer.list_sas()) == 1 and
       len(peer.list_sas()[0]["children"]) == 1,
       "and one of each is left")


def test_hostile(lab, gateway, peer):
    pid = gateway.role_pid("ike")
    with lab.socket("wire", socket.AF_INET, socket.SOCK_DGRAM) as sock:
        for port in (500, 4500):
            for length in (1, 3, 4, 5, 27, 28, 29, 100, 1400, 9000, 65507):
                for first in (b"", b"\0" * 4, b"\xff"):
                    data = (first + os.urandom(length))[:65507]
                    sock.sendto(data, ("192.0.2.1", port))
    ok(ping(lab), "datagrams of a stranger leave the tunnel up")
    ok(gateway.role_pid("ike") == pid, "and the process that read them too")


def test_killed(lab, gateway, peer):
    """Another process goes on with the same IKE SA, and charon does not know."""
    before, ups = peer.list_sas(), count(gateway, "child_sa up")
    pid = gateway.kill_role("ike")
    ok(ping(lab), "traffic goes on while the process is dead")
    wait_until(lambda: gateway.role_pid("ike") not in (None, pid), 10,
               "another process")
    wait_until(lambda: count(gateway, "generation=1") == 1, 10,
               "its SAs to be taken over")
    peer.rekey("child")
    wait_until(lambda: count(gateway, "child_sa up") == ups + 1, 10,
               "a rekeying by the peer")
    ok(len(peer.list_sas()) == len(before) == 1,
       "the next process goes on with the IKE SA: the peer rekeys a child")
    gateway.client("rekey", "to-b/net")
    wait_until(lambda: count(gateway, "child_sa up") == ups + 2, 10,
               "a rekeying by us")
    ok(ping(lab), "and so do we")


def forget(peer):
    """charon's SAs with a process that was killed, which we know no more."""
    while peer.list_sas():
        peer.terminate(force=True)


def test_stop(lab, gateway, peer):
    pid = gateway.role_pid("ike")
    forget(peer)
    ok(peer.initiate().returncode == 0, "a tunnel is up once more")
    ok(gateway.stop() == 0, "the daemon ends in order")
    ok(not os.path.exists(f"/proc/{pid}"), "and takes the process with it")
    wait_until(lambda: not peer.list_sas(), 5, "the DELETE")
    ok(True, "the peer is told")


def test_trap(lab, peer):
    gateway = lab.start_gateway("gw-a", ike_conf("a", "trap"))
    wait_until(lambda: gateway.role_pid("ike"), 10, "the process")
    ok(not peer.list_sas(), "with start_action = trap no tunnel is there")
    sent = lab.run("host-a", ["ping", "-c", "1", "-W", "3", "10.2.0.2"],
                   check=False)
    ok(sent.returncode == 0, "the first packet brings it up, and arrives")
    ok(len(peer.list_sas()) == 1, "by one IKE SA")
    peer.terminate()
    wait_until(lambda: count(gateway, "ike_sa down"), 10, "the end")
    sent = lab.run("gw-a", ["ping", "-c", "1", "-W", "3", "10.2.0.2"],
                   check=False)
    ok(sent.returncode == 0, "so does the gateway's own first packet")
    gateway.stop()


def test_trap_of_another_action(lab, peer):
    gateway = lab.start_gateway("gw-a", ike_conf("a", dpd_action="trap"))
    wait_until(lambda: gateway.role_pid("ike"), 10, "the process")
    sent = lab.run("host-a", ["ping", "-c", "1", "-W", "3", "10.2.0.2"],
                   check=False)
    ok(sent.returncode == 0 and len(peer.list_sas()) == 1,
       "with dpd_action = trap the first packet brings it up, too")
    gateway.stop()


def is_ike(packet):
    """By the non-ESP marker."""
    return bytes(packet["UDP"].payload)[:4] == bytes(4)


def is_fragment(packet):
    """Behind the marker is an IKE header, and SKF the first payload."""
    return is_ike(packet) and bytes(packet["UDP"].payload)[20] == 53


def test_fragments(lab, peer):
    """Of IKE messages, both ways, in both roles."""
    peer.set(fragment_size=SMALL)
    conf = ike_conf("a").replace("proposals =", "dscp = 101110\n"
                                 "        proposals =", 1)
    gateway = lab.start_gateway("gw-a", conf + "charon {\n "
                                f"fragment_size = {SMALL}\n}}\n")
    wait_until(lambda: gateway.role_pid("ike"), 10, "the process")
    for who, initiate in (("we", lambda: gateway.client("up", "to-b/net")),
                          ("charon", peer.initiate)):
        capture = lab.capture("wire", "br0", filter="udp port 4500")
        initiate()
        wait_until(peer.list_sas, 10, "the tunnel")
        packets = capture.stop()
        sent = {p["IP"].src for p in packets if is_fragment(p)}
        ok(sent == {"192.0.2.1", "192.0.2.2"} and
           max(len(p["IP"]) for p in packets) <= SMALL,
           f"{who} bring up a tunnel: both send fragments of IKE_AUTH")
        marks = {p["IP"].tos >> 2 for p in packets
                 if p["IP"].src == "192.0.2.1" and is_ike(p)}
        ok(marks == {46}, f"ours have the connection's DSCP: {marks}")
        ok(ping(lab), "and it carries packets")
        peer.terminate()
        wait_until(lambda: not peer.list_sas(), 10, "the end")
    gateway.stop()


def test_port_taken(lab):
    path = lab.write("taken.conf", ike_conf("a"))
    with lab.socket("gw-a", socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("0.0.0.0", 4500))
        process = lab.spawn("gw-a", [f"{BUILD}/cygnetd", "-f", path])
        ok(process.wait(10) == 1 and
           "UDP port 4500 is taken" in log_of(process),
           "beside another IKE daemon it does not start, and says why")


def test_dynamic(lab):
    """Of two addresses only one would be protected."""
    path = lab.write("dynamic.conf", ike_conf("a").replace(
        "remote_addrs = 192.0.2.2", "remote_addrs = 192.0.2.2, 192.0.2.7")
        .replace("remote_ts = 10.2.0.0/24", "remote_ts = dynamic"))
    process = lab.spawn("gw-a", [f"{BUILD}/cygnetd", "-f", path])
    ok(process.wait(10) == 1 and "children.net" in log_of(process),
       "a dynamic selector of two addresses is refused")


def main():
    with Lab() as lab:
        peer = start_charon(lab)
        gateway = lab.start_gateway("gw-a", ike_conf("a", "start"))
        test_initiator(lab, gateway, peer)
        test_privileges(lab, gateway)
        test_own_traffic(lab)
        test_responder(lab, gateway, peer)
        test_rekey(lab, gateway, peer)
        test_hostile(lab, gateway, peer)
        test_killed(lab, gateway, peer)
        test_stop(lab, gateway, peer)
        test_trap(lab, peer)
        test_trap_of_another_action(lab, peer)
        test_fragments(lab, peer)
        test_port_taken(lab)
        test_dynamic(lab)
    return finish()


sys.exit(main())
