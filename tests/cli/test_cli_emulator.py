"""`thingpost demo` and `thingpost emulator`, as a user types them."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys

import pytest
import requests
from cli_process import SECRET, THINGPOST
from click.testing import CliRunner

import thingpost
from thingpost.cli.demo import demo
from thingpost.cli.emulator import _preview


def test_demo_shows_the_whole_path(run):
    result = run("demo")
    assert result.returncode == 0, result.err
    for shown in ("clientIda1GFjLP.device123", "user/pub", "/sys/a1GFjLP/device123/thing/event/property/post", "21.5"):
        assert shown in result.out
    assert not re.search(r"\b[0-9a-f]{32}\b", result.out)  # the token is masked
    report = json.loads(run("demo", "--json").out)
    assert report["all_arrived"] is True
    assert len(report["arrived"]) == 3


def test_demo_shows_the_content_and_signature_of_its_very_sign_in(monkeypatch):
    """The device's request is caught on its way into the platform."""
    from thingpost.emulator.platform import Platform  # noqa: PLC0415 (aiohttp is an extra)

    sent = []
    answer = Platform.answer

    def caught(self, method, target, headers, body):
        if target == "/auth":
            sent.append(json.loads(body))
        return answer(self, method, target, headers, body)

    monkeypatch.setattr(Platform, "answer", caught)
    report = json.loads(CliRunner().invoke(demo, ["--json"], catch_exceptions=False).stdout)
    (request,) = sent
    assert report["sign"] == request["sign"]
    assert report["content"] == thingpost.content(
        {name: value for name, value in request.items() if name not in {"sign", "signmethod", "version"}}
    )
    assert report["content"].endswith(f"timestamp{request['timestamp']}")
    assert report["signmethod"] == request["signmethod"]


class Running:
    """`thingpost emulator` in a process of its own."""

    def __init__(self, *arguments, env):
        self.process = subprocess.Popen(
            [*THINGPOST, "emulator", "--port", "0", *arguments], env=env, stdout=subprocess.PIPE, text=True
        )
        self.lines = []

    def until(self, text):
        while not self.lines or text not in self.lines[-1]:
            line = self.process.stdout.readline()
            assert line, f"it ended: {self.lines}"
            self.lines.append(line)
        return self.lines

    def exports(self):
        block = [line for line in self.until("Ctrl-C stops") if line.startswith("export ")]
        return dict(shlex.split(line)[1].split("=", 1) for line in block)

    def stop(self, number=signal.SIGINT):
        self.process.send_signal(number)
        output, _ = self.process.communicate(timeout=10)
        return self.process.returncode, output


@pytest.fixture
def emulators(environment):
    running = []

    def start(*arguments):
        running.append(Running(*arguments, env=environment))
        return running[-1]

    yield start
    for each in running:
        each.process.kill()
        each.process.communicate()


def test_the_printed_export_block_is_what_from_env_understands(run, emulators):
    platform = emulators("--device", "pk:dn2")
    exports = platform.exports()
    assert exports["THINGPOST_DEVICE_NAME"] == "dn2"
    code = "import thingpost; print(thingpost.Device.from_env().publish('user/pub', b'from the environment'))"
    env = {**os.environ, **exports}
    result = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=True)
    assert "Receipt" in result.stdout
    assert "/pk/dn2/user/pub  20 bytes  from the environment\n" in platform.until("from the environment")
    assert run("publish", "user/pub", "again", **exports).returncode == 0
    assert platform.stop(signal.SIGTERM)[0] == 0


@pytest.mark.parametrize(
    ("payload", "shown"),
    [
        (b"", ""),
        (b"21.5", "21.5"),
        (b'{\n  "t": 1\n}', '{ "t": 1 }'),
        ("\u6e29\u5ea6".encode() * 150, "\u6e29\u5ea6" * 100 + " ..."),
        (b"\0\xff", "00 ff"),
        (b"a\x1b[31m", "61 1b 5b 33 31 6d"),
        (bytes(100), "00 " * 31 + "00 ..."),
    ],
)
def test_a_payload_is_shown_on_one_line(payload, shown):
    assert _preview(payload) == shown


