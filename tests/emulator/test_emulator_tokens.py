"""Tokens, their life, the clock that ages them, and refusals that a test has asked for."""

from __future__ import annotations

import time
from email.utils import parsedate_to_datetime

import pytest
from emulator_wire import DN, PK, SECRET, TOPIC, Wire

from thingpost.emulator import Clock, Emulator
from thingpost.emulator.checks import RefusedError
from thingpost.emulator.devices import EmulatedDevice
from thingpost.emulator.limits import RateLimit
from thingpost.emulator.tokens import TokenTable
from thingpost.errors import InputError

WEEK = 604_800


def code_of(table, token, now):
    try:
        table.device_of(token, now)
    except RefusedError as refused:
        return refused.code
    return 0


# ---- The life of a token ----


def test_a_token_lives_seven_days_and_is_then_expired(emulator, wire):
    token = wire.token()
    emulator.clock.advance(WEEK - 60)
    assert wire.publish(token).code == 0
    emulator.clock.advance(61)
    answer = wire.publish(token)
    assert answer.json == {"code": 20001, "message": "token is expired"}
    assert emulator.message_count == 1
    assert wire.publish(wire.token()).code == 0


def test_the_life_of_a_token_can_be_set():
    clock = Clock(lambda: 1_700_000_000.0)
    with Emulator({(PK, DN): SECRET}, token_lifetime=2.5, clock=clock) as emulator, Wire(emulator) as wire:
        token = wire.token()
        clock.advance(2.4)
        assert wire.publish(token).code == 0
        clock.advance(0.1)
        assert wire.publish(token).code == 20001


def test_an_older_token_lives_on_by_default(wire):
    older, newer = wire.token(), wire.token()
    assert older != newer
    assert [wire.publish(token).code for token in (older, newer, older)] == [0, 0, 0]


def test_single_token_lets_a_new_token_void_the_older_one():
    devices = {(PK, DN): SECRET, (PK, "other"): "s"}
    with Emulator(devices, single_token=True) as emulator, Wire(emulator) as wire:
        other = wire.token(secret="s", deviceName="other")
        older, newer = wire.token(), wire.token()
        assert [wire.publish(token).code for token in (older, newer)] == [20003, 0]
        assert wire.publish(other, f"/topic/{PK}/other/x").code == 0, "another device's token is left alone"
        assert emulator._platform.token_count() == 2


def test_a_refused_auth_voids_nothing():
    with Emulator({(PK, DN): SECRET}, single_token=True) as emulator, Wire(emulator) as wire:
        token = wire.token()
        assert wire.auth(secret="wrong").code == 20000
        assert wire.publish(token).code == 0


def test_tokens_can_be_expired_and_revoked_by_hand(emulator, wire):
    token = wire.token()
    emulator.expire_tokens()
    assert wire.publish(token).code == 20001
    emulator.revoke_tokens()
    assert wire.publish(token).code == 20003
    assert wire.publish(wire.token()).code == 0


def test_a_removed_device_cannot_authenticate_and_its_tokens_are_unknown(emulator, wire):
    token = wire.token()
    emulator.remove_device(PK, DN)
    assert wire.publish(token).code == 20003
    assert wire.auth().code == 20000
    with pytest.raises(InputError, match="no device"):
        emulator.remove_device(PK, DN)


def test_a_device_added_while_running_authenticates_and_another_secret_voids_its_tokens(emulator, wire):
    secret = emulator.add_device(PK, "late")
    assert len(secret) == 32
    token = wire.token(secret=secret, deviceName="late")
    assert emulator.add_device(PK, "late") == secret, "None leaves a known device as it is"
    assert wire.publish(token, f"/topic/{PK}/late/x").code == 0
    assert emulator.add_device(PK, "late", "another") == "another"
    assert wire.publish(token, f"/topic/{PK}/late/x").code == 20003
    assert wire.auth(secret=secret, deviceName="late").code == 20000
    assert wire.auth(secret="another", deviceName="late").code == 0


def test_the_table_of_tokens_is_bounded_for_a_device_and_in_all():
    names = ["a", "b", *(str(number) for number in range(20))]
    devices = {("pk", name): EmulatedDevice("pk", name, "secret") for name in names}
    table = TokenTable(devices, 10.0, single=False, per_device=3, total=5)
    first = [table.issue(devices["pk", "a"], 0.0) for _ in range(5)]
    assert len(table) == 3
    assert [code_of(table, token, 0.0) for token in first] == [20003, 20003, 0, 0, 0]
    second = [table.issue(devices["pk", "b"], 0.0) for _ in range(3)]
    assert len(table) == 5
    assert [code_of(table, token, 0.0) for token in first[2:] + second] == [20003, 0, 0, 0, 0, 0]
    tokens = [table.issue(devices["pk", str(number)], 0.0) for number in range(20)]
    assert len(table) == 5
    assert len(table._by_device) == 5
    assert code_of(table, tokens[-1], 0.0) == 0
    del devices["pk", "19"]
    assert code_of(table, tokens[-1], 10.0) == 20003, "unknown, not expired"


