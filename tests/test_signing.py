"""content(), sign(), verify(), SigningKey and bind(): against Python's own hmac, the published vectors, and bad input."""

import collections
import copy
import enum
import gc
import hashlib
import hmac
import os
import pickle
import signal
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import thingpost

HASHES = {"hmacmd5": "md5", "hmacsha1": "sha1", "hmacsha256": "sha256"}
SKIPPED = ("version", "sign", "signmethod")

text = st.text(st.characters(exclude_categories=("Cs",)))
names = text.filter(bool)
secrets = st.one_of(text.filter(bool), st.binary(min_size=1, max_size=200))
params_of = st.dictionaries(names | st.sampled_from(SKIPPED), text | st.integers(), max_size=12)
methods = st.sampled_from(thingpost.METHODS)

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


# ---- Refused, with what and why ----

REFUSED = [
    ({"a": True}, "'a' must be str or int, not bool"),
    ({"a": 1.5}, "'a' must be str or int, not float"),
    ({"a": None}, "'a' must be str or int, not NoneType"),
    ({"a": b"b"}, "'a' must be str or int, not bytes"),
    ({"a": ["b"]}, "'a' must be str or int, not list"),
    ({b"a": "b"}, "name must be str, not bytes"),
    ({1: "b"}, "name must be str, not int"),
    ({"": "b"}, "name is empty"),
    ({"a": "b", "": ""}, "name is empty"),
    ([("a", "1"), ("a", "2")], "'a' is given more than once"),
    ([("sign", "1"), ("sign", "2")], "'sign' is given more than once"),
    ({"a": "\ud800"}, "'a' contains a lone surrogate"),
    ({"\udfff": "a"}, "contains a lone surrogate"),
    ({"a": 10**5000}, "too many digits"),
    ("ab", "params must be a mapping"),
    ([("a", "b", "c")], "params must be a mapping"),
    (None, "params must be a mapping"),
    (5, "params must be a mapping"),
]


@pytest.mark.parametrize(("params", "message"), REFUSED)
def test_bad_params_are_refused_by_every_call(params, message):
    key = thingpost.SigningKey("secret")
    calls = [
        lambda: thingpost.content(params),
        lambda: thingpost.sign("secret", params),
        lambda: thingpost.verify("secret", params, "00"),
        lambda: key.sign(params),
        lambda: key.verify(params, "00"),
        lambda: key.bind(params).sign("1"),
    ]
    for call in calls:
        with pytest.raises(thingpost.InputError, match=message):
            call()


def test_bound_key_checks_params_that_sort_after_timestamp_when_it_is_made():
    with pytest.raises(thingpost.InputError, match="more than once"):
        thingpost.SigningKey("secret").bind([("zone", "1"), ("zone", "2")])


def test_bind_refuses_a_timestamp():
    with pytest.raises(thingpost.InputError, match="give timestamp to sign"):
        thingpost.SigningKey("secret").bind(VECTOR)


@pytest.mark.parametrize("timestamp", [True, None, 1.5, b"1", "\ud800"])
def test_bound_key_refuses_a_timestamp_that_is_no_text_or_int(timestamp):
    with pytest.raises(thingpost.InputError, match="timestamp"):
        thingpost.SigningKey("secret").bind({"a": "b"}).sign(timestamp)


@pytest.mark.parametrize(
    ("secret", "message"),
    [
        ("", "secret is empty"),
        (b"", "secret is empty"),
        (None, "must be str or bytes, not NoneType"),
        (5, "must be str or bytes, not int"),
        ("hush\ud800", "lone surrogate"),
    ],
)
def test_bad_secret_is_refused_and_never_shown(secret, message):
    for call in (lambda: thingpost.sign(secret, VECTOR), lambda: thingpost.SigningKey(secret)):
        with pytest.raises(thingpost.InputError, match=message) as caught:
            call()
        assert "hush" not in str(caught.value)
        assert caught.value.__context__ is None  # a UnicodeEncodeError would carry the secret along


@pytest.mark.parametrize("method", ["HMACSHA1", "hmacsha512", "", None, 5, ["hmacsha1"]])
def test_unknown_method_is_refused_with_the_known_ones(method):
    for call in (lambda: thingpost.sign("secret", VECTOR, method), lambda: thingpost.SigningKey("secret", method)):
        with pytest.raises(thingpost.InputError, match="hmacmd5, hmacsha1, hmacsha256"):
            call()


@pytest.mark.parametrize("sign", [None, b"00", 5])
def test_verify_refuses_a_signature_that_is_no_text(sign):
    with pytest.raises(thingpost.InputError, match="sign must be str"):
        thingpost.verify("secret", VECTOR, sign)


# ---- Secrets stay inside ----


def test_keys_show_no_secret_and_cannot_be_pickled_or_copied():
    key = thingpost.SigningKey("hush")
    for holder in (key, key.bind({"a": "b"})):
        assert "hush" not in repr(holder)
        assert "hmacsha1" in repr(holder)
        for duplicate in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="neither pickled nor copied"):
                duplicate(holder)


# ---- From many places at once ----


def test_threads_share_a_key_without_a_lock():
    key = thingpost.SigningKey("secret")
    bound = key.bind({"productKey": "pk", "deviceName": "dn"})
    wrong = []

    def work(number):
        for index in range(2_000):
            params = {"deviceName": "dn", "productKey": "pk", "timestamp": f"{number}{index}"}
            expected = hmac.new(b"secret", python_content(params), hashlib.sha1).hexdigest().upper()
            if not expected == key.sign(params) == bound.sign(f"{number}{index}"):
                wrong.append(params)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timer to raise signals with")
