"""sign_batch() and verify_batch(): each row as sign() has it, on every width; shapes of input; bad input; threads."""

import array
import collections
import contextlib
import hashlib
import hmac
import os
import random
import signal
import subprocess
import sys
import threading
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import thingpost

HASHES = {"hmacmd5": "md5", "hmacsha1": "sha1", "hmacsha256": "sha256"}
DIGITS = {"hmacmd5": 32, "hmacsha1": 40, "hmacsha256": 64}
SKIPPED = ("version", "sign", "signmethod")
LANES = thingpost.lanes().available

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)
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


SECRETS, COLUMNS = fleet(2_500)  # more than two chunks
ROWS = dicts_of(COLUMNS)
EXPECTED = {
    method: [python_sign(secret, row, method) for secret, row in zip(SECRETS, ROWS, strict=True)] for method in HASHES
}


# ---- The right signatures ----


@every_width
@every_method
@pytest.mark.parametrize("rows", [0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 100, 1023, 1024, 1025, 2500])
def test_columns_dicts_and_packed_give_the_signatures_of_pythons_hmac(lanes, method, rows):
    secrets, expected = SECRETS[:rows], EXPECTED[method][:rows]
    columns = {name: column[:rows] for name, column in COLUMNS.items()}
    buffers = {name: packed(column) for name, column in columns.items()}
    out = bytearray(b"#") * (rows * DIGITS[method] + 1)
    assert thingpost.sign_batch(secrets, columns, method, lanes=lanes) == expected
    assert thingpost.sign_batch(secrets, ROWS[:rows], method, lanes=lanes) == expected
    assert thingpost.sign_batch(packed(secrets), buffers, method, lanes=lanes) == expected
    assert thingpost.sign_batch(packed(secrets), buffers, method, out=out, lanes=lanes) == b"\1" * rows
    assert out == "".join(expected).encode() + b"#"
    assert thingpost.verify_batch(secrets, columns, expected, method, lanes=lanes) == [True] * rows


@every_width
@settings(max_examples=60)
@given(data=st.data(), method=st.sampled_from(thingpost.METHODS), rows=st.integers(1, 40))
def test_any_values_in_any_shape(lanes, data, method, rows):
    """Line breaks (the binding's separator), NULs, empty values, ints, skipped names, names beyond ASCII."""
    names = data.draw(st.lists(text.filter(bool) | st.sampled_from(SKIPPED), min_size=1, max_size=5, unique=True))
    columns = {}
    for name in names:
        value = text | st.integers(-(10**20), 10**20) | st.just("a\nb")
        columns[name] = data.draw(value | st.lists(value, min_size=rows, max_size=rows))
    columns["deviceName"] = data.draw(st.lists(text, min_size=rows, max_size=rows))
    secret = text.filter(bool) | st.binary(min_size=1, max_size=100)
    secrets = data.draw(secret | st.lists(secret, min_size=rows, max_size=rows))
    row_dicts = [
        {name: column[row] if isinstance(column, list) else column for name, column in columns.items()}
        for row in range(rows)
    ]
    row_secrets = secrets if isinstance(secrets, list) else [secrets] * rows
    expected = [python_sign(secret, row, method) for secret, row in zip(row_secrets, row_dicts, strict=True)]
    assert thingpost.sign_batch(secrets, columns, method, lanes=lanes) == expected
    assert thingpost.sign_batch(secrets, row_dicts, method, lanes=lanes) == expected
    out = bytearray(rows * DIGITS[method])
    thingpost.sign_batch(secrets, columns, method, out=out, lanes=lanes)
    assert out.decode() == "".join(expected)


@every_width
@every_method
@pytest.mark.parametrize("length", [0, 1, 54, 55, 56, 63, 64, 65, 118, 119, 120, 182, 183, 184, 247, 248, 300, 5_000])
def test_contents_and_secrets_around_the_borders_of_blocks(lanes, method, length):
    """Contents beyond 183 bytes, and secrets beyond 64, take other ways than the rest."""
    columns = {"a": ["x" * max(0, length - 1 - row % 2) for row in range(40)]}
    secrets = ["s" * max(1, length - row % 3) for row in range(40)]
    expected = [python_sign(secrets[row], {"a": columns["a"][row]}, method) for row in range(40)]
    assert thingpost.sign_batch(secrets, columns, method, lanes=lanes) == expected
    assert thingpost.sign_batch(packed(secrets), {"a": packed(columns["a"])}, method, lanes=lanes) == expected


