"""The two machines, driven by hand: requests as the seed gives them, and one decision for each code of the table."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

import thingpost
from thingpost import errors, protocol, replies
from thingpost.identity import Identity, publish_request
from thingpost.protocol import AFTER_AUTH, AFTER_TOPIC, Authenticate, Decision, Publish, Retry
from thingpost.replies import Reply
from thingpost.steps import Done, NeedToken, Now, Reject, Send, Token, Wait

WALL = 1_700_000_000.0
DATE = "Tue, 14 Nov 2023 22:13:20 GMT"  # WALL
TOPIC = "/pk/dn/user/pub"


def reply(document, status=200, **headers):
    body = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Reply(status, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def refusal(code, **headers):
    return reply({"code": code, "message": "no"}, **headers)


def granted(token="a" * 32):
    return reply({"code": 0, "message": "success", "info": {"token": token}})


def accepted(message_id=892687627916247040):
    return reply({"code": 0, "message": "success", "info": {"messageId": message_id}})


def token(value="t" * 32):
    return Token(value, issued_at=WALL, refresh_at=WALL + 10, expires_at=WALL + 20)


def broken(*, may_have_arrived):
    error = thingpost.ConnectError("broke")
    error.may_have_arrived = may_have_arrived
    return error


class Driver:
    """Resumes a machine with prepared outcomes, keeps its steps, and lets time pass while it waits."""

    def __init__(self, machine, wall=WALL):
        self.machine = machine
        self.wall = wall
        self.monotonic = 1000.0
        self.steps = []

    def run(self, *outcomes):
        """Give each Send (and each NeedToken, where an outcome is a Token or an error for it) the next outcome."""
        queue = list(outcomes)
        outcome = None
        while True:
            step = self.machine.resume(Now(self.wall, self.monotonic), outcome)
            self.steps.append(step)
            outcome = None
            if isinstance(step, Done):
                assert not queue, "outcomes were left over"
                return step.result
            if isinstance(step, Send):
                outcome = queue.pop(0)
            elif isinstance(step, NeedToken):
                outcome = queue.pop(0) if queue and isinstance(queue[0], (Token, errors.AuthError)) else token()
            elif isinstance(step, Wait):
                self.wall += step.seconds
                self.monotonic += step.seconds

    def kinds(self):
        return [type(step).__name__ for step in self.steps]

    def sent(self):
        return [step.request for step in self.steps if isinstance(step, Send)]

    def waits(self):
        return [step.seconds for step in self.steps if isinstance(step, Wait)]


def authenticating(*, retry=None, timeout=30.0, random=lambda: 0.5, wall=WALL, **identity):
    who = Identity("pk", "dn", "secret", **identity)
    return Driver(Authenticate(who, retry=retry or Retry(), deadline=1000.0 + timeout, random=random), wall)


def publishing(*, retry=None, timeout=30.0, payload=b"data"):
    return Driver(Publish(TOPIC, payload, retry=retry or Retry(), deadline=1000.0 + timeout, random=lambda: 0.5))


# ---- Requests ----


def test_auth_request_is_as_the_seed_gives_it():
    driver = authenticating(client_id="mylight1000002")
    driver.run(granted())
    (request,) = driver.sent()
    assert request.path == "/auth"
    assert ("Content-Type", "application/json") in request.headers
    fields = json.loads(request.body)
    sign = fields.pop("sign")
    assert fields == {
        "version": "default",
        "clientId": "mylight1000002",
        "signmethod": "hmacsha1",
        "productKey": "pk",
        "deviceName": "dn",
        "timestamp": "1700000000000",
    }
    assert thingpost.verify("secret", fields, sign)
    assert sign == sign.upper()


def test_client_id_is_product_key_and_device_name_by_default_cut_to_64_characters():
    assert Identity("pk", "dn", "s").client_id == "pk.dn"
    assert Identity("p" * 40, "d" * 40, "s").client_id == "p" * 40 + "." + "d" * 23


def test_a_device_without_a_clock_sends_and_signs_no_timestamp():
    driver = authenticating(send_timestamp=False)
    driver.run(granted())
    fields = json.loads(driver.sent()[0].body)
    assert "timestamp" not in fields
    assert thingpost.verify("secret", fields, fields["sign"])


def test_further_params_are_sent_as_text_and_signed():
    driver = authenticating(extra_params={"zone": 7, "firm": "\u00fc\0"}, client_id="\U0001f600" * 64)
    driver.run(granted())
    fields = json.loads(driver.sent()[0].body)
    assert fields["zone"] == "7"
    assert fields["clientId"] == "\U0001f600" * 64
    assert thingpost.verify("secret", fields, fields["sign"])


def test_publish_request_is_as_the_seed_gives_it():
    driver = publishing(payload=b"\0\xff")
    driver.run(token("token"), accepted())
    (request,) = driver.sent()
    assert request.path == "/topic" + TOPIC
    assert ("password", "token") in request.headers
    assert ("Content-Type", "application/octet-stream") in request.headers
    assert request.body == b"\0\xff"


def test_no_secret_stands_in_a_repr():
    driver = authenticating()
    result = driver.run(granted("f" * 32))
    request = publish_request(TOPIC, "f" * 32, b"")
    sign = json.loads(driver.sent()[0].body)["sign"]
    shown = repr([result, request, driver.steps, granted("f" * 32), Identity("pk", "dn", "hush")])
    assert "f" * 32 not in shown
    assert sign not in shown
    assert "hush" not in shown


# ---- Success ----


def test_a_token_lives_seven_days_and_is_renewed_in_the_last_fifth_of_them():
    for random in (0.0, 0.5, 0.999):
        result = authenticating(random=lambda value=random: value).run(granted("tok"))
        assert result.value == "tok"
        assert result.expires_at == WALL + 7 * 86_400
        assert 0.8 <= (result.refresh_at - WALL) / (7 * 86_400) < 0.95


@given(st.integers(0, 2**64 - 1))
def test_message_ids_of_64_bits_are_exact(message_id):
    receipt = publishing().run(accepted(message_id))
    assert receipt == thingpost.Receipt(message_id, TOPIC, 4, 1)
    assert type(receipt.message_id) is int


# ---- One decision for each code ----


def test_the_tables_are_the_protocols():
    assert {code for code, decision in AFTER_AUTH.items() if decision is Decision.BACK_OFF} == {10000, 20004, 40000}
    assert {code for code, decision in AFTER_TOPIC.items() if decision is Decision.REAUTHENTICATE} == {
        20001,
        20002,
        20003,
    }
    assert set(AFTER_AUTH) | set(AFTER_TOPIC) <= set(errors.PLATFORM_ERRORS)


@pytest.mark.parametrize("code", [10000, 20004, 40000])
def test_auth_backs_off_and_tries_again_up_to_the_number_of_attempts(code):
    driver = authenticating()
    assert driver.run(refusal(code), refusal(code), refusal(code), granted()).value == "a" * 32
    assert driver.waits() == [0.25, 0.5, 1.0]
    driver = authenticating()
    with pytest.raises(errors.PLATFORM_ERRORS[code]) as caught:
        driver.run(*[refusal(code)] * 4)
    assert len(driver.sent()) == 4
    assert not caught.value.may_have_arrived


@pytest.mark.parametrize("code", [10001, 20000, 20001, 20002, 20003, 30001, 99999, -1])
def test_auth_raises_any_other_code_at_once(code):
    driver = authenticating()
    with pytest.raises(errors.PLATFORM_ERRORS.get(code, thingpost.PlatformError)) as caught:
        driver.run(refusal(code))
    assert (caught.value.code, caught.value.message) == (code, "no")


@pytest.mark.parametrize("code", [30001, 40000])
def test_publish_backs_off_where_the_message_was_not_delivered(code):
    driver = publishing()
    assert driver.run(refusal(code), refusal(code), accepted()).attempts == 3
    driver = publishing()
    with pytest.raises(errors.PLATFORM_ERRORS[code]) as caught:
        driver.run(*[refusal(code)] * 4)
    assert not caught.value.may_have_arrived


@pytest.mark.parametrize("code", [20001, 20002, 20003])
def test_publish_authenticates_once_and_sends_again_after_a_refused_token(code):
    driver = publishing()
    first, second = token("first"), token("second")
    assert driver.run(first, refusal(code), second, accepted()).attempts == 2
    assert driver.kinds() == ["NeedToken", "Send", "Reject", "NeedToken", "Send", "Done"]
    assert next(step for step in driver.steps if isinstance(step, Reject)).token is first


@pytest.mark.parametrize("code", [20001, 20002, 20003])
def test_a_second_refused_token_is_dropped_and_raised(code):
    driver = publishing()
    with pytest.raises(errors.PLATFORM_ERRORS[code]) as caught:
        driver.run(refusal(code), refusal(code))
    assert driver.kinds() == ["NeedToken", "Send", "Reject", "NeedToken", "Send", "Reject"]
    assert not caught.value.may_have_arrived


@pytest.mark.parametrize("code", [10001, 20000, 20004])
def test_publish_raises_any_other_known_code_at_once(code):
    with pytest.raises(errors.PLATFORM_ERRORS[code]) as caught:
        publishing().run(refusal(code))
    assert not caught.value.may_have_arrived


def test_an_unknown_code_keeps_code_and_message_and_does_not_claim_that_nothing_arrived():
    with pytest.raises(thingpost.PlatformError) as caught:
        publishing().run(reply({"code": 123456, "message": "brand new"}))
    assert (caught.value.code, caught.value.message) == (123456, "brand new")
    assert caught.value.may_have_arrived


def test_common_error_after_a_report_leaves_delivery_unknown():
    with pytest.raises(thingpost.DeliveryUnknown) as caught:
        publishing().run(refusal(10000))
    assert isinstance(caught.value.__cause__, thingpost.CommonError)
    assert caught.value.may_have_arrived


def test_an_error_code_counts_whatever_the_http_status():
    with pytest.raises(thingpost.ParamError):
        publishing().run(reply({"code": 10001, "message": "param error"}, status=404))


# ---- What breaks on the way ----


def test_a_report_that_was_never_written_is_tried_again():
    driver = publishing()
    assert driver.run(broken(may_have_arrived=False), accepted()).attempts == 2


def test_a_report_that_may_have_been_written_is_not_sent_again():
    driver = publishing()
    with pytest.raises(thingpost.DeliveryUnknown) as caught:
        driver.run(broken(may_have_arrived=True))
    assert len(driver.sent()) == 1
    assert isinstance(caught.value.__cause__, thingpost.ConnectError)


def test_resend_unknown_asks_for_at_least_once():
    driver = publishing(retry=Retry(resend_unknown=True))
    assert driver.run(broken(may_have_arrived=True), refusal(10000), reply(b"<html>"), accepted()).attempts == 4
    driver = publishing(retry=Retry(resend_unknown=True))
    with pytest.raises(thingpost.DeliveryUnknown):
        driver.run(*[broken(may_have_arrived=True)] * 4)


@pytest.mark.parametrize("last", [refusal(10001), errors.platform_error(20000, "no")])
def test_once_delivery_was_unknown_no_later_error_says_that_nothing_arrived(last):
    driver = publishing(retry=Retry(resend_unknown=True, attempts=2))
    with pytest.raises(thingpost.PlatformError) as caught:
        driver.run(broken(may_have_arrived=True), last)
    assert caught.value.may_have_arrived


@pytest.mark.parametrize(
    "last", [broken(may_have_arrived=False), thingpost.ProtocolError("html"), thingpost.DeadlineExceeded("late")]
)
def test_once_delivery_was_unknown_it_stays_so_whatever_breaks_later(last):
    driver = publishing(retry=Retry(resend_unknown=True, attempts=2))
    with pytest.raises(thingpost.DeliveryUnknown) as caught:
        driver.run(broken(may_have_arrived=True), last)
    assert caught.value.__cause__ is last


def test_authentication_is_tried_again_after_a_broken_connection_wherever_it_broke():
    driver = authenticating()
    driver.run(broken(may_have_arrived=True), broken(may_have_arrived=False), granted())
    with pytest.raises(thingpost.ConnectError) as caught:
        authenticating().run(*[broken(may_have_arrived=True) for _ in range(4)])
    assert not caught.value.may_have_arrived


def test_an_untrusted_certificate_is_not_tried_again():
    for driver in (authenticating(), publishing()):
        with pytest.raises(thingpost.CertificateError):
            driver.run(thingpost.CertificateError("not trusted"))
        assert len(driver.sent()) == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_authentication_is_tried_again_after_a_proxys_error_page(status):
    driver = authenticating()
    driver.run(reply(b"<html>", status, retry_after="3"), granted())
    assert driver.waits() == [3.25]


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


# ---- Replies that are not the platform's ----

BAD_ANSWERS = {
    "empty": b"",
    "html": b"<html><body>502 Bad Gateway</body></html>",
    "cut short": b'{"code":0,"message":"succ',
    "two documents": b'{"code":0}{"code":0}',
    "array": b"[0]",
    "number": b"0",
    "null": b"null",
    "no code": b'{"message":"success"}',
    "code is text": b'{"code":"0"}',
    "code is a bool": b'{"code":false}',
    "code is a float": b'{"code":0.0}',
    "code is infinite": b'{"code":1e400}',
    "code is NaN": b'{"code":NaN}',
    "a key twice": b'{"code":10001,"code":0,"info":{"token":"t","messageId":1}}',
    "a key twice inside": b'{"code":0,"info":{"token":"t","token":"u","messageId":1,"messageId":2}}',
    "nested deeply": b'{"code":0,"info":' + b"[" * 60_000,
    "nested deeply, closed": b'{"code":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    "huge number": b'{"code":0,"info":{"token":"t","messageId":' + b"9" * 60_000 + b"}}",
    "not UTF-8": b'{"code":0,"message":"\xff"}',
    "UTF-16": '{"code":0}'.encode("utf-16"),
    "no info": b'{"code":0}',
    "info is text": b'{"code":0,"info":"token"}',
    "token is a number": b'{"code":0,"info":{"token":5,"messageId":"5"}}',
    "token is empty": b'{"code":0,"info":{"token":"","messageId":null}}',
    "token with a line break": b'{"code":0,"info":{"token":"a\\r\\nHost: b","messageId":[1]}}',
    "token is not ASCII": b'{"code":0,"info":{"token":"\xc3\xbc","messageId":{}}}',
    "token is too long": b'{"code":0,"info":{"token":"' + b"t" * 1025 + b'","messageId":-1}}',
    "messageId is a bool": b'{"code":0,"info":{"messageId":true}}',
    "messageId is a float": b'{"code":0,"info":{"messageId":8.9e17}}',
    "messageId is beyond 64 bits": b'{"code":0,"info":{"messageId":18446744073709551616}}',
    "strings without end": b'{"code":0,' + b'"\\' * 30_000,
    "commas without end": b"," * 65_000,
}


@pytest.mark.parametrize("body", BAD_ANSWERS.values(), ids=BAD_ANSWERS)
def test_a_reply_that_is_not_the_platforms_is_a_protocol_error(body):
    with pytest.raises(thingpost.ProtocolError):
        authenticating().run(reply(body))
    with pytest.raises(thingpost.DeliveryUnknown) as caught:
        publishing().run(reply(body))
    assert isinstance(caught.value.__cause__, thingpost.ProtocolError)


@pytest.mark.parametrize(
    "bad",
    [
        reply({"code": 0, "info": {"token": "t", "messageId": 1}}, status=500),
        reply({"code": 0, "info": {"token": "t", "messageId": 1}}, status=201),
        reply({"code": 0, "info": {"token": "t", "messageId": 1}}, status=302),
        reply({"code": 0, "info": {"token": "t", "messageId": 1}}, content_encoding="gzip"),
    ],
    ids=["500", "201", "redirect", "gzip"],
)
def test_success_in_a_reply_that_cannot_be_trusted_is_none(bad):
    with pytest.raises(thingpost.ProtocolError):
        authenticating().run(bad)
    with pytest.raises(thingpost.DeliveryUnknown):
        publishing().run(bad)


def test_the_seeds_own_trailing_comma_is_tolerated():
    seed = b'{\n  "code": 0,\n  "message": "success",\n  "info": {\n    "messageId": 892687627916247040,\n  }\n}'
    assert publishing().run(reply(seed)).message_id == 892687627916247040


def test_a_comma_inside_a_text_is_no_trailing_comma():
    body = b'{"code":20000,"message":"a,} \\",] b",}'
    with pytest.raises(thingpost.AuthError) as caught:
        authenticating().run(reply(body))
    assert caught.value.message == 'a,} ",] b'


def test_the_platforms_message_is_shown_on_one_line_cut_and_without_what_looks_like_a_secret():
    with pytest.raises(thingpost.AuthError) as caught:
        authenticating().run(reply({"code": 20000, "message": "bad\r\nsign " + "A" * 40 + " " + "long " * 100}))
    assert caught.value.message.startswith("bad  sign *** long")
    assert len(caught.value.message) == 200
    with pytest.raises(thingpost.AuthError) as caught:
        authenticating().run(reply({"code": 20000, "message": ["no", "text"]}))
    assert caught.value.message == ""


def test_driving_a_machine_wrongly_is_a_type_error():
    machine = authenticating().machine
    machine.resume(Now(WALL, 0))
    with pytest.raises(TypeError, match="a Send is answered by a Reply"):
        machine.resume(Now(WALL, 0), None)
    machine = publishing().machine
    machine.resume(Now(WALL, 0))
    with pytest.raises(TypeError, match="a NeedToken is answered by a Token"):
        machine.resume(Now(WALL, 0), granted())
    assert protocol.TOKEN_LIFETIME == 604_800