def test_ten_thousand_authentications_leave_a_bounded_table(emulator, wire):
    for _ in range(300):
        wire.token()
    assert emulator.auth_count == 300
    assert emulator._platform.token_count() == 128


# ---- The clock ----


def test_the_clock_drives_time_stamps_and_the_date_header(emulator, wire):
    emulator.clock.set(1_000_000_000)
    answer = wire.auth(timestamp=str(time.time_ns() // 10**6))
    assert answer.code == 20000
    date = parsedate_to_datetime(answer.header("Date")).timestamp()
    assert 0 <= date - 1_000_000_000 < 60
    answer = wire.auth(timestamp=str(1_000_000_000_000))
    assert answer.code == 0
    wire.publish(answer.json["info"]["token"])
    assert 0 <= emulator.messages[0].received_at - 1_000_000_000 < 60
    emulator.clock.reset()
    answer = wire.auth(timestamp=str(time.time_ns() // 10**6))
    assert answer.code == 0
    assert abs(parsedate_to_datetime(answer.header("Date")).timestamp() - time.time()) < 60


def test_every_answer_carries_the_date_of_the_clock(emulator, wire):
    emulator.clock.set(0)
    answers = [wire.send("GET", "/"), wire.send("POST", "/"), wire.auth({}), wire.publish("?")]
    assert all(answer.header("Date").startswith("Thu, 01 Jan 1970 00:00:0") for answer in answers)


def test_a_token_from_the_future_of_a_clock_set_back_is_good(emulator, wire):
    token = wire.token()
    emulator.clock.advance(-86_400)
    assert wire.publish(token).code == 0


def test_a_clock_runs_on_after_it_was_set():
    at = [100.0]
    clock = Clock(lambda: at[0])
    clock.set(5_000)
    at[0] += 7
    assert clock.now() == 5_007
    clock.advance(-7)
    assert clock.now() == 5_000
    clock.reset()
    assert clock.now() == 107


@pytest.mark.parametrize("wrong", ["1", None, True, float("nan"), float("inf"), -1, 1e12])
def test_a_clock_refuses_what_is_no_time(wrong):
    clock = Clock(lambda: 0.0)
    with pytest.raises(InputError, match="seconds"):
        clock.set(wrong)
    assert clock.now() == 0
    with pytest.raises(InputError):
        Clock(3)


# ---- The rate, and scripted refusals ----


def test_requests_over_the_rate_are_throttled_until_time_has_passed():
    clock = Clock(lambda: 1_700_000_000.0)
    with Emulator({(PK, DN): SECRET}, rate_limit=3, clock=clock) as emulator, Wire(emulator) as wire:
        token = wire.token()
        codes = [wire.publish(token).code for _ in range(4)]
        assert codes == [0, 0, 40000, 40000], "auth and topic share the rate"
        assert wire.auth().json == {"code": 40000, "message": "request too many"}
        assert emulator.message_count == 2
        assert emulator._platform.token_count() == 1
        clock.advance(1 / 3)
        assert [wire.publish(token).code for _ in range(2)] == [0, 40000]
        clock.advance(3600)
        assert [wire.publish(token).code for _ in range(4)] == [0, 0, 0, 40000]


def test_a_rate_below_one_lets_a_request_through_now_and_then():
    bucket = RateLimit(0.5)
    bucket.take(100.0)
    for now in (100.0, 101.9):
        with pytest.raises(RefusedError):
            bucket.take(now)
    bucket.take(102.0)
    with pytest.raises(RefusedError):
        bucket.take(50.0)  # the clock was set back: nothing is gained, and nothing is lost for ever
    bucket.take(52.0)


def test_refusals_lined_up_come_in_order_for_their_endpoint_and_do_nothing(emulator, wire):
    token = wire.token()
    emulator.refuse_next(40000, count=2, retry_after=7)
    emulator.refuse_next(10000)
    emulator.refuse_next(20004, endpoint="auth")
    emulator.refuse_next(99999, endpoint="auth")
    answers = [wire.publish(token) for _ in range(4)]
    assert [answer.code for answer in answers] == [40000, 40000, 10000, 0]
    assert [answer.header("Retry-After") for answer in answers] == ["7", "7", None, None]
    assert emulator.message_count == 1
    answers = [wire.auth() for _ in range(3)]
    assert [answer.code for answer in answers] == [20004, 99999, 0]
    assert answers[0].json == {"code": 20004, "message": "update session error"}
    assert emulator._platform.token_count() == 2
    assert (emulator.auth_count, emulator.publish_count) == (4, 4)


@pytest.mark.parametrize(
    "wrong",
    [
        {"code": 0},
        {"code": "10000"},
        {"code": True},
        {"code": 10000, "count": 0},
        {"code": 10000, "endpoint": "both"},
        {"code": 10000, "retry_after": -1},
        {"code": 10000, "retry_after": 0.5},
    ],
)
def test_refuse_next_refuses_what_makes_no_sense(emulator, wire, wrong):
    with pytest.raises(InputError):
        emulator.refuse_next(**wrong)
    assert wire.publish(wire.token(), TOPIC).code == 0
