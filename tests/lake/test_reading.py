"""Rows of PostgreSQL as Arrow: exactly what was asked, values by the facets of lake.facets."""

from decimal import Decimal

import pyarrow as pa
import pytest
from django.db import connection

from cdp.lib.clock import to_us
from events.models import Event
from events.projections import EVENTS
from lake.contracts import Ask, Facet, Value
from lake.facets import Facets, read
from lake.reading import asked_schema, copy_rows, read_rows
from profiles.models import Identifier, Profile
from profiles.projections import IDENTIFIERS, PROFILES
from tests.lake.world import Shop

pytestmark = pytest.mark.django_db
EVERY = frozenset(Facet)


def test_plain_columns_come_as_they_are() -> None:
    shop = Shop()
    shop.send(shop.track("ann", "Product Viewed", product_id="p1", note='a "quoted", \nline'), shop.track("ann", "Odd"))
    ask = Ask("events", ("id", "name", "occurred_us", "server_side", "currency", "channel"))
    rows = read_rows(EVENTS, ask).sort_by("id").to_pylist()
    first, second = Event.objects.order_by("id")
    assert rows == [
        {"id": event.pk, "name": event.name, "occurred_us": to_us(event.occurred_at), "server_side": True,
         "currency": None, "channel": None}
        for event in (first, second)
    ]  # fmt: skip


def test_values_come_by_facet_and_each_is_as_lake_facets_reads_it() -> None:
    shop = Shop()
    sent = [18.99, "18.99", "01067", " Straße ", True, [1], "2026-01-01", None, "", 'it\'s \\ "odd"']
    shop.send(*(shop.track("ann", "Seen", value=value, place=place) for place, value in enumerate(sent)))
    ask = Ask("events", (), (Value("value", EVERY), Value("place", frozenset({Facet.NUMBER}))))
    rows = read_rows(EVENTS, ask).sort_by("v1_number")
    assert rows.schema == asked_schema(EVENTS, ask)
    found = [Facets(*(row[f"v0_{facet}"] for facet in Facet)) for row in rows.to_pylist()]
    stored = {event.properties["place"]: event.pk for event in Event.objects.all()}
    with connection.cursor() as cursor:
        for place, facets in enumerate(found):
            cursor.execute("SELECT (properties->'value')::text FROM events_event WHERE id = %s", [stored[place]])
            text = cursor.fetchone()[0]
            assert facets == (Facets() if text is None else read(text))


def test_names_and_since_narrow_the_rows_and_where_narrows_further() -> None:
    shop = Shop()
    shop.send(
        shop.track("ann", "Seen", days_ago=3), shop.track("ann", "Seen", days_ago=1), shop.track("ann", "Other"),
        shop.track("bob", "Seen"),
    )  # fmt: skip
    since = to_us(shop.now) - 2 * 86_400_000_000
    ask = Ask("events", ("name", "identifier_id"), names=frozenset({"Seen"}), since_us=since)
    ann = Identifier.objects.get(value="ann").pk
    assert read_rows(EVENTS, ask).num_rows == 2
    only_ann = read_rows(EVENTS, ask, where="t.identifier_id = ANY(%s)", params=[[ann]])
    assert only_ann.to_pylist() == [{"name": "Seen", "identifier_id": ann}]


def test_a_profile_has_its_id_as_two_halves_and_traits_as_values() -> None:
    shop = Shop()
    shop.send(shop.identify("ann", plan="Gold", age=41))
    ask = Ask("profiles", ("profile_hi", "profile_lo"), (Value("plan", EVERY), Value("age", EVERY)))
    (row,) = read_rows(PROFILES, ask).to_pylist()
    profile = Profile.objects.get()
    assert (row["profile_hi"] % 2**64 << 64 | row["profile_lo"] % 2**64) == profile.pk.int
    assert (row["v0_folded"], row["v1_number"]) == ("gold", Decimal(41))
    (identifier,) = read_rows(IDENTIFIERS, Ask("identifiers", ("profile_hi", "profile_lo", "kind"))).to_pylist()
    assert identifier == {"profile_hi": row["profile_hi"], "profile_lo": row["profile_lo"], "kind": "user_id"}


def test_no_rows_give_an_empty_table_of_the_same_columns() -> None:
    ask = Ask("events", ("id",), (Value("price", EVERY),))
    rows = read_rows(EVENTS, ask)
    assert (rows.num_rows, rows.schema) == (0, asked_schema(EVENTS, ask))


def test_a_row_of_nothing_but_null_is_a_row() -> None:
    shop = Shop()
    shop.send(shop.track("ann", "Seen"))
    assert read_rows(EVENTS, Ask("events", ("currency",))).to_pylist() == [{"currency": None}]


def test_an_unknown_column_is_named_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="events of the lake has no column 'price'; it has id, identifier_id, name"):
        read_rows(EVENTS, Ask("events", ("price",)))
    with pytest.raises(ValueError, match="identifiers of the lake has no named values"):
        read_rows(IDENTIFIERS, Ask("identifiers", (), (Value("x", EVERY),)))
    with pytest.raises(ValueError, match="identifiers of the lake has no times to narrow by"):
        read_rows(IDENTIFIERS, Ask("identifiers", ("id",), since_us=1))


def test_rows_are_copied_in_an_order_and_up_to_a_limit() -> None:
    shop = Shop()
    shop.send(*(shop.track("ann", f"e{number}") for number in range(5)))
    rows = copy_rows("events_event", EVENTS.columns[:1], order="t.id", limit=3)
    assert rows.column("id").to_pylist() == sorted(Event.objects.values_list("pk", flat=True))[:3]
    assert isinstance(rows, pa.Table)
