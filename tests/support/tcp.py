# SPDX-License-Identifier: BSD-2-Clause
"""TCP between two machines of the laboratory, octet by octet."""
import select
import socket

PORT = 7000


def transfer(lab, near, far, payload, timeout=20):
    """
    Sends the payload from near to far, each a machine and an address of it;
    did all of it arrive as it is? Raises OSError where there is no way.
    """
    got, sent = bytearray(), 0
    family = socket.AF_INET6 if ":" in far[1] else socket.AF_INET
    with lab.socket(far[0], family, socket.SOCK_STREAM) as server, \
            lab.socket(near[0], family, socket.SOCK_STREAM) as client:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind((far[1], PORT))
        server.listen(1)
        for one in (server, client):
            one.settimeout(timeout)
        client.connect((far[1], PORT))
        peer, _ = server.accept()
        with peer:
            both = select.poll()
            both.register(client, select.POLLOUT)
            both.register(peer, select.POLLIN)
            for one in (client, peer):
                one.setblocking(False)
            while True:
                ready = both.poll(timeout * 1000)
                if not ready:
                    raise TimeoutError("TCP came to a stand")
                for fd, _ in ready:
                    if fd == peer.fileno():
                        octets = peer.recv(1 << 20)
                        if not octets:
                            return bytes(got) == payload
                        got += octets
                    else:
                        sent += client.send(payload[sent:sent + (1 << 20)])
                        if sent == len(payload):
                            both.unregister(client)
                            client.shutdown(socket.SHUT_WR)
