"""Signatures by Python's own hmac, and published ones."""

import hmac

HASHES = {"hmacmd5": "md5", "hmacsha1": "sha1", "hmacsha256": "sha256"}
SKIPPED = ("version", "sign", "signmethod")

VECTOR = {"clientId": "12345", "deviceName": "device", "productKey": "pk", "timestamp": "789"}
VECTORS = {  # hmacsha1: the vendor's MQTT page; the others computed
    "hmacsha1": "FAFD82A3D602B37FB0FA8B7892F24A477F851A14",
    "hmacmd5": "14B198324FE55E1D3C88F2E705E201EE",
    "hmacsha256": "6074A46A91B1EBB2CC4EA42790AD0E80202C9843859FC292E57C4EB19FAD9E57",
}


def python_content(params):
    kept = sorted((name.encode(), str(value).encode()) for name, value in params.items() if name not in SKIPPED)
    return b"".join(name + value for name, value in kept)


def python_sign(secret, params, method):
    key = secret.encode() if isinstance(secret, str) else secret
    return hmac.new(key, python_content(params), HASHES[method]).hexdigest().upper()
