"""Batches with bad input: the row is named or masked, nothing partial remains, arguments are refused with what and why."""

import array
import collections
import contextlib
import signal
import subprocess
import sys
import threading
import time
from unittest import mock

import pytest
from batch_rows import COLUMNS, EXPECTED, LANES, SECRETS, dicts_of, every_width, packed

import thingpost

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
    out = bytearray(b"#") * (len(SECRETS) * 40)
    with pytest.raises(thingpost.InputError, match=f"row {len(SECRETS) - 1}"):
        thingpost.sign_batch(SECRETS, columns, out=out)
    assert out == bytes(len(out))
    mask = thingpost.sign_batch(SECRETS, columns, out=out, errors="mask")
    assert mask == b"\1" * (len(SECRETS) - 1) + b"\0"
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


def test_interruptions_at_any_moment_of_waiting_for_a_thread():
    """Nothing hangs, it is the interruption that is raised, and nobody works any more then."""
    code = """
import random, signal, time
from thingpost.batch.parts import run_parts
chance = random.Random(3)
working = 0
def work(start, _stop):
    global working
    if start:  # not in the caller's thread
        working += 1
        time.sleep(3e-4)
        working -= 1
def handler(_signal, _frame):
    raise KeyboardInterrupt
signal.signal(signal.SIGALRM, handler)
interrupted = 0
for _ in range(6000):
    try:
        signal.setitimer(signal.ITIMER_REAL, chance.uniform(2e-5, 6e-4))
        run_parts(work, [0, 1, 2])
        signal.setitimer(signal.ITIMER_REAL, 0)
    except KeyboardInterrupt:
        interrupted += 1
        assert not working
print(interrupted)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert result.returncode == 0, result.stderr
    assert int(result.stdout) > 500


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
    ({"secrets": [], "params": {"a": []}, "method": "hmacsha512"}, "unknown signature method 'hmacsha512'"),
    ({"secrets": [], "params": {"": [], "a": []}}, "name is empty"),
    ({"secrets": [], "params": {5: []}}, "name must be str, not int"),
    ({"secrets": [], "params": {"a": [], "b": "\ud800"}}, "lone surrogate"),
    ({"errors": "ignore"}, "errors='ignore'"),
    ({"errors": mock.ANY}, "errors=<ANY>"),
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
