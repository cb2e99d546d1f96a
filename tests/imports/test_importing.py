"""From file to profile, event, order and product: each once, however often and in whatever pieces files come."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from cdp.lib.clock import utc_now
from cdp.lib.hashing import identifier_hash
from commerce.models import Order, Product
from consent.models import Tombstone
from events.models import Event, RejectedEvent
from imports import services
from imports.contracts import MappingIncomplete, WrongState
from imports.models import Import, ImportRequest
from profiles import queries as profiles
from profiles.models import Identifier, Profile
from tests.imports.world import Drain, check, events, rejected, run, settled, take

pytestmark = pytest.mark.django_db

PEOPLE = """Kundennummer;E-Mail;Vorname;Telefon;Umsatz;Newsletter;Geburtsdatum
1;Anna@Example.com;Anna;+49 30 901820;1.234,56;ja;03.04.1980
2;bert@example.com;Bert;;12,50;nein;
3;;Carla;;;;
"""


def test_people_of_a_german_export_become_profiles(drain: Drain) -> None:
    job = settled(run(take(PEOPLE, "people")), drain)
    assert (job.state, job.rows, job.sent, job.rejected, job.duplicates, job.stored) == ("done", 3, 3, 0, 0, 3)
    anna = profiles.find("user_id", "1")
    assert anna is not None
    assert anna.profile_id == profiles.find("email", "anna@example.com").profile_id  # type: ignore[union-attr]
    assert anna.profile_id == profiles.find("phone", "+4930901820").profile_id  # type: ignore[union-attr]
    traits = profiles.profile_states([anna.profile_id])[anna.profile_id].traits
    assert traits["firstName"] == "Anna"
    assert traits["Umsatz"] == 1234.56
    assert traits["Newsletter"] is True
    assert traits["birthday"] == "1980-04-03"
    assert set(events("type")) == {"identify"}
    assert events("occurred_at") == [job.content_at + timedelta(microseconds=row) for row in (2, 3, 4)]


def test_people_known_by_their_address_alone_get_no_identifier_beside_it(drain: Drain) -> None:
    settled(run(take("email,plan\na@example.com,gold\n", "people")), drain)
    assert list(Identifier.objects.values_list("kind", "value")) == [("email", "a@example.com")]


def test_the_same_file_again_imports_nothing_twice(drain: Drain) -> None:
    settled(run(take(PEOPLE, "people")), drain)
    before = list(Profile.objects.order_by("id").values_list("id", "traits", "event_count"))
    again = settled(run(take(PEOPLE, "people", name="again.csv")), drain)
    assert (again.rows, again.sent, again.duplicates, again.stored) == (3, 0, 3, 0)
    assert list(Profile.objects.order_by("id").values_list("id", "traits", "event_count")) == before


def test_the_same_file_again_before_the_first_was_processed_stores_nothing_twice(drain: Drain) -> None:
    first, second = run(take(PEOPLE, "people")), run(take(PEOPLE, "people"))
    settled(first, drain)
    second.refresh_from_db()
    assert (second.sent, second.duplicates, second.stored) == (3, 3, 0)
    assert Event.objects.count() == 3


def test_files_that_overlap_import_their_common_rows_once(drain: Drain) -> None:
    rows = [f"{n},p{n}@example.com,gold\n" for n in range(1, 31)]
    head = "user id,email,plan\n"
    settled(run(take(head + "".join(rows[:20]), "people")), drain)
    second = settled(run(take(head + "".join(rows[10:]), "people")), drain)
    assert (second.rows, second.sent, second.duplicates, second.stored) == (20, 10, 10, 10)
    assert Event.objects.count() == 30


def test_a_value_that_returns_in_a_newer_list_is_told_again(drain: Drain) -> None:
    for plan in ("gold", "silver", "gold"):
        # Lists of different days differ somewhere, so each is a file of its own.
        count = Import.objects.count()
        settled(run(take(f"user id,plan\n1,{plan}\n{count + 10},x\n", "people")), drain)
    one = profiles.find("user_id", "1")
    assert one is not None
    assert profiles.profile_states([one.profile_id])[one.profile_id].traits["plan"] == "gold"
    old = settled(run(take("user id,plan\n1,silver\n11,x\n", "people")), drain)
    assert (old.sent, old.duplicates) == (0, 2)
    assert profiles.profile_states([one.profile_id])[one.profile_id].traits["plan"] == "gold"


def test_events_are_stored_at_their_own_times_in_the_chosen_zone(drain: Drain) -> None:
    content = "user id,event,time,price,shop.city\n1,Store Visited,2026-04-03 14:05,12.50,Berlin\n"
    settled(run(take(content, "events", zone="Europe/Berlin")), drain)
    event = Event.objects.get()
    assert event.name == "Store Visited"
    assert event.occurred_at == datetime(2026, 4, 3, 12, 5, tzinfo=UTC)
    assert event.properties == {"price": 12.5, "shop": {"city": "Berlin"}}


def test_equal_events_of_one_file_are_several_and_stay_so_when_it_comes_again(drain: Drain) -> None:
    row = "1,Coffee Bought,2026-04-03 14:05\n"
    head = "user id,event,time\n"
    first = settled(run(take(head + row * 3, "events")), drain)
    assert (first.sent, first.stored) == (3, 3)
    again = settled(run(take(head + row * 3 + row, "events")), drain)
    assert (again.sent, again.duplicates, again.stored) == (1, 3, 1)
    assert Event.objects.count() == 4


def test_a_column_of_message_ids_decides_what_is_the_same(drain: Drain) -> None:
    content = "messageId,user id,event,time\nm1,1,Seen,2026-04-03\nm1,1,Seen,2026-04-04\nm2,1,Seen,2026-04-03\n"
    job = settled(run(take(content, "events")), drain)
    assert (job.sent, job.stored, job.duplicates) == (3, 2, 1)


def test_events_in_the_wire_format_of_trackers_are_understood(drain: Drain) -> None:
    line = {
        "type": "track",
        "messageId": "m1",
        "userId": "1",
        "event": "Product Viewed",
        "timestamp": "2026-04-03T12:05:00Z",
        "properties": {"product_id": "p1", "price": 19.99, "sizes": ["S", "M"]},
        "context": {"ip": "1.2.3.4"},
    }
    settled(run(take(json.dumps(line) + "\n", "events", name="events.ndjson")), drain)
    event = Event.objects.get()
    assert (event.name, event.occurred_at) == ("Product Viewed", datetime(2026, 4, 3, 12, 5, tzinfo=UTC))
    assert event.properties == {"product_id": "p1", "price": 19.99, "sizes": ["S", "M"]}


LINES = [
    "B1,2026-04-03 10:00,a@example.com,p1,Shoe,2,19.99,EUR,44.97\n",
    "B2,2026-04-03 11:00,b@example.com,p2,Hat,1,10.00,EUR,10.00\n",
    "B1,2026-04-03 10:00,a@example.com,p3,Sock,1,4.99,EUR,44.97\n",
]
ORDERS_HEAD = "order id,order date,email,sku,product name,quantity,price,currency,total\n"


def test_lines_of_an_order_are_one_order_however_far_apart_they_stand(drain: Drain) -> None:
    filler = "".join(f"X{n},2026-04-01,x{n}@example.com,p9,Filler,1,1.00,EUR,1.00\n" for n in range(2500))
    job = settled(run(take(ORDERS_HEAD + LINES[0] + LINES[1] + filler + LINES[2], "orders")), drain)
    assert (job.rows, job.sent, job.rejected, job.stored) == (2503, 2502, 0, 2502)
    order = Order.objects.get(order_id="B1")
    assert (order.total, order.currency, order.status) == (Decimal("44.97"), "EUR", "placed")
    assert [(line.product_id, line.quantity, line.price) for line in order.lines.order_by("position")] == [
        ("p1", Decimal(2), Decimal("19.99")),
        ("p3", Decimal(1), Decimal("4.99")),
    ]
    again = settled(run(take(ORDERS_HEAD + "".join(LINES), "orders")), drain)
    assert (again.sent, again.duplicates) == (0, 2)


def test_an_order_with_one_unreadable_line_is_rejected_whole(drain: Drain) -> None:
    broken = "B1,2026-04-03 10:00,a@example.com,p4,Belt,many,9.99,EUR,44.97\n"
    job = settled(run(take(ORDERS_HEAD + LINES[0] + broken + LINES[1], "orders")), drain)
    assert rejected(job) == [(2, "order_incomplete"), (3, "number")]
    assert (job.rows, job.sent, job.rejected) == (3, 1, 2)
    assert list(Order.objects.values_list("order_id", flat=True)) == ["B2"]


def test_an_order_of_nobody_is_a_guests(drain: Drain) -> None:
    settled(run(take("Bestellnummer;Bestelldatum;Gesamtbetrag\nG1;03.04.2026;12,50 €\n", "orders")), drain)
    order = Order.objects.get()
    assert (order.order_id, order.total, order.currency, order.is_guest) == ("G1", Decimal("12.50"), "EUR", True)


def test_products_are_upserted_and_a_second_time_nothing_changes() -> None:
    content = "sku;name;preis;lagernd;farbe\np1;Schuh;19,99;ja;rot\np2;Hut;abc;nein;blau\n"
    job = run(take(content, "products", currency="eur"))
    assert rejected(job) == [(3, "number")]
    product = Product.objects.get()
    assert (product.product_id, product.name, product.price, product.currency) == (
        "p1",
        "Schuh",
        Decimal("19.99"),
        "EUR",
    )
    assert (product.in_stock, product.from_feed, product.attributes) == (True, True, {"farbe": "rot"})
    before = product.updated_at
    run(take(content, "products", currency="EUR"))
    assert Product.objects.get().updated_at == before


def test_a_check_says_what_an_import_would_do_and_stores_nothing(drain: Drain) -> None:
    settled(run(take("user id,email\n1,a@example.com\n", "people")), drain)
    before = Event.objects.count()
    content = "user id,email\n1,a@example.com\n1,new@example.com\n2,b@example.com\n3,nonsense\n,\n"
    job = check(take(content, "people"))
    report = job.report
    assert (report["rows"], report["good"], report["bad"]) == (4, 3, 1)
    assert (report["known"], report["new"], report["already"]) == (1, 1, 1)
    assert report["reasons"] == {"identifier_email": 1}
    assert report["samples"][0]["item"]["userId"] == "1"
    assert job.state == "checked"
    assert Event.objects.count() == before
    assert not ImportRequest.objects.filter(of=job).exists()
    done = run(job)
    assert rejected(done) == [(5, "identifier_email")]


def test_what_processing_sets_aside_or_refuses_is_counted_on_the_import(drain: Drain) -> None:
    Tombstone.objects.create(identifier_hash=identifier_hash("user_id", "2"), erased_at=utc_now())
    job = settled(run(take("user id,plan\n1,a\n2,b\n3,c\n3,c\n", "people")), drain)
    assert (job.sent, job.stored, job.refused, job.quarantined, job.duplicates) == (4, 2, 1, 0, 1)
    assert RejectedEvent.objects.count() == 0


def test_an_ambiguous_date_is_asked_about_not_guessed() -> None:
    with pytest.raises(MappingIncomplete, match="3rd of April or the 4th of March"):
        take("user id,event,time\n1,Seen,03/04/2026\n", "events")
    decided = take("user id,event,time\n1,Seen,03/04/2026\n", "events", day_first=False)
    services.start_run(decided)


def test_dates_that_prove_their_order_are_not_asked_about(drain: Drain) -> None:
    content = "user id,event,time\n1,Seen,03/04/2026\n1,Seen,25/04/2026\n"
    settled(run(take(content, "events")), drain)
    assert events("occurred_at") == [datetime(2026, 4, 3, tzinfo=UTC), datetime(2026, 4, 25, tzinfo=UTC)]


def test_a_mapping_is_remembered_for_files_with_the_same_columns() -> None:
    mapping = {"Nr": "user_id", "Was": "trait:hobby", "Egal": "ignore"}
    run(take("Nr;Was;Egal\n1;Chess;x\n", "people", mapping=mapping, country="DE"))
    next_one = take("Nr;Was;Egal\n2;Go;y\n", "people")
    assert [column["target"] for column in next_one.mapping] == ["user_id", "trait", "ignore"]
    assert next_one.mapping[1]["field"] == "hobby"
    assert next_one.options["country"] == "DE"
    assert next_one.preview["as_last_time"] is True


def test_a_mapping_without_a_person_cannot_begin() -> None:
    with pytest.raises(MappingIncomplete, match="says who it is"):
        take("colour,size\nred,M\n", "people")


def test_what_runs_or_is_done_does_not_begin_again() -> None:
    job = run(take(PEOPLE, "people"))
    with pytest.raises(WrongState, match="done"):
        services.start_run(job)
