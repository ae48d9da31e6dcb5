"""The tokens that the emulator gave out, in bounded memory."""

from __future__ import annotations

import secrets
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from .checks import RefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .devices import DeviceKey, EmulatedDevice

__all__ = ["TokenTable"]

PER_DEVICE: Final = 128
TOTAL: Final = 200_000


@dataclass(frozen=True)
class _Grant:
    device: EmulatedDevice
    generation: object
    issued_at: float


class TokenTable:
    """Token to device. One thread issues and looks up; `expire_all` and the counts may be used by any.

    Expired tokens stay known, so that they are answered "expired" and not "unknown", until newer ones push them
    out: a device keeps its 128 newest, the whole table 200,000.

    Args:
        devices: those there are now. A token counts as long as its device stands there, the very object: a device
            that was removed, or got another secret, has lost its tokens, though they stay here as expired ones do.
        lifetime: seconds from issue until a token is expired.
        single: whether a new token voids the device's older ones.
    """

    def __init__(
        self,
        devices: Mapping[DeviceKey, EmulatedDevice],
        lifetime: float,
        *,
        single: bool,
        per_device: int = PER_DEVICE,
        total: int = TOTAL,
    ) -> None:
        self._devices = devices
        self._lifetime = lifetime
        self._per_device = 1 if single else per_device
        self._total = total
        self._grants: OrderedDict[str, _Grant] = OrderedDict()
        self._by_device: dict[DeviceKey, deque[str]] = {}
        self._generation = object()  # tokens of an earlier one are expired

    def __len__(self) -> int:
        """How many tokens are held, expired ones and those of removed devices included."""
        return len(self._grants)

    def __contains__(self, token: str) -> bool:
        """Tell whether a token is known, expired ones included."""
        return token in self._grants

    def issue(self, device: EmulatedDevice, now: float) -> str:
        """Make a token (32 hex characters) for a device."""
        token = secrets.token_hex(16)
        own = self._by_device.setdefault(device.key, deque())
        if len(own) >= self._per_device:
            del self._grants[own.popleft()]
        elif len(self._grants) >= self._total:
            self._drop_oldest()
            own = self._by_device.setdefault(device.key, deque())
        own.append(token)
        self._grants[token] = _Grant(device, self._generation, now)
        return token

    def device_of(self, token: str, now: float) -> EmulatedDevice:
        """Find the device that a token stands for.

        Raises:
            RefusedError: 20003 where the token is unknown, 20001 where it is as old as its life or older.
        """
        grant = self._grants.get(token)
        if grant is None or self._devices.get(grant.device.key) is not grant.device:
            raise RefusedError(
                20003, "the token is unknown: never given out, revoked, voided by a newer one, or of an earlier run"
            )
        if now - grant.issued_at >= self._lifetime or grant.generation is not self._generation:
            raise RefusedError(20001, f"the token of {':'.join(grant.device.key)} has expired")
        return grant.device

    def expire_all(self) -> None:
        """Make every token given out so far an expired one (20001)."""
        self._generation = object()

    def _drop_oldest(self) -> None:
        _, grant = self._grants.popitem(last=False)
        own = self._by_device[grant.device.key]
        own.popleft()
        if not own:
            del self._by_device[grant.device.key]
