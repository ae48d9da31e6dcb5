"""The protocol without I/O: given what happened so far, what is the next step?

Two machines, `Authenticate` and `Publish`, are driven by calling `resume(now, outcome)` and doing what the returned step
says: `Send`, `Wait`, `NeedToken` or `Reject`, until `Done`. They hold no socket, clock, sleep or lock, so that the
sync client, the async client and load generators make the same decisions. An error that ends the work is raised.

What each of the platform's codes leads to stands in the two tables `AFTER_AUTH` and `AFTER_TOPIC`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Final, Generic, TypeVar

from thingpost import checks, replies
from thingpost.errors import (
    PLATFORM_ERRORS,
    CertificateError,
    ConnectError,
    DeliveryUnknown,
    PlatformError,
    ProtocolError,
    ThingpostError,
    TransportError,
    platform_error,
)
from thingpost.identity import publish_request
from thingpost.steps import Done, NeedToken, Now, Receipt, Reject, Send, Token, Wait

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from thingpost.identity import Identity
    from thingpost.replies import Reply
    from thingpost.steps import Outcome, Step

TOKEN_LIFETIME: Final = 7 * 86_400.0
"""Seconds that a token lives."""

MAX_CLOCK_ERROR: Final = 15 * 60.0
"""Seconds that a timestamp may be off."""

T = TypeVar("T")


# ---- What the platform's codes lead to ----


class Decision(Enum):
    """What to do about an error code."""

    RAISE = "raise it: the request is wrong, or nothing is known about the code"
    BACK_OFF = "wait and try again, within the number of attempts and the deadline"
    CORRECT_CLOCK = "where the reply's Date shows our clock wrong, correct it once and try again; else raise"
    REAUTHENTICATE = "drop the token, authenticate once, send again; a second time, raise"
    DELIVERY_UNKNOWN = "raise DeliveryUnknown, unless resending was asked for: then wait and try again"


AFTER_AUTH: Final = {
    10000: Decision.BACK_OFF,
    20000: Decision.CORRECT_CLOCK,
    20004: Decision.BACK_OFF,
    40000: Decision.BACK_OFF,
}
"""After POST /auth. A code that does not stand here: `Decision.RAISE`."""

AFTER_TOPIC: Final = {
    10000: Decision.DELIVERY_UNKNOWN,
    20001: Decision.REAUTHENTICATE,
    20002: Decision.REAUTHENTICATE,
    20003: Decision.REAUTHENTICATE,
    30001: Decision.BACK_OFF,
    40000: Decision.BACK_OFF,
}
"""After POST /topic/... A code that does not stand here: `Decision.RAISE`."""

_RETRIED_STATUS: Final = frozenset({429, 502, 503, 504})  # a proxy's answers to /auth that a later attempt may not meet


# ---- The machines ----


@dataclass(frozen=True)
class Retry:
    """How often to try, and how long to wait in between: exponential back-off with full jitter.

    Args:
        attempts: how often at most, the first try included.
        base: seconds; the first wait is a random part of this, each further one of twice the one before.
        cap: seconds; no wait is drawn from more than this.
        resend_unknown: send a message again whose delivery is unknown. It is then delivered at least once, maybe more.

    Raises:
        InputError: a number that makes no sense.
    """

    attempts: int = 4
    base: float = 0.5
    cap: float = 30.0
    resend_unknown: bool = False

    def __post_init__(self) -> None:
        """Check the numbers."""
        checks.check_count("attempts", self.attempts)
        checks.check_seconds("base", self.base, zero=True)
        checks.check_seconds("cap", self.cap, zero=True)

    def delay(self, failures: int, random: float) -> float:
        """Give the wait in seconds after so many failures (1, 2, ...); `random` is in [0, 1)."""
        return random * min(self.cap, math.ldexp(self.base, min(failures - 1, 60)))


class Machine(ABC, Generic[T]):
    """What both machines share: time, bounded retries, and the generator behind `resume`."""

    def __init__(self, retry: Retry, deadline: float, random: Callable[[], float]) -> None:
        self._retry = retry
        self._deadline = deadline
        self._random = random
        self._failures = 0
        self._now = Now(0.0, 0.0)
        self._generator: Generator[Step, Outcome, None] | None = None

    def resume(self, now: Now, outcome: Outcome = None) -> Step:
        """Go on to the next step, given the time and what became of the last one.

        Raises:
            ThingpostError: the work has failed.
        """
        self._now = now
        if self._generator is None:
            self._generator = self._steps()
            return next(self._generator)
        return self._generator.send(outcome)

    @abstractmethod
    def _steps(self) -> Generator[Step, Outcome, None]:
        """Yield the steps, and receive what became of each."""

    def _back_off(self, error: ThingpostError, retry_after: float | None = None) -> Wait:
        """Give the wait before the next attempt; raise the error where attempts or time have run out."""
        self._failures += 1
        if self._failures >= self._retry.attempts:
            raise error
        delay = self._retry.delay(self._failures, self._random())
        remaining = self._deadline - self._now.monotonic
        if retry_after is not None:
            # Jitter on top, so that a fleet that was told one time does not come back at one time.
            delay = retry_after + delay if retry_after + delay < remaining else retry_after
        if delay >= remaining:
            error.out_of_time = True
            raise error
        return Wait(delay)


class Authenticate(Machine[Token]):
    """Signs a device in. Ends with `Done(Token)`.

    Args:
        identity: who signs in.
        retry: how often to try.
        deadline: on the monotonic clock, in seconds.
        random: gives numbers in [0, 1).
        clock_offset: seconds to add to the wall clock, as found by an earlier machine.

    Attributes:
        clock_offset: the same, corrected where the platform's `Date` showed the clock more than 15 minutes off.
    """

    def __init__(
        self,
        identity: Identity,
        *,
        retry: Retry,
        deadline: float,
        random: Callable[[], float],
        clock_offset: float = 0.0,
    ) -> None:
        super().__init__(retry, deadline, random)
        self._identity = identity
        self.clock_offset = clock_offset

        self._clock_corrected = False

    def _steps(self) -> Generator[Step, Outcome, None]:
        while True:
            outcome = yield Send(self._identity.auth_request(self._timestamp()))
            try:
                token = self._read(outcome)
            except ThingpostError as error:
                if (wait := self._decide(error, outcome)) is not None:
                    yield wait
            else:
                yield Done(token)
                return

    def _timestamp(self) -> int | None:
        if not self._identity.send_timestamp:
            return None
        return max(
            0, int((self._now.wall + self.clock_offset) * 1000)
        )  # a clock before 1970 is for the reply to correct

    def _read(self, outcome: Outcome) -> Token:
        if isinstance(outcome, ThingpostError):
            outcome.may_have_arrived = False  # that is said of messages, and /auth carries none
        reply = _as_reply(outcome)
        answer = replies.read_answer(reply)
        if answer.code != 0:
            raise platform_error(answer.code, answer.message, replies.retry_after(reply, self._now.wall))
        value, issued = answer.token(), self._now.wall
        # Some time in the last fifth of its life, so that devices that signed in together do not do so again.
        refresh_at = issued + TOKEN_LIFETIME * (0.8 + 0.15 * self._random())
        return Token(value, issued_at=issued, refresh_at=refresh_at, expires_at=issued + TOKEN_LIFETIME)

    def _decide(self, error: ThingpostError, outcome: Outcome) -> Wait | None:
        """Give a wait before the next attempt, or None for an attempt at once; raise where there is to be none."""
        if isinstance(error, PlatformError):
            decision = AFTER_AUTH.get(error.code, Decision.RAISE)
            if decision is Decision.BACK_OFF:
                return self._back_off(error, error.retry_after)
            if decision is Decision.CORRECT_CLOCK and self._correct_clock(_as_reply(outcome)):
                return None
        elif isinstance(error, ConnectError) and not isinstance(error, CertificateError):
            return self._back_off(error)
        elif isinstance(outcome, replies.Reply) and outcome.status in _RETRIED_STATUS:
            return self._back_off(error, replies.retry_after(outcome, self._now.wall))
        raise error

    def _correct_clock(self, reply: Reply) -> bool:
        """Set the clock's offset where `Date` shows it too far off to be accepted; once."""
        server_time = replies.server_time(reply)
        if self._clock_corrected or server_time is None or server_time < 0 or not self._identity.send_timestamp:
            return False
        if abs(server_time - (self._now.wall + self.clock_offset)) <= MAX_CLOCK_ERROR:
            return False
        self.clock_offset = server_time - self._now.wall
        self._clock_corrected = True
        return True


