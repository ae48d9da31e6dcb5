"""Canonical content and signatures, by the same C that firmware links.

Source: the platform's document "Establish connections over HTTP" (parameter `sign`) and RFC 2104. The content is every
parameter except `version`, `sign` and `signmethod`, sorted by name in byte order, name then value, with no separator.
Because there is no separator, two different sets of parameters can have one content, `{"a": "1b2"}` and
`{"a": "1", "b": "2"}` for example. That is the platform's format: do not let others choose parameter names.

Everything here is thread-safe and re-entrant: a call keeps nothing but its own buffers, so it may be made from any
thread, a signal handler or a finaliser while another call is under way.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import TYPE_CHECKING, Any, Final, NoReturn, TypeAlias

from thingpost._core import ffi, lib
from thingpost.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, ItemsView, Iterator, Sequence

    Pairs: TypeAlias = Sequence[tuple[str, str | int]] | Iterator[tuple[str, str | int]] | ItemsView[str, str | int]
    Params: TypeAlias = Mapping[str, str | int] | Pairs
    """Parameter names and values. An int is signed as its decimal text; a bool is refused.

    The pairs are not just any Iterable, which a dict is too: type checkers could then not infer a dict's types.
    """

__all__ = ["METHODS", "BoundKey", "SigningKey", "content", "sign", "verify"]

METHODS: Final = ("hmacmd5", "hmacsha1", "hmacsha256")
"""The signature methods: the two documented ones, and `hmacsha256`, which works though the document omits it."""

_METHODS: Final = {name: lib.tpost_method_by_name(name.encode(), len(name)) for name in METHODS}
_SEPARATOR: Final = "\0"  # see csrc/python/bridge.h
_MAX_INT_BITS: Final = 4096
_OK: Final = lib.TPOST_OK
_MISMATCH: Final = lib.TPOST_SIGN_MISMATCH
_SIGN_SIZE: Final = lib.TPOST_SIGN_SIZE


def content(params: Params) -> str:
    """Return the exact text that is signed.

    Args:
        params: names and values, in any order.

    Raises:
        InputError: a name is empty, repeated or not str; a value is not str or int, or UTF-8 cannot encode it.
    """
    array = _ParamArray(_pairs(params))
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
    secret_bytes = _secret(secret)
    pairs = _pairs(params)
    fields = _join(pairs)
    out = ffi.new("char[]", _SIGN_SIZE)
    if (
        lib.tpost_bridge_sign(_method(method), secret_bytes, len(secret_bytes), fields, len(fields), len(pairs), out)
        != _OK
    ):
        return SigningKey(secret_bytes, method).sign(list(pairs))
    return _signature(out)


def verify(secret: str | bytes, params: Params, sign: str, method: str = "hmacsha1") -> bool:
    """Tell whether `sign` (hexadecimal, either case) is the signature of the parameters, in constant time.

    A signature of the wrong length, or with characters that are not hexadecimal digits, is simply not the right one.

    Raises:
        InputError: `sign` is not str, or what `thingpost.sign` refuses.
    """
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

    __slots__ = ("__weakref__", "_key", "_method")

    def __init__(self, secret: str | bytes, method: str = "hmacsha1") -> None:
        secret_bytes = _secret(secret)
        self._key = ffi.gc(ffi.new("tpost_key *"), lib.tpost_bridge_key_wipe)
        lib.tpost_key_init(self._key, _method(method), secret_bytes, len(secret_bytes))
        self._method = method

    @property
    def method(self) -> str:
        """The signature method, one of `METHODS`."""
        return self._method

    def sign(self, params: Params) -> str:
        """Return the signature of the parameters; see `thingpost.sign`."""
        pairs = _pairs(params)
        fields = _join(pairs)
        out = ffi.new("char[]", _SIGN_SIZE)
        if lib.tpost_bridge_key_sign(self._key, fields, len(fields), len(pairs), out) != _OK:
            array = _ParamArray(pairs)
            array.check(lib.tpost_key_sign(self._key, array.pointer, array.count, out, _SIGN_SIZE))
        return _signature(out)

    def verify(self, params: Params, sign: str) -> bool:
        """Tell whether `sign` is the signature of the parameters; see `thingpost.verify`."""
        if not isinstance(sign, str):
            raise InputError(f"sign must be str, the signature's hexadecimal digits; got {type(sign).__name__}")
        digits = sign.encode("ascii", "replace")
        array = _ParamArray(_pairs(params))
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

    __slots__ = ("__weakref__", "_device", "_key", "_pairs")

    def __init__(self, key: SigningKey, params: Params) -> None:
        pairs = _pairs(params)
        if any(name == "timestamp" for name, _ in pairs):
            raise InputError("bind() takes the constant parameters; give timestamp to sign() of what it returns")
        array = _ParamArray(pairs)
        self._device = ffi.gc(ffi.new("tpost_device *"), lib.tpost_bridge_device_wipe)
        status = lib.tpost_device_init(self._device, key._key, array.pointer, array.count)  # noqa: SLF001
        if status == lib.TPOST_SORTS_AFTER_TIMESTAMP:
            # No constant beginning: such parameters are hashed each time. Signing once finds what else is wrong with them.
            self._device = None
            key.sign(list(pairs))
        else:
            array.check(status)
        self._key = key
        self._pairs = pairs

    def sign(self, timestamp: str | int) -> str:
        """Return the signature of the constant parameters and `timestamp` (UNIX milliseconds).

        Raises:
            InputError: `timestamp` is not str or int.
        """
        if self._device is None:
            return self._key.sign([*self._pairs, ("timestamp", timestamp)])
        digits = _value("timestamp", timestamp)
        out = ffi.new("char[]", _SIGN_SIZE)
        lib.tpost_device_sign(self._device, digits, len(digits), out, _SIGN_SIZE)
        return _signature(out)

    def __repr__(self) -> str:
        """Show the method; never the secret."""
        return f"<BoundKey {self._key.method}>"

    def __reduce__(self) -> NoReturn:
        """Refuse to be pickled or copied."""
        raise TypeError("a BoundKey holds a secret and can be neither pickled nor copied")


def _signature(out: Any) -> str:
    """Give the text of a NUL-terminated signature."""
    signature: Any = ffi.string(out)
    return str(signature, "ascii")


# ---- From what the caller gave to what C takes ----


def _method(method: str) -> Any:
    try:
        return _METHODS[method]
    except (KeyError, TypeError):
        raise InputError(f"unknown signature method {method!r}; use one of {', '.join(METHODS)}") from None


def _secret(secret: str | bytes) -> bytes:
    """Give the secret's bytes. Its text never enters an error, nor an error's context."""
    if isinstance(secret, str):
        encoded = _utf8(secret)
    elif isinstance(secret, (bytes, bytearray, memoryview)):
        encoded = bytes(secret)
    else:
        raise InputError(f"the secret must be str or bytes, not {type(secret).__name__}")
    if encoded is None:
        raise InputError("the secret contains a lone surrogate, which UTF-8 cannot encode; pass the secret as bytes")
    if not encoded:
        raise InputError("the secret is empty; copy the deviceSecret from the device's page of the platform's console")
    return encoded


def _utf8(text: str) -> bytes | None:
    """Encode, or give None: an exception would carry the text along."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        return None


