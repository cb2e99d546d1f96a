"""Which segments' rules ask whether somebody is in another segment, or on another list."""

from collections.abc import Collection

from cdp.lib import bulk_sql

USERS = """
SELECT asked.slug, s.id, s.name, s.state FROM unnest(%s::text[]) AS asked(slug)
JOIN segments_segment AS s ON s.slug <> asked.slug AND jsonb_path_exists(s.definition,
  '$.** ? (@.in_segment == $slug || @.in_list == $slug)', jsonb_build_object('slug', asked.slug)) ORDER BY s.name, s.id
"""


def segments_using(slugs: Collection[str]) -> dict[str, list[tuple[int, str, str]]]:
    """{slug: (id, name, state) of every segment whose rule asks about it}, in one statement."""
    found: dict[str, list[tuple[int, str, str]]] = {slug: [] for slug in slugs}
    for slug, pk, name, state in bulk_sql.fetch(USERS, [list(found)]) if found else ():
        found[slug].append((pk, name, state))
    return found
