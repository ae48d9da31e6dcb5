#!/usr/bin/env python3
"""Checks manifests as their ecosystems do. usage: manifests.py CSRC, with what the dependency group `ports` brings."""

import json
import re
import subprocess
import sys
from pathlib import Path

from kconfiglib import Kconfig
from platformio.package.manifest.parser import ManifestParserFactory
from platformio.package.manifest.schema import ManifestSchema
from pykwalify.core import Core

# Of Zephyr's own schema (scripts/zephyr_module.py) what our file uses
ZEPHYR_MODULE = {
    "type": "map",
    "mapping": {
        "name": {"required": True, "type": "str"},
        "build": {"type": "map", "mapping": {"cmake": {"type": "str"}, "kconfig": {"type": "str"}}},
    },
}
# https://arduino.github.io/arduino-cli/latest/library-specification/
ARDUINO_NEEDS = {"name", "version", "author", "maintainer", "sentence", "paragraph", "category", "url", "architectures"}

csrc = Path(sys.argv[1])
# PlatformIO would fetch the list of licences.
ManifestSchema.load_spdx_licenses = staticmethod(lambda *_: {"licenses": [{"licenseId": "MIT"}]})
ManifestSchema().load_manifest(ManifestParserFactory.new_from_file(str(csrc / "library.json")).as_dict())
lint = [Path(sys.executable).with_name("compote"), "manifest", "lint", csrc / "idf_component.yml"]
subprocess.run(lint, check=True)  # noqa: S603 (our own command)
Core(source_file=str(csrc / "zephyr" / "module.yml"), schema_data=ZEPHYR_MODULE).validate()
kconfig = Kconfig(str(csrc / "zephyr" / "Kconfig"), warn_to_stderr=False)
for name in ("THINGPOST", "THINGPOST_ONLY_SHA1"):
    kconfig.syms[name].set_value("y")
if kconfig.warnings or [kconfig.syms[f"THINGPOST_ONLY_{method}"].str_value for method in ("MD5", "SHA1")] != ["n", "y"]:
    sys.exit(f"zephyr/Kconfig: one method alone cannot be chosen; warnings: {kconfig.warnings}")
arduino = (csrc / "ports" / "arduino" / "library.properties").read_text(encoding="utf-8")
given = dict(line.split("=", 1) for line in arduino.splitlines())
if missing := ARDUINO_NEEDS - given.keys():
    sys.exit(f"library.properties lacks {', '.join(sorted(missing))}")

version = re.search(r'#define TPOST_VERSION "(.*)"', (csrc / "include" / "thingpost.h").read_text(encoding="utf-8"))[1]
versions = {
    "library.properties": given["version"],
    "library.json": json.loads((csrc / "library.json").read_text(encoding="utf-8"))["version"],
    "idf_component.yml": re.search(r'version: "(.*)"', (csrc / "idf_component.yml").read_text(encoding="utf-8"))[1],
    "meson.build": re.search(r"version: '(.*?)'", (csrc / "meson.build").read_text(encoding="utf-8"))[1],
}
for name, found in versions.items():
    if found != version:
        sys.exit(f"{name} has version {found}, thingpost.h {version}; make them the same")
