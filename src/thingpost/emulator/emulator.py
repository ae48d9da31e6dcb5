"""The emulator that a user starts: settings, life cycle, and what can be asked and changed while it runs."""

from __future__ import annotations

import contextlib
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from thingpost.errors import InputError

from .addresses import bind, certificate_names, url_of
from .arguments import (
    checked_callback,
    checked_clock,
    checked_count,
    checked_host,
    checked_hostnames,
    checked_positive,
)
from .callbacks import logged
from .devices import (
    EmulatedDevice,
    checked_devices,
    checked_key,
    checked_secret,
    export_lines,
    load_devices,
    merge_stored,
    new_secret,
    save_devices,
)
from .messages import Inbox, MessageLog
from .platform import Platform
from .state import open_state, write_private

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

    from typing_extensions import Self

    from .answers import Answer
    from .clock import Clock
    from .limits import Endpoint
    from .messages import Message
    from .server import ServerThread

__all__ = ["Emulator"]


class Emulator:
    """The platform's side of the protocol on this machine, over TLS, checking every signature.

    It listens from `start` to `stop`, or inside a `with` block. All methods may be called from any thread. A signal
    handler may publish to it at any moment, also while the thread that it interrupts is in one of them; so may a
    finaliser, unless Python happens to run it in the emulator's own thread. (This does not hold where `on_message` or
    `on_answer` themselves add or remove devices, start or stop.)

    Args:
        devices: (product key, device name) to secret, or to None to have one generated; or the path of a file
            (see `load_devices`).
        host: the address to listen on. `0.0.0.0` or `::` for all of them.
        port: the port to listen on; 0 takes a free one, which later starts of this object take again.
        hostnames: further names and addresses that the certificate stands for.
        token_lifetime: seconds until a token expires (20001). The platform's is seven days.
        single_token: whether a new token voids the device's older ones (20003). Unknown of the platform.
        rate_limit: requests a second, to both endpoints together, above which 40000 is answered; one second's
            worth may come in a burst. None: no limit.
        clock: a `Clock` to share or to drive; by default a new one that follows the machine's.
        vendor_clients: accept what the vendor's older C clients send: `/auth?_v=…`, and cipher suites of old.
        record: a file to append each message to, as a line of JSON.
        state: a directory that keeps the certificate authority and the devices over restarts (not the tokens).
            For one emulator at a time.
        max_messages: how many messages `messages` keeps, the newest; at most 256 MiB of payload in any case.
        on_message: called with each `Message` in the server's thread, before its device is told of success. An
            exception out of it is logged.
        on_answer: called with an `Answer` for each request in the server's thread, before the answer is sent and
            after `on_message`: refusals with their reason, sign-ins with the content that was signed. An exception
            out of it is logged.

    Raises:
        InputError: an argument cannot be used; the text says which and what is allowed.
    """

    def __init__(
        self,
        devices: Mapping[tuple[str, str], str | None] | str | os.PathLike[str] | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        hostnames: Iterable[str] = (),
        token_lifetime: float = 604_800.0,
        single_token: bool = False,
        rate_limit: float | None = None,
        clock: Clock | None = None,
        vendor_clients: bool = False,
        record: str | os.PathLike[str] | None = None,
        state: str | os.PathLike[str] | None = None,
        max_messages: int = 10_000,
        on_message: Callable[[Message], None] | None = None,
        on_answer: Callable[[Answer], None] | None = None,
    ) -> None:
        self._host = checked_host(host)
        self._port = checked_count(port, "port", 0, 65_535)
        self._hostnames = checked_hostnames(hostnames)
        self._vendor_clients = bool(vendor_clients)
        self._clock = checked_clock(clock)
        self._messages = MessageLog(checked_count(max_messages, "max_messages", 0, None))
        self._inbox = Inbox(self._messages, record, checked_callback(on_message, "on_message", "a Message"))
        self._report = logged("on_answer", checked_callback(on_answer, "on_answer", "an Answer"))
        if rate_limit is not None:
            rate_limit = checked_positive(rate_limit, "rate_limit", "requests a second")
        lifetime = checked_positive(token_lifetime, "token_lifetime", "seconds")
        given = load_devices(devices) if isinstance(devices, (str, os.PathLike)) else checked_devices(devices or {})
        self._state = None if state is None else open_state(state)
        self._platform = Platform(
            merge_stored(given, self._state),
            clock=self._clock,
            token_lifetime=lifetime,
            single_token=bool(single_token),
            rate_limit=rate_limit,
            vendor_clients=self._vendor_clients,
        )
        self._save()
        self._saving = threading.Lock()
        self._life = threading.Lock()
        self._server: ServerThread | None = None
        self._owner = 0
        self._bound_port: int | None = None
        self._ca_file: str | None = None

    def __repr__(self) -> str:
        """Show where it listens and how many devices it has; nothing secret."""
        where = "not started" if self._server is None else self.url
        return f"<Emulator {where}, devices: {len(self._platform.devices())}>"

    # ---- Starting and stopping ----

    def start(self) -> Self:
        """Start to listen, in a thread of its own; connections are accepted when this returns.

        Returns:
            The emulator itself.

        Raises:
            InputError: it runs already, the address cannot be listened on, or a file cannot be used.
        """
        with self._life:
            if self._server is not None:
                raise InputError(f"this emulator runs already, at {self.url}")
            with contextlib.ExitStack() as undo:
                listener = undo.enter_context(bind(self._host, self._bound_port or self._port))
                context = self._load()
                from .server import ServerThread  # noqa: PLC0415 (aiohttp takes 0.1 s to import: only to serve)

                self._inbox.open()
                undo.callback(self._inbox.close)
                server = ServerThread(self._platform, listener, context, self._inbox.deliver, self._report)
                self._bound_port = listener.getsockname()[1]
                server.start()
                self._server = server
                self._owner = os.getpid()
                undo.pop_all()
        return self

    def stop(self) -> None:
        """Stop listening and close all connections. Messages, devices and tokens stay; `start` goes on with them.

        Does nothing where it does not run, or in a forked child of the process that started it.
        """
        with self._life:
            server, self._server = self._server, None
        if server is not None and self._owner == os.getpid():
            server.stop()
        self._inbox.close()

    def __enter__(self) -> Self:
        """Start, unless it runs already."""
        return self if self._server is not None else self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop."""
        self.stop()

    # ---- Where it is ----

    @property
    def url(self) -> str:
        """The endpoint to give to clients, for example `https://127.0.0.1:41234`.

        Where it listens on all addresses: with the first of `hostnames`, or the loopback address without any.

        Raises:
            InputError: it has not been started.
        """
        if self._bound_port is None:
            raise InputError("the emulator has no address yet; call start() or use it in a with block")
        return url_of(self._host, self._bound_port, self._hostnames)

    @property
    def ca_file(self) -> str:
        """The path of the CA certificate (PEM) that a client has to trust. It stays until the process ends.

        Raises:
            InputError: it has not been started.
        """
        if self._ca_file is None:
            raise InputError("the emulator has no CA file yet; call start() or use it in a with block")
        return self._ca_file

    @property
    def clock(self) -> Clock:
        """The clock that time stamps, token lives, the rate limit and the `Date` header follow."""
        return self._clock

    # ---- Devices ----

    @property
    def devices(self) -> tuple[EmulatedDevice, ...]:
        """The devices provisioned: those given first, then those of the state directory, then those added."""
        return tuple(self._platform.devices().values())

    @property
    def device(self) -> EmulatedDevice:
        """The first device.

        Raises:
            InputError: there is none.
        """
        devices = self.devices
        if not devices:
            raise InputError("this emulator has no device; give devices= or call add_device()")
        return devices[0]

    @property
    def credentials(self) -> tuple[str, str, str]:
        """(product key, device name, device secret) of the first device, as `thingpost.Device` takes them.

        Raises:
            InputError: there is none.
        """
        return self.device.credentials

    def add_device(self, product_key: str, device_name: str, secret: str | None = None) -> str:
        """Provision a device, at any time.

        Args:
            product_key: 1 to 64 ASCII letters, digits and `- _ . : @ *`.
            device_name: the same.
            secret: the device secret; where None, the one that the device has, or a new one of 32 hex characters.
                Another secret than the device had voids its tokens.

        Returns:
            The device secret.

        Raises:
            InputError: a name or the secret cannot be used.
        """
        key = checked_key(product_key, device_name)
        if secret is None:
            known = self._platform.devices().get(key)
            secret = new_secret() if known is None else known.secret
        secret = checked_secret(secret)
        with self._saving:
            self._platform.put_device(key, secret)
            self._save()
        return secret

    def remove_device(self, product_key: str, device_name: str) -> None:
        """Remove a device: it can no longer authenticate, and its tokens are unknown (20003).

        Raises:
            InputError: there is no such device.
        """
        with self._saving:
            if not self._platform.drop_device(checked_key(product_key, device_name)):
                raise InputError(f"there is no device {device_name!r} of product {product_key!r}")
            self._save()

    def export_lines(self, product_key: str | None = None, device_name: str | None = None) -> list[str]:
        """Give the shell lines that `thingpost.Device.from_env()` understands, the device's secret among them.

        Args:
            product_key: of the device meant; None for the first device.
            device_name: of the device meant; None for the first device.

        Returns:
            Five lines, `export NAME=value`, quoted for a POSIX shell.

        Raises:
            InputError: there is no such device, or the emulator has not been started.
        """
        device: EmulatedDevice | None = self.device
        if product_key is not None or device_name is not None:
            device = self._platform.devices().get(checked_key(product_key, device_name))
        if device is None:
            raise InputError(f"there is no device {device_name!r} of product {product_key!r}")
        return export_lines(device, self.url, self.ca_file)

    # ---- What arrived ----

    @property
    def messages(self) -> list[Message]:
        """The newest messages (see `max_messages`), oldest first, in a list of the caller's own."""
        return self._messages.snapshot()

    @property
    def message_count(self) -> int:
        """How many messages were accepted, also those no longer kept."""
        return self._messages.total

    @property
    def dropped_count(self) -> int:
        """How many messages are counted but no longer kept."""
        return self._messages.dropped

    @property
    def auth_count(self) -> int:
        """How many POST requests /auth has seen, refused ones included."""
        return self._platform.count("auth")

    @property
    def publish_count(self) -> int:
        """How many POST requests /topic has seen, refused ones included."""
        return self._platform.count("topic")

    def wait_for_messages(self, count: int, timeout: float = 5.0) -> list[Message]:
        """Wait until `message_count` is `count` or more.

        Args:
            count: how many messages in all.
            timeout: seconds.

        Returns:
            The messages kept, as `messages` has them.

        Raises:
            DeadlineExceeded: fewer came in that time. It is a `TimeoutError` too.
            InputError: an argument is not such a number.
        """
        checked_count(count, "count", 0, None)
        return self._messages.wait_for(count, checked_positive(timeout, "timeout", "seconds"))

    def clear_messages(self) -> None:
        """Forget all messages, and count from 0 again."""
        self._messages.clear()

    # ---- Scripted trouble, to test how a client takes it ----

    def refuse_next(
        self,
        code: int,
        count: int = 1,
        endpoint: Endpoint = "topic",
        retry_after: int | None = None,
    ) -> None:
        """Answer the next requests with an error code, whatever they hold. Calls line up behind one another.

        Args:
            code: the platform's code, such as 40000 or 10000.
            count: how many requests.
            endpoint: `"topic"` or `"auth"`.
            retry_after: seconds for a `Retry-After` header, or None for no such header.

        Raises:
            InputError: an argument cannot be used.
        """
        if endpoint not in {"auth", "topic"}:
            raise InputError(f"endpoint must be 'auth' or 'topic', not {endpoint!r}")
        checked_count(code, "code", 1, None)
        checked_count(count, "count", 1, None)
        if retry_after is not None:
            checked_count(retry_after, "retry_after", 0, None)
        self._platform.refuse(endpoint, code, count, retry_after)

    def expire_tokens(self) -> None:
        """Make all tokens given out so far expired: /topic answers them 20001."""
        self._platform.expire_tokens()

    def revoke_tokens(self) -> None:
        """Forget all tokens given out so far: /topic answers them 20003."""
        self._platform.revoke_tokens()

    # ---- Inside ----

    def _load(self) -> ssl.SSLContext:
        """Make keys and certificate in a second thread while this one imports aiohttp; each takes about 0.1 s."""
        with ThreadPoolExecutor(1) as pool:
            making = pool.submit(self._make_certificate)
            from . import server as _server  # noqa: F401, PLC0415 (imported here to run beside the other)
        return making.result()

    def _make_certificate(self) -> ssl.SSLContext:
        from . import certificates as make  # noqa: PLC0415 (trustme is for those who start an emulator)

        authority = make.process_authority() if self._state is None else make.state_authority(self._state)
        self._ca_file = str(authority.ca_file)
        names = certificate_names(self._host, self._hostnames)
        return make.server_context(authority, names, vendor_clients=self._vendor_clients)

    def _save(self) -> None:
        if self._state is not None:
            write_private(self._state / "devices.json", save_devices(self.devices))
