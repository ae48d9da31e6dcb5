"""From the params that a caller gave to what C takes, on two ways that give the same bytes.

`Plan` is the quick one. A call through cffi costs more than a signature, so it hands all values over as one text and
gets the signature from a buffer that is used again; csrc/python/bridge.h says how. It serves dicts with up to 32 names
that are str, and values that are str or int. `ParamArray` is the general one: any number of params, any bytes.
Whatever a plan cannot do, or should refuse, it leaves to the array.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, TypeAlias, cast

from thingpost._core import ffi, lib
from thingpost.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, ItemsView, Iterable, Iterator, Sequence

    Pairs: TypeAlias = Sequence[tuple[str, str | int]] | Iterator[tuple[str, str | int]] | ItemsView[str, str | int]
    Params: TypeAlias = Mapping[str, str | int] | Pairs
    """Parameter names and values. An int is signed as its decimal text; a bool is refused.

    The pairs are not just any Iterable, which a dict is too: type checkers could then not infer a dict's types.
    """

    Known: TypeAlias = dict[str, str | int] | list[tuple[str, str | int]]
    """Parameters that can be read more than once."""

    Slot: TypeAlias = tuple[str, Callable[[], str], Any]
    """Its address as messages have it, what reads the signature from it, and what has to be kept alive."""

join: Final = "\0".join
"""Join texts for a message (csrc/python/bridge.h). What it returns is a str, also where they are of a subclass."""

NOT_QUICK: Final = (IndexError, KeyError, TypeError, UnicodeEncodeError)
"""What joining a dict's values by a plan for other names raises, or where one is no str, or none that UTF-8 encodes."""

_MAX_INT_BITS: Final = 4096  # well below what newer Pythons convert at all
_MAX_FORMS: Final = 256
_OK: Final = lib.TPOST_OK


# ---- The quick way ----


class Form:
    """A set of names, put in order by the core."""

    __slots__ = ("_array", "count", "names", "values_of")

    def __init__(self, names: tuple[str, ...]) -> None:
        self._array = ParamArray([(name, "") for name in names])  # the C struct points into it
        self.names = cast("Any", ffi.new("tpost_bridge_names *"))
        self._array.check(lib.tpost_bridge_names_init(self.names, self._array.pointer, self._array.count))
        self.count = len(names)
        ordered = [names[index] for index in self.names.order[0 : self.count]]
        self.values_of: Callable[[Any], tuple[Any, ...]] = (
            itemgetter(*ordered) if self.count > 1 else lambda params: tuple(params[name] for name in ordered)
        )


_form: Final = lru_cache(maxsize=_MAX_FORMS)(Form)
_LONG: Final = 10**18
_NO_FORM: Final = itemgetter("")
_BOTTOM: Final = 4  # see Plan.slots


