"""Client and Device against the local platform: what a user calls, over real TLS."""

import gc
import logging
import os
import threading
import time
from pathlib import Path

import pytest

import thingpost

# ---- Publishing ----


def test_publish_returns_a_receipt_and_the_platform_has_the_message(device, emulator):
    receipt = device.publish("/pk/dn/user/pub", b"\0\xff")
    (message,) = emulator.messages
    assert receipt == thingpost.Receipt(message.message_id, "/pk/dn/user/pub", 2, 1)
    assert (message.topic, message.payload) == ("/pk/dn/user/pub", b"\0\xff")
    assert receipt.message_id > 2**53


@pytest.mark.parametrize("payload", [b"abc", bytearray(b"abc"), memoryview(b"abc"), memoryview(b"a-b-c")[::2], "abc"])
def test_payload_may_be_any_bytes_or_text(device, emulator, payload):
    assert device.publish("user/pub", payload).size == 3
    assert emulator.messages[0].payload == b"abc"


@pytest.mark.parametrize(
    ("value", "sent"),
    [
        ({"t": 21.5, "u": "\u00fc"}, '{"t":21.5,"u":"\u00fc"}'.encode()),
        (None, b"null"),
        (False, b"false"),
        (0, b"0"),
        ("", b'""'),
        ([], b"[]"),
        (2**64, b"18446744073709551616"),
    ],
)
def test_json_takes_any_json_value_and_sends_it_compactly(device, emulator, value, sent):
    device.publish("user/pub", json=value)
    assert emulator.messages[0].payload == sent


def test_an_empty_payload_and_the_largest_one_are_sent(device, emulator):
    device.publish("user/pub", b"")
    device.publish("user/pub", b"x" * 131_072)
    assert [len(message.payload) for message in emulator.messages] == [0, 131_072]


def test_a_relative_topic_is_below_product_key_and_device_name(device):
    assert device.publish("user/pub", b"").topic == "/pk/dn/user/pub"


def test_a_system_topic_is_taken_as_it_is(device):
    topic = "/sys/pk/dn/thing/event/property/post"
    assert device.publish(topic, b"{}").topic == topic


def test_every_sign_method_signs_in(emulator):
    for method in thingpost.METHODS:
        with thingpost.Device(
            "pk", "dn", "secret", endpoint=emulator.url, ca_file=emulator.ca_file, sign_method=method
        ) as device:
            assert device.publish("user/pub", b"").attempts == 1


def test_no_timestamp_further_params_and_unusual_client_ids_sign_in(emulator):
    options = [
        {"send_timestamp": False},
        {"extra_params": {"zone": 7, "aaa": "\0", "\u00fc": "\u00e4"}},
        {"client_id": "\U0001f600" * 64},
        {"client_id": "a:b|c\n"},
    ]
    for arguments in options:
        with thingpost.Device(
            "pk", "dn", "secret", endpoint=emulator.url, ca_file=emulator.ca_file, **arguments
        ) as device:
            assert device.authenticate().value


# ---- Signing in ----


def test_one_authentication_serves_many_messages(device, emulator):
    for _ in range(5):
        device.publish("user/pub", b"")
    assert emulator.auth_count == 1


def test_authenticate_gives_the_cached_token_while_it_is_fresh(device, emulator):
    first = device.authenticate()
    assert device.authenticate() is first
    assert emulator.auth_count == 1
    assert repr(first.value) not in repr(first)


def test_a_wrong_secret_is_an_auth_error_and_not_tried_again(emulator):
    with thingpost.Device("pk", "dn", "wrong", endpoint=emulator.url, ca_file=emulator.ca_file) as device:
        with pytest.raises(thingpost.AuthError) as caught:
            device.publish("user/pub", b"")
        assert caught.value.code == 20000
        assert not caught.value.may_have_arrived
    assert (emulator.auth_count, emulator.publish_count) == (1, 0)


@pytest.mark.parametrize("refuse", ["expire_tokens", "revoke_tokens"])
def test_a_token_that_is_refused_is_renewed_without_a_word(device, emulator, refuse):
    device.publish("user/pub", b"1")
    getattr(emulator, refuse)()
    assert device.publish("user/pub", b"2").attempts == 2
    assert emulator.auth_count == 2
    assert [message.payload for message in emulator.messages] == [b"1", b"2"]


def test_a_second_refusal_right_after_authentication_raises(device, emulator):
    emulator.refuse_next(20003, count=2)
    with pytest.raises(thingpost.TokenInvalid):
        device.publish("user/pub", b"")
    assert (emulator.auth_count, emulator.publish_count) == (2, 2)
    device.publish("user/pub", b"")
    assert emulator.auth_count == 3  # the refused token was not kept


