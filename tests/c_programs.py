"""Builds C programs of the project's for the tests that run them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

CSRC = Path(__file__).resolve().parents[1] / "csrc"


def missing(what):
    """Skip the test for want of a tool; where CI counts on it, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what} is not installed")
    pytest.skip(f"{what} is not installed")


def build(directory, source, *, flags=(), libraries=()):
    """Compile a source below csrc/ with the whole core, and give the program's path."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        missing("a C compiler")
    program = directory / Path(source).stem
    sources = [CSRC / source, *sorted((CSRC / "src").glob("*.c"))]
    subprocess.run([compiler, "-O1", *flags, f"-I{CSRC / 'include'}", *sources, *libraries, "-o", program], check=True)
    return program
