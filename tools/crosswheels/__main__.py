"""Build wheels for other machines. usage: python -m tools.crosswheels [--out FOLDER] [--run] TARGET..."""

from __future__ import annotations

import argparse
import shutil
import tempfile
from pathlib import Path

from tools.crosswheels import build, inspect
from tools.crosswheels.quick import quick_suite
from tools.crosswheels.targets import TARGETS


def main() -> None:
    """Build, repair and check the wheels that were asked for, and run them where that was asked for."""
    parser = argparse.ArgumentParser(prog="python -m tools.crosswheels", description=__doc__.partition(" usage")[0])
    parser.add_argument(
        "targets", nargs="+", metavar="TARGET", choices=[*TARGETS, "all"], help=f"{', '.join(TARGETS)}; all"
    )
    parser.add_argument("--out", type=Path, default=build.ROOT / "dist", help="where the wheels go (default: dist/)")
    parser.add_argument("--run", action="store_true", help="run the quick suite on each, under qemu-user where it must")
    options = parser.parse_args()
    names = list(TARGETS) if "all" in options.targets else options.targets
    with tempfile.TemporaryDirectory() as folder:
        source = build.sdist(Path(folder))
        for name in names:
            target = TARGETS[name]
            work = Path(folder) / name
            work.mkdir()
            wheel = build.repaired(target, build.wheel(target, source, work), work)
            print(inspect.check(target, wheel), flush=True)
            if options.run:
                print(*(f"    {line}" for line in quick_suite(target, wheel, work)), sep="\n", flush=True)
            options.out.mkdir(parents=True, exist_ok=True)
            shutil.copy2(wheel, options.out)  # only what passed


main()
