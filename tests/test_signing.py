"""content(), sign(), verify(), SigningKey and bind(): against Python's own hmac and the published vectors."""

import collections
import enum
import os
import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from signing_peer import SKIPPED, VECTOR, VECTORS, python_content, python_sign

import thingpost

text = st.text(st.characters(exclude_categories=("Cs",)))
names = text.filter(bool)
secrets = st.one_of(text.filter(bool), st.binary(min_size=1, max_size=200))
params_of = st.dictionaries(names | st.sampled_from(SKIPPED), text | st.integers(), max_size=12)
methods = st.sampled_from(thingpost.METHODS)


# ---- The right signature ----


@given(params_of)
def test_content_is_names_and_values_sorted_by_name_in_byte_order(params):
    assert thingpost.content(params).encode() == python_content(params)


@given(secrets, params_of, methods)
@example("secret", {"b\0": "\0", "b": "\0\0"}, "hmacmd5")  # the binding's separator, inside of fields
@example("s" * 300, {}, "hmacsha256")
def test_signature_is_that_of_pythons_hmac(secret, params, method):
    expected = python_sign(secret, params, method)
    key = thingpost.SigningKey(secret, method)
    assert thingpost.sign(secret, params, method) == expected
    assert key.sign(params) == expected
    assert thingpost.verify(secret, params, expected, method)
    assert key.verify(params, expected.lower())


@given(secrets, params_of, methods, st.integers(0, 10**18) | text)
def test_bound_key_signs_as_with_the_timestamp_among_the_params(secret, params, method, timestamp):
    params.pop("timestamp", None)
    bound = thingpost.SigningKey(secret, method).bind(params)
    assert bound.sign(timestamp) == python_sign(secret, {**params, "timestamp": timestamp}, method)


@pytest.mark.parametrize("method", thingpost.METHODS)
@pytest.mark.parametrize("length", [0, 1, 46, 47, 100])
def test_bound_key_signs_timestamps_of_any_length(method, length):
    params = {"a": "x" * length}
    bound = thingpost.SigningKey("secret", method).bind(params)
    for timestamp in (
        "",
        "1",
        "170000000000",
        "1700000000000",
        "17000000000000",
        "1" * 200,
        "1700000\00000000",
        "17000000000é",
    ):
        assert bound.sign(timestamp) == thingpost.sign("secret", {**params, "timestamp": timestamp}, method)


def test_bound_key_takes_the_general_way_for_a_param_that_sorts_after_timestamp():
    params = {"productKey": "pk", "zone": "7"}
    bound = thingpost.SigningKey("secret").bind(params)
    assert bound.sign("789") == thingpost.sign("secret", {**params, "timestamp": "789"})


def test_default_method_is_hmacsha1():
    assert thingpost.sign("secret", VECTOR) == VECTORS["hmacsha1"]
    assert thingpost.SigningKey("secret").method == "hmacsha1"


def test_params_may_be_pairs_or_an_iterator_or_any_mapping():
    expected = VECTORS["hmacsha1"]
    assert thingpost.sign("secret", list(VECTOR.items())) == expected
    assert thingpost.sign("secret", iter(VECTOR.items())) == expected
    assert thingpost.sign("secret", ((name, value) for name, value in VECTOR.items())) == expected
    assert thingpost.sign("secret", collections.ChainMap(VECTOR)) == expected
    assert thingpost.verify("secret", iter(VECTOR.items()), expected)


def test_an_int_is_signed_as_its_decimal_text():
    assert thingpost.sign("secret", {**VECTOR, "timestamp": 789}) == VECTORS["hmacsha1"]
    assert thingpost.content({"a": -5}) == "a-5"


def test_an_int_enum_is_signed_as_its_number():
    class Colour(enum.IntEnum):
        RED = 3

    assert thingpost.content({"a": Colour.RED}) == "a3"


def check_every_call(secret, params, method="hmacsha1"):
    """Twice each: the first call with these names prepares the second."""
    expected = python_sign(secret, params, method)
    wrong = ("1" if expected[0] == "0" else "0") + expected[1:]
    key = thingpost.SigningKey(secret, method)
    constants = {name: value for name, value in params.items() if name != "timestamp"}
    for _ in range(2):
        assert thingpost.sign(secret, params, method) == expected
        assert key.sign(params) == expected
        assert thingpost.verify(secret, params, expected, method)
        assert not thingpost.verify(secret, params, wrong, method)
        assert key.verify(params, expected)
        assert not key.verify(params, wrong)
    if "timestamp" in params:
        bound = key.bind(constants)
        for _ in range(2):
            assert bound.sign(params["timestamp"]) == expected


NUL_FIELDS = [
    {"a": "\0", "timestamp": "1"},
    {"a": "1", "timestamp": "\0"},
    {"a": "1", "timestamp": "1\0"},
    {"a": "1\0b\0002", "timestamp": "1"},
    {"a": "\0\0\0\0", "b": "", "timestamp": ""},
    {"a\0": "1", "timestamp": "1"},
    {"\0": "1", "a": "2", "timestamp": "1"},
    {"a": "1", "version": "\0", "timestamp": "1"},
    {"a": "\0"},
    {"\0": ""},
]


