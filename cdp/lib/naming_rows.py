"""Rows of a table whose texts name somebody: found by the server, decided by `mentions`."""

from collections.abc import Sequence
from typing import Any

from django.db import models

from cdp.lib import bulk_sql
from cdp.lib.mentions import Mentions


def naming_rows(model: type[models.Model], columns: Sequence[str], mentions: Mentions) -> list[Any]:
    """Primary keys of rows where one of `columns` (text or JSON, as stored) names somebody. Reads the whole table."""
    likes = mentions.likes
    if not likes:
        return []
    key, texts = model._meta.pk.column, f"concat_ws(' ', {', '.join(columns)})"
    statement = f"SELECT {key}, {texts} FROM {model._meta.db_table} WHERE lower({texts}) LIKE ANY(%s::text[])"  # noqa: S608 - names of our own
    return [pk for pk, text in bulk_sql.fetch(statement, [likes]) if mentions.in_text(text)]
