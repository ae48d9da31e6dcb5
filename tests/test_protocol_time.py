"""Waiting, backing off, and clocks that are wrong."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol_driver import (
    DATE,
    WALL,
    accepted,
    authenticating,
    granted,
    publishing,
    refusal,
    reply,
)

import thingpost
from thingpost import replies
from thingpost.protocol import Retry

# ---- Waiting ----


def test_retry_after_is_honoured_in_seconds_and_as_a_date():
    later = "Tue, 14 Nov 2023 22:13:27 GMT"
    for headers in ({"retry_after": "7"}, {"retry_after": later, "date": DATE}, {"retry_after": later}):
        driver = publishing()
        driver.run(refusal(40000, **headers), accepted())
        assert driver.waits() == [7.25]


@pytest.mark.parametrize("value", ["soon", "-5", "1e3", "", "\u0665", "Tue, 99 Nov 2023 22:13:20 GMT"])
def test_a_retry_after_that_is_none_is_not_there(value):
    driver = publishing()
    driver.run(refusal(40000, retry_after=value), accepted())
    assert driver.waits() == [0.25]


def test_retry_after_beyond_the_deadline_raises_at_once():
    driver = publishing(timeout=5)
    with pytest.raises(thingpost.Throttled) as caught:
        driver.run(refusal(40000, retry_after="60"))
    assert caught.value.retry_after == 60
    assert caught.value.out_of_time
    assert driver.waits() == []


def test_a_retry_after_of_any_length_is_beyond_the_deadline():
    driver = publishing()
    with pytest.raises(thingpost.Throttled) as caught:
        driver.run(refusal(40000, retry_after="9" * 400))
    assert caught.value.retry_after == 1e9


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="this system's time zone cannot be set from inside")
@pytest.mark.parametrize(
    "date", [DATE, "Tue Nov 14 22:13:20 2023", "Tuesday, 14-Nov-23 22:13:20 GMT", DATE.replace("GMT", "-0000")]
)
def test_dates_are_utc_wherever_this_machine_is(monkeypatch, date):
    """The three forms of RFC 9110 5.6.7, and the one that Python takes for local time."""
    monkeypatch.setenv("TZ", "Asia/Shanghai")
    time.tzset()
    try:
        assert replies.server_time(reply({}, date=date)) == WALL
    finally:
        monkeypatch.undo()
        time.tzset()


def test_retry_after_just_within_the_deadline_is_waited_for_without_jitter():
    driver = publishing(timeout=5)
    driver.run(refusal(40000, retry_after=["4", "9"][0]), accepted())
    assert driver.waits() == [4.25]
    driver = publishing(timeout=4.1)
    driver.run(refusal(40000, retry_after="4"), accepted())
    assert driver.waits() == [4.0]


@given(st.integers(1, 200), st.floats(0, 10), st.floats(0, 100), st.floats(0, 1, exclude_max=True))
def test_back_off_doubles_up_to_its_cap_with_full_jitter(failures, base, cap, random):
    delay = Retry(base=base, cap=cap).delay(failures, random)
    assert 0 <= delay <= min(cap, base * 2.0 ** (failures - 1))
    if base > 0.001:
        assert delay == pytest.approx(random * min(cap, base * 2.0 ** min(failures - 1, 60)))


@pytest.mark.parametrize(
    "arguments",
    [
        {"attempts": 0},
        {"attempts": 1.5},
        {"attempts": True},
        {"base": -1},
        {"cap": float("nan")},
        {"base": "1"},
        {"base": 1e300},
        {"cap": 10**400},
    ],
)
def test_a_retry_that_makes_no_sense_is_refused(arguments):
    with pytest.raises(thingpost.InputError, match=next(iter(arguments))):
        Retry(**arguments)


# ---- The clock ----


@pytest.mark.parametrize("off", [-20 * 60, 20 * 60, -50 * 365 * 86_400])
def test_a_wrong_clock_is_corrected_once_from_the_replys_date(off):
    driver = authenticating(wall=WALL + off)
    driver.run(refusal(20000, date=DATE), granted())
    assert json.loads(driver.sent()[1].body)["timestamp"] == "1700000000000"
    assert driver.machine.clock_offset == -off
    assert driver.waits() == []


def test_a_clock_that_was_corrected_is_not_corrected_again():
    driver = authenticating(wall=WALL + 3600)
    with pytest.raises(thingpost.AuthError):
        driver.run(refusal(20000, date=DATE), refusal(20000, date="Tue, 14 Nov 2023 10:13:20 GMT"))


@pytest.mark.parametrize("date", [{"date": DATE}, {"date": "Tue, 14 Nov 2023 22:20:00 GMT"}, {"date": "yesterday"}, {}])
def test_a_clock_that_is_right_enough_or_cannot_be_compared_is_left_alone(date):
    driver = authenticating()
    with pytest.raises(thingpost.AuthError):
        driver.run(refusal(20000, **date))
    assert driver.machine.clock_offset == 0


@pytest.mark.parametrize("date", ["Sun, 01 Jan 1950 00:00:00 GMT", "Thu, 01 Jan 1000 00:00:00 GMT"])
def test_a_date_before_1970_corrects_nothing(date):
    with pytest.raises(thingpost.AuthError):
        authenticating().run(refusal(20000, date=date))


def test_a_clock_before_1970_is_corrected():
    driver = authenticating(wall=-86_400.0)
    driver.run(refusal(20000, date=DATE), granted())
    assert [json.loads(request.body)["timestamp"] for request in driver.sent()] == ["0", "1700000000000"]


def test_a_device_that_sends_no_timestamp_has_no_clock_to_correct():
    with pytest.raises(thingpost.AuthError):
        authenticating(send_timestamp=False, wall=0).run(refusal(20000, date=DATE))
