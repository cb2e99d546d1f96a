"""Writing computed values: the names given change, the rest stays, and whom a live rule asks is marked dirty."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pyarrow as pa
import pytest
from uuid_utils.compat import uuid7

from profiles.models import Profile
from segments.halves import columns
from segments.models import ComputedValues, DirtyProfile
from segments.services import computed
from segments.services.computed import write_values
from tests.segments.world import World

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 12, 15, tzinfo=UTC)


def people(number: int) -> list[UUID]:
    """Profiles, by id."""
    rows = [Profile(id=uuid7()) for _ in range(number)]
    return sorted(row.pk for row in Profile.objects.bulk_create(rows))


def stored() -> dict[UUID, Any]:
    return dict(ComputedValues.objects.values_list("profile_id", "values"))


def test_names_are_replaced_with_all_below_them_and_others_stay() -> None:
    (jane,) = people(1)
    write_values({jane: {"computed.spent.EUR": 5, "computed.spent.USD": 2, "computed.orders": 1}}, ["computed"], NOW)
    assert write_values({jane: {"computed.spent.EUR": 7}}, ["computed.spent"], NOW) == 1
    assert stored() == {jane: {"computed.spent.EUR": 7, "computed.orders": 1}}


def test_a_name_that_only_begins_alike_stays() -> None:
    (jane,) = people(1)
    write_values({jane: {"computed.order": 1, "computed.orders": 2}}, ["computed"], NOW)
    write_values({jane: {}}, ["computed.order"], NOW)
    assert stored() == {jane: {"computed.orders": 2}}


def test_an_unchanged_row_is_not_touched() -> None:
    (jane,) = people(1)
    write_values({jane: {"rfm.group": "champions", "rfm.revenue": 12.5}}, ["rfm"], NOW)
    before = ComputedValues.objects.values_list("xid", "updated_at").get()
    again = datetime(2026, 3, 13, tzinfo=UTC)
    assert write_values({jane: {"rfm.group": "champions", "rfm.revenue": 12.50}}, ["rfm"], again) == 0
    assert ComputedValues.objects.values_list("xid", "updated_at").get() == before


def test_everybody_who_is_not_named_loses_the_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(computed, "BATCH", 2)
    ids = people(7)
    write_values({each: {"rfm.r": 1, "computed.x": 9} for each in ids}, ["rfm", "computed"], NOW)
    hi, lo = columns([ids[5], ids[1], ids[3]])
    table = pa.table({"profile_hi": hi, "profile_lo": lo, "rfm.r": [5, 1, 4]})
    seen: list[tuple[int, int]] = []
    changed = write_values(table, ["rfm"], NOW, everybody=True, report=lambda *told: seen.append(told))
    assert changed == 6
    expected: dict[UUID, Any] = {each: {"computed.x": 9} for each in ids}
    expected[ids[5]]["rfm.r"], expected[ids[1]]["rfm.r"], expected[ids[3]]["rfm.r"] = 5, 1, 4
    assert stored() == expected
    assert seen == [(2, 3), (3, 3)]


def test_nobody_named_means_everybody_loses_them() -> None:
    (jane,) = people(1)
    write_values({jane: {"rfm.r": 1}}, ["rfm"], NOW)
    empty = pa.table({"profile_hi": pa.array([], pa.int64()), "profile_lo": pa.array([], pa.int64())})
    assert write_values(empty, ["rfm"], NOW, everybody=True) == 1
    assert stored() == {jane: {}}


def test_who_changed_in_what_a_live_rule_asks_is_marked_dirty() -> None:
    World().segment({"trait": "rfm.group", "is": "eq", "value": "champions"})
    jane, john, joan = people(3)
    write_values({jane: {"rfm.group": "lost"}, john: {"rfm.group": "lost"}, joan: {"rfm.group": "lost"}}, ["rfm"], NOW)
    DirtyProfile.objects.all().delete()
    news = {jane: {"rfm.group": "champions"}, john: {"rfm.group": "lost", "rfm.r": 1}, joan: {"rfm.group": "lost"}}
    assert write_values(news, ["rfm"], NOW) == 2
    assert list(DirtyProfile.objects.values_list("profile_id", flat=True)) == [jane]


def test_nobody_is_marked_dirty_where_no_rule_asks() -> None:
    World().segment({"trait": "rfm.group", "is": "eq", "value": "champions"})
    (jane,) = people(1)
    DirtyProfile.objects.all().delete()
    write_values({jane: {"computed.orders": 3}}, ["computed.orders"], NOW)
    assert not DirtyProfile.objects.exists()


def test_of_a_profile_that_is_no_more_nothing_is_written() -> None:
    assert write_values({uuid7(): {"rfm.r": 1}}, ["rfm"], NOW) == 0
    assert stored() == {}


def test_only_names_that_are_reserved_are_written() -> None:
    (jane,) = people(1)
    with pytest.raises(ValueError, match="is no computed value"):
        write_values({jane: {"country": "DE"}}, ["country"], NOW)
    assert stored() == {}
