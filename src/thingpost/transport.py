"""Sends one request and reads one reply over TLS, before a deadline: requests, through an adapter of our own.

What this module promises, and why plain requests does not do:

- one deadline bounds connecting, TLS, writing and reading together (`sockets`);
- credentials go to the configured host over verified TLS only (`trust`): redirects are not followed, since HTTP clients
  forward the `password` header to the new host; `.netrc` and CA environment variables are not read;
- a reply is read up to a bound, and never decompressed (`connections`);
- a 1xx reply is refused: HTTP clients take it for the final one, and the next request then gets this one's reply;
- every error says whether a byte of the request had been written (`may_have_arrived`).
"""

from __future__ import annotations

import http.client
import ssl
import time
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import requests
import requests.adapters
import requests.utils
import urllib3.exceptions
from requests.structures import CaseInsensitiveDict

from thingpost import trust
from thingpost.connections import Address, Connections, ProxyRefusedError, RefusedReplyError
from thingpost.errors import (
    CertificateError,
    ConnectError,
    DeadlineExceeded,
    InputError,
    ProtocolError,
    TransportError,
)
from thingpost.replies import Reply
from thingpost.sockets import Exchange, ReplyTooLargeError

if TYPE_CHECKING:
    import os

    from thingpost.identity import Request


class Transport:
    """Exchanges requests and replies with one endpoint, over a pool of connections.

    Args:
        endpoint: `https://host[:port]`, checked.
        ca_file: a PEM file of the authorities to trust, in place of the operating system's store.
        pool_size: connections kept for reuse.
        session: a requests.Session whose `proxies`, `cert` and `trust_env` are taken over. Nothing else of it is.

    Raises:
        InputError: `ca_file`, the session's certificate or a proxy cannot be used.
        CertificateError: the operating system has no certificate authorities to trust.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        ca_file: str | os.PathLike[str] | None = None,
        pool_size: int = 64,
        session: requests.Session | None = None,
    ) -> None:
        if session is not None and not isinstance(session, requests.Session):
            raise InputError(f"session must be a requests.Session, not {type(session).__name__}")
        self._endpoint = endpoint
        self._host = urlsplit(endpoint).netloc
        self._pool_size = pool_size
        self._address = _address(endpoint, session)
        self._trusted = (ca_file, None if session is None else session.cert)
        self._closed = False
        self._adapter: Adapter | None = self._new_adapter()

    def exchange(self, request: Request, deadline: float) -> Reply:
        """Send the request and read the reply before `deadline` (monotonic clock, seconds).

        Raises:
            ConnectError: no connection, or it broke, or the transport is closed. CertificateError: no trusted one.
            DeadlineExceeded: the deadline came first.
            ProtocolError: what came is no HTTP reply, is cut short or too large.
        """
        if self._closed:
            raise ConnectError(f"the client of {self._host} was closed")
        if self._adapter is None:
            self._adapter = self._new_adapter()
        exchange = Exchange(deadline)
        try:
            return self._perform(self._adapter, request, exchange)
        except Exception as error:  # noqa: BLE001 (whatever requests and urllib3 raise, here or in later versions)
            failure = self._failure(exchange, error)
        raise failure  # outside of the except clause: the request, which holds the token, is not its context

    def _new_adapter(self) -> Adapter:
        return Adapter(Connections(self._address, trust.context_for(*self._trusted), self._pool_size))

    def _perform(self, adapter: Adapter, request: Request, exchange: Exchange) -> Reply:
        exchange.remaining()
        prepared = requests.PreparedRequest()  # not prepare(): it rewrites URLs and reads .netrc
        prepared.method = "POST"
        prepared.url = self._endpoint + request.path
        prepared.headers = CaseInsensitiveDict(request.headers)
        prepared.headers["Content-Length"] = str(len(request.body))
        prepared.body = request.body
        response = adapter.send(prepared, timeout=exchange)
        return Reply(response.status_code, response.headers, response.content)

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
        """Close the connections; an exchange that is under way still ends by itself."""
        self._closed = True
        if self._adapter is not None:
            self._adapter.close()

    def reset_after_fork(self) -> None:
        """Leave the parent's connections to the parent; a TLS context too is made anew, with what may be locked in it."""
        parents, self._adapter = self._adapter, None
        if parents is not None:
            parents.close()


