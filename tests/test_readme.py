"""The README's Python runs as it is printed, with the local platform in place of the real one."""

import re
from pathlib import Path

import pytest

import thingpost
from thingpost.checks import DEFAULT_ENDPOINT
from thingpost.client import Client

README = (Path(__file__).resolve().parents[1] / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", README, re.DOTALL)


@pytest.fixture
def platform(monkeypatch):
    """The platform that the README's device is known to, as the default endpoint."""
    with thingpost.emulator.Emulator({("a1GFjLP", "device123"): "secret"}) as emulator:
        monkeypatch.setattr(Client.__init__, "__defaults__", (emulator.url,))
        monkeypatch.setitem(Client.__init__.__kwdefaults__, "ca_file", emulator.ca_file)
        yield emulator


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.strip().splitlines()[0])
def test_a_block_runs(block, platform, iot_emulator, capsys):
    device = thingpost.Device("a1GFjLP", "device123", "secret")
    names = {"thingpost": thingpost, "secret": "secret", "fleet": [("device123", "secret")], "device": device}
    code = block.replace(DEFAULT_ENDPOINT, platform.url)
    exec(compile(code, "README.md", "exec"), names)
    for name, test in names.items():
        if name.startswith("test_"):
            test(iot_emulator)
    names["device"].close()
    device.close()
    assert "did not arrive" not in capsys.readouterr().out


def test_what_a_comment_says_is_what_comes_out():
    params = {"productKey": "pk", "deviceName": "device", "clientId": "12345", "timestamp": "789"}
    assert f"# {thingpost.content(params)!r}" in README
    assert f"# {thingpost.sign('secret', params)!r}" in README


@pytest.mark.parametrize("kind", thingpost.errors.PLATFORM_ERRORS.items(), ids=lambda item: str(item[0]))
def test_every_platform_error_is_in_the_readme(kind):
    code, error = kind
    assert f"`{error.__name__}` {code}" in README
