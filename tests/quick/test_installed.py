"""What must hold of every wheel, wherever it is installed: it computes right, on each width the machine has, and publishes over TLS.

Runs with pytest alone, from a folder that has nothing of the project but tests/quick and tests/vectors, so that what is
tested is what was installed. The emulator needs the extra `emulator`, whose dependencies not every platform has.
"""

import importlib.metadata
import json
import sys
import sysconfig
import threading
from pathlib import Path

import pytest

import thingpost

VECTORS = json.loads((Path(__file__).parents[1] / "vectors" / "signatures.json").read_text(encoding="utf-8"))

each_vector = pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: f"{vector['method']}, {vector['source']}")


def secret_of(vector):
    return bytes.fromhex(vector["secretHex"])


def test_what_is_tested_is_what_was_installed():
    assert importlib.metadata.version("thingpost") == thingpost.__version__
    assert (Path(thingpost.__file__).parent / "py.typed").exists()


@each_vector
def test_single_signatures(vector):
    secret, params, method, sign = secret_of(vector), vector["params"], vector["method"], vector["sign"]
    assert thingpost.content(params) == vector["content"]
    for _ in range(2):  # the first call with these names prepares the second
        assert thingpost.sign(secret, params, method) == sign
        assert thingpost.verify(secret, params, sign.lower(), method)
        assert not thingpost.verify(secret, params, sign[:-1] + ("0" if sign[-1] != "0" else "1"), method)
    key = thingpost.SigningKey(secret, method)
    assert key.sign(params) == sign
    if "timestamp" in params:
        bound = key.bind({name: value for name, value in params.items() if name != "timestamp"})
        assert bound.sign(int(params["timestamp"])) == sign


@each_vector
def test_batches_on_each_width(vector):
    rows = 35  # more than one vector of the widest, and a rest
    secret, method, sign = secret_of(vector), vector["method"], vector["sign"]
    columns = {name: [value] * rows for name, value in vector["params"].items()}
    for width in thingpost.lanes().available:
        assert thingpost.sign_batch(secret, columns, method, lanes=width) == [sign] * rows
        assert thingpost.sign_batch([secret] * rows, columns, method, lanes=width) == [sign] * rows
        assert all(thingpost.verify_batch([secret] * rows, columns, [sign] * rows, method, lanes=width))


def test_many_threads_sign_with_one_key():
    if sysconfig.get_config_var("Py_GIL_DISABLED"):
        assert not sys._is_gil_enabled()  # an extension that does not say it can do without would bring the GIL back
    vector = VECTORS[-1]
    key = thingpost.SigningKey(secret_of(vector), vector["method"])
    made = []

    def work():
        made.extend(key.sign(vector["params"]) for _ in range(2000))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [vector["sign"]] * 8000


def test_one_message_is_published_over_tls():
    pytest.importorskip("aiohttp", reason="the extra `emulator` is not installed")
    pytest.importorskip("trustme", reason="the extra `emulator` is not installed")
    with (
        thingpost.emulator.Emulator({("a1GFjLP", "device123"): "secret"}) as emulator,
        thingpost.Device("a1GFjLP", "device123", "secret", endpoint=emulator.url, ca_file=emulator.ca_file) as device,
    ):
        receipt = device.publish("user/pub", json={"temperature": 21.5})
        (message,) = emulator.messages
        assert (message.message_id, message.payload) == (receipt.message_id, b'{"temperature":21.5}')
