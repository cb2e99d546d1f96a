"""The language of decided places: faults with their paths, rows in each other's way, and publishing."""

from typing import Any

import pytest

from cdp.lib.clock import utc_now
from decisions.definition import DefinitionError, parse_definition, read_definition
from decisions.definition.nodes import Table
from decisions.definition.overlapping import never_deciding, overlaps
from decisions.models import DecisionPlacement
from decisions.queries.checking import faults_of
from decisions.services import publishing
from segments.models import Segment
from tests.decisions.deciding_world import place, table

NOTHING = {"nothing": True}


def test_every_fault_is_named_with_its_path() -> None:
    raw = table(
        {"id": "a", "outcome": {"offer": "x", "content": "y"}, "country": {"is": "gt", "value": "DE"}},
        {"id": "a", "show": 1, "rule": {"is": "holds", "value": {"dit": 5}}, "starts_at": "2026-01-01"},
    )
    raw["rows"][1]["when"]["nowhere"] = {"is": "eq", "value": 1}
    _, faults = read_definition(raw)
    assert [(one.path, one.code) for one in faults] == [
        ("$.rows[0].when.country.is", "unknown_operator"),
        ("$.rows[0].outcome", "no_outcome"),
        ("$.rows[1].when.rule.value", "not_a_rule"),
        ("$.rows[1].when", "unknown_input"),
        ("$.rows[1].starts_at", "not_an_instant"),
        ("$.rows", "same_id"),
        ("$.fallback", "missing"),
    ]
    with pytest.raises(DefinitionError, match="by: takes one of table, rule, experiment, bandit"):
        parse_definition({"by": "chance"})


@pytest.mark.parametrize(
    ("one", "other", "is_overlap"),
    [
        ({"country": {"is": "in", "value": ["DE", "AT"]}}, {"country": {"is": "eq", "value": "at"}}, True),
        ({"country": {"is": "eq", "value": "DE"}}, {"country": {"is": "ne", "value": "DE"}}, False),
        ({"country": {"is": "ne", "value": "DE"}}, {"country": {"is": "not_in", "value": ["FR"]}}, True),
        ({"subtotal": {"is": "lt", "value": 50}}, {"subtotal": {"is": "gte", "value": 50}}, False),
        ({"subtotal": {"is": "lte", "value": 50}}, {"subtotal": {"is": "between", "value": [50, 60]}}, True),
        ({"subtotal": {"is": "lt", "value": 50}}, {"country": {"is": "eq", "value": "DE"}}, True),
        ({"segment": {"is": "member", "value": "a"}}, {"segment": {"is": "member", "value": "b"}}, False),
        ({"segment": {"is": "member", "value": "a"}}, {"segment": {"is": "not_member", "value": "a"}}, False),
        ({"segment": {"is": "member", "value": "a"}}, {}, True),
        ({"ends_at": "2026-01-01T00:00:00Z"}, {"starts_at": "2026-01-01T00:00:00Z"}, False),
    ],
)
def test_an_overlap_is_told_where_it_can_be_proved(
    one: dict[str, Any], other: dict[str, Any], is_overlap: bool
) -> None:
    raw = table({"id": "a", "show": 1, **one}, {"id": "b", "show": 2, **other}, hit="unique", fallback=NOTHING)
    how = parse_definition(raw).how
    assert isinstance(how, Table)
    assert list(overlaps(how)) == ([(0, 1)] if is_overlap else [])


def test_a_row_behind_one_that_covers_it_never_decides() -> None:
    wide, narrow = {"is": "in", "value": ["DE", "AT"]}, {"is": "eq", "value": "DE"}
    rows = [
        {"id": "wide", "show": 1, "country": wide, "subtotal": {"is": "gte", "value": 10}},
        {"id": "in it", "show": 2, "country": narrow, "subtotal": {"is": "gt", "value": 20}, "priority": 5},
        {"id": "beside", "show": 3, "country": narrow},
        {"id": "all", "show": 4},
        {"id": "last", "show": 5, "segment": {"is": "member", "value": "vip"}},
    ]
    for hit, expected in (("first", [(1, 0), (4, 3)]), ("priority", [(4, 3)]), ("collect", [])):
        how = parse_definition(table(*rows, hit=hit, fallback=NOTHING)).how
        assert isinstance(how, Table)
        assert list(never_deciding(how)) == expected


@pytest.mark.django_db
def test_what_is_not_there_keeps_a_place_from_being_published_and_overlaps_do_not() -> None:
    names = {"content": "c", "offer": "o", "recommendations": "r"}
    rows = [{"id": key, "outcome": {key: name}} for key, name in names.items()]
    vip = {"id": "s", "show": 1, "segment": {"is": "member", "value": "vip"}}
    raw = table(*rows, vip, hit="unique", fallback=NOTHING)
    found = faults_of(raw, utc_now())
    blocking = {one.code for one in found if one.blocks}
    assert blocking == {"unknown_content", "unknown_offer", "unknown_recommendations", "unknown_segment"}
    assert "overlapping_rows" in {one.code for one in found if not one.blocks}
    row = publishing.save_draft("hero", "Hero", raw)
    with pytest.raises(publishing.PlacementRefusedError, match=r"there is no live offer 'o'\. Publish it first"):
        publishing.publish(row.pk)
    assert DecisionPlacement.objects.get().state == "draft"


@pytest.mark.django_db
def test_rules_on_people_are_kept_as_long_as_a_version_uses_them_and_versions_come_back() -> None:
    rule = {"is": "holds", "value": {"did": "Product Viewed"}}
    row = place("hero", table({"id": "a", "show": 1, "rule": rule}))
    kept = Segment.objects.get(used_for__startswith="decision:hero:")
    assert (kept.state, row.version is not None and row.version.definition["attached"]) == (
        "live",
        {kept.used_for.rpartition(":")[2]: kept.slug},
    )
    publishing.save_draft("hero", "hero", table({"id": "b", "show": 2}, fallback=NOTHING), placement_id=row.pk)
    publishing.publish(row.pk)
    kept.refresh_from_db()
    assert kept.state == "archived"
    restored = publishing.restore(row.pk, 1)
    kept.refresh_from_db()
    row.refresh_from_db()
    assert (kept.state, restored.version.number, row.draft["rows"][0]["id"]) == ("live", 3, "a")
