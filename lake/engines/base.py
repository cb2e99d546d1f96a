"""What every engine promises."""

from collections.abc import Mapping
from typing import Protocol

import pyarrow as pa
from sqlglot import exp

from lake.contracts import Limits, Relation
from lake.engines.statements import Statement

DEFAULT_LIMITS = Limits()


class Engine(Protocol):
    """Answers SELECT statements over relations."""

    def query(
        self,
        statement: exp.Query | Statement,
        relations: Mapping[str, Relation | pa.Table],
        *,
        limits: Limits = DEFAULT_LIMITS,
        values: Mapping[str, int] | None = None,
    ) -> pa.Table:
        """The rows of one SELECT. `relations` are its tables by name; `values` fill its named placeholders.

        Raises QueryError for a statement that is no plain SELECT over these relations or that the engine cannot
        answer, QueryTooSlowError and QueryTooLargeError where it took more than `limits`.
        """
