"""The address that the emulator listens on, and how a client names it."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import socket
import weakref
from typing import Any

from thingpost.errors import InputError

__all__ = ["Listener", "bind", "certificate_names", "url_of"]


class Listener(socket.socket):
    """A listening socket that knows the connections it has accepted, so that all of them can be ended.

    asyncio knows a TLS connection only after its handshake.
    """

    def __init__(self, fileno: int) -> None:
        super().__init__(fileno=fileno)
        self._accepted: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    def accept(self) -> tuple[socket.socket, Any]:
        """Accept a connection."""
        connection, address = super().accept()
        self._accepted.add(connection)
        return connection, address

    def end_connections(self) -> int:
        """Let all connections that are still open read the end of the stream; give their number."""
        still_open = [connection for connection in list(self._accepted) if connection.fileno() >= 0]
        for connection in still_open:
            with contextlib.suppress(OSError):  # ended already, and not yet closed
                connection.shutdown(socket.SHUT_RDWR)
        return len(still_open)


def bind(host: str, port: int) -> Listener:
    """Bind a socket and listen.

    Raises:
        InputError: that cannot be done, and why.
    """
    where = f"port {port} of {host}"
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except OSError as error:
        raise InputError(f"host {host!r} is not an address of this machine: {error.strerror}") from error
    try:
        plain = socket.create_server((str(address[0]), int(address[1])), family=family, backlog=512)
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise InputError(f"{where} is in use; stop what listens there, or give port=0 for a free one") from error
        if error.errno == errno.EACCES:
            raise InputError(f"{where} is not allowed to this user; give one above 1023, or port=0") from error
        raise InputError(f"cannot listen on {where}: {error.strerror}") from error
    return Listener(plain.detach())


def _is_any(host: str) -> bool:
    """Tell whether a host stands for all addresses of the machine."""
    try:
        return ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return False


def url_of(host: str, port: int, hostnames: tuple[str, ...]) -> str:
    """Give the URL under which clients reach a server that listens on `host`."""
    if _is_any(host):
        host = hostnames[0] if hostnames else "::1" if ":" in host else "127.0.0.1"
    return f"https://[{host}]:{port}" if ":" in host else f"https://{host}:{port}"


def certificate_names(host: str, hostnames: tuple[str, ...]) -> tuple[str, ...]:
    """Give the names that the server's certificate has to stand for: those asked for, loopback, and `host`."""
    names = [*hostnames, "localhost", "127.0.0.1", "::1", *([] if _is_any(host) else [host])]
    return tuple(dict.fromkeys(names))
