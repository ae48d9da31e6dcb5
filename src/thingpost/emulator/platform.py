"""The platform's side of the protocol without sockets: a request goes in, the answer comes out.

The order in which a request is judged; the first thing that is wrong decides:

1. the method (405) and the path (404), both with code 10001;
2. a `?` in the target: 10001;
3. a refusal that a test lined up; the rate: 40000;
4. /auth: content type, body, fields: 10001; then the time stamp, the device and the signature together: 20000;
5. /topic: content type 10001; token 20002, 20003, 20001; size and grammar 10001; whose topic it is 30001.
"""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass
from email.utils import formatdate
from typing import TYPE_CHECKING, Any, Final

from .checks import (
    MAX_PAYLOAD,
    MESSAGES,
    RefusedError,
    allowed_topic,
    is_json_type,
    read_claim,
    signature_matches,
    valid_topic,
)
from .devices import new_secret
from .limits import RateLimit, Script
from .messages import Message, MessageIds
from .tokens import TokenTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .clock import Clock
    from .limits import Endpoint

__all__ = ["Platform", "Reply"]

_WINDOW_MS: Final = 15 * 60 * 1000


@dataclass(frozen=True)
class Reply:
    """The answer to a request: compact JSON, and headers spelled in the case that old clients compare with."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...]
    code: int
    """The code within the body, 0 for success."""
    message: Message | None = None
    """What the request published."""


class Platform:
    """Devices, tokens, limits and counts, and the answer to each request. Safe to use from any thread.

    Args:
        devices: (product key, device name) to secret; checked by the caller.
        clock: gives the time for time stamps, token lives, the rate and `Date`.
        token_lifetime: seconds.
        single_token: whether a new token voids the device's older ones.
        rate_limit: requests a second to both endpoints together, or None.
        vendor_clients: whether `/auth?_v=…` is taken for `/auth`.
    """

    def __init__(
        self,
        devices: Mapping[tuple[str, str], str],
        *,
        clock: Clock,
        token_lifetime: float,
        single_token: bool = False,
        rate_limit: float | None = None,
        vendor_clients: bool = False,
    ) -> None:
        self._devices = dict(devices)
        self._clock = clock
        self._tokens = TokenTable(token_lifetime, single=single_token)
        self._rate = None if rate_limit is None else RateLimit(rate_limit)
        self._vendor_clients = vendor_clients
        self._scripts: dict[Endpoint, Script] = {"auth": Script(), "topic": Script()}
        self._counts: dict[Endpoint, int] = {"auth": 0, "topic": 0}
        self._ids = MessageIds()
        # Signs in the place of a device that does not exist, so that the answer takes the same time.
        self._decoy = new_secret()
        self._lock = threading.Lock()

    # ---- What a user changes and asks ----

    def devices(self) -> dict[tuple[str, str], str]:
        """Give a copy of the devices."""
        with self._lock:
            return dict(self._devices)

    def put_device(self, key: tuple[str, str], secret: str) -> None:
        """Add a device, or give it another secret, which voids its tokens."""
        with self._lock:
            if self._devices.get(key) != secret:
                self._tokens.revoke(key)
            self._devices[key] = secret

    def drop_device(self, key: tuple[str, str]) -> bool:
        """Remove a device and its tokens. False: there was none."""
        with self._lock:
            self._tokens.revoke(key)
            return self._devices.pop(key, None) is not None

    def expire_tokens(self) -> None:
        """Answer 20001 to every token given out so far."""
        with self._lock:
            self._tokens.expire_all()

    def revoke_tokens(self) -> None:
        """Answer 20003 to every token given out so far."""
        with self._lock:
            self._tokens.revoke_all()

    def token_count(self) -> int:
        """How many tokens are known, expired ones included."""
        with self._lock:
            return len(self._tokens)

    def refuse(self, endpoint: Endpoint, code: int, count: int, retry_after: int | None) -> None:
        """Line up refusals."""
        with self._lock:
            self._scripts[endpoint].add(code, count, retry_after)

    def count(self, endpoint: Endpoint) -> int:
        """How many POST requests the endpoint has seen, refused ones included."""
        with self._lock:
            return self._counts[endpoint]

    # ---- The answer to a request ----

    def answer(self, method: str, target: str, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Reply:
        """Judge one request.

        Args:
            method: as it stood in the request line.
            target: as it stood in the request line, nothing decoded; `https://host/path` is allowed.
            headers: names in any case, values without surrounding blanks.
            body: all of it; of a body over 131,072 bytes, at least the first 131,073.
        """
        path = _origin_form(target)
        bare = path.partition("?")[0]
        endpoint = _endpoint(bare)
        if method != "POST":
            return self._reply(405, 10001, extra=(("Allow", "POST"),))
        if endpoint is None:
            return self._reply(404, 10001)
        try:
            with self._lock:
                self._counts[endpoint] += 1
                self._check_query(endpoint, path)
                self._scripts[endpoint].play()
                if self._rate is not None:
                    self._rate.take(self._clock.now())
                if endpoint == "auth":
                    return self._reply(200, 0, {"token": self._authenticate(headers, body)})
                message = self._publish(bare[len("/topic") :], headers, body)
            return self._reply(200, 0, {"messageId": message.message_id}, message=message)
        except RefusedError as refused:
            wait = refused.retry_after
            return self._reply(200, refused.code, extra=() if wait is None else (("Retry-After", str(wait)),))

    def malformed(self, status: int = 400) -> Reply:
        """Answer to what is not HTTP."""
        return self._reply(status, 10001)

    def broken(self) -> Reply:
        """Answer where the emulator itself has failed."""
        return self._reply(500, 10000)

    def _check_query(self, endpoint: Endpoint, path: str) -> None:
        vendor = self._vendor_clients and endpoint == "auth" and path.startswith("/auth?_v=")
        if "?" in path and not vendor:
            raise RefusedError(10001)

    def _authenticate(self, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> str:
        types = _values(headers, b"content-type")
        if len(types) != 1 or not is_json_type(types[0]):
            raise RefusedError(10001)
        claim = read_claim(body)
        key = claim.product_key, claim.device_name
        now = self._clock.now()
        # All three are worked out before any of them is looked at: how long it takes tells nothing.
        genuine = signature_matches(self._devices.get(key, self._decoy).encode(), claim)
        known = key in self._devices
        now_ms = round(now * 1000)
        timely = abs(now_ms - (now_ms if claim.timestamp is None else claim.timestamp)) <= _WINDOW_MS
        if not (genuine & known & timely):
            raise RefusedError(20000)
        return self._tokens.issue(key, now)

    def _publish(self, topic: str, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Message:
        if _values(headers, b"content-type") != [b"application/octet-stream"]:
            raise RefusedError(10001)
        passwords = _values(headers, b"password")
        if not any(passwords):
            raise RefusedError(20002)
        now = self._clock.now()
        # A repeated header means its values joined by commas, and no token reads like that.
        device = self._tokens.device_of(b", ".join(passwords).decode("latin-1"), now)
        if len(body) > MAX_PAYLOAD or not valid_topic(topic):
            raise RefusedError(10001)
        if not allowed_topic(topic, *device):
            raise RefusedError(30001)
        return Message(topic, body, *device, self._ids.next(), now)

    def _reply(
        self,
        status: int,
        code: int,
        info: dict[str, Any] | None = None,
        *,
        extra: tuple[tuple[str, str], ...] = (),
        message: Message | None = None,
    ) -> Reply:
        fields: dict[str, Any] = {"code": code, "message": MESSAGES.get(code, "success" if code == 0 else "refused")}
        if info is not None:
            fields["info"] = info
        headers = (
            ("Content-Type", "application/json;charset=utf-8"),
            ("Date", formatdate(self._clock.now(), usegmt=True)),
            ("Server", "thingpost-emulator"),
            *extra,
        )
        return Reply(status, json.dumps(fields, separators=(",", ":")).encode(), headers, code, message)


def _origin_form(target: str) -> str:
    """Strip `https://host` from a target: a server has to accept that form too (RFC 9112, 3.2.2)."""
    scheme, separator, rest = target.partition("://")
    if separator and scheme.lower() in {"http", "https"}:
        slash = rest.find("/")
        return rest[slash:] if slash >= 0 else "/"
    return target


def _endpoint(path: str) -> Endpoint | None:
    if path == "/auth":
        return "auth"
    if path == "/topic" or path.startswith("/topic/"):
        return "topic"
    return None


def _values(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    """Give the values of a header, one for each line that has it; `name` is in lower case."""
    return [value.strip(b" \t") for key, value in headers if key.lower() == name]