@every_width
@pytest.mark.parametrize(
    ("method", "sign"),
    [  # RFC 2202 (MD5, SHA-1) and RFC 4231 (SHA-256), case 2
        ("hmacmd5", "750C783E6AB0B503EAA86E310A5DB738"),
        ("hmacsha1", "EFFCDF6AE5EB2FA2D27416D5F184DF9C259A7C79"),
        ("hmacsha256", "5BDCC146BF60754E6A042426089575C75A003F089D2739839DEC58B964EC3843"),
    ],
)
def test_published_vectors(lanes, method, sign):
    values = ["t do ya want for nothing?"] * 40
    assert thingpost.sign_batch("Jefe", {"wha": values}, method, lanes=lanes) == [sign] * 40
    assert thingpost.sign_batch(["Jefe"] * 40, {"wha": values}, method, lanes=lanes) == [sign] * 40


def test_default_method_is_hmacsha1():
    assert thingpost.sign_batch(SECRETS, COLUMNS) == EXPECTED["hmacsha1"]


@every_method
def test_one_secret_and_one_value_stand_for_all_rows(method):
    columns = {**COLUMNS, "productKey": "pk", "timestamp": 1501668289957}
    rows = [{**row, "productKey": "pk", "timestamp": "1501668289957"} for row in ROWS]
    expected = [python_sign("secret", row, method) for row in rows]
    assert thingpost.sign_batch("secret", columns, method) == expected
    assert thingpost.sign_batch(b"secret", columns, method) == expected
    assert thingpost.sign_batch(thingpost.SigningKey("secret", method), columns, method) == expected
    assert thingpost.sign_batch("secret", rows, method) == expected


def test_secrets_may_be_bytes_that_are_no_text_and_mixed_with_str():
    secrets = [b"\xff\x00\xfe", b"b\n", "text", b"d"]
    columns = {"a": ["1", "2", "3", "4"]}
    expected = [
        python_sign(secret, {"a": value}, "hmacsha1") for secret, value in zip(secrets, columns["a"], strict=True)
    ]
    assert thingpost.sign_batch(secrets, columns) == expected
    assert thingpost.sign_batch([b"x", b"yz"], {"a": ["1", "2"]}) == [
        python_sign("x", {"a": "1"}, "hmacsha1"),
        python_sign("yz", {"a": "2"}, "hmacsha1"),
    ]


def test_rows_of_different_names():
    rows = [{"a": "1"}, {"a": "1", "zone": "7"}, {"b": "2"}, {}, {"version": "x"}, [("a", "1")], {"a": 5}]
    rows += [{f"name{index}": "v" for index in range(40)}, {"n" * 600: "v"}]
    expected = [python_sign("secret", dict(row), "hmacsha1") for row in rows]
    assert thingpost.sign_batch("secret", rows) == expected
    assert thingpost.verify_batch("secret", rows, expected) == [True] * len(rows)


def test_a_dict_that_makes_up_missing_values_is_signed_as_it_is():
    class Default(dict):
        def __missing__(self, name):
            return "made up"

    rows = [{"a": "1", "b": "2"}, Default(a="1")]
    assert thingpost.sign_batch("secret", rows) == [thingpost.sign("secret", row) for row in rows]


def test_more_columns_and_longer_names_than_fit():
    many = {f"name{index}": ["1", "2"] for index in range(40)}
    long = {"n" * 600: ["1", "2"], "b" * 600: b"".decode(), "p": packed(["3", "\xff"])}
    for columns in (many, long):
        plain = {
            name: [column[row].decode() for row in range(2)] if isinstance(column, thingpost.Packed) else column
            for name, column in columns.items()
        }
        rows = [{name: column[row] if column else "" for name, column in plain.items()} for row in range(2)]
        assert thingpost.sign_batch("secret", columns) == [python_sign("secret", row, "hmacsha1") for row in rows]


