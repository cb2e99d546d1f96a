"""Rows of a table whose texts name somebody: found by the server, decided by `mentions`."""

from collections.abc import Sequence
from typing import Any

from django.db import models

from cdp.lib import bulk_sql
from cdp.lib.mentions import Mentions


def may_name(text: str) -> str:
    """SQL: whether the text of this expression may name somebody. Takes the parameters `asked(mentions)`."""
    bare = f"translate(replace({text}, '(0)', ''), ' ()./+-', '')"
    return f"(lower({text}) LIKE ANY(%s::text[]) OR (cardinality(%s::text[]) > 0 AND {bare} LIKE ANY(%s::text[])))"


def asked(mentions: Mentions) -> list[list[str]]:
    """Parameters of one `may_name`."""
    return [mentions.likes, mentions.bare_likes, mentions.bare_likes]


def naming_rows(model: type[models.Model], columns: Sequence[str], mentions: Mentions) -> list[Any]:
    """Primary keys of rows where one of `columns` (text or JSON, as stored) names somebody. Reads the whole table."""
    if not mentions.values:
        return []
    key, texts = model._meta.pk.column, f"concat_ws(' ', {', '.join(columns)})"
    statement = f"SELECT {key}, {texts} FROM {model._meta.db_table} WHERE {may_name(texts)}"  # noqa: S608 - names of our own
    return [pk for pk, text in bulk_sql.fetch(statement, asked(mentions)) if mentions.in_text(text)]
