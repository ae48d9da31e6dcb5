"""Searches the stack of a microcontroller for secrets after each call that signs or verifies.

Usage, from the project's root:

    python -m csrc.proofs.dead_stack

The library is compiled at -O0 to -O3 and -Os, with and without link-time optimisation, and for each method alone (TPOST_ONLY_MD5 and
the like), and runs on emulated processors. After a call, what stands below its caller is searched, at every byte and in both byte
orders, for each word of: the secret, the key blocks, the last 16 schedule words of the key blocks, the midstates, the working
variables that lead to them, and the inner digest. csrc/tests/test_dead_stack.c does the same on hosts.

Exit codes: 0 nothing is left, or skipped with the reason; 1 something is left; under CI=true a missing compiler is 1 too.
"""

from __future__ import annotations

import dataclasses
import hashlib
import os
import struct
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from csrc.size import machines
from csrc.size.avr import processor_with
from csrc.size.rows import METHODS, SHA256, Row

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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
# A library for one method, with the method's flag
ALONE: Final = [
    (f"{level} -DTPOST_ONLY_{method.removeprefix('tpost_hmac').upper()}", method)
    for level in ("-O2", "-Os")
    for method in METHODS
]
PARAMS: Final = (
    (b"clientId", b"a1GFjLPzqXp.device123 and more"),
    (b"deviceName", b"device123"),
    (b"productKey", b"a1"),
)
TIMESTAMP: Final = (b"timestamp", b"1501668289957")
CONTENT: Final = b"".join(name + value for name, value in (*PARAMS, TIMESTAMP))
SECRETS: Final = (bytes(range(33, 65)), bytes(range(33, 133)))  # the longer one is hashed first
STRUCT: Final = 256  # bytes of room for a key, a device or a hash, which are smaller
WORD: Final = 4
BLOCK: Final = 64
MASK: Final = 0xFFFFFFFF


def main() -> int:
    """Search on every machine that is here."""
    failed = False
    for machine in machines.MACHINES:
        if machine.missing is not None:
            failed |= os.environ.get("CI") == "true"
            _say(f"{'FAILED: ' if failed else 'skipped:'} {machine.name}: {machine.missing} is not installed")
            continue
        with tempfile.TemporaryDirectory() as work:
            images = [_Image(machine, level, METHODS, Path(work)) for level in LEVELS]
            alone = [_Image(machine, level, (method,), Path(work)) for level, method in ALONE]
            left = [text for image in (*images, *alone) for text in image.search()]
            if not any(image.finds_what_a_bare_hash_leaves() for image in images):
                left.append("what a bare hash leaves was not found at any level, so the search does not work")
        for text in left:
            _say(f"FAILED:  {machine.name}: {text}")
        failed |= bool(left)
        if not left:
            _say(f"passed:  {machine.name}, -O0 to -O3 and -Os, with and without -flto: no secret is left on the stack")
    return int(failed)


class _Image:
    """The library as one compiler makes it at one level."""

    def __init__(self, machine: machines.Machine, level: str, methods: tuple[str, ...], work: Path) -> None:
        # Compilers that do not optimise call libgcc to shift 64 bits.
        with_libgcc = dataclasses.replace(machine, link=machine.helpers or (*machine.link, "-lgcc"))
        self._level = level
        self._methods = methods
        self._machine = machine.name
        self._path = machines.build(with_libgcc, Row("dead stack", CALLS, methods, level), work)

    def search(self) -> list[str]:
        """Give what is left by the calls."""
        return [
            f"{self._level}, {method}, secret of {len(secret)} bytes: {call} leaves {what}"
            for method in self._methods
            for secret in SECRETS
            for call, what in self._device(method, secret).search()
        ]

    def finds_what_a_bare_hash_leaves(self) -> bool:
        """Does the search find a secret that nobody wiped? Not everywhere: some compilers need no stack at some levels."""
        return bool(self._device(SHA256, SECRETS[0]).search_after_a_bare_hash())

    def _device(self, method: str, secret: bytes) -> _Device:
        return _Device(processor_with(self._machine, self._path), method, secret)


