"""TLS connections to one endpoint, kept for reuse: urllib3's connection, in a pool that no interruption can break.

The pool is a deque and nothing else. Its operations are atomic, so there is no lock that a signal handler, a finaliser, an
interruption or a fork could find held.
"""

from __future__ import annotations

import contextlib
import http.client
import re
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import urllib3.connection
from urllib3.util import wait_for_read

from thingpost import forks
from thingpost.sockets import DeadlineSocket, Exchange, PlainSocket, ReplyTooLargeError, connect

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

MAX_BODY: Final = 65_536
"""Bytes of a reply's body that are read; the platform's have less than 2,000."""

MAX_IDLE: Final = 30.0
"""Seconds after which an idle connection is not used again: something on the way may have dropped it silently."""

_CONTROL: Final = re.compile(r"[\x00-\x08\x0a-\x1f]")


class RefusedReplyError(Exception):
    """What came breaks a rule of HTTP that matters here; the text says which."""


class ProxyRefusedError(Exception):
    """The proxy did not connect us."""


@dataclass(frozen=True)
class Address:
    """Where to connect: the endpoint, and the HTTP proxy on the way, if any."""

    host: str
    port: int
    proxy: tuple[str, int] | None = None
    proxy_headers: Mapping[str, str] = field(default_factory=dict, repr=False)  # may hold the proxy's password


class Connections:
    """Connections to one address. More are opened while more threads need one; so many are kept when they are done.

    Args:
        address: where to connect.
        context: verifies the host.
        pool_size: connections kept for reuse.
    """

    def __init__(self, address: Address, context: ssl.SSLContext, pool_size: int) -> None:
        self._address = address
        self._context = context
        self._pool_size = pool_size
        self._idle: deque[Connection] = deque()
        self._closed = False

    def take(self, exchange: Exchange) -> Connection:
        """Give the connection that was used last and is still good, or a new one, for this exchange."""
        while True:
            try:
                connection = self._idle.pop()
            except IndexError:
                return Connection(self._address, self._context, exchange)
            if connection.is_reusable():
                connection.use_for(exchange)
                return connection
            connection.close()

    def give_back(self, connection: Connection) -> None:
        """Keep the connection for another exchange, where there is room and it was not closed."""
        if connection.is_closed or self._closed or len(self._idle) >= self._pool_size:
            connection.close()
        else:
            self._idle.append(connection)

    def close(self) -> None:
        """Close the idle connections, and the others when they are given back."""
        self._closed = True
        self.forget()

    def forget(self) -> None:
        """Close the idle connections on this side; no word is sent over them, so a parent process can go on with its own."""
        with contextlib.suppress(IndexError):
            while True:
                self._idle.pop().close()


class Connection(urllib3.connection.HTTPSConnection):
    """A connection whose every operation ends at the deadline of the exchange that it is used for."""

    sock: Any  # a DeadlineSocket, or None while closed; urllib3 names only its own kinds

    def __init__(self, address: Address, context: ssl.SSLContext, exchange: Exchange) -> None:
        host, port = address.proxy or (address.host, address.port)
        super().__init__(host, port, ssl_context=context)
        if address.proxy is not None:
            self.set_tunnel(address.host, address.port, headers=address.proxy_headers)
        self.response_class = _FinalResponse
        self._exchange = exchange

    def use_for(self, exchange: Exchange) -> None:
        """Take up the next exchange."""
        self._exchange = exchange
        self.sock.exchange = exchange

    def is_reusable(self) -> bool:
        """Tell whether the last exchange left the connection open, silent and not idle for too long."""
        last = self._exchange
        if (
            self.is_closed
            or last.finished_at is None
            or last.leftover
            or time.monotonic() - last.finished_at >= MAX_IDLE
        ):
            return False
        return not self.sock.pending() and not wait_for_read(self.sock, timeout=0)

    def post(self, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, Mapping[str, str], bytes]:
        """Send a POST request, and give the reply's status, headers (names in lower case) and whole body."""
        if self.is_closed:
            self.connect()
        # A server may answer and hang up before it has read the whole request: then the answer counts.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.request("POST", path, body=body, headers=headers, preload_content=False, decode_content=False)
        response = self.getresponse()
        content = _read_body(response)
        self._exchange.finished_at = time.monotonic()
        return response.status, {name.lower(): value for name, value in response.headers.items()}, content

    def __del__(self) -> None:
        """Close what an interruption lost, or a client that nobody closed."""
        if getattr(self, "sock", None) is not None:
            self.close()

    def connect(self) -> None:
        """Connect, and verify the host."""
        with contextlib.ExitStack() as self._during_tls:
            super().connect()
        self.sock = DeadlineSocket(self.sock, self._exchange)

    def _new_conn(self) -> Any:
        sock = connect(self._dns_host, self.port, self._exchange, self.socket_options)
        self._during_tls.enter_context(forks.put_off())
        return PlainSocket(sock)

    def _tunnel(self) -> None:
        plain = self.sock
        self.sock = DeadlineSocket(plain, self._exchange, carries_request=False)
        try:
            super()._tunnel()
        except OSError as error:
            refused = re.match(r"Tunnel connection failed: (\d+)", str(error))
            if refused is None:
                raise
            raise ProxyRefusedError(f"the proxy answered HTTP {refused[1]}") from None
        plain.settimeout(self._exchange.remaining())  # of the TLS handshake that follows
        self.sock = plain


class _FinalResponse(http.client.HTTPResponse):
    """An HTTP reply that is the final one, well formed and of one length."""

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc]
        if version not in {"HTTP/1.1", "HTTP/1.0"}:
            raise RefusedReplyError("it is not of HTTP/1.1")
        if status < 200:  # noqa: PLR2004
            raise RefusedReplyError(f"an interim reply (HTTP {status}) that was not asked for")
        return version, status, reason

    def begin(self) -> None:
        super().begin()
        lengths = self.headers.get_all("Content-Length", [])
        codings = self.headers.get_all("Transfer-Encoding", [])
        if len(set(lengths)) > 1 or (lengths and codings):
            raise RefusedReplyError("it has more than one length")
        # http.client would read to the end of the connection (RFC 9112 6.3 tells to give up)
        if not all(re.fullmatch("[0-9]+", length.strip()) for length in lengths):
            raise RefusedReplyError("its length is no number")
        if not all(coding.strip().lower() == "chunked" for coding in codings):
            raise RefusedReplyError("its transfer coding is not known")
        if any(_CONTROL.search(value) for value in self.headers.values()):  # one on two lines has a line feed in it
            raise RefusedReplyError("it has a header with a control character")
        if self.headers.defects or self.headers.get_payload():  # urllib3 would log such lines, with what is in them
            raise RefusedReplyError("its headers are malformed")


def _read_body(response: urllib3.BaseHTTPResponse) -> bytes:
    body = b""
    while len(body) <= MAX_BODY:
        piece = response.read(MAX_BODY + 1 - len(body), decode_content=False)
        if not piece:
            return body
        body += piece
    raise ReplyTooLargeError(f"its body has more than {MAX_BODY:,} bytes")
