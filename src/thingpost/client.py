"""Client (one endpoint, one pool of connections, one token cache) and Device (one identity): what users call."""

from __future__ import annotations

import logging
import random
import time
from typing import TYPE_CHECKING, Any, Final

from thingpost import checks, forks, settings
from thingpost.errors import InputError, ThingpostError
from thingpost.identity import Identity
from thingpost.protocol import Authenticate, Publish, Retry
from thingpost.steps import Done, NeedToken, Now, Receipt, Reject, Send, Token, Wait
from thingpost.tokens import MemoryTokenCache, TokenKey, TokenSource
from thingpost.transport import Transport

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from types import TracebackType

    import requests
    from typing_extensions import Self

    from thingpost.protocol import Machine
    from thingpost.steps import Outcome
    from thingpost.tokens import TokenCache

__all__ = ["Client", "Device"]

_log = logging.getLogger("thingpost")


class _Absent:
    """Tells an argument that was not given from None, which is a JSON value."""

    def __repr__(self) -> str:
        return "<absent>"


_ABSENT: Final = _Absent()


class Client:
    """One endpoint, one pool of connections, one token cache: shared by any number of devices.

    Thread-safe and fork-safe: a child process starts with no connections and fresh locks.

    Args:
        endpoint: `https://host[:port]`; the public instance in Shanghai by default.
        token_cache: where tokens are kept; a MemoryTokenCache of its own by default.
        timeout: seconds in total for each call: connecting, TLS, writing, reading, retries and back-off together. Only
            the operating system's name resolution is outside.
        retry: how often to try and how long to wait in between.
        ca_file: a PEM file of the certificate authorities to trust, in place of the operating system's store.
        max_payload: bytes that a payload may have.
        pool_size: connections kept for reuse; more are opened while more threads publish at the same time.
        session: a requests.Session that lends its proxies and client certificate; nothing else of it is used.

    Raises:
        InputError: an argument cannot work. CertificateError: the operating system has no authorities to trust.
    """

    def __init__(
        self,
        endpoint: str = checks.DEFAULT_ENDPOINT,
        *,
        token_cache: TokenCache | None = None,
        timeout: float = 30.0,
        retry: Retry | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        max_payload: int = checks.MAX_PAYLOAD,
        pool_size: int = 64,
        session: requests.Session | None = None,
    ) -> None:
        self.endpoint = checks.check_endpoint(endpoint)
        self._timeout = checks.check_seconds("timeout", timeout)
        self._retry = _checked_retry(retry)
        self._max_payload = checks.check_count("max_payload", max_payload)
        self._tokens = TokenSource(_checked_cache(token_cache))
        self._transport = Transport(
            self.endpoint,
            ca_file=ca_file,
            pool_size=checks.check_count("pool_size", pool_size),
            session=session,
        )
        self._random = random.SystemRandom().random  # has no state that a fork could duplicate
        self._clock_offset = 0.0
        self._closed = False
        forks.on_fork(self, Client._reset_after_fork)

    def device(
        self,
        product_key: str,
        device_name: str,
        secret: str | bytes,
        *,
        client_id: str | None = None,
        sign_method: str = "hmacsha1",
        send_timestamp: bool = True,
        extra_params: Mapping[str, str | int] | None = None,
    ) -> Device:
        """Give a Device that uses this client; see `Device` for the arguments."""
        return Device(
            product_key,
            device_name,
            secret,
            client=self,
            client_id=client_id,
            sign_method=sign_method,
            send_timestamp=send_timestamp,
            extra_params=extra_params,
        )

    def close(self) -> None:
        """Close the connections. The token cache stays as it is."""
        self._closed = True
        self._transport.close()

    def __enter__(self) -> Self:
        """Give itself, to be closed at the end of the with block."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def __repr__(self) -> str:
        """Show the endpoint."""
        return f"<Client {self.endpoint}>"

    # ---- Driving the machines ----

    def _authenticate(self, identity: Identity, deadline: float) -> Token:
        key = TokenKey(self.endpoint, identity.product_key, identity.device_name)
        return self._tokens.get(key, lambda: self._sign_in(identity, deadline), deadline)

    def _sign_in(self, identity: Identity, deadline: float) -> Token:
        machine = Authenticate(
            identity, retry=self._retry, deadline=deadline, random=self._random, clock_offset=self._clock_offset
        )
        token: Token = self._drive(machine, identity, deadline)
        self._clock_offset = machine.clock_offset
        _log.debug("authenticated %r", identity)
        return token

    def _publish(self, identity: Identity, topic: str, payload: bytes, timeout: float | None) -> Receipt:
        topic = checks.check_topic(topic, identity.product_key, identity.device_name)
        checks.check_payload_size(payload, self._max_payload)
        deadline = self._deadline(timeout)
        machine = Publish(topic, payload, retry=self._retry, deadline=deadline, random=self._random)
        receipt: Receipt = self._drive(machine, identity, deadline)
        _log.debug("published %d bytes to %s as message %d", receipt.size, receipt.topic, receipt.message_id)
        return receipt

    def _deadline(self, timeout: float | None) -> float:
        if self._closed:
            raise InputError("this client is closed; make a new one")
        seconds = self._timeout if timeout is None else checks.check_seconds("timeout", timeout)
        return time.monotonic() + seconds

    def _drive(self, machine: Machine[Any], identity: Identity, deadline: float) -> Any:
        outcome: Outcome = None
        while True:
            step = machine.resume(Now(time.time(), time.monotonic()), outcome)
            if isinstance(step, Done):
                return step.result
            outcome = None
            try:
                if isinstance(step, Send):
                    outcome = self._transport.exchange(step.request, deadline)
                elif isinstance(step, NeedToken):
                    outcome = self._authenticate(identity, deadline)
                elif isinstance(step, Reject):
                    self._tokens.reject(TokenKey(self.endpoint, identity.product_key, identity.device_name), step.token)
                elif isinstance(step, Wait):
                    _log.debug("%r: trying again in %.2f s", identity, step.seconds)
                    time.sleep(step.seconds)
            except ThingpostError as error:
                outcome = error

    def _reset_after_fork(self) -> None:
        self._transport.reset_after_fork()


def _checked_cache(cache: TokenCache | None) -> TokenCache:
    for name in ("get", "put", "drop"):
        if cache is not None and not callable(getattr(cache, name, None)):
            raise InputError(
                f"token_cache must have the methods get, put and drop; {type(cache).__name__} has no {name}"
            )
    return MemoryTokenCache() if cache is None else cache


def _checked_retry(retry: Retry | None) -> Retry:
    if retry is not None and not isinstance(retry, Retry):
        raise InputError(f"retry must be a thingpost.Retry, not {type(retry).__name__}")
    return retry or Retry()


class Device:
    """One device's identity, which signs in when it must and posts data.

    Thread-safe and fork-safe. Signing in happens with the first message, or by `authenticate()`.

    Args:
        product_key: the productKey, from the device's page of the platform's console.
        device_name: the deviceName.
        secret: the deviceSecret; only its HMAC midstates are kept.
        client: a Client to share; by default the device has one of its own, made from the arguments after `extra_params`.
        client_id: 1 to 64 characters; `productKey.deviceName`, cut to 64, by default.
        sign_method: "hmacmd5", "hmacsha1" or "hmacsha256".
        send_timestamp: False for a device without a clock.
        extra_params: further fields to report when signing in; they are signed too.
        endpoint: see `Client`, as for the rest.
        token_cache: see `Client`.
        timeout: see `Client`.
        retry: see `Client`.
        ca_file: see `Client`.
        max_payload: see `Client`.
        session: see `Client`.

    Raises:
        InputError: an argument cannot work; nothing is sent.
        TypeError: `client` together with arguments for a client.
    """

    def __init__(
        self,
        product_key: str,
        device_name: str,
        secret: str | bytes,
        *,
        client: Client | None = None,
        client_id: str | None = None,
        sign_method: str = "hmacsha1",
        send_timestamp: bool = True,
        extra_params: Mapping[str, str | int] | None = None,
        endpoint: str | None = None,
        token_cache: TokenCache | None = None,
        timeout: float | None = None,
        retry: Retry | None = None,
        ca_file: str | os.PathLike[str] | None = None,
        max_payload: int | None = None,
        session: requests.Session | None = None,
    ) -> None:
        self._identity = Identity(
            product_key,
            device_name,
            secret,
            client_id=client_id,
            sign_method=sign_method,
            send_timestamp=send_timestamp,
            extra_params=extra_params,
        )
        given: dict[str, Any] = {
            "endpoint": endpoint,
            "token_cache": token_cache,
            "timeout": timeout,
            "retry": retry,
            "ca_file": ca_file,
            "max_payload": max_payload,
            "session": session,
        }
        given = {name: value for name, value in given.items() if value is not None}
        if client is not None and not isinstance(client, Client):
            raise TypeError(f"client must be a thingpost.Client, not {type(client).__name__}")
        if client is not None and given:
            raise TypeError(f"client= cannot be given together with {'=, '.join(given)}=: those are the client's")
        self._owns_client = client is None
        self._client = Client(**given) if client is None else client

    @classmethod
    def from_env(cls, **arguments: Any) -> Device:
        """Make a Device from the environment.

        THINGPOST_PRODUCT_KEY, THINGPOST_DEVICE_NAME and either THINGPOST_DEVICE_SECRET or THINGPOST_SECRET_FILE (a file
        that holds it) are needed; THINGPOST_CLIENT_ID, THINGPOST_ENDPOINT, THINGPOST_CA_FILE and THINGPOST_SIGN_METHOD
        are used where they are set. An empty variable counts as not set.

        Args:
            **arguments: as `Device` takes them; they win over the environment.

        Raises:
            InputError: a variable is missing, or what it holds cannot work.
        """
        environment = settings.from_environment()
        return cls(
            arguments.pop("product_key", None) or environment.need("PRODUCT_KEY"),
            arguments.pop("device_name", None) or environment.need("DEVICE_NAME"),
            arguments.pop("secret", None) or environment.secret(),
            **{**environment.optional(of_client="client" not in arguments), **arguments},
        )

    @property
    def product_key(self) -> str:
        """The productKey."""
        return self._identity.product_key

    @property
    def device_name(self) -> str:
        """The deviceName."""
        return self._identity.device_name

    @property
    def client(self) -> Client:
        """The client that this device uses."""
        return self._client

    def authenticate(self, *, timeout: float | None = None) -> Token:
        """Give the device's token: the cached one while it is fresh, else a new one from the platform.

        Args:
            timeout: seconds in total, in place of the client's.

        Raises:
            AuthError: the platform refused product key, device name, secret or timestamp (20000).
            PlatformError: it refused for another reason. TransportError: no usable reply was had.
        """
        return self._client._authenticate(self._identity, self._client._deadline(timeout))  # noqa: SLF001

    def publish(
        self,
        topic: str,
        payload: bytes | bytearray | memoryview | str | _Absent = _ABSENT,
        *,
        json: Any = _ABSENT,
        timeout: float | None = None,
    ) -> Receipt:
        """Publish one message, and say what became of it.

        Args:
            topic: with a leading slash as it is; without one it is below /productKey/deviceName/.
            payload: at most 131,072 bytes; a str is sent as UTF-8.
            json: in place of `payload`, a JSON value, sent as compact UTF-8.
            timeout: seconds in total, in place of the client's.

        Raises:
            InputError: the topic or payload cannot work; nothing was sent.
            TypeError: both `payload` and `json`, or neither, or a payload of another type; nothing was sent.
            DeliveryUnknown: the message may or may not have arrived; it is not sent again unless Retry(resend_unknown=True).
            PlatformError: the platform refused it. ConnectError, DeadlineExceeded: it was not sent.
        """
        if isinstance(payload, _Absent) == isinstance(json, _Absent):
            raise TypeError("publish() takes a payload or json=, one of the two")
        octets = checks.json_bytes(json) if isinstance(payload, _Absent) else checks.payload_bytes(payload)
        return self._client._publish(self._identity, topic, octets, timeout)  # noqa: SLF001

    def close(self) -> None:
        """Close the client, where this device made it."""
        if self._owns_client:
            self._client.close()

    def __enter__(self) -> Self:
        """Give itself, to be closed at the end of the with block."""
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _where: TracebackType | None
    ) -> None:
        """Close."""
        self.close()

    def __repr__(self) -> str:
        """Show who it is and where it posts; never the secret."""
        return f"<Device {self.product_key}/{self.device_name} at {self._client.endpoint}>"
