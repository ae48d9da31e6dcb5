"""The package as such: light to import, complete, and layered as its design says."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import mypy.api
import pytest

import thingpost

PACKAGE = Path(thingpost.__file__).parent
ROOT = Path(__file__).resolve().parents[1]


def run_python(code):
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_import_loads_neither_requests_nor_aiohttp_nor_ssl():
    loaded = run_python("import sys, thingpost; print(*sys.modules)").split()
    assert "thingpost.errors" in loaded
    assert {"requests", "urllib3", "aiohttp", "ssl", "asyncio", "_cffi_backend", "thingpost._core"}.isdisjoint(loaded)


def test_signing_loads_no_network_library():
    loaded = run_python("import sys, thingpost; thingpost.sign('s', {}); print(*sys.modules)").split()
    assert {"requests", "ssl", "asyncio"}.isdisjoint(loaded)


@pytest.mark.parametrize("name", thingpost.__all__)
def test_every_public_name_is_there_and_listed(name):
    assert getattr(thingpost, name) is not None
    assert name in dir(thingpost)


def test_dir_shows_what_a_user_can_use():
    assert {"Any", "import_module", "_HOME"}.isdisjoint(dir(thingpost))
    assert "emulator" in dir(thingpost)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = thingpost.nothing


def test_importing_a_star_gives_the_public_names():
    assert run_python("from thingpost import *; print(sign('secret', {'a': 'b'}), AuthError.__name__)").endswith(
        "AuthError\n"
    )


# The layers of the design: a module may import what stands to its left.
LAYERS = [
    {"errors", "_version", "forks"},
    {"_core", "checks", "settings", "sockets", "strict_json", "connections", "trust"},
    {"marshalling"},
    {"signing", "identity", "replies", "steps"},
    {"batch"},
    {"protocol"},
    {"tokens", "transport"},
    {"client"},
    {"bench"},
    {"cli"},
]
FREE = {"__init__", "__main__", "pytest_plugin"}


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "thingpost":
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("thingpost."):
            yield node.module.split(".")[1]
        elif isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("thingpost."))


def test_imports_run_one_way():
    rank = {module: number for number, layer in enumerate(LAYERS) for module in layer}
    packages = ("batch", "bench", "cli")
    for path in [*PACKAGE.glob("*.py"), *(path for name in packages for path in PACKAGE.glob(f"{name}/*.py"))]:
        module = path.parent.name if path.parent != PACKAGE else path.stem
        if module in FREE:
            continue
        for imported in imports_of(path):
            if imported == "emulator" or imported in thingpost.__all__:  # by the package's own name
                assert module in {"bench", "cli"}, f"{path.name} imports {imported}"
            else:
                assert rank[imported] <= rank[module], f"{path.name} imports {imported}"


def test_the_emulator_stands_alone_on_errors():
    """It is the second opinion: what it shared with the client, it could not find wrong."""
    modules = set()
    for path in (PACKAGE / "emulator").glob("*.py"):
        modules |= set(imports_of(path))
    assert modules <= {"errors", "emulator"}


USER_CODE = """
import thingpost
from thingpost import Client, Device, Receipt, Retry, SigningKey

signature: str = thingpost.sign("s", {"productKey": "pk", "timestamp": 789})
thingpost.sign(b"s", [("a", 1), ("b", "2")])
thingpost.sign("s", {"a": "b"})
thingpost.sign("s", {"a": "b"}.items())
thingpost.sign("s", ((name, 1) for name in "ab"))
thingpost.content({"a": 1, "b": "c"})
good: bool = thingpost.verify("s", {"a": 1, "b": "c"}, signature)
bound = SigningKey("s", "hmacmd5").bind({"a": 1, "b": "c"})
signature = bound.sign(789)
secrets = ["s", "t"]
names = ["device1", "device2"]
key = SigningKey("s")
signs: list[str] = thingpost.sign_batch(secrets, {"productKey": "pk", "deviceName": names, "timestamp": [1, 2]})
signs = thingpost.sign_batch(secrets, {"deviceName": names}, "hmacmd5", threads=2)
masked: list[str | None] = thingpost.sign_batch(b"s", [{"a": "1"}, {"a": 2}], errors="mask")
packed = thingpost.Packed(b"ab", memoryview(bytes(12)).cast("i"))
mask: bytearray = thingpost.sign_batch(key, {"a": packed, "b": "1"}, out=bytearray(80))
verdicts: list[bool] = thingpost.verify_batch(secrets, {"deviceName": names}, signs, "hmacmd5")
width: int = thingpost.lanes().width
with Client(timeout=1.0, retry=Retry(attempts=2)) as client:
    device: Device = client.device("pk", "dn", b"s", client_id="c")
    receipt: Receipt = device.publish("user/pub", json={"t": [1, None, "x"]})
    number: int = receipt.message_id
    device.publish("user/pub", memoryview(b"x"), timeout=1)
    until: float = device.authenticate().expires_at
with Device.from_env() as own:
    own.publish("user/pub", "text")
try:
    pass
except thingpost.Throttled as error:
    wait: float | None = error.retry_after
"""


def test_a_users_code_passes_strict_type_checking(tmp_path):
    (tmp_path / "user.py").write_text(USER_CODE)
    report, errors, status = mypy.api.run(["--strict", "--cache-dir", str(tmp_path), str(tmp_path / "user.py")])
    assert status == 0, report + errors
    (tmp_path / "user.py").write_text(USER_CODE.replace('"user/pub", "text"', "5, 6"))
    assert mypy.api.run(["--strict", "--cache-dir", str(tmp_path), str(tmp_path / "user.py")])[2] == 1


# Where a version must stand in the project's files, since what reads them cannot look into src/thingpost/_version.py.
VERSIONS = {
    "csrc/include/thingpost.h": r'#define TPOST_VERSION "(.*)"',
    "csrc/meson.build": r"project\('thingpost', 'c', version: '(.*?)'",
    "csrc/idf_component.yml": r'version: "(.*)"',
    "csrc/library.json": r'"version": "(.*)"',
    "csrc/ports/arduino/library.properties": r"version=(.*)",
}


@pytest.mark.parametrize("path", VERSIONS)
def test_every_manifest_has_the_packages_version(path):
    text = (ROOT / path).read_text(encoding="utf-8")
    assert re.findall(VERSIONS[path], text) == [thingpost.__version__]


def test_the_changelog_has_the_version_or_something_unreleased():
    headings = re.findall(r"^## \[(.*?)\]", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert thingpost.__version__ == (headings[1] if len(headings) > 1 else "0.1.0")
