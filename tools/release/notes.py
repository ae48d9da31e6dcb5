#!/usr/bin/env python3
"""Checks that a tag may become a release, and prints what the changelog says of it. usage: notes.py v1.2.3."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SEMVER = re.compile(r"v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


def notes(tag: str, root: Path = ROOT) -> str:
    """Return the changelog's section of the tag's version.

    Raises:
        SystemExit: the tag is no version, not the package's, or the changelog has no dated, filled section for it.
    """
    if not SEMVER.fullmatch(tag):
        raise SystemExit(f"the tag {tag!r} is no release: v, then MAJOR.MINOR.PATCH")
    version = tag[1:]
    text = (root / "src" / "thingpost" / "_version.py").read_text(encoding="utf-8")
    (of_package,) = re.findall(r'^__version__ = "(.*)"$', text, re.MULTILINE)
    if version != of_package:
        raise SystemExit(f"the tag says {version}, src/thingpost/_version.py {of_package}: change one of them")
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    section = re.search(
        rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d\n(.*?)(?=^## \[|^\[|\Z)",
        changelog,
        re.MULTILINE | re.DOTALL,
    )
    if section is None or not section[1].strip():
        raise SystemExit(f'CHANGELOG.md has no section "## [{version}] - YYYY-MM-DD" that says what is new')
    return section[1].strip() + "\n"


if __name__ == "__main__":
    if len(sys.argv) != 2:  # noqa: PLR2004
        raise SystemExit(__doc__)
    sys.stdout.write(notes(sys.argv[1]))
