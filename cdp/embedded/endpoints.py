"""Where the embedded servers of a VAR_DIR listen. Pure: it computes or reads, and starts nothing."""

import json
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