def test_signing_inside_a_signal_handler_while_signing():
    """The handler runs between any two steps of the signature that it interrupts, and neither disturbs the other."""
    key = thingpost.SigningKey("secret")
    inside = []

    def handler(_signal, _frame):
        inside.append((thingpost.sign("other", {"a": "\0"}), key.sign(VECTOR)))

    expected_inside = (python_sign("other", {"a": "\0"}, "hmacsha1"), VECTORS["hmacsha1"])
    previous = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0005, 0.0005)
    try:
        while len(inside) < 200:
            assert key.sign(VECTOR) == VECTORS["hmacsha1"]
            assert thingpost.sign("secret", VECTOR, "hmacmd5") == VECTORS["hmacmd5"]
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert set(inside) == {expected_inside}


def test_signing_inside_a_finaliser_while_signing():
    """A value whose conversion drops garbage makes a finaliser run in the middle of a signature."""
    inside = []

    class Garbage:
        def __init__(self):
            self.itself = self

        def __del__(self):
            inside.append(thingpost.sign("secret", VECTOR))

    class Params(dict):
        def items(self):
            for pair in super().items():
                Garbage()
                gc.collect()
                yield pair

    assert thingpost.sign("secret", list(Params(VECTOR).items()), "hmacmd5") == VECTORS["hmacmd5"]
    key = thingpost.SigningKey("secret")
    assert key.sign(Params(VECTOR)) == VECTORS["hmacsha1"]
    assert len(inside) >= 2 * len(VECTOR)
    assert set(inside) == {VECTORS["hmacsha1"]}


def test_signing_whenever_python_collects_garbage_while_signing():
    inside = []
    key = thingpost.SigningKey("secret")
    bound = key.bind({"a": "b"})
    expected = python_sign("secret", {"a": "b", "timestamp": "1"}, "hmacsha1")

    def collecting(_phase, _info):
        gc.disable()
        inside.append((key.sign(VECTOR), bound.sign("1"), thingpost.sign("secret", VECTOR)))
        gc.enable()

    threshold = gc.get_threshold()
    gc.callbacks.append(collecting)
    gc.set_threshold(1)
    try:
        for number in range(2_000):
            params = {"a": "b", "timestamp": str(number)}
            signatures = {key.sign(params), bound.sign(number), thingpost.sign("secret", params)}
            assert signatures == {python_sign("secret", params, "hmacsha1")}
    finally:
        gc.set_threshold(*threshold)
        gc.callbacks.remove(collecting)
    assert set(inside) == {(VECTORS["hmacsha1"], expected, VECTORS["hmacsha1"])}


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="this system has no interval timer to raise signals with")
def test_an_interrupted_signature_leaves_nothing_wrong():
    key = thingpost.SigningKey("secret")
    bound = key.bind({"a": "b"})
    other = {"a": "b", "timestamp": "1"}
    expected = python_sign("secret", other, "hmacsha1")
    interrupted = 0

    def handler(_signal, _frame):
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGALRM, handler)
    try:
        while interrupted < 200:
            try:
                signal.setitimer(signal.ITIMER_REAL, 0.0002 + interrupted * 1e-6)
                while True:
                    assert key.sign(VECTOR) == VECTORS["hmacsha1"]
                    assert key.verify(VECTOR, VECTORS["hmacsha1"])
                    assert bound.sign("1") == expected
                    assert thingpost.sign("secret", other) == expected
            except KeyboardInterrupt:  # noqa: PERF203
                interrupted += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert (key.sign(VECTOR), bound.sign("1")) == (VECTORS["hmacsha1"], expected)


def test_threads_sign_and_verify_with_other_names_and_methods_at_once():
    wrong = []
    started = threading.Barrier(8)

    def work(number):
        method = thingpost.METHODS[number % 3]
        started.wait()
        for index in range(1_000):
            params = {f"name{number + index % 3}": str(index), "timestamp": index}
            secret = f"secret{number}"
            expected = python_sign(secret, params, method)
            if thingpost.sign(secret, params, method) != expected or not thingpost.verify(
                secret, params, expected, method
            ):
                wrong.append(params)

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert not wrong


def test_a_single_signature_keeps_the_gil():
    """Else another busy thread would cost each signature its turn: some 50 signatures a second in place of thousands.

    With a switch interval of 50 ms, a call that gave up the GIL to the busy thread would wait that long to get it back.
    """
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        pytest.skip("this Python has no GIL")
    stop = threading.Event()
    started = threading.Event()

    def spin():
        started.set()
        while not stop.is_set():
            pass

    signed = 0
    thread = threading.Thread(target=spin)
    interval = sys.getswitchinterval()
    thread.start()
    started.wait()
    try:
        sys.setswitchinterval(0.05)
        key = thingpost.SigningKey("secret")
        end = time.monotonic() + 1
        while time.monotonic() < end:
            key.sign(VECTOR)
            signed += 1
    finally:
        stop.set()
        sys.setswitchinterval(interval)
        thread.join()
    # Half of the second is ours, in slices of 50 ms. A call that released the GIL would get 20 of them, one a signature.
    assert signed > 1_000


def test_a_secret_in_the_place_of_the_method_is_not_shown():
    with pytest.raises(thingpost.InputError, match="unknown signature method; use one of") as caught:
        thingpost.SigningKey("hmacsha1", "hush123")
    assert "hush" not in str(caught.value)
    assert caught.value.__context__ is None
