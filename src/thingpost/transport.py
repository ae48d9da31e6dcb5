"""Sends one request and reads one reply over TLS, before a deadline: requests, through an adapter of our own.

What this module promises, and why plain requests does not do:

- one deadline bounds connecting, TLS, writing and reading together (`sockets`);
- credentials go to the configured host over verified TLS only (`trust`): redirects are not followed, since HTTP clients
  forward the `password` header to the new host; `.netrc` and CA environment variables are not read;
- a reply is read up to a bound, and never decompressed;
- a 1xx reply is refused: HTTP clients take it for the final one, and the next request then gets this one's reply;
- every error says whether a byte of the request had been written (`may_have_arrived`).
"""

from __future__ import annotations

import http.client
import ssl
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import requests
import requests.adapters
import requests.utils
import urllib3
import urllib3.connection
import urllib3.exceptions
from urllib3.connectionpool import HTTPSConnectionPool

from thingpost import trust
from thingpost.errors import (
    CertificateError,
    ConnectError,
    DeadlineExceeded,
    InputError,
    ProtocolError,
    TransportError,
)
from thingpost.replies import MAX_REPLY, Reply
from thingpost.sockets import DeadlineSocket, Exchange, ReplyTooLargeError, connect

if TYPE_CHECKING:
    import os

    from thingpost.identity import Request

MAX_IDLE: Final = 30.0
"""Seconds after which an idle connection is not used again: something on the way may have dropped it silently."""

_exchange: ContextVar[Exchange] = ContextVar("thingpost_exchange")
"""The exchange that the current thread is in; urllib3 has no other way to hand it to the connection it picks."""


class Transport:
    """Exchanges requests and replies with one endpoint, over a pool of connections.

    Args:
        endpoint: `https://host[:port]`, checked.
        ca_file: a PEM file of the authorities to trust, in place of the operating system's store.
        max_connections: connections at most; a further exchange waits for one, within its deadline.
        session: a requests.Session whose `proxies`, `cert` and `trust_env` are taken over. Nothing else of it is.

    Raises:
        InputError: `ca_file` or a proxy cannot be used.
        CertificateError: the operating system has no certificate authorities to trust.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        ca_file: str | os.PathLike[str] | None = None,
        max_connections: int = 64,
        session: requests.Session | None = None,
    ) -> None:
        self._endpoint = endpoint
        self._host = urlsplit(endpoint).netloc
        self._proxies = _proxies(endpoint, session)
        self._context = trust.context_for(ca_file, None if session is None else session.cert)
        self._max_connections = max_connections
        self._adapter = _Adapter(self._context, max_connections)

    def exchange(self, request: Request, deadline: float) -> Reply:
        """Send the request and read the reply before `deadline` (monotonic clock, seconds).

        Raises:
            ConnectError: no connection, or it broke. CertificateError: no trusted one.
            DeadlineExceeded: the deadline came first.
            ProtocolError: what came is no HTTP reply, is cut short or too large.
        """
        exchange = Exchange(deadline)
        current = _exchange.set(exchange)
        try:
            return self._perform(request, exchange)
        except Exception as error:  # noqa: BLE001 (whatever requests and urllib3 raise, here or in later versions)
            failure = self._failure(exchange, error)
        finally:
            _exchange.reset(current)
        raise failure  # outside of the except clause: the request, which holds the token, is not its context

    def _perform(self, request: Request, exchange: Exchange) -> Reply:
        exchange.remaining()
        prepared = requests.PreparedRequest()  # not prepare(): it rewrites URLs and reads .netrc
        prepared.method = "POST"
        prepared.url = self._endpoint + request.path
        prepared.headers = requests.structures.CaseInsensitiveDict(request.headers)
        prepared.headers["Content-Length"] = str(len(request.body))
        prepared.body = request.body
        response = self._adapter.send(prepared, stream=True, proxies=self._proxies)
        raw = response.raw
        try:
            body = _read_body(raw)
        except BaseException:
            raw.close()
            raise
        finally:
            raw.release_conn()
        exchange.finished_at = time.monotonic()
        headers = {name.lower(): value for name, value in raw.headers.items()}
        return Reply(raw.status, headers, body)

    def _failure(self, exchange: Exchange, error: Exception) -> TransportError:
        """Say what happened, from how far the exchange got and from the innermost error."""
        root = _innermost(error)
        failure: TransportError
        if time.monotonic() >= exchange.deadline:
            doing = "waiting for the reply" if exchange.request_started else "connecting"
            failure = DeadlineExceeded(f"the deadline passed while {doing} ({self._host})")
        elif isinstance(root, ssl.SSLCertVerificationError):
            failure = CertificateError(f"the certificate of {self._host} is not trusted: {_why_untrusted(root)}")
        elif not exchange.request_started:
            failure = ConnectError(f"cannot connect to {self._host}: {_reason(root)}")
        elif isinstance(root, OSError):
            failure = ConnectError(f"the connection to {self._host} broke before the reply was whole: {_reason(root)}")
        else:
            failure = ProtocolError(f"the reply of {self._host} cannot be read: {_reason(root)}")
        failure.may_have_arrived = exchange.request_started
        failure.__cause__ = root
        return failure

    def close(self) -> None:
        """Close the connections."""
        self._adapter.close()

    def reset_after_fork(self) -> None:
        """Leave the parent's connections to the parent, and start with none."""
        self._adapter = _Adapter(self._context, self._max_connections)


# ---- Between requests and urllib3 ----


