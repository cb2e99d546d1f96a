"""Where tests find things: the repository, and the real data sets beside it (such tests skip without)."""

from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent
SHARED = REPO.parent / "shared"
SHARED_DATA = SHARED / "data"
CAPTURES = SHARED / "captures"


def data_file(*parts: str) -> Path:
    """A file of the shared data sets; skips the test that asks where there is none."""
    path = SHARED_DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"needs {'/'.join(parts)} of the shared data sets beside the repository")
    return path
