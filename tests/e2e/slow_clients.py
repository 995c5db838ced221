#!/usr/bin/env python3
"""Clients that are slow, silent or too long, against a server's TLS port and an agent's socket: slow_clients.py PORT SOCKET

Prints a line a check; the first that fails ends it. While they hold their connections, `probe` asks both what a client in
a hurry asks, and is answered at once.
"""

import socket
import ssl
import subprocess
import sys
import time

COUNT = 64  # of each kind
CUT_WITHIN_S = 40  # the bounds are 10 s for a handshake and for a head, each looked at now and then; the machine may be slow


def check(what, holds):
    if not holds:
        sys.exit(f"FAILED: {what}")
    print(f"ok {what}", flush=True)


def tcp(port):
    return socket.create_connection(("127.0.0.1", port))


def tls(port):
    context = ssl.create_default_context()
    context.check_hostname = False  # the server's name is a SPIFFE ID
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context.wrap_socket(tcp(port))


def unix(path):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(path)
    return connection


def is_cut(connection):
    """Whether the peer has ended it; what it said before that is read over."""
    connection.setblocking(False)
    try:
        while True:
            if not connection.recv(4096):
                return True
    except (BlockingIOError, ssl.SSLWantReadError):
        return False
    except OSError:
        return True


def answer_to(connection, request):
    connection.sendall(request)
    connection.settimeout(20)
    return connection.recv(4096).split(b"\r\n")[0]


def too_long(port, path):
    for name, connect in [("the server", lambda: tls(port)), ("the agent", lambda: unix(path))]:
        line = answer_to(connect(), b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 40000 + b"\r\n\r\n")
        check(f"{name} answers 431 to a header field of 40,000 bytes", b" 431 " in line)
        line = answer_to(connect(), b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 200 + b"\r\n")
        check(f"{name} answers 431 to 200 header fields", b" 431 " in line)
        line = answer_to(connect(), b"GET /" + b"a" * 10000 + b" HTTP/1.1\r\nHost: a\r\n\r\n")
        check(f"{name} answers 414 to a target of 10,000 bytes", b" 414 " in line)


def slow(port, path, probe):
    connections, trickling = [], []
    for _ in range(COUNT):
        silent = tcp(port)  # says nothing
        partial = tcp(port)  # the beginning of a handshake, a byte now and then
        partial.sendall(b"\x16\x03\x01\x02\x00\x01")
        head = unix(path)  # the beginning of a head, a byte now and then
        head.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
        connections += [silent, partial, head]
        trickling += [partial, head]
    for _ in range(8):  # a TLS handshake costs processor time
        head = tls(port)
        head.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nX: ")
        body = tls(port)  # announces more than it sends; it is not waited for here
        body.sendall(b"POST /access/v1/evaluation HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n{")
        connections.append(head)
        trickling += [head, body]
    check(f"{len(connections)} slow clients do not hold up others", probe())
    deadline = time.monotonic() + CUT_WITHIN_S
    left = list(connections)
    while left and time.monotonic() < deadline:
        for connection in trickling:
            try:
                connection.send(b"x")
            except OSError:
                pass  # cut already
        time.sleep(0.5)
        left = [connection for connection in left if not is_cut(connection)]
    check(f"slow clients are cut, however they trickle ({len(left)} were left)", not left)
    check("and others are still served", probe())


def main():
    port, path, *probe = sys.argv[1:]

    def asks():
        return subprocess.run(probe, stdout=subprocess.DEVNULL, timeout=20).returncode == 0

    too_long(int(port), path)
    slow(int(port), path, asks)


if __name__ == "__main__":
    main()