@pytest.mark.parametrize("typecode", ["i", "I", "q"])
def test_offsets_of_32_and_64_bits(typecode):
    columns = {name: packed(column, typecode) for name, column in COLUMNS.items()}
    columns["timestamp"] = packed(COLUMNS["timestamp"], "I")  # not all of one type
    assert thingpost.sign_batch(packed(SECRETS, typecode), columns) == EXPECTED["hmacsha1"]


def test_packed_bytes_need_not_be_utf_8_also_where_another_column_takes_the_slow_way():
    values = [b"\xff\xfe", b"\x00", b""]
    expected = [python_sign("s", {}, "hmacsha1")] * 3
    for row, value in enumerate(values):
        expected[row] = hmac.digest(b"s", b"a" + value + b"bx\ny", "sha1").hex().upper()
    assert thingpost.sign_batch("s", {"a": packed(values), "b": ["x\ny"] * 3}) == expected


def test_packed_columns_of_slices_of_larger_buffers():
    """As Arrow has them: offsets that do not begin with 0, and data that goes on behind."""
    offsets = memoryview(array.array("i", [7, 3, 5, 5, 9, 100]))[1:5]
    column = thingpost.Packed(memoryview(b"...abcdefgh")[0:9], offsets)
    assert len(column) == 3
    assert [column[row] for row in range(3)] == [b"ab", b"", b"cdef"]
    assert thingpost.sign_batch("s", {"a": column}) == thingpost.sign_batch("s", {"a": ["ab", "", "cdef"]})


def test_numpy_arrays_are_used_as_they_are():
    numpy = pytest.importorskip("numpy", reason="numpy is not installed")
    names = numpy.array(COLUMNS["deviceName"])
    data = numpy.frombuffer("".join(COLUMNS["deviceName"]).encode(), dtype=numpy.uint8)
    lengths = numpy.array([len(name) for name in COLUMNS["deviceName"]])
    offsets = numpy.concatenate([[0], numpy.cumsum(lengths)])
    expected = thingpost.sign_batch("s", {"deviceName": COLUMNS["deviceName"], "n": list(range(len(names)))})
    for dtype in (numpy.int32, numpy.uint32, numpy.int64):
        column = thingpost.Packed(data, offsets.astype(dtype))
        out = numpy.zeros((len(names), 40), dtype=numpy.uint8)
        thingpost.sign_batch("s", {"deviceName": column, "n": numpy.arange(len(names))}, out=out)
        assert [bytes(row).decode() for row in out] == expected
    assert thingpost.sign_batch("s", {"deviceName": names, "n": numpy.arange(len(names))}) == expected


def test_numpy_arrays_of_no_rows_and_of_kinds_that_have_no_buffer():
    numpy = pytest.importorskip("numpy", reason="numpy is not installed")
    empty = thingpost.Packed(numpy.zeros((0, 3), "u1"), numpy.zeros(1, "i4"))
    assert thingpost.sign_batch("s", {"a": empty}, out=numpy.zeros((0, 40), "u1")) == b""
    with pytest.raises(thingpost.InputError, match="out must be a writable buffer"):
        thingpost.sign_batch("s", {"a": ["1"]}, out=numpy.zeros(20, "M8[s]"))
    with pytest.raises(thingpost.InputError, match="data must be a buffer"):
        thingpost.Packed(numpy.zeros(20, "M8[s]"), numpy.zeros(1, "i4"))
    with pytest.raises(thingpost.InputError, match="offsets are not aligned"):
        thingpost.Packed(b"", numpy.frombuffer(bytes(13), "i4", 3, offset=1))


# ---- verify_batch ----