def test_rejected_token_causes_one_auth_for_64_threads(emulator):
    with thingpost.Client(emulator.url, ca_file=emulator.ca_file) as client:
        device = client.device("pk", "dn", "secret")
        device.authenticate()
        emulator.revoke_tokens()
        start = threading.Barrier(64)
        failed = []

        def work():
            start.wait()
            try:
                device.publish("user/pub", b"")
            except thingpost.ThingpostError as error:
                failed.append(error)

        threads = [threading.Thread(target=work) for _ in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert failed == []
    assert emulator.auth_count == 2
    assert len(emulator.messages) == 64


def test_a_wrong_clock_is_corrected_from_the_platforms_date(emulator):
    emulator.clock.advance(3600)
    with thingpost.Client(emulator.url, ca_file=emulator.ca_file) as client:
        client.device("pk", "dn", "secret").publish("user/pub", b"")
        assert emulator.auth_count == 2
        secret = emulator.add_device("pk", "dn2")
        client.device("pk", "dn2", secret).publish("user/pub", b"")
        assert emulator.auth_count == 3  # the correction is kept for all devices of the client


def test_throttling_is_waited_out_and_beyond_the_deadline_raised_at_once(device, emulator):
    emulator.refuse_next(40000, count=2)
    assert device.publish("user/pub", b"").attempts == 3
    emulator.refuse_next(40000, retry_after=60)
    start = time.monotonic()
    with pytest.raises(thingpost.Throttled) as caught:
        device.publish("user/pub", b"", timeout=20)
    assert caught.value.retry_after == 60
    assert time.monotonic() - start < 10


# ---- Who owns what ----


def test_close_closes_only_what_the_object_made(emulator):
    with thingpost.Client(emulator.url, ca_file=emulator.ca_file) as client:
        with client.device("pk", "dn", "secret") as device:
            device.publish("user/pub", b"")
        device.publish("user/pub", b"")  # the client is still open
    with pytest.raises(thingpost.InputError, match="closed"):
        device.publish("user/pub", b"")
    with thingpost.Device("pk", "dn", "secret", endpoint=emulator.url, ca_file=emulator.ca_file) as device:
        pass
    with pytest.raises(thingpost.InputError, match="closed"):
        device.authenticate()


def test_closing_while_another_thread_waits_to_try_again_opens_no_new_connection(emulator):
    emulator.refuse_next(40000, count=10, retry_after=1)
    client = thingpost.Client(emulator.url, ca_file=emulator.ca_file, retry=thingpost.Retry(base=0))
    device = client.device("pk", "dn", "secret")
    errors = []

    def work():
        with pytest.raises(thingpost.ThingpostError) as caught:
            device.publish("user/pub", b"")
        errors.append(caught.value)

    thread = threading.Thread(target=work)
    thread.start()
    while emulator.publish_count == 0:
        time.sleep(0.01)
    client.close()
    thread.join(10)
    assert emulator.publish_count == 1
    assert "was closed" in str(errors[0])


def test_client_together_with_what_a_client_has_is_a_type_error(emulator):
    with thingpost.Client(emulator.url, ca_file=emulator.ca_file) as client:
        for extra in ({"endpoint": emulator.url}, {"timeout": 1.0}, {"ca_file": "x"}, {"retry": thingpost.Retry()}):
            with pytest.raises(TypeError, match=rf"{next(iter(extra))}="):
                thingpost.Device("pk", "dn", "secret", client=client, **extra)


def test_a_device_that_nobody_closed_leaves_no_warning_and_no_connection(emulator):
    descriptors = Path("/proc/self/fd")
    before = len(list(descriptors.iterdir())) if descriptors.exists() else 0
    for _ in range(5):
        device = thingpost.Device("pk", "dn", "secret", endpoint=emulator.url, ca_file=emulator.ca_file)
        device.publish("user/pub", b"")
        del device
    gc.collect()
    time.sleep(0.1)  # until the emulator has seen its ends close
    assert before == 0 or len(list(descriptors.iterdir())) <= before + 4


def test_client_must_be_a_client():
    with pytest.raises(TypeError, match=r"must be a thingpost\.Client"):
        thingpost.Device("pk", "dn", "secret", client=object())


def test_clients_that_share_a_cache_authenticate_once(emulator):
    cache = thingpost.MemoryTokenCache()
    devices = [
        thingpost.Device("pk", "dn", "secret", endpoint=emulator.url, ca_file=emulator.ca_file, token_cache=cache)
        for _ in range(8)
    ]
    threads = [threading.Thread(target=device.publish, args=("user/pub", b"")) for device in devices]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for device in devices:
        device.close()
    assert (emulator.auth_count, emulator.message_count) == (1, 8)


def test_a_token_cache_is_shared_by_the_clients_that_are_given_it(emulator):
    cache = thingpost.MemoryTokenCache()
    for _ in range(3):
        with thingpost.Device(
            "pk", "dn", "secret", endpoint=emulator.url, ca_file=emulator.ca_file, token_cache=cache
        ) as device:
            device.publish("user/pub", b"")
    assert emulator.auth_count == 1


def test_a_token_is_not_used_at_another_endpoint(emulator):
    cache = thingpost.MemoryTokenCache()
    with thingpost.emulator.Emulator({("pk", "dn"): "secret"}) as other:
        for platform in (emulator, other):
            with thingpost.Device(
                "pk", "dn", "secret", endpoint=platform.url, ca_file=platform.ca_file, token_cache=cache
            ) as device:
                device.publish("user/pub", b"")
        assert other.auth_count == 1


# ---- From the environment ----


@pytest.fixture
def environment(monkeypatch, emulator):
    for name in [name for name in os.environ if name.startswith("THINGPOST_")]:
        monkeypatch.delenv(name)
    values = {
        "PRODUCT_KEY": "pk",
        "DEVICE_NAME": "dn",
        "DEVICE_SECRET": "secret",
        "ENDPOINT": emulator.url,
        "CA_FILE": str(emulator.ca_file),
        "SIGN_METHOD": "hmacsha256",
        "CLIENT_ID": "client",
    }
    for name, value in values.items():
        monkeypatch.setenv(f"THINGPOST_{name}", value)
    return monkeypatch


def test_from_env_makes_a_device_that_publishes(environment, emulator):
    with thingpost.Device.from_env(timeout=10) as device:
        assert device.publish("user/pub", b"").message_id == emulator.messages[0].message_id


def test_from_env_reads_the_secret_from_a_file_without_its_line_break(environment, tmp_path):
    (tmp_path / "secret").write_text("secret\n")
    environment.delenv("THINGPOST_DEVICE_SECRET")
    environment.setenv("THINGPOST_SECRET_FILE", str(tmp_path / "secret"))
    with thingpost.Device.from_env() as device:
        device.authenticate()


def test_from_env_names_what_is_missing_or_twice(environment, tmp_path):
    environment.setenv("THINGPOST_SECRET_FILE", "/x")
    with pytest.raises(thingpost.InputError, match="both set"):
        thingpost.Device.from_env()
    environment.delenv("THINGPOST_DEVICE_SECRET")
    with pytest.raises(thingpost.InputError, match=r"'/x' cannot be used"):
        thingpost.Device.from_env()
    environment.setenv("THINGPOST_SECRET_FILE", str(tmp_path / "empty"))
    (tmp_path / "empty").write_text("\n")
    with pytest.raises(thingpost.InputError, match="it is empty"):
        thingpost.Device.from_env()
    for name in ("SECRET_FILE", "DEVICE_NAME", "PRODUCT_KEY"):
        environment.setenv(f"THINGPOST_{name}", "")
        with pytest.raises(
            thingpost.InputError, match=f"THINGPOST_{name}" if name != "SECRET_FILE" else "DEVICE_SECRET"
        ):
            thingpost.Device.from_env()


def test_from_env_takes_a_client_to_share(environment, emulator):
    with thingpost.Client(emulator.url, ca_file=emulator.ca_file) as client:
        assert thingpost.Device.from_env(client=client).client is client


def test_from_env_arguments_win(environment):
    with thingpost.Device.from_env(device_name="other", secret="s", sign_method="hmacmd5") as device:
        assert device.device_name == "other"


# ---- Secrets stay inside ----


def test_no_secret_token_or_signature_stands_in_a_repr_or_a_log_line(emulator, caplog):
    caplog.set_level(logging.DEBUG)
    with thingpost.Device("pk", "dn", "hush-hush", endpoint=emulator.url, ca_file=emulator.ca_file) as device:
        emulator.add_device("pk", "dn2", "hush-hush")
        with pytest.raises(thingpost.AuthError) as caught:
            device.authenticate()
        other = device.client.device("pk", "dn2", "hush-hush")
        token = other.authenticate().value
        other.publish("user/pub", b"payload")
        shown = caplog.text + repr([device, device.client, other, caught.value]) + str(caught.value)
    assert "published 7 bytes to /pk/dn2/user/pub" in caplog.text
    assert token not in shown
    assert "hush" not in shown
