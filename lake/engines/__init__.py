"""The engine seam: a statement built as a tree and relations in, an Arrow table out. Nothing else of an engine shows.

An engine reads, and only what it is given: statements are checked to be one SELECT over the named relations.
"""

from lake.engines.base import Engine
from lake.engines.duckdb import DuckDB
from lake.engines.spark import Spark
from lake.engines.statements import Statement

__all__ = ["DuckDB", "Engine", "Spark", "Statement"]
