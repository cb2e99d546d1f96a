"""The engine this deployment asks (LAKE_ENGINE), made once a process."""

from functools import lru_cache
from pathlib import Path

from django.conf import settings

from lake.contracts import QueryError
from lake.engines import DuckDB, Engine, Spark
from lake.places import filesystem


def engine() -> Engine:
    """The engine of LAKE_ENGINE over the lake of LAKE_URL. Raises QueryError for an engine that is not known."""
    return _engine(settings.LAKE_ENGINE, str(settings.LAKE_URL), Path(settings.VAR_DIR))


def engine_in_process() -> Engine:
    """DuckDB over the same lake, whatever LAKE_ENGINE says: for rows at hand, which are no work for a server."""
    return _engine("duckdb", str(settings.LAKE_URL), Path(settings.VAR_DIR))


@lru_cache(maxsize=8)
def _engine(name: str, lake_url: str, var_dir: Path) -> Engine:
    if name.startswith("sc://"):
        return Spark(remote=name)
    if name != "duckdb":
        raise QueryError(
            f"LAKE_ENGINE={name!r} is not known; it takes duckdb, which is also the default, or sc://host:port"
        )
    if "://" in lake_url and not lake_url.startswith("file://"):
        return DuckDB(folders=(), temp=var_dir / "engine", reach=filesystem)
    folder = Path(lake_url.removeprefix("file://"))
    return DuckDB(folders=(folder.resolve(), folder), temp=var_dir / "engine")
