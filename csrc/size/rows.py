"""The rows of the table: what a firmware links, and what that may cost at most."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MD5, SHA1, SHA256 = "tpost_hmacmd5", "tpost_hmacsha1", "tpost_hmacsha256"
METHODS: Final = (MD5, SHA1, SHA256)
SMALL: Final = "-Os"
FAST: Final = "-O2 -DTPOST_UNROLL=1"

SIGN: Final = ("tpost_sign",)
VERIFY: Final = (*SIGN, "tpost_key_init", "tpost_key_verify")
PROTOCOL: Final = (
    *SIGN,
    "tpost_auth_request",
    "tpost_topic_request",
    "tpost_reply_begin",
    "tpost_reply_feed",
    "tpost_reply_end",
)

M0, M4, RV32, AVR = "Cortex-M0+", "Cortex-M4", "rv32imac", "AVR"


@dataclass(frozen=True)
class Row:
    """One firmware's use of the library. Nothing else is linked than what these calls and methods refer to."""

    name: str
    calls: tuple[str, ...]
    methods: tuple[str, ...]
    flags: str = SMALL
    targets: Mapping[tuple[str, str], int] = field(default_factory=dict)
    """At most, by machine and measure: "flash", "stack" or "instructions" with a method behind it."""
    counted: bool = False
    """Are its instructions shown? They are the same in every row with the same flags."""


@dataclass(frozen=True)
class Difference:
    """What one row's flash has beyond another's, and how much of that there may be at most, by machine."""

    name: str
    row: str
    without: str
    targets: Mapping[str, int]


ROWS: Final = (
    Row(
        "three methods",
        SIGN,
        METHODS,
        counted=True,
        targets={
            (M0, "flash"): 2304,
            (M4, "flash"): 2250,
            (RV32, "flash"): 2560,
            (M0, "stack"): 320,
            (M0, f"instructions {MD5}"): 24_000,
            (M0, f"instructions {SHA1}"): 35_000,
            (M0, f"instructions {SHA256}"): 45_000,
        },
    ),
    Row("MD5", SIGN, (MD5,), targets={(M0, "flash"): 1206}),
    Row("SHA-1", SIGN, (SHA1,), targets={(M0, "flash"): 1014}),
    Row("SHA-256", SIGN, (SHA256,), targets={(M0, "flash"): 1358}),
    Row("MD5, TPOST_ONLY_MD5", SIGN, (MD5,), f"{SMALL} -DTPOST_ONLY_MD5", targets={(M0, "flash"): 1206}),
    Row("SHA-1, TPOST_ONLY_SHA1", SIGN, (SHA1,), f"{SMALL} -DTPOST_ONLY_SHA1", targets={(M0, "flash"): 1014}),
    Row("SHA-256, TPOST_ONLY_SHA256", SIGN, (SHA256,), f"{SMALL} -DTPOST_ONLY_SHA256", targets={(M0, "flash"): 1358}),
    Row("three methods, verify", VERIFY, METHODS),
    Row("MD5, verify", VERIFY, (MD5,)),
    Row("SHA-1, verify", VERIFY, (SHA1,)),
    Row("SHA-256, verify", VERIFY, (SHA256,)),
    Row(
        "three methods, protocol",
        PROTOCOL,
        METHODS,
        targets={(M0, "flash"): 4096, (M4, "flash"): 4096, (RV32, "flash"): 4096},
    ),
    Row("SHA-1, protocol", PROTOCOL, (SHA1,)),
    Row(
        "three methods, fast",
        SIGN,
        METHODS,
        FAST,
        counted=True,
        targets={
            (M0, "flash"): 4096,
            (M0, "stack"): 320,
            (M0, f"instructions {MD5}"): 9_000,
            (M0, f"instructions {SHA1}"): 15_000,
            (M0, f"instructions {SHA256}"): 32_000,
        },
    ),
)

_VERIFY_ADDS: Final = {M0: 448, M4: 448, RV32: 512}
_PROTOCOL_ADDS: Final = {M0: 1536, M4: 1536, RV32: 1536}

DIFFERENCES: Final = (
    Difference("verify adds to three methods", "three methods, verify", "three methods", _VERIFY_ADDS),
    Difference("verify adds to SHA-1", "SHA-1, verify", "SHA-1", _VERIFY_ADDS),
    Difference("the protocol adds to three methods", "three methods, protocol", "three methods", _PROTOCOL_ADDS),
    Difference("the protocol adds to SHA-1", "SHA-1, protocol", "SHA-1", _PROTOCOL_ADDS),
)