@every_width
@every_method
def test_verify_batch_tells_right_from_wrong_in_either_case(lanes, method):
    chance = random.Random(2)
    signs = list(EXPECTED[method])
    right = [True] * len(signs)
    for row in range(len(signs)):
        kind = row % 6
        if kind == 1:
            signs[row] = signs[row].lower()
        elif kind > 1:
            right[row] = False
            place = chance.randrange(DIGITS[method])
            wrong = {2: "0" if signs[row][place] != "0" else "1", 3: "g", 4: "", 5: "\uff11"}[kind]
            signs[row] = signs[row][:place] + wrong + signs[row][place + 1 :]
    out = bytearray(len(signs))
    assert thingpost.verify_batch(SECRETS, COLUMNS, signs, method, lanes=lanes) == right
    assert thingpost.verify_batch(SECRETS, ROWS, signs, method, lanes=lanes) == right
    buffers = {name: packed(column) for name, column in COLUMNS.items()}
    assert thingpost.verify_batch(packed(SECRETS), buffers, packed(signs), method, lanes=lanes) == right
    thingpost.verify_batch(packed(SECRETS), buffers, packed(signs), method, out=out, lanes=lanes)
    assert list(map(bool, out)) == right


# ---- Bad rows ----


BAD_VALUES = [
    (1.5, "'deviceName' must be str or int, not float"),
    (None, "'deviceName' must be str or int, not NoneType"),
    (True, "'deviceName' must be str or int, not bool"),
    (b"b", "'deviceName' must be str or int, not bytes"),
    (["b"], "'deviceName' must be str or int, not list"),
    ("\ud800", "'deviceName' contains a lone surrogate"),
    (10**5000, "too many digits"),
    (10**2000, "int with too many digits"),
]


@pytest.mark.parametrize(("value", "message"), BAD_VALUES, ids=[message[-20:] for _, message in BAD_VALUES])
@pytest.mark.parametrize("bad", [0, 1500])
@pytest.mark.parametrize("shape", ["columns", "dicts"])
def test_a_bad_value_is_refused_with_its_row_or_masked(value, message, bad, shape):
    columns = {**COLUMNS, "deviceName": list(COLUMNS["deviceName"])}
    columns["deviceName"][bad] = value
    columns["deviceName"][bad + 7] = value
    params = columns if shape == "columns" else dicts_of(columns)
    with pytest.raises(thingpost.InputError, match=f"row {bad}: .*{message}"):
        thingpost.sign_batch(SECRETS, params)
    with pytest.raises(thingpost.InputError, match=f"row {bad}: .*{message}"):
        thingpost.verify_batch(SECRETS, params, EXPECTED["hmacsha1"])
    expected = list(EXPECTED["hmacsha1"])
    expected[bad] = expected[bad + 7] = None
    assert thingpost.sign_batch(SECRETS, params, errors="mask") == expected
    verdicts = thingpost.verify_batch(SECRETS, params, EXPECTED["hmacsha1"], errors="mask")
    assert verdicts == [None if sign is None else True for sign in expected]


@pytest.mark.parametrize("secret", ["", b"", None, 5, "hush\ud800"])
def test_a_bad_secret_is_refused_with_its_row_or_masked_and_never_shown(secret):
    secrets = list(SECRETS)
    secrets[1100] = secret
    with pytest.raises(thingpost.InputError, match=r"row 1100: .*secret") as caught:
        thingpost.sign_batch(secrets, COLUMNS)
    assert "hush" not in str(caught.value)
    error = caught.value
    while error := error.__context__:
        assert "hush" not in repr(error)
    signs = thingpost.sign_batch(secrets, COLUMNS, errors="mask")
    assert signs[1100] is None
    assert signs[:1100] + signs[1101:] == EXPECTED["hmacsha1"][:1100] + EXPECTED["hmacsha1"][1101:]


def test_a_bad_signature_is_refused_with_its_row_or_masked():
    signs = list(EXPECTED["hmacsha1"])
    signs[3] = None
    with pytest.raises(thingpost.InputError, match="row 3: sign must be str"):
        thingpost.verify_batch(SECRETS, COLUMNS, signs)
    assert thingpost.verify_batch(SECRETS, COLUMNS, signs, errors="mask")[:5] == [True, True, True, None, True]


