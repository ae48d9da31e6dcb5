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
import re
from dataclasses import dataclass, field
from email.utils import formatdate
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from .answers import Answer, shown
from .checks import (
    MAX_PAYLOAD,
    MESSAGES,
    RefusedError,
    allowed_topic,
    read_claim,
    read_fields,
    signature_matches,
    topic_fault,
    type_fault,
    type_found,
)
from .devices import EmulatedDevice, new_secret
from .limits import RateLimit, Script
from .messages import Message, MessageIds
from .tokens import TokenTable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .clock import Clock
    from .devices import DeviceKey
    from .limits import Endpoint

__all__ = ["Platform", "Reply"]

_WINDOW_MS: Final = 15 * 60 * 1000
_MAX_SHOWN: Final = 1_000
"""Characters of the content that a reason quotes."""
_MAX_NAME_SHOWN: Final = 128
_TOKEN: Final = re.compile("(?=([0-9a-f]{32}))")
"""What tokens and generated secrets look like."""
_SHORTEST_PROOF: Final = 8
"""Characters that a secret has at least to be masked: one such as "a" stands in every text."""


@dataclass(frozen=True)
class Reply:
    """The answer to a request: compact JSON, and headers spelled in the case that old clients compare with."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...]
    code: int
    """The code within the body, 0 for success."""
    answer: Answer
    """The same for the person at the emulator."""
    message: Message | None = None
    """What the request published."""


@dataclass
class _Case:
    """What is known of a request while it is judged."""

    endpoint: Endpoint | None = None
    topic: str | None = None
    product_key: str | None = None
    device_name: str | None = None
    params: tuple[tuple[str, str], ...] | None = None
    sign_method: str | None = None
    proofs: list[str] = field(default_factory=list, repr=False)
    """Secret, signature and token of this request, which no report may show."""


class Platform:
    """Devices, tokens, limits and counts, and the answer to each request.

    One thread answers, the server's. What a user changes and asks may come from any thread, and takes no lock: in the
    midst of it a signal handler or a finaliser may publish, and would wait for a server that waits for the lock. So
    each change is one step that cannot be interrupted: an entry put, or one attribute set.

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
        devices: Mapping[DeviceKey, str],
        *,
        clock: Clock,
        token_lifetime: float,
        single_token: bool = False,
        rate_limit: float | None = None,
        vendor_clients: bool = False,
    ) -> None:
        self._devices = {key: EmulatedDevice(*key, secret) for key, secret in devices.items()}
        self._secrets = set(devices.values())  # all there ever were: to mask one that a device sends as its name
        self._clock = clock
        self._new_table = partial(TokenTable, self._devices, token_lifetime, single=single_token)
        self._tokens = self._new_table()
        self._rate = None if rate_limit is None else RateLimit(rate_limit)
        self._vendor_clients = vendor_clients
        self._scripts: dict[Endpoint, Script] = {"auth": Script(), "topic": Script()}
        self._counts: dict[Endpoint, int] = {"auth": 0, "topic": 0}
        self._ids = MessageIds()
        # Signs in the place of a device that does not exist, so that the answer takes the same time.
        self._decoy = EmulatedDevice("", "", new_secret())

    # ---- What a user changes and asks ----

    def devices(self) -> dict[DeviceKey, EmulatedDevice]:
        """Give a copy of the devices."""
        return self._devices.copy()

    def put_device(self, key: DeviceKey, secret: str) -> None:
        """Add a device, or give it another secret, which voids its tokens."""
        known = self._devices.get(key)
        if known is None or known.secret != secret:
            self._secrets.add(secret)
            self._devices[key] = EmulatedDevice(*key, secret)

    def drop_device(self, key: DeviceKey) -> bool:
        """Remove a device, which voids its tokens. False: there was none."""
        return self._devices.pop(key, None) is not None

    def expire_tokens(self) -> None:
        """Answer 20001 to every token given out so far."""
        self._tokens.expire_all()

    def revoke_tokens(self) -> None:
        """Answer 20003 to every token given out so far."""
        self._tokens = self._new_table()

    def token_count(self) -> int:
        """How many tokens are held, expired ones and those of removed devices included."""
        return len(self._tokens)

    def refuse(self, endpoint: Endpoint, code: int, count: int, retry_after: int | None) -> None:
        """Line up refusals."""
        self._scripts[endpoint].add(code, count, retry_after)

    def count(self, endpoint: Endpoint) -> int:
        """How many POST requests the endpoint has seen, refused ones included."""
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
        case = _case(path.partition("?")[0], headers)
        try:
            return self._judge(case, method, path, headers, body)
        except RefusedError as refused:
            return self._refusal(case, refused)

    def malformed(self, reason: str) -> Reply:
        """Answer to what is not HTTP."""
        return self._refusal(_Case(), RefusedError(10001, reason, status=400))

    def bad_topic(self, reason: str) -> Reply:
        """Answer where the topic holds what no request line may."""
        return self._refusal(_Case("topic"), RefusedError(10001, reason))

    def broken(self) -> Reply:
        """Answer where the emulator itself has failed."""
        return self._refusal(_Case(), RefusedError(10000, "the emulator itself has failed; see its log", status=500))

    def _judge(self, case: _Case, method: str, path: str, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Reply:
        if method != "POST":
            raise RefusedError(10001, "the method must be POST", status=405, headers=(("Allow", "POST"),))
        if case.endpoint is None:
            raise RefusedError(10001, "the path must be /auth, or /topic and the topic with its slash", status=404)
        self._counts[case.endpoint] += 1
        self._check_query(case.endpoint, path)
        self._scripts[case.endpoint].play()
        if self._rate is not None:
            self._rate.take(self._clock.now())
        if case.endpoint == "auth":
            return self._reply(case, info={"token": self._authenticate(case, headers, body)})
        message = self._publish(case, path[len("/topic") :], headers, body)
        return self._reply(case, info={"messageId": message.message_id}, message=message)

    def _check_query(self, endpoint: Endpoint, path: str) -> None:
        vendor = endpoint == "auth" and path.startswith("/auth?_v=")
        if vendor and not self._vendor_clients:
            raise RefusedError(10001, "'?' is not allowed; /auth?_v=... is, in vendor_clients mode")
        if "?" in path and not vendor:
            raise RefusedError(10001, "'?' is not allowed: there is no query")

    def _authenticate(self, case: _Case, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> str:
        fault = type_fault(_values(headers, b"content-type"))
        if fault:
            raise RefusedError(10001, fault)
        fields = read_fields(body)
        case.product_key, case.device_name = _text(fields.get("productKey")), _text(fields.get("deviceName"))
        case.proofs.append(_text(fields.get("sign")) or "")
        claim = read_claim(fields)
        now = self._clock.now()
        # Everything is worked out before any of it is looked at, reasons included: how long it takes tells nothing.
        device = self._devices.get((claim.product_key, claim.device_name), self._decoy)
        genuine = signature_matches(device.secret.encode(), claim)
        known = device is not self._decoy
        offset = 0 if claim.timestamp is None else claim.timestamp - round(now * 1000)
        timely = abs(offset) <= _WINDOW_MS
        case.proofs.append(device.secret)
        case.params = tuple((self._masked(case, name), self._masked(case, value)) for name, value in claim.params)
        case.sign_method = claim.method
        reasons = _reasons_to_refuse(case, offset)
        if not (genuine & known & timely):
            valid = (known, genuine | (not known), timely)
            raise RefusedError(
                20000, "; ".join(reason for reason, good in zip(reasons, valid, strict=True) if not good)
            )
        return self._tokens.issue(device, now)

    def _publish(self, case: _Case, topic: str, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> Message:
        types = _values(headers, b"content-type")
        if types != [b"application/octet-stream"]:
            raise RefusedError(10001, f"Content-Type must be application/octet-stream and no more; {type_found(types)}")
        passwords = _values(headers, b"password")
        if not any(passwords):
            missing = "empty" if passwords else "missing"
            raise RefusedError(20002, f"the header `password`, which carries the token, is {missing}")
        now = self._clock.now()
        # A repeated header means its values joined by commas, and no token reads like that.
        device = self._tokens.device_of(b", ".join(passwords).decode("latin-1"), now)
        case.product_key, case.device_name = device.key
        fault = topic_fault(topic)
        if len(body) > MAX_PAYLOAD:
            fault = f"the payload is larger than {MAX_PAYLOAD:,} bytes"
        if fault:
            raise RefusedError(10001, fault)
        if not allowed_topic(topic, *device.key):
            name = "/".join(device.key)
            raise RefusedError(
                30001,
                f"the topic is not one of the token's device; its own are /{name}/..., /sys/{name}/... and their like",
            )
        return Message(topic, body, *device.key, self._ids.next(), now)

    # ---- What the client is told, and what the person at the emulator ----

    def _masked(self, case: _Case, text: str) -> str:
        """Take out of a request's text what is secret, for a report."""
        runs = (found[1] for found in _TOKEN.finditer(text))
        for proof in [*(run for run in runs if run in self._tokens or run in self._secrets), *case.proofs]:
            if len(proof) >= _SHORTEST_PROOF:
                text = text.replace(proof, "***")
        return "***" if text in self._secrets and len(text) >= _SHORTEST_PROOF else text

    def _refusal(self, case: _Case, refused: RefusedError) -> Reply:
        return self._reply(case, refused.status, refused.code, reason=refused.reason, extra=refused.headers)

    def _reply(
        self,
        case: _Case,
        status: int = 200,
        code: int = 0,
        *,
        reason: str = "",
        info: dict[str, Any] | None = None,
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
        product_key, device_name, topic = (
            None if text is None else shown(self._masked(case, text), _MAX_NAME_SHOWN)
            for text in (case.product_key, case.device_name, case.topic)
        )
        answer = Answer(
            case.endpoint, status, code, reason, product_key, device_name, topic, case.params, case.sign_method
        )
        return Reply(status, json.dumps(fields, separators=(",", ":")).encode(), headers, code, answer, message)


def _case(path: str, headers: Sequence[tuple[bytes, bytes]]) -> _Case:
    """Begin a case with what stands in the head of a request; `path` without its query."""
    tokens = [value.decode("latin-1") for value in _values(headers, b"password")]
    if path == "/auth":
        return _Case("auth", proofs=tokens)
    if path == "/topic" or path.startswith("/topic/"):
        return _Case("topic", path[len("/topic") :], proofs=tokens)
    return _Case(proofs=tokens)


def _reasons_to_refuse(case: _Case, offset: int) -> tuple[str, str, str]:
    """Give the three reasons for 20000, whether they hold or not; `offset` is the time stamp's, in milliseconds."""
    content = shown("".join(name + value for name, value in case.params or ()), _MAX_SHOWN)
    seconds = f"{abs(offset) // 1000:,} s {'ahead of' if offset > 0 else 'behind'} the platform's clock"
    return (
        "no such device",
        f"the signature does not match; the content that should have been signed, with {case.sign_method}, is {content}",
        f"the timestamp, read as milliseconds, is {seconds}; allowed are {_WINDOW_MS // 1000} s",
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _origin_form(target: str) -> str:
    """Strip `https://host` from a target: a server has to accept that form too (RFC 9112, 3.2.2)."""
    scheme, separator, rest = target.partition("://")
    if separator and scheme.lower() in {"http", "https"}:
        slash = rest.find("/")
        return rest[slash:] if slash >= 0 else "/"
    return target


def _values(headers: Sequence[tuple[bytes, bytes]], name: bytes) -> list[bytes]:
    """Give the values of a header, one for each line that has it; `name` is in lower case."""
    return [value.strip(b" \t") for key, value in headers if key.lower() == name]
