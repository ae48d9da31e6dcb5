#!/usr/bin/env python3
"""Prints tests/vectors/replies.json as reply_text reads it: whole, then byte by byte."""

import json
import sys
from pathlib import Path

VECTORS = Path(__file__).resolve().parents[2] / "tests" / "vectors" / "replies.json"

for piece in (0, 1):
    for vector in json.loads(VECTORS.read_text(encoding="utf-8")):
        reply = vector["reply"].encode("latin-1")
        sys.stdout.buffer.write(b"%s 1025 %d %d\n%s" % (vector["to"].encode(), piece, len(reply), reply))
