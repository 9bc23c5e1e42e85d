# SPDX-License-Identifier: BSD-2-Clause
"""
A web server that has a CRL, and ways to give it that a client must survive. As a
program:

    crl_server.py PORT FOLDER LOG

FOLDER has crl and expired, and may have certs, a folder of certificates by their SHA-1;
LOG gets the path of each request.
"""
import os
import re
import socketserver
import sys
import time
from http.server import BaseHTTPRequestHandler

CRL_MAX = 16 << 20
CERT = re.compile("certs/[0-9a-f]{40}")


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    folder = log = None

    def say(self, body, length=None, status=200, **fields):
        self.send_response(status)
        self.send_header("Content-Length", str(
            len(body) if length is None else length))
        for name, value in fields.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True

    def moved(self, place):
        self.say(b"", status=302, Location=place)

    def file(self, name):
        with open(os.path.join(self.folder, name), "rb") as file:
            return file.read()

    def endless(self):
        self.send_response(200)
        self.end_headers()
        self.close_connection = True
        while True:
            self.wfile.write(bytes(65536))

    def chunked(self):
        crl = self.file("crl")
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for at in range(0, len(crl), 100):
            part = crl[at:at + 100]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(part), part))
        self.wfile.write(b"0\r\n\r\n")
        self.close_connection = True

    def slow(self):
        for octet in b"HTTP/1.1 200 OK\r\nServer: " + b"s" * 600:
            self.wfile.write(bytes([octet]))
            time.sleep(0.1)

    def do_GET(self):  # its name is the library's
        with open(self.log, "a") as log:
            print(self.path, file=log)
        name = self.path.strip("/").partition("?")[0]
        ways = {
            "loop": lambda: self.moved("/loop"),
            "moved": lambda: self.moved("/crl"),
            "https": lambda: self.moved("https://192.0.2.1/crl"),
            "inside": lambda: self.moved("http://127.0.0.1:8080/crl"),
            "huge": lambda: self.say(b"", CRL_MAX + 1),
            "endless": self.endless,
            "chunked": self.chunked,
            "slow": self.slow,
            "short": lambda: self.say(self.file("crl"),
                                      len(self.file("crl")) + 9),
            "page": lambda: self.say(b"<html>a CRL</html>"),
        }
        try:
            if name in ways:
                ways[name]()
            elif name in ("crl", "expired") or CERT.fullmatch(name):
                self.say(self.file(name))
            else:
                self.say(b"", status=404)
        except OSError:
            self.close_connection = True

    def log_message(self, *args):
        """Not to stderr."""


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    Handler.folder, Handler.log = sys.argv[2:4]
    with Server(("", int(sys.argv[1])), Handler) as server:
        print("listens", flush=True)
        server.serve_forever()