class _Device:
    """A device whose calls are made on the processor, and what is secret of it."""

    def __init__(self, processor: AnyProcessor, method: str, secret: bytes) -> None:
        self._processor = processor
        self._method = processor.address(method)
        self._hash = method.removeprefix("tpost_hmac")
        self._order = "<" if self._hash == "md5" else ">"
        self._secret = secret
        self._at_secret = processor.place(secret)
        self._key = processor.place(bytes(STRUCT))
        self._scratch = processor.place(bytes(STRUCT))
        self._sign = processor.place(bytes(72))
        texts = [text for param in (*PARAMS, TIMESTAMP) for text in param]
        places = [processor.place(text) for text in texts]
        pairs = [word for place, text in zip(places, texts, strict=True) for word in (place, len(text))]
        self._params = processor.words(*pairs)
        self._timestamp = (places[-1], len(TIMESTAMP[1]))

    def search(self) -> list[tuple[str, str]]:
        """Make every call; give its name and what it leaves."""
        secret = (self._at_secret, len(self._secret))
        size = 2 * hashlib.new(self._hash).digest_size
        params = (self._params, len(PARAMS) + 1)
        key, sign = self._key, self._sign
        content = (self._processor.place(CONTENT), len(CONTENT))
        self._processor.call("tpost_key_init", key, self._method, *secret)
        secrets = self._secrets()
        calls: Sequence[tuple[str, tuple[int, ...]]] = (
            ("tpost_sign", (self._method, *secret, *params, sign, size + 1)),
            ("tpost_key_init", (key, self._method, *secret)),
            ("tpost_key_sign", (key, *params, sign, size + 1)),
            ("tpost_key_verify", (key, *params, sign, size)),
            ("tpost_device_init", (self._scratch, key, self._params, len(PARAMS))),
            ("tpost_device_sign", (self._scratch, *self._timestamp, sign, size + 1)),
            ("tpost_hmac", (self._method, *secret, *content, sign)),  # returns nothing
        )
        return [
            (call, what)
            for call, arguments in calls
            for what in self._left(secrets, call, *arguments, expected=None if call == "tpost_hmac" else 0)
        ]

    def search_after_a_bare_hash(self) -> list[str]:
        """Hash a key block, which nobody wipes; give what is found of it."""
        self._processor.call("tpost_key_init", self._key, self._method, self._at_secret, len(self._secret))
        block = self._processor.place(bytes(byte ^ 0x36 for byte in self._key_block()))
        self._processor.call("tpost_hash_init", self._scratch, self._method, expected=None)
        return self._left(self._secrets(), "tpost_hash_update", self._scratch, block, BLOCK, expected=None)

    def _left(
        self, secrets: Iterable[tuple[str, bytes]], call: str, *arguments: int, expected: int | None = 0
    ) -> list[str]:
        self._processor.call(call, *arguments, expected=expected)
        left = self._processor.left()
        return sorted({what for what, word in secrets if word in left or word[::-1] in left})

    def _key_block(self) -> bytes:
        key = self._secret if len(self._secret) <= BLOCK else hashlib.new(self._hash, self._secret).digest()
        return key.ljust(BLOCK, b"\0")

    def _state(self, address: int) -> list[int]:
        """Give the words of a state that stands in memory."""
        words = hashlib.new(self._hash).digest_size // WORD
        return list(struct.unpack(f"<{words}I", self._processor.read(address, WORD * words)))

    def _secrets(self) -> list[tuple[str, bytes]]:
        """Give every word that must not be left, with what it is. The key is ready."""
        self._processor.call("tpost_hash_init", self._scratch, self._method, expected=None)
        initial = self._state(self._scratch + BLOCK)  # behind the block
        midstates = self._key + self._processor.word  # behind the pointer to the method
        inner, outer = self._state(midstates), self._state(midstates + 8 * WORD)
        words: list[tuple[str, list[int]]] = [("inner midstate", inner), ("outer midstate", outer)]
        for midstate in (inner, outer):
            variables = [(now - before) & MASK for now, before in zip(midstate, initial, strict=True)]
            words.append(("working variables", variables))
        for pad in (0, 0x36, 0x5C):
            block = list(struct.unpack(f"{self._order}16I", bytes(byte ^ pad for byte in self._key_block())))
            words.append((f"key XOR {pad:#x}", block))
            if pad and self._hash != "md5":
                words.append((f"schedule of key XOR {pad:#x}", _schedule(block, self._hash)[-16:]))
        digest = hashlib.new(self._hash, bytes(byte ^ 0x36 for byte in self._key_block()) + CONTENT).digest()
        words.append(("inner digest", list(struct.unpack(f"<{len(digest) // WORD}I", digest))))
        secret = self._secret[: len(self._secret) // WORD * WORD]
        words.append(("secret", list(struct.unpack(f"<{len(secret) // WORD}I", secret))))
        public = (0, 0x36363636, 0x5C5C5C5C)  # the pads of an empty key
        return [(what, struct.pack("<I", word)) for what, row in words for word in row if word not in public]


def _turn(x: int, n: int) -> int:
    return (x >> n | x << (32 - n)) & MASK


def _schedule(block: list[int], name: str) -> list[int]:
    """Expand a block (FIPS 180-4 6.1.2 and 6.2.2)."""
    w = list(block)
    for t in range(16, 80 if name == "sha1" else 64):
        if name == "sha1":
            w.append(_turn(w[t - 3] ^ w[t - 8] ^ w[t - 14] ^ w[t - 16], 31))
        else:
            x, y = w[t - 15], w[t - 2]
            low = _turn(x, 7) ^ _turn(x, 18) ^ x >> 3
            high = _turn(y, 17) ^ _turn(y, 19) ^ y >> 10
            w.append((high + w[t - 7] + low + w[t - 16]) & MASK)
    return w


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
