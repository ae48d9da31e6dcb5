"""What the emulator's tests share: a device that is written from the protocol's text, and a plain HTTPS client."""

from __future__ import annotations

import hmac
import http.client
import json
import os
import shutil
import socket
import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit

import pytest

PK, DN, SECRET = "a1GFjLP", "device123", "2a6f1e0c9b8d7f6e5d4c3b2a19080706"
TOPIC = f"/topic/{PK}/{DN}/user/pub"
JSON = {"Content-Type": "application/json"}
BYTES = {"Content-Type": "application/octet-stream"}


def need(program):
    """Skip the test where a program is not installed. Under CI=true it fails: nothing may go untested unnoticed."""
    if shutil.which(program) is None:
        end = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        end(f"{program} is not installed")


def sign(secret, fields, method="hmacmd5"):
    """The seed's formula, with strings and sorted() alone."""
    names = sorted(set(fields) - {"version", "sign", "signmethod"}, key=lambda name: name.encode())
    text = "".join(f"{name}{fields[name]}" for name in names)
    return hmac.new(secret.encode(), text.encode(), method.removeprefix("hmac")).hexdigest().upper()


def claim(secret=SECRET, **changes):
    """Fields of a good /auth, changed, then signed. A change to None leaves the field out."""
    fields = {"productKey": PK, "deviceName": DN, "clientId": "c-1", "signmethod": "hmacsha1", "version": "default"}
    fields.update(changes)
    fields = {name: value for name, value in fields.items() if value is not None}
    if "sign" not in fields:
        method = fields.get("signmethod", "hmacmd5")
        known = method if method in ("hmacmd5", "hmacsha1", "hmacsha256") else "hmacmd5"
        fields["sign"] = sign(secret, fields, known)
    return fields


@dataclass
class Answer:
    status: int
    headers: list[tuple[str, str]]
    raw: bytes

    @property
    def json(self):
        return json.loads(self.raw)

    @property
    def code(self):
        return self.json["code"]

    def header(self, name):
        return dict(self.headers).get(name)


class Wire:
    """One keep-alive connection, through http.client over verified TLS."""

    def __init__(self, emulator):
        self.address = urlsplit(emulator.url)
        self.context = ssl.create_default_context(cafile=emulator.ca_file)
        self.connection = http.client.HTTPSConnection(
            self.address.hostname, self.address.port, context=self.context, timeout=10
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.connection.close()

    def send(self, method, target, headers=(), body=b""):
        """Send as given: nothing added but Content-Length, names and target untouched."""
        pairs = headers.items() if isinstance(headers, dict) else headers
        self.connection.putrequest(method, target, skip_accept_encoding=True)
        for name, value in pairs:
            self.connection.putheader(name, value)
        self.connection.putheader("Content-Length", str(len(body)))
        self.connection.endheaders(body)
        response = self.connection.getresponse()
        return Answer(response.status, response.getheaders(), response.read())

    def auth(self, fields=None, **changes):
        return self.send("POST", "/auth", JSON, json.dumps(claim(**changes) if fields is None else fields).encode())

    def token(self, **changes):
        answer = self.auth(**changes)
        assert answer.code == 0, answer.raw
        return answer.json["info"]["token"]

    def publish(self, token, topic=TOPIC, payload=b"hello", headers=BYTES):
        return self.send("POST", topic, {**headers, "password": token}, payload)


def raw_exchange(emulator, request, *, pieces=None, context=None):
    """Write bytes by hand over TLS, then read until the server closes or falls silent for a second."""
    address = urlsplit(emulator.url)
    context = context or ssl.create_default_context(cafile=emulator.ca_file)
    with (
        socket.create_connection((address.hostname, address.port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname=address.hostname) as stream,
    ):
        for piece in [request] if pieces is None else pieces:
            stream.sendall(piece)
        stream.settimeout(1)
        received = b""
        try:
            while chunk := stream.recv(65536):
                received += chunk
        except (TimeoutError, ConnectionError, ssl.SSLError):
            pass
        return received
