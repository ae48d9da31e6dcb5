"""What signing and verifying refuse, with what and why, and that secrets stay inside."""

import copy
import pickle

import pytest
from signing_peer import VECTOR

import thingpost

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