class Plan:
    """How to sign params of one form: what the calls need is made ready once.

    The functions that sign and verify have the quick way written out, because a further call of a Python function would
    cost them a sixth of their time. `sign` and `verify` here are for where it is not that quick anyway.

    Args:
        size: the number of digits in a signature.
        form: the names; None where the call takes no params.
        fields: what to sign with, as fields of tpost_bridge_slot.
    """

    __slots__ = ("_fields", "_form", "_size", "count", "ints", "slots", "values_of")

    def __init__(self, size: int, form: Form | None, fields: dict[str, Any]) -> None:
        self._size = size
        self._form = form
        self._fields = fields
        # The slots that no call is using. Taking the last one is one step, which nothing can come in between: every call
        # has its own, be it of another thread, a signal handler or a finaliser. A call that is interrupted loses it.
        # None is at the bottom, so that the list stays in its memory: one that loses half of its length moves to less.
        self.slots: list[Any] = [None] * _BOTTOM  # of Slot
        self.count = -1 if form is None else form.count  # no dict has -1 params
        self.values_of = _NO_FORM if form is None else form.values_of
        self.ints = False  # were some of the values int, last time?

    def _new_slot(self) -> Slot:
        sign = bytearray(self._size)
        digits = ffi.from_buffer(sign)
        names = ffi.NULL if self._form is None else self._form.names
        slot: Any = ffi.new("tpost_bridge_slot *", {**self._fields, "names": names, "sign": digits})
        address = int(ffi.cast("uintptr_t", slot))
        sevens = [chr(address >> 7 * index & 127) for index in range(lib.TPOST_BRIDGE_ADDRESS)]
        return "".join(reversed(sevens)), sign.decode, (slot, digits)

    def sign(self, call: Callable[[bytes], int], texts: bytes) -> str | None:
        """Return the signature that this function of the bridge makes; None where it leaves that to the array."""
        slot = self._take()
        message = slot[0].encode() + texts
        signature = slot[1]() if call(message) == len(message) else None
        self.slots.append(slot)
        return signature

    def verify(self, call: Callable[[bytes], int], texts: bytes) -> bool | None:
        """Return the verdict of this function of the bridge; None where it leaves that to the array."""
        slot = self._take()
        message = slot[0].encode() + texts
        read = call(message)
        self.slots.append(slot)
        return read > 0 if abs(read) == len(message) else None

    def join_any(self, values: tuple[Any, ...]) -> str:
        """Join values of which some may be int; very long ones are left to the array."""
        self.ints = int in map(type, values)
        if not self.ints:
            return join(values)
        return join([str(value) if type(value) is int and abs(value) < _LONG else value for value in values])

    def _take(self) -> Slot:
        slot: Slot | None
        try:
            slot = self.slots.pop()
        except IndexError:
            slot = None
        if slot is None:
            self.slots[:0] = [None] * (_BOTTOM - self.slots.count(None))
            slot = self._new_slot()
        return slot

    def read(self, params: Known) -> tuple[Plan, bytes] | None:
        """Return a plan like this one for these names, and the text of the values; None where only the array will do.

        Raises:
            InputError: a name is empty.
        """
        try:
            by_name = params if type(params) is dict else dict(params)
            if len(by_name) != len(params):
                return None
            plan, values = self, self._values(by_name)
            if values is None:
                plan = self._for_names_of(by_name)
                values = plan.values_of(by_name)
            return plan, plan.join_any(values).encode()
        except NOT_QUICK:
            return None

    def _values(self, params: dict[str, str | int]) -> tuple[Any, ...] | None:
        try:
            return self.values_of(params) if len(params) == self.count else None
        except KeyError:
            return None

    def _for_names_of(self, params: dict[str, str | int]) -> Plan:
        names = tuple(params)
        if len(names) > lib.TPOST_BRIDGE_MAX_PARAMS or any(type(name) is not str for name in names):
            raise TypeError
        return Plan(self._size, _form(names), self._fields)


# ---- The general way ----


class ParamArray:
    """The parameters as an array of tpost_param: any number, any bytes.

    Args:
        params: names and values.
        bytes_too: values may also be bytes, which are signed as they are.
    """

    def __init__(self, params: dict[str, Any] | Sequence[tuple[str, Any]], *, bytes_too: bool = False) -> None:
        pairs: Iterable[tuple[str, Any]] = params.items() if isinstance(params, dict) else params
        self._fields = [
            (name_bytes(name), value if bytes_too and type(value) is bytes else value_bytes(name, value))
            for name, value in pairs
        ]
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


def read_pairs(params: Params) -> Known:
    """Read the parameters, once: they may be an iterator. A dict stays as it is."""
    if type(params) is dict:
        return params
    if isinstance(params, Mapping):
        return list(params.items())
    try:
        return [(name, value) for name, value in params]
    except (TypeError, ValueError):
        raise InputError(
            f"params must be a mapping of names to values, or pairs of a name and a value; got {type(params).__name__}"
        ) from None


def utf8(text: str) -> bytes | None:
    """Encode, or give None: an exception would carry the text along. A subclass of str is not asked for its own way."""
    try:
        return str.encode(text)
    except UnicodeEncodeError:
        return None


def name_bytes(name: str) -> bytes:
    """Give a name's bytes."""
    if not isinstance(name, str):
        raise InputError(f"a parameter's name must be str, not {type(name).__name__}")
    encoded = utf8(name)
    if encoded is None:
        raise InputError(f"the parameter name {name!r} contains a lone surrogate, which UTF-8 cannot encode")
    return encoded


def value_bytes(name: str, value: str | int) -> bytes:
    """Give a value's bytes: the UTF-8 of a str, the decimal text of an int."""
    encoded = utf8(value_text(name, value))
    if encoded is None:
        raise InputError(f"the value of {name!r} contains a lone surrogate, which UTF-8 cannot encode")
    return encoded


def value_text(name: str, value: str | int) -> str:
    """Give a value's text: a str itself, an int's decimal digits."""
    if type(value) is int and abs(value) < _LONG:  # most of them, without all the questions
        return str(value)
    if isinstance(value, str):
        return join((value,))  # a str, and no subclass of it
    if not isinstance(value, int) or isinstance(value, bool):
        raise InputError(f"the value of {name!r} must be str or int, not {type(value).__name__}")
    if value.bit_length() > _MAX_INT_BITS:
        raise InputError(f"the value of {name!r} is an int with too many digits; pass its decimal text")
    return int.__repr__(value)
