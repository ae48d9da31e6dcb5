"""A TLS server that does to each connection what a script says: the misbehaviour that a real platform shows on bad days."""

import contextlib
import json
import os
import select
import socket
import ssl
import struct
import threading
import time

import trustme

TOKEN = {"code": 0, "message": "success", "info": {"token": "t" * 32}}
ACCEPTED = {"code": 0, "message": "success", "info": {"messageId": 892687627916247040}}


def http(body=b"", status="200 OK", headers=(), *, length=True):
    """Write an HTTP reply; a dict as body is sent as JSON."""
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status}", *headers]
    if length:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class FaultServer:
    """Serves requests one after another by the script.

    Each step answers one request: bytes are sent as they are; a function is called with the connection (and may close
    it, send slowly, ...). After the last step, requests to /auth get a token and all others are accepted.

    Attributes:
        requests: (path, headers, body) of each request, in order.
        connections: how many were accepted.
    """

    def __init__(
        self, authority, script=(), *, auth=True, greet=None, deaf_after=None, names=("127.0.0.1", "localhost")
    ):
        self.requests = []
        self.connections = 0
        self._script = list(script)
        self._auth_by_itself = auth  # /auth is answered outside of the script
        self._greet = greet  # called with the raw connection before TLS
        self._deaf_after = deaf_after  # so many requests are read, and nothing after them
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert(*names, key_type=trustme.KeyType.ECDSA).configure_cert(self._context)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self.port = self._listener.getsockname()[1]
        self.url = f"https://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def stop(self):
        self._stopping.set()
        self._thread.join()
        self._listener.close()

    @property
    def stopping(self):
        return self._stopping.is_set()

    def answer_next_with(self, *steps):
        """Add steps to the script."""
        with self._lock:
            self._script.extend(steps)

    def paths(self):
        return [path for path, _, _ in self.requests]

    def _accept(self):
        while not self.stopping:
            if select.select([self._listener], [], [], 0.02)[0]:
                raw, _ = self._listener.accept()
                self.connections += 1
                threading.Thread(target=self._serve, args=(raw,), daemon=True).start()

    def _serve(self, raw):
        with contextlib.suppress(OSError), raw:
            raw.settimeout(20)
            raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if self._greet is not None:
                self._greet(raw)
            with self._context.wrap_socket(raw, server_side=True) as connection, connection.makefile("rb") as reader:
                while True:
                    if len(self.requests) == self._deaf_after:
                        self._stopping.wait(20)
                    if (request := read_request(reader)) is None:
                        break
                    self.requests.append(request)
                    step = self._next_step(request[0])
                    if callable(step):
                        step(connection)
                    else:
                        connection.sendall(step)

    def _next_step(self, path):
        with self._lock:
            if self._script and not (path == "/auth" and self._auth_by_itself):
                return self._script.pop(0)
        return http(TOKEN if path == "/auth" else ACCEPTED)


def read_request(reader):
    """Read (path, headers, body), or None at the end of the connection."""
    line = reader.readline()
    if not line:
        return None
    _method, path, _version = line.decode().split()
    headers = {}
    while (line := reader.readline().rstrip(b"\r\n")) != b"":
        name, _, value = line.decode().partition(":")
        headers[name] = value.strip()
    return path, headers, reader.read(int(headers.get("Content-Length", 0)))


# ---- Steps ----


def hang_up(connection):
    """Close without a word."""
    connection.shutdown(socket.SHUT_RDWR)  # close() would wait for the reader
    raise ConnectionAbortedError


def hang_up_after(data):
    """Send something, then close."""

    def step(connection):
        connection.sendall(data)
        hang_up(connection)

    return step


def reset(connection):
    """Break the connection the hard way (TCP RST)."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(connection.detach())
    raise ConnectionAbortedError


def drip(data, seconds=0.05):
    """Send a byte at a time, for ever: after the data, blanks."""

    def step(connection):
        for octet in data:
            connection.sendall(bytes([octet]))
            time.sleep(seconds)
        while True:
            connection.sendall(b" ")
            time.sleep(seconds)

    return step


def repeat(data, seconds=0.0):
    """Send the same for ever."""

    def step(connection):
        while True:
            connection.sendall(data)
            time.sleep(seconds)

    return step


def silence(connection):
    """Say nothing for twenty seconds."""
    connection.settimeout(20)
    connection.recv(1)
