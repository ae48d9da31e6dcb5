#!/usr/bin/env python3
"""Writes the replies of tests/vectors/replies.json as inputs of fuzz_reply. usage: seeds.py DIRECTORY."""

import json
import sys
from pathlib import Path

LONGEST = 4096  # longer ones only slow a fuzzer down
VECTORS = Path(__file__).resolve().parents[2] / "tests" / "vectors" / "replies.json"

directory = Path(sys.argv[1])
directory.mkdir(parents=True, exist_ok=True)
for number, vector in enumerate(json.loads(VECTORS.read_text(encoding="utf-8"))):
    reply = vector["reply"].encode("latin-1")
    if len(reply) < LONGEST:
        room_and_pieces = bytes([255 if vector["to"] == "auth" else 0, number % 5])
        (directory / f"{number:03}").write_bytes(room_and_pieces + reply)
