"""A socket with a deadline for the whole exchange, in place of a time-out for each operation.

A time-out bounds one read or write; a peer that sends a byte a second never meets it. Here the time left is computed anew
before every operation, so that all of them together end at the deadline.
"""

from __future__ import annotations

import io
import socket
import time
from typing import Any, Final

MAX_RECEIVED: Final = 262_144
"""Bytes that are read for one reply, its headers and chunk sizes included."""


class ReplyTooLargeError(Exception):
    """The peer sent more than `MAX_RECEIVED` bytes for one reply."""


class Exchange:
    """One request and its reply, under way: how long it may take and how far it got.

    Attributes:
        deadline: on the monotonic clock, in seconds.
        request_started: whether a byte of the request was handed to the network.
        finished_at: when the reply was read whole, on the monotonic clock; None before.
        leftover: whether the peer sent more than the reply; the connection is then of no further use.
    """

    __slots__ = ("deadline", "finished_at", "leftover", "request_started")

    def __init__(self, deadline: float) -> None:
        self.deadline = deadline
        self.request_started = False
        self.finished_at: float | None = None
        self.leftover = False

    def remaining(self) -> float:
        """Give the seconds left.

        Raises:
            TimeoutError: none is left.
        """
        remaining = self.deadline - time.monotonic()
        if remaining <= 0:
            raise TimeoutError("the deadline has passed")
        return remaining


class DeadlineSocket:
    """A connected socket (plain or TLS), used within an exchange's deadline.

    Args:
        sock: the socket, which from now on is used through this object.
        exchange: what it is used for now.
        carries_request: False while a proxy is spoken to: such bytes are not the request's.
    """

    def __init__(self, sock: socket.socket, exchange: Exchange, *, carries_request: bool = True) -> None:
        self._sock = sock
        self._carries_request = carries_request
        self.exchange = exchange

    def sendall(self, data: bytes | memoryview) -> None:
        """Send everything before the deadline."""
        with memoryview(data) as view, view.cast("B") as octets:
            sent = 0
            while sent < len(octets):
                self._sock.settimeout(self.exchange.remaining())
                self.exchange.request_started = self.exchange.request_started or self._carries_request
                sent += self._sock.send(octets[sent:])

    def makefile(self, _mode: str = "rb", _buffering: int | None = None) -> io.BufferedReader:
        """Give a reader for one reply."""
        return _ReplyReader(_DeadlineReader(self._sock, self.exchange))

    def pending(self) -> int:
        """Give the bytes that TLS has decrypted and nobody has read; `fileno()` does not become readable for them."""
        pending = getattr(self._sock, "pending", None)
        return 0 if pending is None else int(pending())

    def __getattr__(self, name: str) -> Any:
        """Let everything else (close, fileno, ...) be the socket's own."""
        return getattr(self._sock, name)


class _DeadlineReader(io.RawIOBase):
    """Reads within the deadline, up to a bound."""

    def __init__(self, sock: socket.socket, exchange: Exchange) -> None:
        self.exchange = exchange
        self.stopped = False
        self._sock = sock
        self._raw = sock.makefile("rb", buffering=0)  # counts as a user of the socket, which stays open for it
        self._received = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if self.stopped:
            return 0
        if self._received > MAX_RECEIVED:
            raise ReplyTooLargeError(f"more than {MAX_RECEIVED:,} bytes for one reply")
        self._sock.settimeout(self.exchange.remaining())
        count: int | None = self._raw.readinto(buffer)
        self._received += count or 0
        return count

    def close(self) -> None:
        if not self.closed:
            self._raw.close()
        super().close()


class _ReplyReader(io.BufferedReader):
    """Notices, when it is closed, that more was read from the connection than this reply."""

    raw: _DeadlineReader

    def close(self) -> None:
        if not self.closed:
            self.raw.stopped = True
            if self.peek(1):
                self.raw.exchange.leftover = True
        super().close()


class PlainSocket:
    """A connected TCP socket that hands its file descriptor over, once, to the TLS socket that is made of it.

    `ssl` asks for the descriptor, makes a second socket object of it, and only then has the first one forget it. An exception
    in between (Ctrl-C) leaves a descriptor that is closed twice, the second time perhaps when its number already belongs to
    another connection or file of the process. Here it is forgotten when it is asked for: at worst it is never closed.

    Args:
        sock: the socket, which from now on is used through this object.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock

    def fileno(self) -> int:
        """Give the file descriptor, and forget it."""
        return self._sock.detach()

    def __getattr__(self, name: str) -> Any:
        """Let everything else be the socket's own."""
        return getattr(self._sock, name)


def connect(host: str, port: int, exchange: Exchange, options: Any) -> socket.socket:
    """Connect to the first of the host's addresses that answers, leaving time for each that is still to be tried.

    Raises:
        OSError: no address could be reached; the last one's error.
    """
    addresses = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)  # the system's resolver has its own time-outs
    last_error: OSError = OSError("the name has no address")
    for index, (family, kind, protocol, _name, address) in enumerate(addresses):
        sock = None
        try:
            sock = socket.socket(family, kind, protocol)
            sock.settimeout(exchange.remaining() / (len(addresses) - index))
            for option in options or ():
                sock.setsockopt(*option)
            sock.connect(address)
            sock.settimeout(exchange.remaining())
        except OSError as error:
            if sock is not None:
                sock.close()
            last_error = error
        except BaseException:
            if sock is not None:
                sock.close()
            raise
        else:
            return sock
    raise last_error
