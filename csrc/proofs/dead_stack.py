"""Searches the stack of a microcontroller for secrets after each call that signs or verifies.

Usage, from the project's root:

    python -m csrc.proofs.dead_stack

The library is compiled as BUILDS says, and runs on emulated processors. Every call is made with several secrets: what stands below
its caller afterwards must be the same for all of them, byte by byte, but for what belongs to the signature that the caller was
given. csrc/tests/test_dead_stack.c looks for known words on hosts.

Exit codes: 0 nothing is left, or skipped with the reason; 1 something is left; under CI=true a missing compiler is 1 too.
"""

from __future__ import annotations

import dataclasses
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from csrc.size import machines
from csrc.size.avr import processor_with
from csrc.size.rows import METHODS, SHA256, Row

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from csrc.size.avr import AnyProcessor

CALLS: Final = (
    "tpost_sign",
    "tpost_key_init",
    "tpost_key_sign",
    "tpost_key_verify",
    "tpost_device_init",
    "tpost_device_sign",
    "tpost_hmac",
    "tpost_hash_init",
    "tpost_hash_update",
)
LEVELS: Final = [f"{level}{lto}" for lto in ("", " -flto") for level in ("-O0", "-O1", "-O2", "-O3", "-Os")]
BUILDS: Final = [
    *((level, METHODS) for level in LEVELS),
    *((f"{level} -DTPOST_UNROLL={unroll}", METHODS) for level in ("-O2", "-Os") for unroll in (0, 1, 2)),
    *(
        (f"{level} -DTPOST_ONLY_{method.removeprefix('tpost_hmac').upper()}", (method,))
        for level in LEVELS
        if level.startswith(("-O2", "-O3", "-Os"))
        for method in METHODS
    ),
]
PARAMS: Final = (
    (b"clientId", b"a1GFjLPzqXp.device123 and more"),
    (b"deviceName", b"device123"),
    (b"productKey", b"a1"),
)
TIMESTAMP: Final = (b"timestamp", b"1501668289957")
CONTENT: Final = b"".join(name + value for name, value in (*PARAMS, TIMESTAMP))
# Three secrets of each length: two states of a hash have a byte in common now and then, three seldom. Longer than 64: hashed first.
SECRETS: Final = [[bytes((i * step + 1) & 0xFF for i in range(size)) for step in (1, 37, 91)] for size in (32, 100)]
WRONG: Final = b"0" * 64
MISMATCH: Final = 7  # TPOST_SIGN_MISMATCH
STRUCT: Final = 256  # bytes of room for a key, a device or a hash, which are smaller
BLOCK: Final = 64


def main() -> int:
    """Search on every machine that is here."""
    failed = False
    for machine in machines.MACHINES:
        if machine.missing is not None:
            failed |= os.environ.get("CI") == "true"
            _say(f"{'FAILED: ' if failed else 'skipped:'} {machine.name}: {machine.missing} is not installed")
            continue
        with tempfile.TemporaryDirectory() as work:
            images = [_Image(machine, flags, methods, Path(work)) for flags, methods in BUILDS]
            left = [text for image in images for text in image.search()]
            if not any(image.finds_what_a_bare_hash_leaves() for image in images if SHA256 in image.methods):
                left.append("what a bare hash leaves was not found in any build, so the search does not work")
        for text in left:
            _say(f"FAILED:  {machine.name}: {text}")
        failed |= bool(left)
        if not left:
            _say(f"passed:  {machine.name}, {len(BUILDS)} builds: no secret is left on the stack")
    return int(failed)


class _After(NamedTuple):
    """What a call left, and what it gave to its caller."""

    call: str
    stack: bytes
    public: bytes


