"""What arrived: the messages, kept up to a bound, counted beyond it, and written down where that was asked for."""

from __future__ import annotations

import base64
import contextlib
import json
import logging
import os
import threading
import time
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from thingpost.errors import DeadlineExceeded, InputError

from .callbacks import logged

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

__all__ = ["Inbox", "Message", "MessageIds", "MessageLog", "Recorder"]

_log = logging.getLogger("thingpost.emulator")

MAX_KEPT_BYTES: Final = 256 * 1024 * 1024
"""Payload bytes kept at most, whatever the number of messages."""


@dataclass(frozen=True)
class Message:
    """A message that a device published and the emulator accepted."""

    topic: str
    """With its leading slash: `/{productKey}/{deviceName}/user/pub`."""
    payload: bytes
    product_key: str
    device_name: str
    message_id: int
    """As the device was told it: more than 2^53, higher than that of any message before."""
    received_at: float
    """UNIX seconds by the emulator's clock."""

    def as_dict(self) -> dict[str, Any]:
        """Give the message as what JSON can carry: `base64` holds the payload, and `text` too where it is UTF-8."""
        fields: dict[str, Any] = {
            "message_id": self.message_id,
            "received_at": self.received_at,
            "product_key": self.product_key,
            "device_name": self.device_name,
            "topic": self.topic,
            "size": len(self.payload),
            "base64": base64.b64encode(self.payload).decode("ascii"),
        }
        with contextlib.suppress(UnicodeDecodeError):
            fields["text"] = self.payload.decode("utf-8")
        return fields


class MessageIds:
    """Makes message ids: odd, so that a float cannot hold one, and increasing over restarts, being the time in ns."""

    def __init__(self) -> None:
        self._last = 0

    def next(self) -> int:
        """Give the next id. For one thread: the one that answers."""
        self._last = max(self._last + 2, time.time_ns() | 1)
        return self._last


class _Kept:
    """Messages and counts since the log was last cleared."""

    def __init__(self) -> None:
        self.messages: deque[Message] = deque()
        self.bytes = 0
        self.total = 0
        self.dropped = 0


class MessageLog:
    """The newest messages, and a count of all.

    One thread adds. All else is safe from any thread, and takes no lock that adding needs (see Platform).

    Args:
        max_messages: how many are kept. At most 256 MiB of payload are kept, whatever this says.
    """

    def __init__(self, max_messages: int, *, max_bytes: int = MAX_KEPT_BYTES) -> None:
        self._max_messages = max_messages
        self._max_bytes = max_bytes
        self._kept = _Kept()
        self._waiting: set[threading.Lock] = set()  # each is opened when a message comes

    def add(self, message: Message) -> None:
        """Keep a message, letting go of the oldest first, so that nobody sees more than the bounds allow."""
        kept = self._kept
        size = len(message.payload)
        dropped = 0
        while kept.messages and (len(kept.messages) >= self._max_messages or kept.bytes + size > self._max_bytes):
            kept.bytes -= len(kept.messages.popleft().payload)
            dropped += 1
        if self._max_messages > 0 and size <= self._max_bytes:
            kept.messages.append(message)
            kept.bytes += size
        else:
            dropped += 1
        kept.total += 1  # after the message is there, for those who wait for the count
        kept.dropped += dropped
        for latch in self._waiting.copy():
            with contextlib.suppress(RuntimeError):  # it is open already
                latch.release()

    def snapshot(self) -> list[Message]:
        """Give the messages kept, oldest first, in a list of the caller's own."""
        return list(self._kept.messages.copy())

    @property
    def total(self) -> int:
        """How many were added, kept or not."""
        return self._kept.total

    @property
    def dropped(self) -> int:
        """How many of them are no longer kept."""
        return self._kept.dropped

    def clear(self) -> None:
        """Forget all messages and counts."""
        self._kept = _Kept()

    def wait_for(self, count: int, timeout: float) -> list[Message]:
        """Wait until `count` messages were added in all; see `Emulator.wait_for_messages`."""
        deadline = time.monotonic() + timeout
        latch = threading.Lock()  # a bare one: whatever its waiter is doing, who opens it never waits
        latch.acquire()
        try:
            self._waiting.add(latch)
            while (kept := self._kept).total < count:
                left = deadline - time.monotonic()
                if left <= 0.0:
                    raise DeadlineExceeded(f"{kept.total} of {count} messages arrived within {timeout:g} s")
                latch.acquire(timeout=left)
        finally:
            self._waiting.discard(latch)
        return list(kept.messages.copy())


class Recorder:
    """Appends each message to a file as one line of JSON (UTF-8); a new file is readable by its owner only.

    Raises:
        InputError: the file cannot be opened.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        try:
            self._file: TextIO = open(path, "a", encoding="utf-8", newline="\n", opener=_private)  # noqa: SIM115
        except OSError as error:
            raise InputError(f"cannot record to {os.fspath(path)!r}: {error.strerror}") from error

    def write(self, message: Message) -> None:
        """Write one line, and hand it to the operating system before returning."""
        self._file.write(json.dumps(message.as_dict(), ensure_ascii=False, separators=(",", ":")) + "\n")
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


class Inbox:
    """Where each message goes: to the record file, to the log, to the user's function, in this order.

    Args:
        log: keeps and counts them.
        record: the file to append to while the inbox is open, or None.
        on_message: called in the server's thread, or None.
    """

    def __init__(
        self,
        log: MessageLog,
        record: str | os.PathLike[str] | None,
        on_message: Callable[[Message], None] | None,
    ) -> None:
        self._messages = log
        self._record = record
        self._tell = logged("on_message", on_message)
        self._recorder: Recorder | None = None

    def open(self) -> None:
        """Open the record file.

        Raises:
            InputError: it cannot be opened.
        """
        if self._record is not None:
            self._recorder = Recorder(self._record)

    def close(self) -> None:
        """Close the record file."""
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            try:
                recorder.close()
            except OSError:  # what could not be written so far cannot be written now
                _log.exception("the record could not be completed")

    def deliver(self, message: Message) -> None:
        """Take a message. What fails here is logged: the device's message has arrived all the same."""
        recorder = self._recorder
        if recorder is not None:
            try:
                recorder.write(message)
            except (OSError, ValueError):
                _log.exception("message %d could not be recorded", message.message_id)
        self._messages.add(message)
        self._tell(message)