def _pairs(params: Params) -> Collection[tuple[str, str | int]]:
    """Read the parameters, once: they may be an iterator."""
    if type(params) is dict:
        return params.items()
    if isinstance(params, Mapping):
        return list(params.items())
    try:
        return [(name, value) for name, value in params]
    except (TypeError, ValueError):
        raise InputError(
            f"params must be a mapping of names to values, or pairs of a name and a value; got {type(params).__name__}"
        ) from None


def _join(pairs: Collection[tuple[str, str | int]]) -> bytes:
    """Join names and values with the separator that csrc/python/bridge.c splits at."""
    try:
        return _SEPARATOR.join(chain.from_iterable(pairs)).encode()  # type: ignore[arg-type]
    except (TypeError, UnicodeEncodeError):  # a value is an int, or something is wrong
        pass
    return _SEPARATOR.encode().join(chain.from_iterable((_name(name), _value(name, value)) for name, value in pairs))


def _name(name: str) -> bytes:
    if not isinstance(name, str):
        raise InputError(f"a parameter's name must be str, not {type(name).__name__}")
    encoded = _utf8(name)
    if encoded is None:
        raise InputError(f"the parameter name {name!r} contains a lone surrogate, which UTF-8 cannot encode")
    return encoded


def _value(name: str, value: str | int) -> bytes:
    """Give a value's bytes: the UTF-8 of a str, the decimal text of an int."""
    if isinstance(value, str):
        encoded = _utf8(value)
        if encoded is None:
            raise InputError(f"the value of {name!r} contains a lone surrogate, which UTF-8 cannot encode")
        return encoded
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputError(f"the value of {name!r} must be str or int, not {type(value).__name__}")
    if value.bit_length() > _MAX_INT_BITS:  # well below what newer Pythons convert at all
        raise InputError(f"the value of {name!r} is an int with too many digits; pass its decimal text")
    return int.__repr__(value).encode()


class _ParamArray:
    """The parameters as an array of tpost_param: any number, any bytes."""

    def __init__(self, pairs: Collection[tuple[str, str | int]]) -> None:
        self._fields = [(_name(name), _value(name, value)) for name, value in pairs]
        # The buffers keep the bytes alive that the structs point to.
        self._buffers = [(ffi.from_buffer(name), ffi.from_buffer(value)) for name, value in self._fields]
        self.count = len(self._fields)
        self.size = sum(len(name) + len(value) for name, value in self._fields)
        self.pointer = ffi.new("tpost_param[]", [(name, len(name), value, len(value)) for name, value in self._buffers])

    def check(self, status: int) -> None:
        """Raise what a refusal by the C core means."""
        if status == lib.TPOST_EMPTY_NAME:
            raise InputError("a parameter's name is empty; every parameter needs a name of at least one character")
        if status == lib.TPOST_REPEATED_NAME:
            names = [name for name, _ in self._fields]
            repeated = next(name for name in names if names.count(name) > 1)
            raise InputError(f"the parameter {repeated.decode()!r} is given more than once; give each name once")
        if status != _OK:
            raise InputError(f"the C core refused the parameters (status {status})")