class _Image:
    """The library as one compiler makes it with some flags."""

    def __init__(self, machine: machines.Machine, flags: str, methods: tuple[str, ...], work: Path) -> None:
        # Compilers that do not optimise call libgcc to shift 64 bits.
        with_libgcc = dataclasses.replace(machine, link=machine.helpers or (*machine.link, "-lgcc"))
        self.methods = methods
        self._flags = flags
        self._machine = machine.name
        self._path = machines.build(with_libgcc, Row("dead stack", CALLS, methods, flags), work)

    def search(self) -> list[str]:
        """Give what is left by the calls."""
        return [
            f"{self._flags}, {method}, secrets of {len(secrets[0])} bytes: {runs[0].call} leaves"
            f" {len(places)} bytes that depend on the secret, the first one {places[0]} below its caller"
            for method in self.methods
            for secrets in SECRETS
            for runs in zip(*(self._device(method, secret).calls() for secret in secrets), strict=True)
            if (places := _differences(runs))
        ]

    def finds_what_a_bare_hash_leaves(self) -> bool:
        """Does the search find a secret that nobody wiped? Not everywhere: some compilers need no stack at some levels."""
        return bool(_differences([self._device(SHA256, secret).bare_hash() for secret in SECRETS[0]]))

    def _device(self, method: str, secret: bytes) -> _Device:
        return _Device(processor_with(self._machine, self._path), method, secret)


def _differences(runs: Sequence[_After]) -> list[int]:
    """Tell how far below the caller a byte is not the same after all runs, and not what each has in one place of its result."""
    results = set(zip(*(run.public for run in runs), strict=True))
    size = len(runs[0].stack)
    return [
        size - at
        for at, values in enumerate(zip(*(run.stack for run in runs), strict=True))
        if len(set(values)) > 1 and values not in results
    ]


class _Device:
    """A device whose calls are made on the processor. With another secret of the same length all addresses are the same."""

    def __init__(self, processor: AnyProcessor, method: str, secret: bytes) -> None:
        self._processor = processor
        self._method = processor.address(method)
        self._secret = (processor.place(secret), len(secret))
        self._size = {"tpost_hmacmd5": 32, "tpost_hmacsha1": 40}.get(method, 64)  # digits
        self._key = processor.place(bytes(STRUCT))
        self._scratch = processor.place(bytes(STRUCT))
        self._result = processor.place(bytes(72))
        self._wrong = processor.place(WRONG)
        self._content = (processor.place(CONTENT), len(CONTENT))
        texts = [text for param in (*PARAMS, TIMESTAMP) for text in param]
        places = [processor.place(text) for text in texts]
        pairs = [word for place, text in zip(places, texts, strict=True) for word in (place, len(text))]
        self._params = processor.words(*pairs)
        self._timestamp = (places[-1], len(TIMESTAMP[1]))

    def calls(self) -> Iterator[_After]:
        """Make every call."""
        size = self._size
        key, params = self._key, (self._params, len(PARAMS) + 1)
        to_result = (self._result, size + 1)
        yield self._after("tpost_sign", self._method, *self._secret, *params, *to_result, writes=True)
        yield self._after("tpost_key_init", key, self._method, *self._secret)
        yield self._after("tpost_key_sign", key, *params, *to_result, writes=True)
        # What was just signed is public, and so may be what is read of it.
        yield self._after("tpost_key_verify", key, *params, self._result, size, writes=True)
        yield self._after("tpost_key_verify", key, *params, self._wrong, size, expected=MISMATCH)
        yield self._after("tpost_device_init", self._scratch, key, self._params, len(PARAMS))
        yield self._after("tpost_device_sign", self._scratch, *self._timestamp, *to_result, writes=True)
        # Returns nothing
        yield self._after(
            "tpost_hmac", self._method, *self._secret, *self._content, self._result, expected=None, writes=True
        )

    def bare_hash(self) -> _After:
        """Hash the secret, which nobody wipes afterwards."""
        self._processor.call("tpost_hash_init", self._scratch, self._method, expected=None)
        block = (self._secret[0], BLOCK)
        return self._after("tpost_hash_update", self._scratch, *block, expected=None)

    def _after(self, call: str, *arguments: int, expected: int | None = 0, writes: bool = False) -> _After:
        self._processor.call(call, *arguments, expected=expected, count=False)
        return _After(call, self._processor.left(), self._public() if writes else b"")

    def _public(self) -> bytes:
        """Give the result's bytes, and what hex.c computes to write them."""
        digits = self._processor.read(self._result, self._size)
        try:
            digest = bytes.fromhex(digits.decode("ascii"))
        except ValueError:  # tpost_hmac() writes no digits
            return digits[: self._size // 2]
        steps = bytearray()
        for value in (value for byte in digest for value in (byte >> 4, byte & 0xF)):
            borrow = (9 - value) >> 4
            steps += bytes(step & 0xFF for step in (value, value + 48, 9 - value, borrow, borrow & 7))
        return digits + digest + steps


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