@every_width
@pytest.mark.parametrize("wrong", [-1, 2**31 - 1, 0])
@pytest.mark.parametrize("spoilt", ["secrets", "deviceName"])
def test_bad_offsets_are_refused_with_their_row_or_masked(lanes, wrong, spoilt):
    good = array.array("i", range(0, 404, 4))  # 100 values of 4 bytes
    bad = array.array("i", good)
    bad[51] = wrong
    data = bytes(range(65, 65 + 40)) * 10
    secrets = thingpost.Packed(data, bad if spoilt == "secrets" else good)
    columns = {"deviceName": thingpost.Packed(data, bad if spoilt == "deviceName" else good), "productKey": "pk"}
    out = bytearray(b"#") * 4_001
    with pytest.raises(thingpost.InputError, match=r"row 50: .*offsets"):
        thingpost.sign_batch(secrets, columns, lanes=lanes)
    with pytest.raises(thingpost.InputError, match=r"row 50: .*offsets"):
        thingpost.sign_batch(secrets, columns, out=out, lanes=lanes)
    assert out == bytes(4_000) + b"#", "no partial result, and nothing written behind"
    signs = thingpost.sign_batch(secrets, columns, errors="mask", lanes=lanes)
    expected = thingpost.sign_batch(
        thingpost.Packed(data, good), {**columns, "deviceName": thingpost.Packed(data, good)}
    )
    assert signs[50] is None
    assert signs[:50] == expected[:50]
    assert signs[52:] == expected[52:]  # the row behind a bad offset begins there, so it is bad too, or another one
    mask = thingpost.sign_batch(secrets, columns, errors="mask", out=out, lanes=lanes)
    assert [bool(sign) for sign in signs] == list(map(bool, mask))
    assert out[2_000:2_040] == bytes(40)


def test_the_first_bad_row_is_named_when_it_is_found_by_c_before_one_found_by_python():
    secrets = list(SECRETS)
    secrets[5] = ""
    columns = {**COLUMNS, "deviceName": list(COLUMNS["deviceName"])}
    columns["deviceName"][9] = None
    with pytest.raises(thingpost.InputError, match="row 5: the secret is empty"):
        thingpost.sign_batch(secrets, columns)


def test_a_bad_row_in_a_later_chunk_leaves_no_partial_result():
    columns = {**COLUMNS, "deviceName": [*COLUMNS["deviceName"][:-1], None]}
    out = bytearray(b"#") * (2_500 * 40)
    with pytest.raises(thingpost.InputError, match="row 2499"):
        thingpost.sign_batch(SECRETS, columns, out=out)
    assert out == bytes(len(out))
    mask = thingpost.sign_batch(SECRETS, columns, out=out, errors="mask")
    assert mask == b"\1" * 2_499 + b"\0"
    assert out == "".join(EXPECTED["hmacsha1"][:-1]).encode() + bytes(40)


def test_an_iterator_of_pairs_is_read_once_also_beside_a_bad_row():
    signs = thingpost.sign_batch(["s", "s"], [iter([("a", "1")]), {"a": True}], errors="mask")
    assert signs == [thingpost.sign("s", {"a": "1"}), None]
    of_nothing = thingpost.sign("s", {})
    rows = [iter([("a", "1")]), {"a": "1"}]
    assert thingpost.verify_batch("s", rows, [of_nothing, None], errors="mask") == [False, None]


@pytest.mark.parametrize("value", ["x\ny", "z"])
@pytest.mark.parametrize("rows", [2, 200])
def test_verify_batch_without_signatures_is_refused_and_does_not_sign(value, rows):
    with pytest.raises(thingpost.InputError, match="signs must be a sequence of str, or Packed; got NoneType"):
        thingpost.verify_batch("s", {"a": [value] * rows}, None)


@pytest.mark.parametrize("rows", [1, 200])
def test_verify_batch_takes_bytes_of_packed_columns_only(rows):
    sign = thingpost.sign("s", {"a": "1"}).encode()
    with pytest.raises(thingpost.InputError, match="row 0: sign must be str"):
        thingpost.verify_batch("s", {"a": ["1"] * rows}, [sign] * rows)
    assert thingpost.verify_batch("s", {"a": ["1"] * rows}, packed([sign] * rows)) == [True] * rows


