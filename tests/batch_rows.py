"""What the tests of batches share: rows such as devices have, and their signatures by the standard library."""

import array
import hmac
import random

import pytest

import thingpost

HASHES = {"hmacmd5": "md5", "hmacsha1": "sha1", "hmacsha256": "sha256"}
DIGITS = {"hmacmd5": 32, "hmacsha1": 40, "hmacsha256": 64}
SKIPPED = ("version", "sign", "signmethod")
LANES = thingpost.lanes().available

every_width = pytest.mark.parametrize("lanes", LANES)
every_method = pytest.mark.parametrize("method", thingpost.METHODS)


def python_sign(secret, params, method):
    """Sign with the standard library alone."""
    key = secret if isinstance(secret, bytes) else secret.encode()
    kept = sorted((name.encode(), str(value).encode()) for name, value in params.items() if name not in SKIPPED)
    content = b"".join(name + value for name, value in kept)
    return hmac.digest(key, content, HASHES[method]).hex().upper()


def packed(values, typecode="i"):
    encoded = [value.encode() if isinstance(value, str) else value for value in values]
    offsets = array.array(typecode, [0])
    for value in encoded:
        offsets.append(offsets[-1] + len(value))
    return thingpost.Packed(b"".join(encoded), offsets)


def fleet(rows, seed=1):
    """Secrets and columns such as devices have."""
    chance = random.Random(seed)
    names = [f"device{chance.randrange(10 ** chance.randint(1, 9))}" for _ in range(rows)]
    columns = {
        "productKey": [f"a1GFjLP{chance.randrange(10_000)}" for _ in range(rows)],
        "deviceName": names,
        "clientId": [f"{name}.\u00e9\u4e2d{'x' * chance.randrange(60)}" for name in names],
        "timestamp": [str(chance.randrange(10**13)) for _ in range(rows)],
    }
    return [f"{chance.getrandbits(128):032x}" for _ in range(rows)], columns


def dicts_of(columns):
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


SECRETS, COLUMNS = fleet(4_100)  # more than two chunks
ROWS = dicts_of(COLUMNS)
EXPECTED = {
    method: [python_sign(secret, row, method) for secret, row in zip(SECRETS, ROWS, strict=True)] for method in HASHES
}
