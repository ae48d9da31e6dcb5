"""What may become a release: a tag that is the package's version, with a section in the changelog; all of its wheels."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
CHANGELOG = """# Changelog

## [Unreleased]

## [1.2.3] - 2026-01-02

### Added

- Something.

## [1.2.2] - 2026-01-01

- Older.
"""


@pytest.fixture
def notes(tmp_path):
    """Give a function that asks for a tag's notes in a project of version 1.2.3."""
    (tmp_path / "tools" / "release").mkdir(parents=True)
    (tmp_path / "src" / "thingpost").mkdir(parents=True)
    script = tmp_path / "tools" / "release" / "notes.py"
    script.write_bytes((ROOT / "tools" / "release" / "notes.py").read_bytes())

    def run(tag, *, version="1.2.3", changelog=CHANGELOG):
        (tmp_path / "src" / "thingpost" / "_version.py").write_text(f'"""Doc."""\n\n__version__ = "{version}"\n')
        (tmp_path / "CHANGELOG.md").write_text(changelog)
        return subprocess.run([sys.executable, script, tag], capture_output=True, text=True, check=False)

    return run


def test_the_notes_are_the_section_of_the_version(notes):
    assert notes("v1.2.3").stdout == "### Added\n\n- Something.\n"


@pytest.mark.parametrize("tag", ["1.2.3", "v1.2", "v1.2.3rc1", "v01.2.3", "v1.2.3\n", "v1.2.3 ", "", "vx"])
def test_a_tag_that_is_no_version_is_refused(notes, tag):
    result = notes(tag)
    assert (result.returncode, result.stdout) == (1, "")
    assert "is no release" in result.stderr


def test_another_version_than_the_packages_is_refused(notes):
    result = notes("v1.2.2")
    assert (result.returncode, result.stdout) == (1, "")
    assert "the tag says 1.2.2, src/thingpost/_version.py 1.2.3" in result.stderr


@pytest.mark.parametrize(
    "changelog",
    [
        "# Changelog\n",
        CHANGELOG.replace("## [1.2.3] - 2026-01-02", "## [1.2.3]"),
        CHANGELOG.replace("### Added\n\n- Something.\n", ""),
        CHANGELOG.replace("1.2.3", "1.2x3"),
    ],
)
def test_a_version_that_the_changelog_does_not_describe_is_refused(notes, changelog):
    result = notes("v1.2.3", changelog=changelog)
    assert (result.returncode, result.stdout) == (1, "")
    assert "CHANGELOG.md has no section" in result.stderr


NAMES = {  # of wheels as cibuildwheel and the tools that repair them name them
    "cp310-manylinux_x86_64": "cp310-abi3-manylinux2014_x86_64.manylinux_2_17_x86_64",
    "cp310-manylinux_i686": "cp310-abi3-manylinux1_i686.manylinux_2_5_i686",
    "cp310-manylinux_riscv64": "cp310-abi3-manylinux_2_31_riscv64",
    "cp310-musllinux_aarch64": "cp310-abi3-musllinux_1_2_aarch64",
    "cp314t-manylinux_x86_64": "cp314-cp314t-manylinux2014_x86_64.manylinux_2_17_x86_64",
    "cp315t-win32": "cp315-abi3.abi3t-win32",
    "cp310-win32": "cp310-abi3-win32",
    "cp311-win_arm64": "cp310-abi3-win_arm64",
    "cp310-macosx_x86_64": "cp310-abi3-macosx_10_9_x86_64",
    "cp313-ios_arm64_iphoneos": "cp310-abi3-ios_13_0_arm64_iphoneos",
    "pp311-manylinux_x86_64": "pp311-pypy311_pp73-manylinux2014_x86_64.manylinux_2_17_x86_64",
}


@pytest.fixture
def listed(tmp_path):
    """Give a function that makes files and has them compared with a list."""

    def run(names, identifiers):
        folder = tmp_path / "dist"
        folder.mkdir()
        for name in names:
            (folder / name).touch()
        (tmp_path / "list.txt").write_text("".join(f"{identifier}\n" for identifier in identifiers))
        script = ROOT / "tools" / "release" / "wheel_list.py"
        command = [sys.executable, script, folder, tmp_path / "list.txt"]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    return run


FILES = ["thingpost-1.2.3.tar.gz", *(f"thingpost-1.2.3-{tags}.whl" for tags in NAMES.values())]


def test_all_wheels_of_the_list_are_there(listed):
    result = listed(FILES, NAMES)
    assert (result.returncode, result.stdout) == (0, f"all there: {len(FILES)} files\n")


@pytest.mark.parametrize("missing", FILES)
def test_a_file_that_is_missing_is_told(listed, missing):
    result = listed([name for name in FILES if name != missing], NAMES)
    assert result.returncode == 1
    assert ": 0 files" in result.stdout


@pytest.mark.parametrize(
    "extra",
    [
        "thingpost-1.2.3-py3-none-any.whl",
        "thingpost-1.2.3-cp310-abi3-manylinux_2_28_x86_64.whl",
        "thingpost-1.2.3-cp310-abi3-manylinux2014_x86_64.musllinux_1_2_x86_64.whl",
        "thingpost-1.2.4-cp310-abi3-win_amd64.whl",
        "thingpost-1.2.4.tar.gz",
        "requests-9.9.9-py3-none-any.whl",
        "thingpost-1.2.3-cp310-abi3-win32.whl.publish.attestation",
        "evil.zip",
    ],
)
def test_a_file_that_does_not_belong_there_is_told(listed, extra):
    result = listed([*FILES, extra], NAMES)
    assert result.returncode == 1
    assert extra in result.stdout


def test_the_list_that_is_released_by_has_a_rule_for_each_line(listed):
    identifiers = (ROOT / ".github" / "wheels.txt").read_text(encoding="utf-8").split()
    result = listed([], identifiers)
    assert result.stdout.count(": 0 files") == len(identifiers) + 1
    assert not re.search("no rule", result.stderr)