def test_a_list_that_another_thread_changes_is_refused_or_signed_and_nothing_crashes():
    values = ["x"] * 3_000
    stop = threading.Event()

    def change():
        while not stop.is_set():
            values.clear()
            values.extend(["x"] * 3_000)

    thread = threading.Thread(target=change)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    thread.start()
    try:
        for _ in range(300):
            with contextlib.suppress(thingpost.InputError):
                thingpost.sign_batch("s", {"a": values, "b": list(range(3_000))})
            with contextlib.suppress(thingpost.InputError):
                thingpost.sign_batch("s", [{"a": "x\ny"}] * len(values))
    finally:
        stop.set()
        sys.setswitchinterval(interval)
        thread.join()


def test_a_dict_row_that_goes_away_meanwhile_is_not_made_up():
    class Shrinking(collections.UserList):
        def __len__(self):
            return 60

    with pytest.raises(thingpost.InputError, match="params has 2, secrets has 60"):
        thingpost.sign_batch(["s"] * 60, Shrinking([{"a": "x"}, {"a": "y"}]))


def test_sequences_that_cannot_be_sliced():
    values = collections.deque(str(number) for number in range(2_000))
    assert thingpost.sign_batch("s", {"a": values}) == thingpost.sign_batch("s", {"a": list(values)})


def test_an_interruption_leaves_no_partial_result_and_nobody_who_writes_on():
    """A signal handler raises while threads compute: when the call has raised, `out` is zeroed, and stays so."""
    rows = 600_000
    column = thingpost.Packed(bytes(16 * rows), array.array("i", range(0, 16 * rows + 1, 16)))
    out = bytearray(64 * rows)

    def handler(_signal, _frame):
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.1)
    try:
        with pytest.raises(KeyboardInterrupt):
            thingpost.sign_batch(column, {"a": column}, "hmacsha256", out=out, threads=3, lanes="portable")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, previous)
    assert not any(out)
    time.sleep(0.2)
    assert not any(out)


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_any_exception_leaves_no_partial_result(error):
    class Value(str):
        __slots__ = ()

    class Row(dict):
        def items(self):
            raise error

    out = bytearray(b"#") * (2_000 * 40)
    with pytest.raises(error):
        thingpost.sign_batch("s", [{"a": "1"}] * 1_999 + [Row()], out=out)
    assert not any(out)


def test_a_key_that_is_made_anew_meanwhile_does_not_lead_c_astray():
    key = thingpost.SigningKey("one")

    class Values(collections.UserList):
        def __getitem__(self, index):
            key.__init__("two")
            return super().__getitem__(index)

    values = Values(["1"] * 100)
    assert len(thingpost.sign_batch(key, {"a": values})) == 100


# ---- Refused as a whole ----


def call(**changes):
    arguments = {"secrets": ["s", "t"], "params": {"a": ["1", "2"]}, **changes}
    return thingpost.sign_batch(arguments.pop("secrets"), arguments.pop("params"), **arguments)


REFUSED = [
    ({"params": {"a": ["1"]}}, "column 'a' has 1, secrets has 2"),
    ({"params": {"a": ["1", "2"], "b": ["1", "2", "3"]}}, "column 'a' has 2, column 'b' has 3, secrets has 2"),
    ({"params": [{"a": "1"}]}, "params has 1, secrets has 2"),
    ({"params": {"a": thingpost.Packed(b"", array.array("i", [0, 0]))}}, "column 'a' has 1"),
    ({"secrets": "s", "params": {"a": "1"}}, "nothing says how many rows"),
    ({"secrets": "", "params": {"a": ["1"]}}, "the secret is empty"),
    ({"secrets": "s", "params": {}}, "nothing says how many rows"),
    ({"params": {"": ["1", "2"]}, "out": bytearray(b"#" * 80), "errors": "mask"}, "name is empty"),
    ({"params": {"a": memoryview(b"12")}}, "got memoryview"),
    ({"errors": []}, "errors=\\[\\]"),
    ({"lanes": []}, "lanes must be str or None, not list"),
    ({"params": {1: ["1", "2"]}}, "name must be str, not int"),
    ({"params": "ab"}, "params must be a mapping of names to columns, or a sequence of a dict a row; got str"),
    ({"params": None}, "params must be a mapping"),
    (
        {"params": {"a": None}},
        "column 'a' must be a sequence of str or int, one str or int for all rows, or Packed; got NoneType",
    ),
    ({"params": {"a": {"1", "2"}}}, "got set"),
    ({"params": {"a": b"12"}}, "got bytes"),
    ({"params": {"a": True}}, "got bool"),
    ({"secrets": None}, "secrets must be a sequence of str or bytes, or Packed; got NoneType"),
    ({"secrets": thingpost.SigningKey("s", "hmacmd5")}, "the SigningKey signs by hmacmd5"),
    ({"method": "hmacsha512"}, "unknown signature method 'hmacsha512'"),
    ({"errors": "ignore"}, "errors='ignore'"),
    ({"threads": 0}, "threads=0"),
    ({"threads": 1.5}, "threads=1.5"),
    ({"threads": True}, "threads=True"),
    ({"lanes": "mmx"}, "lanes='mmx': there are no such lanes; this machine can run portable"),
    ({"out": bytearray(79)}, "out has 79 bytes; 2 rows of 40 digits need 80"),
    ({"out": bytes(80)}, "out is read-only"),
    ({"out": memoryview(bytearray(200))[::2]}, "out is not contiguous"),
    ({"out": "text"}, "out must be a writable buffer"),
]