def test_state_keeps_authority_and_devices_over_restarts(run, emulators, tmp_path):
    arguments = ["--state", str(tmp_path / "state"), "--device", "pk:dn"]
    first = emulators(*arguments)
    exports = first.exports()
    first.stop()
    second = emulators(*arguments)
    again = second.exports()
    endpoint = again.pop("THINGPOST_ENDPOINT")
    exports.pop("THINGPOST_ENDPOINT")
    assert again == exports
    assert run("auth", **exports, THINGPOST_ENDPOINT=endpoint).returncode == 0


def test_the_emulator_records_messages_and_prints_json(run, emulators, tmp_path):
    (tmp_path / "key").write_text(SECRET + "\n")
    platform = emulators(
        "--json", "--record", str(tmp_path / "record"), "--device", "pk:dn", "--secret-file", str(tmp_path / "key")
    )
    announced = json.loads(platform.until("endpoint")[-1])
    assert announced["devices"] == [{"product_key": "pk", "device_name": "dn", "secret": SECRET}]
    settings = {"THINGPOST_ENDPOINT": announced["endpoint"], "THINGPOST_CA_FILE": announced["ca_file"]}
    assert run("publish", "user/pub", "text", **settings).returncode == 0
    assert json.loads(platform.until("base64")[-1])["text"] == "text"
    platform.stop()
    assert json.loads((tmp_path / "record").read_text())["topic"] == "/pk/dn/user/pub"


def test_the_emulator_shows_each_refusal_and_each_sign_in_on_a_line(run, emulators):
    platform = emulators("--device", "pk:dn2")
    exports = platform.exports()
    assert run("publish", "user/pub", "text", **exports).returncode == 0
    assert platform.until("text")[-2:] == [
        "signed in pk:dn2 with hmacsha1\n",
        "/pk/dn2/user/pub  4 bytes  text\n",
    ]
    assert run("auth", **{**exports, "THINGPOST_DEVICE_NAME": "dn3"}).returncode == 77
    assert platform.until("refused")[-1] == "refused 20000 /auth pk:dn3: no such device\n"
    assert run("auth", **{**exports, "THINGPOST_DEVICE_SECRET": "wrong"}).returncode == 77
    line = platform.until("clientIdpk.dn2")[-1]
    assert line.startswith("refused 20000 /auth pk:dn2: the signature does not match; the content that should have ")
    for topic, shown in [("/topic/pk/dn2/user/pub", "20002 /topic/pk/dn2/user/pub"), ("/x", "10001 (HTTP 404)")]:
        requests.post(
            exports["THINGPOST_ENDPOINT"] + topic,
            headers={"Content-Type": "application/octet-stream"},
            verify=exports["THINGPOST_CA_FILE"],
            timeout=10,
        )
        assert platform.until(shown)[-1].startswith(f"refused {shown}: the ")
    _, rest = platform.stop()
    assert rest == ""


def test_the_emulator_prints_refusals_and_sign_ins_as_json(run, emulators):
    platform = emulators("--json", "--device", "pk:dn")
    announced = json.loads(platform.until("endpoint")[-1])
    settings = {"THINGPOST_ENDPOINT": announced["endpoint"], "THINGPOST_CA_FILE": announced["ca_file"]}
    assert run("auth", **settings).returncode == 77
    refused = json.loads(platform.until("event")[-1])
    assert refused["reason"].startswith("the signature does not match; ")
    secret = announced["devices"][0]["secret"]
    assert run("publish", "user/pub", "text", **settings, THINGPOST_DEVICE_SECRET=secret).returncode == 0
    signed_in, message = (json.loads(line) for line in platform.until("base64")[-2:])
    assert [(line["event"], line["code"]) for line in (refused, signed_in)] == [("refused", 20000), ("signed in", 0)]
    for line in (refused, signed_in):
        assert (line["product_key"], line["device_name"], line["endpoint"]) == ("pk", "dn", "auth")
        assert line["content"] == thingpost.content(line["params"])
    assert message["text"] == "text"


def test_the_emulator_refuses_wrong_usage(run, tmp_path):
    for arguments in (
        ["--device", "pkdn"],
        ["--device", "p k:dn"],
        ["--port", "70000"],
        ["--secret-file", "x"],
        ["--device", "pk:dn", "--secret-file", str(tmp_path)],
        ["--devices", "/no/such/file"],
        ["--token-lifetime", "-1", "--port", "0"],
        ["--rate-limit", "0", "--port", "0"],
    ):
        result = run("emulator", *arguments)
        assert result.returncode == 2, arguments
        assert result.err
