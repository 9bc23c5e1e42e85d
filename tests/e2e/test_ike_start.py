#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""
A peer that speaks while the gateway starts is not told that there is no
connection for it: it would give up, though there will be one in a moment.
"""
import os
import sys
import threading

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../support"))
from ike_conf import ike_conf  # noqa: E402
from lab import Lab, finish, ok, wait_until  # noqa: E402

PAUSE_S = 0.0005
PAYLOADS = 16  # where the number of the first payload is, RFC 7296 3.1
SA = 33        # what refuses begins with a notification instead
STARTS = 3
OTHERS = 60    # connections that come before the peer's


def others():
    return "".join(f"""\
    other-{i} {{
        local_addrs = 192.0.2.2
        remote_addrs = 198.51.100.{i + 1}
        local {{
            auth = psk
        }}
        remote {{
            auth = psk
        }}
        children {{
            net {{
                local_ts = 10.2.0.0/24
                remote_ts = 10.100.{i}.0/24
            }}
        }}
    }}
""" for i in range(OTHERS))


def request_of(lab):
    """An IKE_SA_INIT of gw-a, whom nobody answers."""
    wire = lab.capture("wire", "a", "udp port 500 and src host 192.0.2.1")
    gateway = lab.start_gateway("gw-a", ike_conf("a", "start"))
    wait_until(lambda: os.path.getsize(wire.path) > 24, 10, "its request")
    request = wire.stop()[0]
    gateway.kill()
    del request["UDP"].chksum  # a veth leaves it to whom it sends to
    return bytes(request)


def start_under(lab, request):
    """The payloads that the answers begin with, the first one's first."""
    over = threading.Event()

    def repeat():
        while not over.wait(PAUSE_S):
            lab.inject("wire", "br0", [request])

    wire = lab.capture("wire", "b", "udp port 500 and src host 192.0.2.2")
    speaker = threading.Thread(target=repeat)
    speaker.start()
    conf = ike_conf("b").replace("connections {\n",
                                 "connections {\n" + others())
    try:
        gateway = lab.start_gateway("gw-b", conf)
        wait_until(lambda: os.path.getsize(wire.path) > 1000, 10, "answers")
    finally:
        over.set()
        speaker.join()
    gateway.stop()
    return [bytes(p["UDP"].payload)[PAYLOADS] for p in wire.stop()]


def main():
    with Lab() as lab:
        request = request_of(lab)
        answers = [start_under(lab, request) for _ in range(STARTS)]
        first = [kinds[0] for kinds in answers]
        ok(set(first) == {SA}, f"{STARTS} starts: the first answer to a peer "
           f"that was there before is one: {first}")
    return finish()


sys.exit(main())