@pytest.mark.parametrize(("changes", "message"), REFUSED)
def test_refused_with_what_and_why(changes, message):
    out = changes.get("out")
    before = bytes(out) if isinstance(out, (bytearray, memoryview)) else None
    with pytest.raises(thingpost.InputError, match=message):
        call(**changes)
    assert before is None or bytes(out) == before


def test_lanes_that_this_machine_lacks_are_refused():
    lacking = [name for name in ("sse2", "neon", "avx2", "avx512") if name not in LANES]
    assert lacking, "no machine has both SSE2 and NEON"
    for name in lacking:
        with pytest.raises(
            thingpost.InputError, match=f"lanes='{name}': this CPU or this build of thingpost lacks them"
        ):
            call(lanes=name)


@pytest.mark.parametrize(
    ("data", "offsets", "message"),
    [
        (b"ab", b"\0\0\0\0", "format 'B'"),
        (b"ab", array.array("d", [0]), "format 'd'"),
        (b"ab", array.array("Q", [0]), "format 'Q'"),
        (b"ab", array.array("h", [0]), "format 'h'"),
        (b"ab", array.array("i"), "offsets are empty"),
        (b"ab", memoryview(array.array("i", [0, 0, 0, 0]))[::2], "contiguous"),
        (b"ab", [0, 1], "offsets must be a buffer"),
        ("ab", array.array("i", [0]), "data must be a buffer"),
        (memoryview(b"abcd")[::2], array.array("i", [0]), "data must be contiguous"),
        (b"ab", memoryview(bytes(16))[1:13].cast("i"), "offsets are not aligned"),
    ],
)
def test_packed_refuses_what_is_no_such_buffer(data, offsets, message):
    with pytest.raises(thingpost.InputError, match=message):
        thingpost.Packed(data, offsets)


def test_packed_shows_no_value():
    assert repr(packed(["hush", "hush"])) == "<Packed 2 values>"


# ---- Many at once ----


def test_threads_share_the_rows_and_agree():
    buffers = {name: packed(column * 20) for name, column in COLUMNS.items()}  # 50,000 rows
    expected = "".join(EXPECTED["hmacsha1"] * 20).encode()
    for threads in (1, 2, 3, 5, 64):
        out = bytearray(len(expected))
        thingpost.sign_batch(packed(SECRETS * 20), buffers, out=out, threads=threads)
        assert out == expected


def test_the_first_bad_row_is_named_whichever_thread_finds_one():
    offsets = array.array("i", range(40_001))
    offsets[35_000] = offsets[9_000] = -1
    out = bytearray(b"#") * (40_000 * 40)
    with pytest.raises(thingpost.InputError, match="row 8999"):
        thingpost.sign_batch("s", {"a": thingpost.Packed(bytes(40_000), offsets)}, out=out, threads=4)
    assert out == bytes(len(out))


