"""The two machines, driven by hand: requests as the seed gives them, and one decision for each code of the table."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from protocol_driver import (
    TOPIC,
    WALL,
    accepted,
    authenticating,
    broken,
    granted,
    publishing,
    refusal,
    reply,
    token,
)

import thingpost
from thingpost import errors
from thingpost.identity import Identity, publish_request
from thingpost.protocol import AFTER_AUTH, AFTER_TOPIC, Decision, Retry
from thingpost.steps import Reject

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
