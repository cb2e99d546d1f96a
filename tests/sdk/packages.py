"""The npm packages of the SDK tests: `npm ci --ignore-scripts` of tests/sdk/package-lock.json in a folder under var/.

The folder is named for the lock, so a changed lock is installed afresh and an installed one needs no network.
`python -m tests.sdk.packages` installs them (`./run setup --browser` does).
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.paths import REPO

HERE = Path(__file__).resolve().parent
CACHE = REPO / "var" / "sdk"
HOW_TO_GET_THEM = "`./run setup --browser` installs them"


class NotInstalled(Exception):
    """Why the packages are not there, as a sentence."""


def node_modules() -> Path:
    """The installed packages; installs them first where they are not. Raises NotInstalled."""
    lock = (HERE / "package-lock.json").read_bytes()
    folder = CACHE / hashlib.sha256(lock).hexdigest()[:12]
    if not shutil.which("node"):
        raise NotInstalled(f"Node.js and the packages of tests/sdk are missing: {HOW_TO_GET_THEM}")
    if not (folder / "node_modules").is_dir():
        with _alone():
            if not (folder / "node_modules").is_dir():
                _install(folder)
    return folder / "node_modules"


def _install(folder: Path) -> None:
    """All or nothing: made beside, then renamed."""
    npm = shutil.which("npm")
    if not npm:
        raise NotInstalled(f"npm is missing: {HOW_TO_GET_THEM}")
    half = folder.with_name(f"{folder.name}.{os.getpid()}")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir(parents=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(HERE / name, half)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    try:
        ran = subprocess.run(command, cwd=half, capture_output=True, text=True, timeout=240, check=False)
    except subprocess.TimeoutExpired as error:
        raise NotInstalled("`npm ci` in tests/sdk did not end within 240 s: is the npm registry reachable?") from error
    if ran.returncode:
        raise NotInstalled(f"`npm ci` in tests/sdk failed: {' '.join(ran.stderr.split())[:300]} ({HOW_TO_GET_THEM})")
    half.rename(folder)


@contextmanager
def _alone() -> Iterator[None]:
    """One process installs at a time."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    try:
        node_modules()
        print("▸ the npm packages of tests/sdk are there")
    except NotInstalled as fault:
        sys.exit(f"✗ {fault}")