class Publish(Machine[Receipt]):
    """Sends one message. Ends with `Done(Receipt)`.

    Args:
        topic: checked, with its leading slash.
        payload: checked.
        retry: how often to try.
        deadline: on the monotonic clock, in seconds.
        random: gives numbers in [0, 1).
    """

    def __init__(
        self, topic: str, payload: bytes, *, retry: Retry, deadline: float, random: Callable[[], float]
    ) -> None:
        super().__init__(retry, deadline, random)
        self._topic = topic
        self._payload = payload
        self._sends = 0
        self._delivery_unknown = False

    def resume(self, now: Now, outcome: Outcome = None) -> Step:
        """As `Machine.resume`; once a delivery was unknown, no later error can say that nothing arrived."""
        try:
            return super().resume(now, outcome)
        except DeliveryUnknown:
            raise
        except TransportError as error:
            if self._delivery_unknown:
                raise self._unknown(error) from error
            raise
        except ThingpostError as error:
            error.may_have_arrived = error.may_have_arrived or self._delivery_unknown
            raise

    def _steps(self) -> Generator[Step, Outcome, None]:
        reauthenticated = False
        while True:
            token = _as_token((yield NeedToken()))
            self._sends += 1
            outcome = yield Send(publish_request(self._topic, token.value, self._payload))
            try:
                receipt = self._read(outcome)
            except ThingpostError as error:
                if self._decision(error) is Decision.REAUTHENTICATE:
                    yield Reject(token)
                    if reauthenticated:
                        raise
                    reauthenticated = True
                elif self._decision(error) is Decision.BACK_OFF:
                    yield self._back_off(error, getattr(error, "retry_after", None))
                else:
                    raise
            else:
                yield Done(receipt)
                return

    def _read(self, outcome: Outcome) -> Receipt:
        try:
            reply = _as_reply(outcome)
            answer = replies.read_answer(reply)
            if answer.code == 0:
                return Receipt(answer.message_id(), self._topic, len(self._payload), self._sends)
        except TransportError as error:
            if error.may_have_arrived or isinstance(error, ProtocolError):
                raise self._unknown(error) from error
            raise
        refusal = platform_error(answer.code, answer.message, replies.retry_after(reply, self._now.wall))
        if AFTER_TOPIC.get(refusal.code) is Decision.DELIVERY_UNKNOWN:
            raise self._unknown(refusal) from refusal
        refusal.may_have_arrived = refusal.code not in PLATFORM_ERRORS  # what such a code means is not known
        raise refusal

    def _unknown(self, error: ThingpostError) -> DeliveryUnknown:
        self._delivery_unknown = True
        return DeliveryUnknown(f"it is not known whether the message to {self._topic} arrived: {error}")

    def _decision(self, error: ThingpostError) -> Decision:
        if isinstance(error, PlatformError):
            return AFTER_TOPIC.get(error.code, Decision.RAISE)
        if isinstance(error, DeliveryUnknown):
            return Decision.BACK_OFF if self._retry.resend_unknown else Decision.RAISE
        nothing_sent = isinstance(error, ConnectError) and not isinstance(error, CertificateError)
        return Decision.BACK_OFF if nothing_sent else Decision.RAISE


def _as_reply(outcome: Outcome) -> Reply:
    """Give the reply to a Send; raise the error that came in its place."""
    if isinstance(outcome, ThingpostError):
        raise outcome
    if not isinstance(outcome, replies.Reply):
        raise TypeError(f"a Send is answered by a Reply or a ThingpostError, not {type(outcome).__name__}")
    return outcome


def _as_token(outcome: Outcome) -> Token:
    """Give the token that was needed; raise the error that came in its place."""
    if isinstance(outcome, ThingpostError):
        raise outcome
    if not isinstance(outcome, Token):
        raise TypeError(f"a NeedToken is answered by a Token or a ThingpostError, not {type(outcome).__name__}")
    return outcome
