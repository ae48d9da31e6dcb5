"""Canonical content and signatures, by the same C that firmware links.

Source: the platform's document "Establish connections over HTTP" (parameter `sign`) and RFC 2104. The content is every
parameter except `version`, `sign` and `signmethod`, sorted by name in byte order, name then value, with no separator.
Because there is no separator, two different sets of parameters can have one content, `{"a": "1b2"}` and
`{"a": "1", "b": "2"}` for example. That is the platform's format: do not let others choose parameter names.

Everything here is thread-safe and re-entrant: a call shares no buffer with another, so it may be made from any thread, a
signal handler or a finaliser while another call is under way.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

from thingpost._core import ffi, lib
from thingpost.errors import InputError
from thingpost.marshalling import NOT_QUICK, ParamArray, Plan, join, read_pairs, utf8, value_bytes, value_text

if TYPE_CHECKING:
    from thingpost import marshalling

    Params: TypeAlias = marshalling.Params

__all__ = ["METHODS", "BoundKey", "SigningKey", "content", "sign", "verify"]

METHODS: Final = ("hmacmd5", "hmacsha1", "hmacsha256")
"""The signature methods: the two documented ones, and `hmacsha256`, which works though the document omits it."""


def _portable() -> bool:
    """Tell whether the environment asks for the C that runs on every CPU."""
    return os.environ.get("THINGPOST_LANES", "").strip().lower() == "portable"


_METHODS: Final = {name: lib.tpost_bridge_method(name.encode(), len(name), _portable()) for name in METHODS}
_SIZES: Final = {name: 2 * lib.tpost_method_digest_size(method) for name, method in _METHODS.items()}
_OK: Final = lib.TPOST_OK
_MISMATCH: Final = lib.TPOST_SIGN_MISMATCH
_SIGN_SIZE: Final = lib.TPOST_SIGN_SIZE
# Looking a function up in `lib` takes a third of the time of calling it.
_SIGN: Final = lib.tpost_bridge_sign
_VERIFY: Final = lib.tpost_bridge_verify
_KEY_SIGN: Final = lib.tpost_bridge_key_sign
_KEY_VERIFY: Final = lib.tpost_bridge_key_verify
_DEVICE_SIGN: Final = lib.tpost_bridge_device_sign

# The plan that sign() and verify() used last with each method
_plans: Final = {name: Plan(_SIZES[name], None, {"method": method}) for name, method in _METHODS.items()}


def content(params: Params) -> str:
    """Return the exact text that is signed.

    Args:
        params: names and values, in any order.

    Raises:
        InputError: a name is empty, repeated or not str; a value is not str or int, or UTF-8 cannot encode it.
    """
    array = ParamArray(read_pairs(params))
    length = ffi.new("size_t *")
    out = ffi.new("char[]", array.size + 1)
    array.check(lib.tpost_content(array.pointer, array.count, out, array.size + 1, length))
    text: str = ffi.buffer(out, length[0])[:].decode()
    return text


def sign(secret: str | bytes, params: Params, method: str = "hmacsha1") -> str:
    """Return the signature: `HEX(HMAC(method, secret, content(params)))` in upper case.

    Args:
        secret: the device secret; a str stands for its UTF-8 bytes.
        params: names and values, in any order.
        method: one of `METHODS`.

    Raises:
        InputError: an empty secret, an unknown method, or what `content` refuses.
    """
    if type(params) is dict and type(secret) is str:
        try:
            plan = _plans[method]
            if len(params) == plan.count:
                values_of, slots = plan.values_of, plan.slots
                values = plan.join_any(values_of(params)) if plan.ints else join(values_of(params))
                address, signature_of, _ = slot = slots.pop()
                message = f"{address}{values}\0{secret}".encode()
                if _SIGN(message) == len(message):
                    signature: str = signature_of()
                    slots.append(slot)
                    return signature
        except NOT_QUICK:
            pass
    return _sign_any(secret, params, method)


def verify(secret: str | bytes, params: Params, sign: str, method: str = "hmacsha1") -> bool:
    """Tell whether `sign` (hexadecimal, either case) is the signature of the parameters, in constant time.

    A signature of the wrong length, or with characters that are not hexadecimal digits, is simply not the right one.

    Raises:
        InputError: `sign` is not str, or what `thingpost.sign` refuses.
    """
    if type(params) is dict and type(secret) is type(sign) is str:
        try:
            plan = _plans[method]
            if len(params) == plan.count:
                values_of, slots = plan.values_of, plan.slots
                values = plan.join_any(values_of(params)) if plan.ints else join(values_of(params))
                slot = slots.pop()
                message = f"{slot[0]}{values}\0{sign}\0{secret}".encode()
                read: int = _VERIFY(message)
                slots.append(slot)
                if abs(read) == len(message):
                    return read > 0
        except NOT_QUICK:
            pass
    return SigningKey(secret, method).verify(params, sign)


class SigningKey:
    """A device secret with its HMAC key schedule done once: the fast way to sign many times.

    The secret is not kept, only the two midstates of RFC 2104, which are wiped from memory when the object goes away.
    A SigningKey can be neither pickled nor copied. Any number of threads may share it.

    Args:
        secret: the device secret; a str stands for its UTF-8 bytes.
        method: one of `METHODS`.

    Raises:
        InputError: an empty secret or an unknown method.
    """

    __slots__ = ("__weakref__", "_key", "_method", "_plan")

    def __init__(self, secret: str | bytes, method: str = "hmacsha1") -> None:
        secret_bytes = _secret(secret)
        self._key = ffi.gc(ffi.new("tpost_key *"), lib.tpost_bridge_key_wipe)
        lib.tpost_key_init(self._key, method_pointer(method), secret_bytes, len(secret_bytes))
        self._method = method
        self._plan = Plan(_SIZES[method], None, {"key": self._key})

    @property
    def method(self) -> str:
        """The signature method, one of `METHODS`."""
        return self._method

    @property
    def pointer(self) -> Any:
        """The C object, which lives as long as this one; for other modules of thingpost."""
        return self._key

    def sign(self, params: Params) -> str:
        """Return the signature of the parameters; see `thingpost.sign`."""
        plan = self._plan
        if type(params) is dict and len(params) == plan.count:
            try:
                values_of, slots = plan.values_of, plan.slots
                values = plan.join_any(values_of(params)) if plan.ints else join(values_of(params))
                address, signature_of, _ = slot = slots.pop()
                message = (address + values).encode()
                if _KEY_SIGN(message) == len(message):
                    signature: str = signature_of()
                    slots.append(slot)
                    return signature
            except NOT_QUICK:
                pass
        return self._sign_any(params)

    def _sign_any(self, params: Params) -> str:
        params = read_pairs(params)
        quick = self._plan.read(params)
        if quick is not None:
            self._plan = plan = quick[0]
            signature = plan.sign(_KEY_SIGN, quick[1])
            if signature is not None:
                return signature
        return self.sign_array(ParamArray(params))

    def sign_array(self, array: ParamArray) -> str:
        """Return the signature of parameters that are ready for C; for other modules of thingpost."""
        out = ffi.new("char[]", _SIGN_SIZE)
        array.check(lib.tpost_key_sign(self._key, array.pointer, array.count, out, _SIGN_SIZE))
        return _signature(out)

    def verify(self, params: Params, sign: str) -> bool:
        """Tell whether `sign` is the signature of the parameters; see `thingpost.verify`."""
        plan = self._plan
        if type(params) is dict and len(params) == plan.count and type(sign) is str:
            try:
                values_of, slots = plan.values_of, plan.slots
                values = plan.join_any(values_of(params)) if plan.ints else join(values_of(params))
                slot = slots.pop()
                message = f"{slot[0]}{values}\0{sign}".encode()
                read: int = _KEY_VERIFY(message)
                slots.append(slot)
                if abs(read) == len(message):
                    return read > 0
            except NOT_QUICK:
                pass
        return self._verify_any(params, sign)

    def _verify_any(self, params: Params, sign: str) -> bool:
        digits = sign_bytes(sign)
        params = read_pairs(params)
        quick = self._plan.read(params)
        if quick is not None:
            self._plan = plan = quick[0]
            verdict = plan.verify(_KEY_VERIFY, b"\0".join((quick[1], digits)))
            if verdict is not None:
                return verdict
        return self.verify_array(ParamArray(params), digits)

    def verify_array(self, array: ParamArray, digits: bytes) -> bool:
        """Tell whether these are the digits of their signature; for other modules of thingpost."""
        status = lib.tpost_key_verify(self._key, array.pointer, array.count, digits, len(digits))
        if status == _MISMATCH:
            return False
        array.check(status)
        return True

    def bind(self, params: Params) -> BoundKey:
        """Return a key that has already hashed these constant parameters, and signs them with a timestamp.

        Raises:
            InputError: `params` contains `timestamp`, or what `content` refuses.
        """
        return BoundKey(self, params)

    def __repr__(self) -> str:
        """Show the method; never the secret."""
        return f"<SigningKey {self._method}>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError("a SigningKey holds a secret and can be neither pickled nor copied")


class BoundKey:
    """A SigningKey with a device's constant parameters hashed once; made by `SigningKey.bind`.

    Its signatures are those of `SigningKey.sign` with the timestamp added. Any number of threads may share it.
    """

    __slots__ = ("__weakref__", "_device", "_key", "_params", "_plan")

    def __init__(self, key: SigningKey, params: Params) -> None:
        constants = read_pairs(params)
        array = ParamArray(constants)
        if "timestamp" in dict(constants):
            raise InputError("bind() takes the constant parameters; give timestamp to sign() of what it returns")
        self._device = ffi.gc(ffi.new("tpost_text_device *"), lib.tpost_bridge_device_wipe)
        status = lib.tpost_bridge_device_init(self._device, key.pointer, array.pointer, array.count)
        if status == lib.TPOST_SORTS_AFTER_TIMESTAMP:
            # No constant beginning: such parameters are hashed each time. Signing once finds what else is wrong with them.
            self._device = None
            key.sign(constants)
        else:
            array.check(status)
        self._key = key
        self._params = dict(constants)
        self._plan = Plan(_SIZES[key.method], None, {"device": self._device})

    def sign(self, timestamp: str | int) -> str:
        """Return the signature of the constant parameters and `timestamp` (UNIX milliseconds).

        Raises:
            InputError: `timestamp` is not str or int.
        """
        if self._device is None:
            return self._key.sign({**self._params, "timestamp": timestamp})
        try:
            plan = self._plan  # kept, whatever the timestamp's own code does
            slots = plan.slots
            text = timestamp if type(timestamp) is str else value_text("timestamp", timestamp)
            address, signature_of, _ = slot = slots.pop()
            message = (address + text).encode()
            if _DEVICE_SIGN(message) == len(message):
                signature: str = signature_of()
                slots.append(slot)
                return signature
        except NOT_QUICK:
            pass
        return self._sign_any(value_bytes("timestamp", timestamp))

    def _sign_any(self, timestamp: bytes) -> str:
        signature = self._plan.sign(_DEVICE_SIGN, timestamp)
        if signature is None:
            out = ffi.new("char[]", _SIGN_SIZE)
            lib.tpost_device_sign(ffi.addressof(self._device, "device"), timestamp, len(timestamp), out, _SIGN_SIZE)
            signature = _signature(out)
        return signature

    def __repr__(self) -> str:
        """Show the method; never the secret."""
        return f"<BoundKey {self._key.method}>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError("a BoundKey holds a secret and can be neither pickled nor copied")


def _sign_any(secret: str | bytes, params: Params, method: str) -> str:
    secret_bytes = _secret(secret)
    method_pointer(method)
    params = read_pairs(params)
    quick = _plans[method].read(params)
    if quick is not None:
        _plans[method] = plan = quick[0]
        signature = plan.sign(_SIGN, b"\0".join((quick[1], secret_bytes)))
        if signature is not None:
            return signature
    return SigningKey(secret_bytes, method).sign(params)


def sign_bytes(sign: str) -> bytes:
    """Give the bytes of a received signature; what is no ASCII becomes something that is no digit either."""
    if not isinstance(sign, str):
        raise InputError(f"sign must be str, the signature's hexadecimal digits; got {type(sign).__name__}")
    return str.encode(sign, "ascii", "replace")


def _signature(out: Any) -> str:
    """Give the text of a NUL-terminated signature."""
    signature: Any = ffi.string(out)
    return str(signature, "ascii")


def method_pointer(method: str, *, portable: bool = False) -> Any:
    """Give the C object of a method, or of its portable C; for other modules of thingpost."""
    if not isinstance(method, str) or method not in _METHODS:
        # What has another form may be a secret that stands in the wrong place.
        shown = f" {method!r}" if isinstance(method, str) and re.fullmatch("(?i)hmac[a-z0-9]{0,12}", method) else ""
        raise InputError(f"unknown signature method{shown}; use one of {', '.join(METHODS)}")
    return lib.tpost_bridge_method(method.encode(), len(method), True) if portable else _METHODS[method]


def _secret(secret: str | bytes) -> bytes:
    """Give the secret's bytes. Its text never enters an error, nor an error's context."""
    if isinstance(secret, str):
        encoded = utf8(secret)
    elif isinstance(secret, (bytes, bytearray, memoryview)):
        encoded = bytes(secret)
    else:
        raise InputError(f"the secret must be str or bytes, not {type(secret).__name__}")
    if encoded is None:
        raise InputError("the secret contains a lone surrogate, which UTF-8 cannot encode; pass the secret as bytes")
    if not encoded:
        raise InputError("the secret is empty; copy the deviceSecret from the device's page of the platform's console")
    return encoded
