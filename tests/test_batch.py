"""sign_batch() and verify_batch(): each row as sign() has it, on every width and in every shape of input."""

import array
import hmac
import random

import pytest
from batch_rows import COLUMNS, DIGITS, EXPECTED, ROWS, SECRETS, SKIPPED, every_method, every_width, packed, python_sign
from hypothesis import given, settings
from hypothesis import strategies as st

import thingpost

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=40)

# ---- The right signatures ----


@every_width
@every_method
@pytest.mark.parametrize(
    "rows", [0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 100, 1000, 2047, 2048, 2049, 4100]
)
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
