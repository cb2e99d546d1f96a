"""The script as it is served: its parts joined in one function, comments and indentation left out. Nothing is renamed.

A version's bytes never change: `released/` keeps what earlier releases served, under the names they were served by, so
that a page that pins one by its integrity hash goes on working.
"""

import base64
import gzip
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

VERSION = "1.3.0"
HERE = Path(__file__).resolve().parent
PARTS = (
    *("storage", "consent", "banner", "switches", "preferences"),
    *("calls", "queue", "recommendations", "placements", "start"),
)


@dataclass(frozen=True, slots=True)
class Script:
    """Bytes to be served, plain and packed, with what a page needs to pin them."""

    name: str
    version: str
    body: bytes
    packed: bytes
    integrity: str

    @property
    def path(self) -> str:
        """Where it is served, for ever with these bytes."""
        return f"/cdp/{self.name}"


@cache
def current() -> Script:
    """The present version, assembled from its parts."""
    parts = [(HERE / "parts" / f"{name}.js").read_text(encoding="utf-8") for name in PARTS]
    return _script(VERSION, assemble(parts, VERSION))


@cache
def served() -> Mapping[str, Script]:
    """Every script that is served, by its file name: the released ones and the present one."""
    files = sorted((HERE / "released").glob("cdp.*.js"))
    released = [_script(_version(path.name), path.read_bytes()) for path in files]
    return {script.name: script for script in (*released, current())}


def assemble(parts: list[str], version: str) -> bytes:
    """The parts as one script that leaves nothing but `window.cdp` behind."""
    lines = [line for part in parts for line in strip(part)]
    head = f"/* cdp.js {version} */"
    return "\n".join(
        [head, "(function () {", '"use strict";', f"const VERSION = {json.dumps(version)};", *lines, "})();", ""]
    ).encode()


def strip(source: str) -> list[str]:
    """The lines that do something, without indentation. Sources hold no text and no comment of several lines."""
    lines = (line.strip() for line in source.splitlines())
    return [line for line in lines if line and not line.startswith("//")]


def _script(version: str, body: bytes) -> Script:
    digest = hashlib.sha384(body).digest()
    name = f"cdp.{version}.{hashlib.sha256(body).hexdigest()[:8]}.js"
    packed = gzip.compress(body, 9, mtime=0)
    return Script(name, version, body, packed, "sha384-" + base64.b64encode(digest).decode())


def _version(name: str) -> str:
    return name.removeprefix("cdp.").rsplit(".", 2)[0]
