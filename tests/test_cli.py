"""The command line, as a user types it: real processes, a real local platform, exit codes that scripts test."""

import base64
import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys

import pytest
import requests
from click.testing import CliRunner

import thingpost
from thingpost.cli.demo import demo
from thingpost.cli.emulator import _preview

THINGPOST = [sys.executable, "-m", "thingpost"]
SECRET = "hush-hush"


@pytest.fixture
def emulator():
    """A running local platform that knows the device pk/dn, with a secret that stands out."""
    with thingpost.emulator.Emulator({("pk", "dn"): SECRET}) as running:
        yield running


@pytest.fixture
def environment(emulator):
    """The environment of a device of the running local platform, and nothing else of thingpost's."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("THINGPOST_")}
    own = {
        "PRODUCT_KEY": "pk",
        "DEVICE_NAME": "dn",
        "DEVICE_SECRET": SECRET,
        "ENDPOINT": emulator.url,
        "CA_FILE": emulator.ca_file,
    }
    return {**inherited, **{f"THINGPOST_{name}": value for name, value in own.items()}, "PYTHONUTF8": "1"}


@pytest.fixture
def run(environment):
    """Run `thingpost ...`; give the finished process."""

    def run(*arguments, stdin=b"", **changes):
        env = {name: value for name, value in {**environment, **changes}.items() if value is not None}
        result = subprocess.run([*THINGPOST, *arguments], input=stdin, env=env, capture_output=True, check=False)
        result.out, result.err = result.stdout.decode(), result.stderr.decode()
        assert "Traceback" not in result.err, result.err
        assert SECRET not in result.out + result.err
        return result

    return run


# ---- publish ----


def test_publish_takes_the_payload_from_argument_file_or_standard_input(run, emulator, tmp_path):
    (tmp_path / "payload").write_bytes(b"\0file")
    for arguments, stdin in [
        (["text"], b""),
        (["--file", str(tmp_path / "payload")], b""),
        ([], b"in"),
        (["--file", "-"], b"-"),
    ]:
        result = run("publish", "user/pub", *arguments, stdin=stdin)
        assert result.returncode == 0, result.err
        assert re.fullmatch(r"published \d bytes? to /pk/dn/user/pub as message \d+\n", result.out)
    assert [message.payload for message in emulator.messages] == [b"text", b"\0file", b"in", b"-"]


def test_publish_prints_json_for_scripts(run, emulator):
    receipt = json.loads(run("publish", "/pk/dn/user/pub", "text", "--json").out)
    assert receipt == {
        "message_id": emulator.messages[0].message_id,
        "topic": "/pk/dn/user/pub",
        "size": 4,
        "attempts": 1,
    }


def test_publish_reads_one_message_a_line_in_order(run, emulator, tmp_path):
    lines = [
        {"topic": "user/a", "payload": "text \u00fc"},
        {"topic": "/pk/dn/user/b", "json": {"t": 21.5, "n": None}},
        {"base64": base64.b64encode(b"\0\xff").decode()},
        {"json": None},
    ]
    source = tmp_path / "lines"
    source.write_text("\n".join(map(json.dumps, lines)) + "\n\n", encoding="utf-8")
    result = run("publish", "user/default", "--json-lines", "--file", str(source), "--json")
    assert result.returncode == 0, result.err
    assert "4 published, 0 failed" in result.err
    receipts = [json.loads(line) for line in result.out.splitlines()]
    assert [receipt["line"] for receipt in receipts] == [1, 2, 3, 4]
    assert [(message.topic, message.payload) for message in emulator.messages] == [
        ("/pk/dn/user/a", "text \u00fc".encode()),
        ("/pk/dn/user/b", b'{"t":21.5,"n":null}'),
        ("/pk/dn/user/default", b"\0\xff"),
        ("/pk/dn/user/default", b"null"),
    ]
    assert [receipt["message_id"] for receipt in receipts] == [message.message_id for message in emulator.messages]


BAD_LINES = [
    (b"{", "not valid JSON"),
    (b"\xff", "not valid JSON"),
    (b"[]", "not a JSON object"),
    (b'{"topic":"user/a"}', "no payload"),
    (b'{"topic":"user/a","payload":"x","json":1}', "payload and json"),
    (b'{"topic":"user/a","payload":"x","qos":1}', "unknown member 'qos'"),
    (b'{"topic":"user/a","payload":5}', "not a text"),
    (b'{"topic":"user/a","base64":"!"}', "not base64"),
    (b'{"topic":"user/a","json":NaN}', "not valid JSON"),
    (b'{"topic":"user/a","payload":"x","payload":"y"}', "not valid JSON"),
    (b'{"payload":"x"}', "no topic"),
    (b'{"topic":"user/#","payload":"x"}', "level"),
    (b'{"topic":5,"payload":"x"}', "must be str"),
    (b'{"topic":"user/a","payload":"\\ud800"}', "lone surrogate"),
    (b'{"topic":"user/a","json":' + b"[" * 100_000 + b"}", "nested too deeply|not valid JSON"),
]


@pytest.mark.parametrize(("line", "message"), BAD_LINES, ids=range(len(BAD_LINES)))
def test_a_bad_line_is_named_and_stops_the_rest(run, emulator, line, message):
    good = b'{"topic":"user/a","payload":"good"}\n'
    result = run("publish", "--json-lines", stdin=good + line + b"\n" + good)
    assert result.returncode == 2
    assert re.search(f"thingpost: line 2: .*({message})", result.err)
    assert "1 published, 1 failed" in result.out
    assert emulator.message_count == 1


def test_keep_going_goes_on_after_a_bad_line(run, emulator):
    good = b'{"topic":"user/a","payload":"good"}\n'
    result = run("publish", "--json-lines", "--keep-going", "--json", stdin=good + b"bad\n" + good)
    assert result.returncode == 1
    assert [json.loads(line).get("error") for line in result.out.splitlines()] == [None, "InputError", None]
    assert emulator.message_count == 2


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["user/pub", "text", "--json-lines"],
        ["user/pub", "text", "--file", "-"],
        ["user/pub", "text", "--keep-going"],
        ["user/pub", "text", "--secret", "x"],
        ["user/pub", "text", "--timeout", "soon"],
        ["user/pub", "text", "--timeout", "0"],
        ["user/#", "text"],
        ["user/pub", "--file", "/no/such/file"],
        ["user/pub", "text", "--endpoint", "http://127.0.0.1"],
        ["user/pub", "text", "--ca-file", "/no/such/file"],
        ["user/pub", "text", "--secret-file", "/no/such/file"],
    ],
)
def test_wrong_usage_exits_with_2_and_sends_nothing(run, emulator, arguments):
    result = run("publish", *arguments)
    assert result.returncode == 2
    assert result.err
    assert emulator.auth_count == 0


def test_exit_codes_tell_scripts_what_to_do(run, emulator):
    emulator.refuse_next(40000, retry_after=60)
    assert run("publish", "user/pub", "x").returncode == 75
    assert run("publish", "user/pub", "x", "--timeout", "2", THINGPOST_ENDPOINT="https://127.0.0.1:1").returncode == 75
    assert run("publish", "user/pub", "x", THINGPOST_DEVICE_SECRET="wrong").returncode == 77
    assert run("publish", "user/pub", "x", THINGPOST_DEVICE_SECRET=None).returncode == 2
    assert run("publish", "user/pub", "x", THINGPOST_CA_FILE=None).returncode == 1


def test_delivery_unknown_exits_with_76(run, emulator):
    emulator.refuse_next(10000)
    result = run("publish", "user/pub", "x")
    assert result.returncode == 76
    assert "not known whether" in result.err
    emulator.refuse_next(10000)
    assert run("publish", "user/pub", "x", "--resend-unknown").returncode == 0


# ---- auth and sign ----


def test_auth_says_until_when_and_shows_the_token_only_when_asked(run):
    result = run("auth")
    assert result.returncode == 0
    assert re.search(r"signed in +pk/dn", result.out)
    assert not re.search("[0-9a-f]{32}", result.out)
    assert "token" not in json.loads(run("auth", "--json").out)
    assert re.fullmatch("[0-9a-f]{32}", json.loads(run("auth", "--json", "--show-token").out)["token"])


def test_the_secret_may_come_from_a_file(run, tmp_path):
    (tmp_path / "key").write_text(SECRET + "\n")
    path = str(tmp_path / "key")
    assert run("auth", "--secret-file", path, THINGPOST_DEVICE_SECRET=None).returncode == 0
    assert run("auth", THINGPOST_SECRET_FILE=path, THINGPOST_DEVICE_SECRET=None).returncode == 0
    result = run("auth", THINGPOST_SECRET_FILE=path)
    assert result.returncode == 2
    assert "both set" in result.err


def test_sign_prints_content_and_signature(run):
    result = run(
        "sign",
        "--client-id",
        "12345",
        "--timestamp",
        "789",
        "--device-name",
        "device",
        "--json",
        THINGPOST_DEVICE_SECRET="secret",
    )
    assert json.loads(result.out) == {
        "params": {"productKey": "pk", "deviceName": "device", "clientId": "12345", "timestamp": "789"},
        "content": "clientId12345deviceNamedeviceproductKeypktimestamp789",
        "signmethod": "hmacsha1",
        "sign": "FAFD82A3D602B37FB0FA8B7892F24A477F851A14",
    }
    plain = run("sign", "--timestamp", "none", "--param", "zone=7=8", "--sign-method", "hmacmd5").out
    assert "clientIdpk.dndeviceNamedn" in plain
    assert "zone7=8" in plain
    expected = thingpost.sign(
        SECRET, {"clientId": "pk.dn", "deviceName": "dn", "productKey": "pk", "zone": "7=8"}, "hmacmd5"
    )
    assert expected in plain


@pytest.mark.parametrize("param", ["zone", "=1", "clientId=1"])
def test_sign_refuses_a_param_that_it_cannot_take(run, param):
    assert run("sign", "--param", param).returncode == 2
    assert run("sign", "--param", "a=1", "--param", "a=2").returncode == 2


# ---- demo and emulator ----


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


# ---- The whole ----


def test_help_is_there_for_every_command(run):
    for arguments in ([], ["demo"], ["sign"], ["auth"], ["publish"], ["emulator"], ["bench"]):
        assert run(*arguments, "--help").out.startswith("Usage: ")
    assert thingpost.__version__ in run("--version").out


def test_help_loads_no_network_library():
    code = (
        "import sys\nsys.argv = ['thingpost', '--help']\n"
        "from thingpost.cli import main\n"
        "try: main()\nexcept SystemExit: pass\nprint(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"requests", "ssl", "aiohttp", "rich", "thingpost._core"}.isdisjoint(loaded)


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals")
def test_on_a_terminal_lines_are_published_with_a_progress_bar(environment, emulator, tmp_path):
    import pty  # noqa: PLC0415 (not on Windows)

    pytest.importorskip("rich")
    source = tmp_path / "lines"
    source.write_text('{"topic":"user/a","payload":"x"}\n' * 400)
    shown, terminal = pty.openpty()
    process = subprocess.Popen(
        [*THINGPOST, "publish", "--json-lines", "--file", str(source)],
        env={**environment, "TERM": "xterm"},
        stdout=subprocess.PIPE,
        stderr=terminal,
    )
    os.close(terminal)
    output = b""
    with contextlib.suppress(OSError):  # the terminal's other end is closed
        while True:
            output += os.read(shown, 4096)
    assert process.communicate()[0] == b"400 published, 0 failed\n"
    assert b"messages" in output
    assert emulator.message_count == 400