def test_batches_of_eight_threads_at_once_agree():
    buffers, secrets = {name: packed(column) for name, column in COLUMNS.items()}, packed(SECRETS)
    wrong = []

    def work(number):
        method = thingpost.METHODS[number % 3]
        lanes = LANES[number % len(LANES)]
        for params, keys in ((COLUMNS, SECRETS), (ROWS, SECRETS), (buffers, secrets)):
            if thingpost.sign_batch(keys, params, method, lanes=lanes) != EXPECTED[method]:
                wrong.append((method, lanes))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_a_batch_releases_the_gil():
    """While one thread computes a batch for a tenth of a second and more, another one keeps running."""
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        pytest.skip("this Python has no GIL")
    rows = 400_000
    column = thingpost.Packed(bytes(16 * rows), array.array("i", range(0, 16 * rows + 1, 16)))
    out = bytearray(64 * rows)
    ticks, stop = [], threading.Event()

    def tick():
        while not stop.is_set():
            ticks.append(time.perf_counter())
            time.sleep(0)

    interval = sys.getswitchinterval()
    thread = threading.Thread(target=tick)
    thread.start()
    try:
        sys.setswitchinterval(10)  # nobody is made to give the GIL up
        start = time.perf_counter()
        thingpost.sign_batch(column, {"a": column}, "hmacsha256", out=out, lanes="portable")
        end = time.perf_counter()
    finally:
        sys.setswitchinterval(interval)
        stop.set()
        thread.join()
    middle = [tick for tick in ticks if start + (end - start) / 4 < tick < end - (end - start) / 4]
    assert len(middle) > 10


def test_offsets_that_change_meanwhile_never_lead_outside_the_data():
    """Another thread writes wild offsets while batches run: rows are signed, masked or refused, and nothing crashes."""
    good = array.array("i", range(0, 8 * 2_001, 8))
    live = array.array("i", good)
    column = thingpost.Packed(bytes(16_000), live)
    out = bytearray(40 * 2_000)
    stop = threading.Event()

    def scribble():
        chance = random.Random(3)
        while not stop.is_set():
            place = chance.randrange(2_001)
            live[place] = chance.choice((-1, 2**31 - 1, chance.randrange(-(2**31), 2**31)))
            live[place] = good[place]

    thread = threading.Thread(target=scribble)
    thread.start()
    try:
        for _ in range(300):
            thingpost.sign_batch(column, {"a": column}, out=out, errors="mask")
    finally:
        stop.set()
        thread.join()


# ---- lanes() and THINGPOST_LANES ----


def lanes_of(setting):
    code = "import thingpost; found = thingpost.lanes(); print(found.name, found.width, found.reason, sep='|')"
    environment = {**os.environ, "THINGPOST_LANES": setting}
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)


def test_lanes_says_what_is_in_use_and_why():
    found = thingpost.lanes()
    assert found.name in found.available
    assert found.available[0] == "portable"
    assert found.width == {"portable": 1, "sse2": 4, "neon": 4, "avx2": 8, "avx512": 16}[found.name]
    assert found.reason


@every_width
def test_the_environment_forces_lanes(lanes):
    result = lanes_of(lanes)
    assert result.stdout.startswith(f"{lanes}|")
    assert "THINGPOST_LANES asks for it" in result.stdout


@pytest.mark.parametrize("setting", ["mmx", "neon" if "sse2" in LANES else "sse2"])
@pytest.mark.parametrize("call", ["thingpost.lanes()", "thingpost.sign_batch('s', {'a': ['1']})"])
def test_the_environment_cannot_force_what_is_not_there(setting, call):
    environment = {**os.environ, "THINGPOST_LANES": setting}
    code = f"import thingpost; {call}"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert result.returncode != 0
    assert f"InputError: THINGPOST_LANES={setting}: " in result.stderr


def test_the_environment_forces_the_portable_c_for_single_signatures_too():
    code = "import thingpost; print(thingpost.sign('secret', {'a': 'b'}, 'hmacsha256'))"
    environment = {**os.environ, "THINGPOST_LANES": "portable"}
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert result.stdout.strip() == hmac.new(b"secret", b"ab", hashlib.sha256).hexdigest().upper()