@pytest.mark.parametrize("params", NUL_FIELDS)
@pytest.mark.parametrize("secret", ["secret", "\0", "se\0cret", "secret\0", "\0\0\0\0", b"se\0cret", b"\0"])
@pytest.mark.parametrize("method", thingpost.METHODS)
def test_the_bindings_separator_inside_of_fields_is_signed_as_it_is(params, secret, method):
    check_every_call(secret, params, method)


def test_fields_that_look_like_others_with_the_bindings_separator_are_told_apart():
    """Prepared with names of the one kind, asked for the other: nothing moves from one field to the next."""
    key = thingpost.SigningKey("secret")
    assert key.sign({"a": "1", "b": "2"}) == python_sign("secret", {"a": "1", "b": "2"}, "hmacsha1")
    for params in ({"a": "1\0b", "b": "2"}, {"a": "", "b": "1\0002"}, {"a": "\0001", "b": "2"}, {"a": "1", "b": "2\0"}):
        expected = python_sign("secret", params, "hmacsha1")
        assert key.sign(params) == expected
        assert thingpost.sign("secret", params) == expected
        assert key.verify(params, expected)
        assert not key.verify(params, expected + "\0")
        assert not thingpost.verify("secret", params, expected + "\0secret")


@pytest.mark.parametrize("count", [0, 1, 2, 31, 32, 33, 100])
@pytest.mark.parametrize("value", ["v", "", 7, -(10**30), "\u00e9\u4e2d\U0001f600"])
def test_any_number_of_params(count, value):
    check_every_call("secret", {f"name{index}": value for index in range(count)})


@pytest.mark.parametrize("size", [1, 63, 64, 65, 1_000, 100_000])
def test_secrets_and_contents_of_any_size(size):
    check_every_call("s" * size, VECTOR)
    check_every_call("\u4e2d" * size, VECTOR)
    check_every_call("secret", {**VECTOR, "clientId": "c" * size})
    check_every_call("secret", {"timestamp": "9" * size})


def test_one_key_signs_whatever_names_come():
    key = thingpost.SigningKey("secret")
    for params in (
        VECTOR,
        dict(reversed(VECTOR.items())),
        {**VECTOR, "version": "1"},
        {"sign": "x", **VECTOR},
        {"clientId": "1", "deviceName": "2", "productKey": "3", "timestamq": "4"},
        {"b": "1", "a": "2", "signmethod": "3", "c": "4"},
        {**VECTOR, "timestamp": 789},
        VECTOR,
    ):
        assert key.sign(params) == thingpost.sign("secret", params) == python_sign("secret", params, "hmacsha1")


def test_a_dict_that_makes_up_its_values_is_asked_for_its_items_only():
    params = collections.defaultdict(str, {"a": "1", "b": "2"})
    thingpost.sign("secret", {"a": "1", "c": "2"})
    assert thingpost.sign("secret", params) == python_sign("secret", params, "hmacsha1")
    assert set(params) == {"a", "b"}


def test_texts_of_a_subclass_of_str_are_signed_as_what_they_hold():
    class Text(str):
        __slots__ = ()

        def __radd__(self, other):
            return "\x7f" * 40

        def __format__(self, spec):
            return "\x7f" * 40

        def encode(self, *_arguments):
            return b"\x7f" * 40

    text = Text("789")
    assert thingpost.sign(Text("secret"), {**VECTOR, "timestamp": text}) == VECTORS["hmacsha1"]
    assert thingpost.sign("secret", {Text(name): Text(value) for name, value in VECTOR.items()}) == VECTORS["hmacsha1"]
    assert thingpost.SigningKey("secret").verify(VECTOR, Text(VECTORS["hmacsha1"]))
    assert thingpost.verify("secret", VECTOR, Text(VECTORS["hmacsha1"]))
    bound = thingpost.SigningKey("secret").bind({name: value for name, value in VECTOR.items() if name != "timestamp"})
    assert bound.sign(text) == VECTORS["hmacsha1"]


def test_every_cpu_gives_the_same_signatures():
    code = "import thingpost; print(*[thingpost.sign('secret', {'a': 'b'}, method) for method in thingpost.METHODS])"
    for lanes in ("", "portable"):
        environment = {**os.environ, "THINGPOST_LANES": lanes}
        result = subprocess.run(
            [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
        )
        assert result.stdout.split() == [python_sign("secret", {"a": "b"}, method) for method in thingpost.METHODS]


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_secret_may_be_bytes_that_are_no_text(kind):
    secret = b"\xff\x00\xfe"
    assert thingpost.sign(kind(secret), VECTOR) == python_sign(secret, VECTOR, "hmacsha1")


# ---- verify ----


@given(st.text(max_size=70))
@example("")
@example(VECTORS["hmacsha1"][:-1])
@example(VECTORS["hmacsha1"] + "0")
@example("G" + VECTORS["hmacsha1"][1:])
@example("\uff11" * 40)  # FULLWIDTH DIGIT ONE is a digit to int(), not here
def test_any_other_text_is_not_the_signature(sign):
    assert not thingpost.verify("secret", VECTOR, sign)


@pytest.mark.parametrize("position", range(40))
def test_one_changed_digit_is_not_the_signature(position):
    right = VECTORS["hmacsha1"]
    wrong = right[:position] + ("0" if right[position] != "0" else "1") + right[position + 1 :]
    assert not thingpost.verify("secret", VECTOR, wrong)
