"""Batches and threads: results agree, the GIL is released, memory that changes meanwhile does no harm."""

import _thread
import array
import random
import sys
import threading
import time

import pytest
from batch_rows import COLUMNS, EXPECTED, LANES, ROWS, SECRETS, packed

import thingpost

# ---- Many at once ----


def test_threads_share_the_rows_and_agree():
    buffers = {name: packed(column * 20) for name, column in COLUMNS.items()}  # 82,000 rows
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


@pytest.mark.parametrize("begins", [True, False])
def test_a_thread_that_cannot_start_leaves_no_partial_result_and_nobody_who_writes_on(monkeypatch, begins):
    """Of four threads the second gets no memory, say. One that was started before may not have begun."""
    started = []
    start = _thread.start_new_thread

    def start_one(function, arguments):
        if started:
            raise RuntimeError("can't start new thread")
        started.append(function)
        if begins:
            start(function, arguments)

    monkeypatch.setattr(_thread, "start_new_thread", start_one)
    buffers = {name: packed(column * 20) for name, column in COLUMNS.items()}
    out = bytearray(b"#") * (len(SECRETS) * 20 * 40)
    with pytest.raises(RuntimeError, match="can't start new thread"):
        thingpost.sign_batch(packed(SECRETS * 20), buffers, out=out, threads=4)
    assert out == bytes(len(out))
    started[0]()  # so late, it does nothing
    time.sleep(0.1)
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
