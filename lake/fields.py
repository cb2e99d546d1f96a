"""XidField: the transaction that last changed what the lake shows of a row, set by the database, read as an int.

A row becomes visible when its transaction ends, not when its id is given out: a watermark over transactions loses
nothing, one over ids does (decision 0010).
"""

from typing import Any

from django.db import models


class CurrentXid(models.Func):
    """pg_current_xact_id(): the running transaction, 64 bits, never the same twice."""

    function = "pg_current_xact_id"
    arity = 0


class XidField(models.Field):  # type: ignore[type-arg]  # a Python int both ways
    """xid8, by default the transaction that writes the row. On states a trigger sets it again (migrations)."""

    description = "transaction that last changed what the lake shows of this row"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("db_default", CurrentXid())
        kwargs.setdefault("editable", False)
        super().__init__(*args, **kwargs)

    def db_type(self, connection: Any) -> str:
        """The column's type in PostgreSQL."""
        return "xid8"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        """The driver does not know xid8 and hands over its text."""
        return None if value is None else int(value)

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """As text: there is no cast from numbers to xid8."""
        return str(value) if isinstance(value, int) else value
