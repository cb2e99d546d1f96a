"""Where the embedded servers of a VAR_DIR listen: written by the supervisor, read by the settings. Starts nothing."""

import json
import os
from pathlib import Path


def _recorded(var_dir: Path, name: str) -> str:
    try:
        return str(json.loads((var_dir / "run" / "endpoints.json").read_text()).get(name, ""))
    except FileNotFoundError:
        return ""


def database_url(var_dir: Path) -> str:
    """URL of the embedded PostgreSQL as the supervisor recorded it; a placeholder that refuses while none runs."""
    return _recorded(var_dir, "database_url") or "postgres://cdp@127.0.0.1:1/cdp"


def redis_url(var_dir: Path) -> str:
    """URL of the embedded Valkey as the supervisor recorded it; a placeholder that refuses while none runs."""
    return _recorded(var_dir, "redis_url") or "redis://127.0.0.1:1/0"


def record(var_dir: Path, *, database_url: str, redis_url: str) -> None:
    """Writes both URLs in one step, readable by their owner only: one of them holds a password."""
    path = var_dir / "run" / "endpoints.json"
    draft = path.with_name(f"endpoints.{os.getpid()}")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(json.dumps({"database_url": database_url, "redis_url": redis_url}) + "\n")
    draft.replace(path)


def forget(var_dir: Path) -> None:
    """The servers are stopped."""
    (var_dir / "run" / "endpoints.json").unlink(missing_ok=True)
