"""Replies that are not the platform's, or not quite."""

import pytest
from protocol_driver import WALL, authenticating, granted, publishing, reply

import thingpost
from thingpost import protocol
from thingpost.steps import Now

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
