#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
TCP that carries IKE and ESP (RFC 9329) while what asks for it changes: by a reload,
and by another ctl that finds the processes of the one before; and what becomes of a
tunnel in TCP when ctl and the data path are killed together.
"""
import ctypes
import os
import secrets
import signal
import socket
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import (Lab, eventually, finish, ok,  # noqa: E402
                 search_plaintext, wait_until)
from moves import ping, sa_of, spis  # noqa: E402

PORT, OTHER_PORT = 4500, 4501
GW_B = "192.0.2.2"
WAIT_S = 30
PAIR_BYTES = 2 << 20  # as the kernel counts ctrl/dp/stream.c's
SYS_PIDFD_GETFD = 438


def conf_a(encap=True, start_action="none"):
    text = ike_conf("a", start_action)
    if not encap:
        return text
    return text.replace("proposals =", "tcp_encap = yes\n        proposals =", 1)


def conf_b(port=PORT):
    text = ike_conf("b")
    if not port:
        return text
    return text.replace("protected = lan0",
                        f"protected = lan0\n    tcp_port = {port}", 1)


def connect(lab, port=PORT):
    tcp = lab.socket("gw-a", socket.AF_INET, socket.SOCK_STREAM)
    tcp.settimeout(3)
    tcp.connect((GW_B, port))
    return tcp


def connects(lab, port):
    try:
        connect(lab, port).close()
        return True
    except OSError:
        return False


def is_closed(tcp):
    tcp.settimeout(WAIT_S)
    try:
        return tcp.recv(1) == b""
    except OSError as error:
        print(error)
        return False


def bring_up(lab, gateway, by_tcp, what):
    gateway.client("up", "to-b/net")
    wait_until(lambda: ping(lab), WAIT_S, f"packets {what}")
    ok(("tcp" in sa_of(gateway)) == by_tcp and
       ("over TCP" in gateway.client("status").stdout) == by_tcp,
       f"the tunnel is {'over TCP' if by_tcp else 'by UDP'} {what}, and status "
       "says so")


# --- by a reload

def check_port(lab, a, b):
    before = spis(a)
    lab.write("gw-b.conf", conf_b(OTHER_PORT))
    done = b.client("reload", check=False)
    ok(done.returncode != 0 and "tcp_port" in done.stderr,
       f"another tcp_port is refused by name {done.stderr.strip()}")
    ok(connects(lab, PORT) and not connects(lab, OTHER_PORT) and ping(lab) and
       spis(a) == before, "and all goes on as it was")
    lab.write("gw-b.conf", conf_b())


def check_no_more(lab, a, b):
    stream = a.role_pid("stream")
    lab.write("gw-a.conf", conf_a(False))
    a.client("reload")
    ok(eventually(lambda: sa_of(b) is None, WAIT_S),
       "a connection that is to be in TCP no more says so to its peer")
    ok(stream and eventually(lambda: a.role_pid("stream") is None, WAIT_S),
       "and without another one the process of TCP connections ends")
    bring_up(lab, a, False, "without tcp_encap")
    a.client("down", "to-b")
    lab.write("gw-a.conf", conf_a())
    a.client("reload")
    bring_up(lab, a, True, "with tcp_encap again")


# --- a pair of stream with a worker

def pairs_of(pid):
    """Its own sockets, as ours."""
    call, process = ctypes.CDLL(None, use_errno=True).syscall, os.pidfd_open(pid)
    for name in os.listdir(f"/proc/{pid}/fd"):
        fd = call(SYS_PIDFD_GETFD, process, int(name), 0)
        try:
            one = socket.socket(fileno=fd)
        except OSError:
            continue  # another kind of descriptor
        if (one.family, one.type) == (socket.AF_UNIX, socket.SOCK_SEQPACKET) and \
                one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) == PAIR_BYTES:
            yield one
    os.close(process)


def check_pairs(lab, a):
    before, pairs = spis(a), list(pairs_of(a.role_pid("stream")))
    for one in pairs:
        one.shutdown(socket.SHUT_RDWR)
    ok(pairs and not ping(lab), f"{len(pairs)} pairs of workers with stream are lost")
    ok(eventually(lambda: ping(lab), WAIT_S) and spis(a) == before,
       "and others take their place: the tunnel goes on")


# --- by another ctl

def restart_ctl(lab, gateway, conf):
    """It alone ends, at once."""
    gateway.process.kill()
    gateway.process.wait(timeout=10)
    return lab.start_gateway(gateway.ns, conf)


def check_other_port(lab, b):
    tcp, stream = connect(lab), b.role_pid("stream")
    b = restart_ctl(lab, b, conf_b(OTHER_PORT))
    ok(is_closed(tcp), "another ctl with another tcp_port: connections end")
    ok(eventually(lambda: connects(lab, OTHER_PORT), WAIT_S) and
       not connects(lab, PORT) and b.role_pid("stream") != stream,
       "and others are accepted there alone")
    tcp.close()
    tcp = connect(lab, OTHER_PORT)
    b = restart_ctl(lab, b, conf_b(0))
    ok(is_closed(tcp), "another ctl without TCP: connections end")
    ok(eventually(lambda: b.role_pid("stream") is None, WAIT_S) and
       not connects(lab, OTHER_PORT), "and so does their process")
    tcp.close()
    return restart_ctl(lab, b, conf_b())


def check_kept(lab, a, b):
    """What does not change stays."""
    before, stream = spis(a), b.role_pid("stream")
    b = restart_ctl(lab, b, conf_b())
    ok(ping(lab) and spis(a) == before and b.role_pid("stream") == stream,
       "another ctl with the same configuration: the tunnel goes on")
    return b


# --- ctl and dp at once

def check_killed(lab, a):
    needle = secrets.token_bytes(16)
    wire = lab.capture("wire", "a", "ip")
    pings = lab.spawn("host-a", ["ping", "-i", "0.1", "-p", needle.hex(),
                                 "10.2.0.2"])
    pids = [a.role_pid(role) for role in ("dp", "stream", "ike")]
    for pid in (pids[0], a.pid):
        os.kill(pid, signal.SIGKILL)
    a.process.wait(timeout=10)
    ok(eventually(lambda: not any(os.path.exists(f"/proc/{pid}")
                                  for pid in pids), WAIT_S),
       "without ctl and dp, ike ends, and stream with it")
    a = lab.start_gateway("gw-a", conf_a(start_action="start"))
    wait_until(lambda: ping(lab), 2 * WAIT_S,
               "packets after ctl and dp were killed")
    ok("tcp" in sa_of(a), "the next ones bring the tunnel up over TCP")
    pings.kill()
    pings.wait()
    packets = wire.stop()
    bare = [p.summary() for p in packets if "TCP" not in p]
    ok(not bare and not search_plaintext(packets, needle),
       f"and nothing was on the wire but TCP, and nothing in the clear {bare[:2]}")


def main():
    with Lab() as lab:
        a = lab.start_gateway("gw-a", conf_a())
        b = lab.start_gateway("gw-b", conf_b())
        wait_until(lambda: connects(lab, PORT), WAIT_S, "a connection")
        bring_up(lab, a, True, "at first")
        check_pairs(lab, a)
        check_port(lab, a, b)
        check_no_more(lab, a, b)
        b = check_kept(lab, a, b)
        a.client("down", "to-b")
        b = check_other_port(lab, b)
        wait_until(lambda: connects(lab, PORT), WAIT_S, "a connection again")
        bring_up(lab, a, True, "at last")
        check_killed(lab, a)
        ok(b.answers(), "its peer has gone on all the while")
    return finish()


if __name__ == "__main__":
    sys.exit(main())