class Adapter(requests.adapters.BaseAdapter):
    """A requests adapter over our own connections: they verify, bound and time whatever it is told per request.

    Args:
        connections: to the one endpoint that this adapter serves.
    """

    def __init__(self, connections: Connections) -> None:
        super().__init__()
        self._connections = connections

    def send(  # type: ignore[override]  # a deadline in place of time-outs
        self, request: requests.PreparedRequest, stream: bool = False, timeout: Any = None, **_ignored: Any
    ) -> requests.Response:
        """Send a POST request; `timeout` is the Exchange. The reply is always read whole, up to its bound."""
        del stream
        connection = self._connections.take(timeout)
        try:
            status, headers, body = connection.post(request.path_url, request.headers, cast("bytes", request.body))
        except BaseException:
            connection.close()
            raise
        self._connections.give_back(connection)
        response = requests.Response()
        response.status_code = status
        response.headers = CaseInsensitiveDict(headers)
        response._content = body  # noqa: SLF001 (requests has no other way to give a body that is read already)
        response.url, response.request = str(request.url), request
        return response

    def close(self) -> None:
        """Close the connections."""
        self._connections.close()


# ---- The way to the endpoint ----


def _address(endpoint: str, session: requests.Session | None) -> Address:
    """Look up the proxy once: the session's, else the environment's (HTTPS_PROXY, NO_PROXY). Loopback needs none."""
    url = urlsplit(endpoint)
    host, port = str(url.hostname), url.port or 443
    if host in {"localhost", "127.0.0.1", "::1"}:
        return Address(host, port)
    proxies = dict(session.proxies) if session is not None else {}
    if session is None or session.trust_env:
        proxies = {**requests.utils.get_environ_proxies(endpoint), **proxies}
    proxy = requests.utils.select_proxy(endpoint, proxies)
    if not proxy:
        return Address(host, port)
    username, password = requests.utils.get_auth_from_url(proxy)
    authorization = urllib3.make_headers(proxy_basic_auth=f"{username}:{password}") if username else {}
    return Address(host, port, _proxy_address(proxy), authorization)


def _proxy_address(proxy: str) -> tuple[str, int]:
    """Read a proxy's URL; it may hold a password, so it stands in no error."""
    try:
        url = urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        host, port = url.hostname, url.port or 80
    except ValueError:
        host, port = None, 0
    if not host:
        raise InputError("the proxy's URL has no host, or no port of 1 to 65535; give http://host:port")
    if url.scheme != "http":
        raise InputError(
            f"a proxy of scheme {url.scheme!r} is not supported; use one of scheme 'http' "
            "(what goes through it is encrypted by TLS all the same)"
        )
    return host, port


# ---- What went wrong ----


def _innermost(error: BaseException) -> BaseException:
    """Find the error that the libraries' own errors were made from."""
    seen = set()
    while id(error) not in seen:
        seen.add(id(error))
        context = None if error.__suppress_context__ else error.__context__
        inside = [getattr(error, "reason", None), *error.args, error.__cause__, context]
        error = next((item for item in inside if isinstance(item, BaseException) and id(item) not in seen), error)
    return error


def _reason(error: BaseException) -> str:
    """Give an error's text where it holds nothing of request or reply, else its kind."""
    if isinstance(error, http.client.RemoteDisconnected):
        return "it was closed without a reply"
    if isinstance(error, OSError):
        return error.strerror or type(error).__name__
    if isinstance(error, (ProxyRefusedError, RefusedReplyError, ReplyTooLargeError)):
        return str(error)
    if isinstance(error, (http.client.IncompleteRead, urllib3.exceptions.IncompleteRead)):
        return "it ends before its announced length"
    return type(error).__name__


def _why_untrusted(error: ssl.SSLCertVerificationError) -> str:
    hint = "give ca_file= for an authority of your own"
    if error.verify_code in {9, 10}:  # X509_V_ERR_CERT_NOT_YET_VALID, X509_V_ERR_CERT_HAS_EXPIRED
        hint = f"this machine's clock says {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC; is that right?"
    return f"{error.verify_message}; {hint}"
