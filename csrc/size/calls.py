"""Makes the calls of a row on an emulated processor: the benchmarks' record, and replies as the platform sends."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING, Final

from thingpost.bench import records

from .avr import processor_with
from .processor import Cost, Long

if TYPE_CHECKING:
    from pathlib import Path

    from .avr import AnyProcessor
    from .rows import Row

ORDER: Final = ("productKey", "deviceName", "clientId", "timestamp")  # as a firmware engineer would write them
HOST: Final = b"iot-as-http.cn-shanghai.aliyuncs.com"
TOPIC: Final = b"/a1GFjLPzqXp/device123/user/update"
TOKEN: Final = b"6944e5bfb92e4d4ea3918d1eda3942f6"
BODY: Final = b'{"code":0,"message":"success","info":{"token":"%s"}}' % TOKEN
REPLY: Final = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
OUTPUT: Final = 1024  # bytes of room for a request
STRUCT: Final = 256  # and for a key or a reader of replies, which are smaller


def costs(row: Row, machine: str, image: Path) -> dict[str, int]:
    """Run all that the row links: the deepest stack of any call, and the instructions of a signature by each method."""
    found: dict[str, int] = {}
    stacks = []
    for method in row.methods:
        caller = _Caller(processor_with(machine, image), method)
        cost = caller.sign()
        found[f"instructions {method}"] = cost.instructions
        stacks += [cost.stack, caller.sign_with_long_secret().stack]
        if "tpost_key_verify" in row.calls:
            stacks += [cost.stack for cost in caller.verify()]
        if "tpost_reply_feed" in row.calls:
            stacks += [cost.stack for cost in caller.protocol()]
    return {"stack": max(stacks), **found}


class _Caller:
    """A firmware with one device and one method."""

    def __init__(self, processor: AnyProcessor, method: str) -> None:
        record = records.make(1)
        self._processor = processor
        self._method = processor.address(method)
        self._secret = record.secret_octets[0]
        self._at_secret = processor.place(self._secret)
        params = {name: record.octets[name][0] for name in ORDER}
        self._content = b"".join(name.encode() + params[name] for name in sorted(params))
        self._hash = method.removeprefix("tpost_hmac")
        self._sign_len = 2 * hashlib.new(self._hash).digest_size
        texts = [part for name, value in params.items() for part in (name.encode(), value)]
        self._params = processor.words(*[word for text in texts for word in self._text(text)])
        self._sign = processor.place(bytes(72))

    def _text(self, text: bytes) -> tuple[int, int]:
        return self._processor.place(text), len(text)

    def sign(self) -> Cost:
        """Sign, and compare with Python's own HMAC."""
        return self._sign_with(self._secret, self._at_secret)

    def sign_with_long_secret(self) -> Cost:
        """Sign with a secret of more than 64 bytes, which is hashed first. That takes the most stack."""
        secret = self._secret * 3
        cost = self._sign_with(secret, self._processor.place(secret))
        self.sign()
        return cost

    def _sign_with(self, secret: bytes, place: int) -> Cost:
        arguments = (place, len(secret), self._params, len(ORDER), self._sign, 65)
        cost = self._processor.call("tpost_sign", self._method, *arguments)
        expected = hmac.digest(secret, self._content, self._hash).hex().upper().encode()
        made = self._processor.read(self._sign, len(expected))
        if made != expected:
            raise SystemExit(f"size: tpost_sign made {made.decode()}, not {expected.decode()}")
        return cost

    def verify(self) -> list[Cost]:
        """Verify the signature."""
        call = self._processor.call
        key = self._processor.place(bytes(STRUCT))
        return [
            call("tpost_key_init", key, self._method, self._at_secret, len(self._secret)),
            call("tpost_key_verify", key, self._params, len(ORDER), self._sign, self._sign_len),
        ]

    def protocol(self) -> list[Cost]:
        """Write both requests, and read a token."""
        call = self._processor.call
        host = self._text(HOST)
        out = (self._processor.place(bytes(OUTPUT)), OUTPUT, 0)
        reader = self._processor.place(bytes(STRUCT))
        token = self._processor.place(bytes(STRUCT))
        return [
            call("tpost_auth_request", *host, self._method, self._params, len(ORDER), self._sign, *out),
            call("tpost_topic_request", *host, *self._text(TOPIC), *self._text(TOKEN), Long(200), *out),
            call("tpost_reply_begin", reader, token, STRUCT, expected=None),
            call("tpost_reply_feed", reader, *self._text(REPLY), 0),
            call("tpost_reply_end", reader),
        ]