class _FinalResponse(http.client.HTTPResponse):
    """An HTTP reply that is the final one, and of one length."""

    def _read_status(self) -> tuple[str, int, str]:
        version, status, reason = super()._read_status()  # type: ignore[misc]
        if status < 200:  # noqa: PLR2004
            raise http.client.HTTPException(f"an interim reply (HTTP {status}) that was not asked for")
        return version, status, reason

    def begin(self) -> None:
        super().begin()
        lengths = self.headers.get_all("Content-Length", [])
        if len(set(lengths)) > 1 or (lengths and "Transfer-Encoding" in self.headers):
            raise http.client.HTTPException("the reply has more than one length")


class _Connection(urllib3.connection.HTTPSConnection):
    """A connection whose every operation ends at the deadline of the exchange it is used for."""

    response_class = _FinalResponse
    exchange: Exchange

    def use_for(self, exchange: Exchange) -> None:
        """Take up the next exchange."""
        self.exchange = exchange
        if isinstance(self.sock, DeadlineSocket):
            self.sock.exchange = exchange

    def _new_conn(self) -> Any:
        return connect(self._dns_host, self.port, self.exchange, self.socket_options)

    def _tunnel(self) -> None:
        plain = self.sock
        self.sock = DeadlineSocket(plain, self.exchange, carries_request=False)
        super()._tunnel()
        plain.settimeout(self.exchange.remaining())  # of the TLS handshake that follows
        self.sock = plain

    def connect(self) -> None:
        """Connect, and verify the host."""
        super().connect()
        self.sock = DeadlineSocket(self.sock, self.exchange)


class _Pool(HTTPSConnectionPool):
    """Hands out connections that are fit for use, within the deadline."""

    ConnectionCls = _Connection

    def _get_conn(self, timeout: float | None = None) -> Any:  # noqa: ARG002 (the deadline is ours)
        exchange = _exchange.get()
        connection: Any = super()._get_conn(exchange.remaining())
        if not connection.is_closed and not _reusable(connection.exchange):
            connection.close()
        connection.use_for(exchange)
        return connection


def _reusable(last: Exchange) -> bool:
    return last.finished_at is not None and not last.leftover and time.monotonic() - last.finished_at < MAX_IDLE


class _Adapter(requests.adapters.HTTPAdapter):
    """requests' adapter with our pool and our TLS context; what it is told of verification per request is not used."""

    def __init__(self, context: ssl.SSLContext, max_connections: int) -> None:
        self._context = context
        super().__init__(pool_connections=1, pool_maxsize=max_connections, pool_block=True)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"https": _Pool}

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(proxy, ssl_context=self._context, **kwargs)
        manager.pool_classes_by_scheme = {"https": _Pool}
        return manager

    def cert_verify(self, *_args: Any) -> None:
        """Leave the pool alone: its context verifies."""

    def build_connection_pool_key_attributes(self, request: Any, *_args: Any, **_kwargs: Any) -> Any:
        url = urlsplit(str(request.url))
        return {"scheme": url.scheme, "host": url.hostname, "port": url.port}, {"ssl_context": self._context}


def _read_body(raw: urllib3.BaseHTTPResponse) -> bytes:
    body = b""
    while len(body) <= MAX_REPLY:
        piece = raw.read(MAX_REPLY + 1 - len(body), decode_content=False)
        if not piece:
            return body
        body += piece
    raise ReplyTooLargeError(f"its body has more than {MAX_REPLY:,} bytes")


# ---- Proxies ----


def _proxies(endpoint: str, session: requests.Session | None) -> dict[str, str]:
    """Look up the proxy once: the session's, else the environment's (HTTPS_PROXY, NO_PROXY). Loopback needs none."""
    if urlsplit(endpoint).hostname in {"localhost", "127.0.0.1", "::1"}:
        return {}
    proxies = dict(session.proxies) if session is not None else {}
    if session is None or session.trust_env:
        proxies = {**requests.utils.get_environ_proxies(endpoint), **proxies}
    proxy = requests.utils.select_proxy(endpoint, proxies)
    if not proxy:
        return {}
    if "://" in proxy and urlsplit(proxy).scheme != "http":
        raise InputError(
            f"a proxy of scheme {urlsplit(proxy).scheme!r} is not supported; use one of scheme 'http' "
            "(what goes through it is encrypted by TLS all the same)"
        )
    return {"https": proxy}


# ---- What went wrong ----


def _innermost(error: BaseException) -> BaseException:
    """Find the error that the libraries' own errors were made from."""
    seen = set()
    while id(error) not in seen:
        seen.add(id(error))
        inside = [getattr(error, "reason", None), *error.args, error.__cause__, error.__context__]
        error = next((item for item in inside if isinstance(item, BaseException) and id(item) not in seen), error)
    return error


def _reason(error: BaseException) -> str:
    """Give an error's text where it holds nothing of request or reply, else its kind."""
    if isinstance(error, http.client.RemoteDisconnected):
        return "it was closed without a reply"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if type(error) in {http.client.HTTPException, ReplyTooLargeError}:
        return str(error)
    if isinstance(error, (http.client.IncompleteRead, urllib3.exceptions.IncompleteRead)):
        return "it ends before its announced length"
    return type(error).__name__


def _why_untrusted(error: ssl.SSLCertVerificationError) -> str:
    hint = "give ca_file= for an authority of your own"
    if error.verify_code in {9, 10}:  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED
        hint = f"this machine's clock says {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC; is that right?"
    return f"{error.verify_message}; {hint}"
