"""The engine this deployment asks (LAKE_ENGINE), made once a process."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from lake.contracts import QueryError
from lake.engines import DuckDB, Engine


def engine() -> Engine:
    """The engine of LAKE_ENGINE over the lake of LAKE_URL. Raises QueryError where that pair cannot be."""
    return _engine(settings.LAKE_ENGINE, str(settings.LAKE_URL), Path(settings.VAR_DIR))


@lru_cache(maxsize=8)
def _engine(name: str, lake_url: str, var_dir: Path) -> Engine:
    if name.startswith("sc://"):
        raise QueryError(f"LAKE_ENGINE={name}: Spark Connect engines are a later step; leave it out to use duckdb")
    if name != "duckdb":
        raise QueryError(f"LAKE_ENGINE={name!r} is not known; it takes duckdb, which is also the default")
    if "://" in lake_url and not lake_url.startswith("file://"):
        raise QueryError(
            f"LAKE_URL={lake_url}: the duckdb engine reads folders only; object storage takes another engine"
        )
    folder = Path(lake_url.removeprefix("file://"))
    return DuckDB(folders=(folder.resolve(), folder), temp=var_dir / "engine")
