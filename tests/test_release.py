"""What may become a release: a tag that is the package's version, with a section in the changelog."""

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
    (tmp_path / "tools").mkdir()
    (tmp_path / "src" / "thingpost").mkdir(parents=True)
    script = tmp_path / "tools" / "release_notes.py"
    script.write_bytes((ROOT / "tools" / "release_notes.py").read_bytes())

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
