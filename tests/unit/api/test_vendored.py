"""Vendored files are what their table says: name, version, hash."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

_VENDOR = Path(__file__).parents[3] / "api" / "static" / "vendor"


def test_every_vendored_script_is_the_released_one() -> None:
    table = (_VENDOR / "README.md").read_text("utf-8")
    told = dict(re.findall(r"\| `([\w.-]+\.js)` .*`([0-9a-f]{64})` \|", table))
    scripts = {path.name: path.read_bytes() for path in _VENDOR.glob("*.js")}
    assert told == {name: hashlib.sha256(body).hexdigest() for name, body in scripts.items()}
