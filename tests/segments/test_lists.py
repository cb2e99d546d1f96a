"""Static lists: made, filled by hand, file, segment and rule; they follow people through merges, splits and erasure."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from cdp.jobs import services as jobs
from cdp.lib.clock import utc_now
from cdp.lib.hashing import identifier_hash
from cdp.outbox.services import drain_all
from consent.services.tombstones import lay_tombstones
from profiles.contracts import IdentifierKey
from profiles.models import Identifier
from profiles.services.separating import next_number, separate
from segments import services
from segments.models import Listed, ListFill, ListReject, Membership, Segment
from segments.queries import lists
from segments.services import ListDraft, NotAList, NotNow, files
from segments.uploads import BadLayout, key_of
from tests.segments.world import PIPELINE, World, recomputed, streamed

pytestmark = pytest.mark.django_db(transaction=True)
State = ListFill.State


@pytest.fixture
def world(settings: Settings, tmp_path: Path) -> World:
    settings.SEGMENT_FILES_DIR = str(tmp_path / "segment-files")
    return World()


def user(name: str) -> IdentifierKey:
    return IdentifierKey("user_id", name)


def a_list(slug: str = "fair") -> int:
    made = services.make_list(ListDraft(slug, slug.title()))
    while jobs.run_slice():
        pass
    return made


def put(list_id: int, *entries: Any, origin: str = "hand") -> services.Changed:
    changed = services.put_entries(list_id, entries, origin=origin, now=utc_now())
    drain_all(only=PIPELINE)
    return changed


def pieces(text: str) -> Iterator[bytes]:
    yield text.encode()


def upload(list_id: int, text: str, **choice: Any) -> ListFill:
    fill = services.draft_upload(list_id, services.keep(pieces(text)), name="people.csv")
    if choice:
        services.choose(fill, **choice)
    services.start_fill(fill)
    settle()
    fill.refresh_from_db()
    return fill


def settle() -> None:
    while jobs.run_slice() or drain_all(only=PIPELINE):
        pass


def test_people_put_on_a_list_are_its_members_and_told_of(world: World) -> None:
    fair = a_list()
    world.send(world.identify("ada"), world.identify("ben"))
    ada, ben = world.profile("ada"), world.profile("ben")
    assert put(fair, user("ada"), ben, user("nobody")).changed == 2
    assert world.members(fair) == {ada, ben}
    assert world.told("segment.entered") == [(fair, sorted([str(ada), str(ben)]))]
    again = put(fair, user("ada"), user("ada"), ben)
    assert (again.changed, again.already, again.unmatched) == (0, 3, {})
    services.take_entries(fair, [ada, user("zoe")], now=utc_now())
    drain_all(only=PIPELINE)
    assert world.members(fair) == {ben}
    assert world.told("segment.left") == [(fair, [str(ada)])]
    assert streamed() == recomputed(utc_now())


def test_who_is_named_by_nothing_we_know_is_told_by_place_and_reason(world: World) -> None:
    fair = a_list()
    world.send(world.identify("ada"))
    world.send(*[world.identify(f"user{n}", anonymous="kiosk") for n in range(8)])
    lay_tombstones([_hash("email", "gone@example.com")], utc_now())
    changed = put(
        fair,
        user("ada"),
        user("nobody"),
        key_of("email", "no address"),
        IdentifierKey("email", "gone@example.com"),
        IdentifierKey("anonymous_id", "kiosk"),
        uuid4(),
    )
    assert (changed.changed, changed.already) == (1, 0)
    codes = {place: why.code for place, why in changed.unmatched.items()}
    assert codes == {1: "unknown", 2: "not_an_email", 3: "erased", 4: "shared", 5: "unknown"}
    assert Listed.objects.count() == 1


def test_a_list_is_replaced_as_a_whole(world: World) -> None:
    fair = a_list()
    world.send(*[world.identify(name) for name in ("ada", "ben", "cid")])
    put(fair, user("ada"), user("ben"))
    changed, gone = services.replace_entries(fair, [user("ben"), user("cid")], origin="api", now=utc_now())
    drain_all(only=PIPELINE)
    assert (changed.changed, changed.already, gone) == (1, 1, 1)
    assert world.members(fair) == {world.profile("ben"), world.profile("cid")}


def test_a_segment_of_a_rule_takes_no_people(world: World) -> None:
    everybody = world.segment({"all": []})
    with pytest.raises(NotAList, match="Make a list of its members instead"):
        services.put_entries(everybody, [user("ada")], origin="hand", now=utc_now())
    assert Listed.objects.count() == 0


def test_a_place_on_a_list_follows_a_merge_and_comes_back_with_a_split(world: World) -> None:
    """The list hangs on the guest's device: while it is ada's she is in, after the un-merge only the device is."""
    fair = a_list()
    world.send({"type": "track", "anonymousId": "phone", "event": "Seen", "timestamp": world.at(1)})
    world.send(world.identify("ada", days_ago=9))
    guest = world.profile("phone", "anonymous_id")
    put(fair, guest)
    assert world.members(fair) == {guest}
    world.send(world.identify("ada", anonymous="phone"))
    ada = world.profile("ada")
    assert world.profile("phone", "anonymous_id") == ada
    assert world.members(fair) == {ada}
    assert world.told("segment.left") == []
    split_off("phone", "ada")
    assert world.profile("phone", "anonymous_id") != world.profile("ada")
    assert world.members(fair) == {world.profile("phone", "anonymous_id")}
    assert streamed() == recomputed(utc_now())


def test_a_list_is_used_by_other_rules_like_any_segment(world: World) -> None:
    fair = a_list()
    guests = world.segment({"all": [{"in_list": "fair"}, {"trait": "country", "is": "eq", "value": "DE"}]})
    again = world.segment({"in_segment": "fair"})
    world.send(world.identify("ada", country="DE"), world.identify("ben", country="AT"))
    put(fair, user("ada"), user("ben"))
    ada, ben = world.profile("ada"), world.profile("ben")
    assert (world.members(fair), world.members(guests), world.members(again)) == ({ada, ben}, {ada}, {ada, ben})
    assert streamed() == recomputed(utc_now())


def test_every_row_of_a_file_is_counted_and_who_is_unknown_can_be_downloaded(world: World) -> None:
    fair = a_list()
    world.send(world.identify("ada", email="ada@example.com"), world.identify("ben", email="ben@example.com"))
    put(fair, user("ben"))
    lay_tombstones([_hash("email", "gone@example.com")], utc_now())
    text = (
        "\ufeffName;E-Mail\r\nAda;ADA@example.com\r\nAda again;ada@example.com\r\nBen;ben@example.com\r\n"
        'Nobody;who@example.com\r\nBad;no address\r\n\r\nGone;gone@example.com\r\nEmpty;\r\nLong;"a@example.com;\r\n'
    )
    fill = upload(fair, text)
    assert (fill.state, fill.problem) == (State.DONE, "")
    assert (fill.rows, fill.added, fill.already, fill.unmatched) == (8, 2, 1, 5)
    codes = list(ListReject.objects.order_by("row").values_list("row", "code"))
    assert codes == [(5, "unknown"), (6, "not_an_email"), (8, "erased"), (9, "empty"), (10, "quote")]
    assert ListReject.objects.get(code="erased").raw == "[]"
    assert "who@example.com" in ListReject.objects.get(code="unknown").raw
    assert world.members(fair) == {world.profile("ada"), world.profile("ben")}
    assert (fill.path, fill.preview) == ("", {})
    assert list(Path(files.absolute("uploads")).iterdir()) == []


@pytest.mark.parametrize(
    ("text", "choice"),
    [
        ("ada\nben\n", {}),
        ("customer_id\nada\nben\n", {}),
        ("id|x\nada|1\nben|2\n", {"column": "id", "kind": "user_id"}),
        ("Telefon\n0171 1234567\n0171 1234568\n", {"country": "DE"}),
    ],
)
def test_lists_come_with_or_without_a_header_and_by_any_identifier(
    world: World, text: str, choice: dict[str, str]
) -> None:
    fair = a_list()
    world.send(world.identify("ada", phone="+491711234567"), world.identify("ben", phone="+491711234568"))
    fill = upload(fair, text, **choice)
    assert (fill.rows, fill.added, fill.unmatched) == (2, 2, 0)
    assert world.members(fair) == {world.profile("ada"), world.profile("ben")}


def test_the_last_upload_is_taken_back_and_nothing_else(world: World) -> None:
    fair = a_list()
    world.send(*[world.identify(name) for name in ("ada", "ben", "cid")])
    first = upload(fair, "user_id\nada\nben\n")
    last = upload(fair, "user_id\nben\ncid\n")
    assert (last.added, last.already) == (1, 1)
    with pytest.raises(NotNow, match="Only the last"):
        services.undo_fill(first)
    assert services.undo_fill(last) == 1
    settle()
    assert world.members(fair) == {world.profile("ada"), world.profile("ben")}
    with pytest.raises(NotNow):
        services.undo_fill(last)
    assert services.undo_fill(first) == 2
    settle()
    assert (world.members(fair), first.state) == (set(), State.UNDONE)


def test_a_cancelled_upload_keeps_whom_it_put_there_and_goes_on(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segments.services.filling.PIECE", 1)
    fair = a_list()
    world.send(*[world.identify(name) for name in ("ada", "ben", "cid")])
    fill = services.draft_upload(fair, services.keep(pieces("user_id\nada\nben\ncid\n")), name="x.csv")
    services.start_fill(fill)
    whole = services.put_entries
    from segments.services import filling

    real = filling._put_rows

    def stops_after_two(held: ListFill, run: Any, *rest: Any) -> None:
        if held.rows == 2:
            services.cancel_fill(ListFill.objects.get(pk=held.pk))
        real(held, run, *rest)

    monkeypatch.setattr(filling, "_put_rows", stops_after_two)
    settle()
    fill.refresh_from_db()
    assert (fill.state, fill.rows, fill.added) == (State.CANCELLED, 2, 2)
    assert world.members(fair) == {world.profile("ada"), world.profile("ben")}
    monkeypatch.setattr(filling, "_put_rows", real)
    services.start_fill(fill)
    settle()
    fill.refresh_from_db()
    assert (fill.state, fill.rows, fill.added) == (State.DONE, 3, 3)
    assert whole is services.put_entries


def test_a_draft_whose_file_names_no_such_column_says_what_there_is(world: World) -> None:
    fill = services.draft_upload(a_list(), services.keep(pieces("email\nada@example.com\n")), name="x.csv")
    with pytest.raises(BadLayout, match="It has email"):
        services.choose(fill, column="mail")
    assert lists.progress_of(fill).share == 1.0


def test_a_snapshot_holds_who_was_in_then_and_stays_so(world: World) -> None:
    buyers = world.segment({"did": "Order Completed", "within": {"days": 30}}, slug="buyers")
    world.send(world.track("ada", "Order Completed", days_ago=29.99), world.track("ben", "Order Completed"))
    ada, ben = world.profile("ada"), world.profile("ben")
    before = utc_now()
    services.expire_slice(now=before + timedelta(days=1))
    assert world.members(buyers) == {ben}
    then = a_list("then")
    Membership.objects.filter(profile_id=ada).update(left_at=before + timedelta(seconds=1))
    services.fill_from_segment(then, buyers, at=before, name="Buyers")
    now = a_list("now")
    services.fill_from_segment(now, buyers, at=utc_now() + timedelta(days=2), name="Buyers")
    settle()
    assert (world.members(then), world.members(now)) == ({ada, ben}, {ben})
    world.send(world.track("cid", "Order Completed"))
    assert world.members(then) == {ada, ben}


def test_the_people_of_a_preview_are_saved(world: World) -> None:
    world.send(world.identify("ada", country="DE"), world.identify("ben", country="AT"))
    germans = a_list("germans")
    fill = services.fill_from_rule(germans, {"trait": "country", "is": "eq", "value": "DE"})
    settle()
    fill.refresh_from_db()
    assert (fill.state, fill.rows, fill.added) == (State.DONE, 1, 1)
    world.send(world.identify("cid", country="DE"))
    assert world.members(germans) == {world.profile("ada")}


def test_large_fills_are_recomputed_at_once_at_the_end(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segments.services.filling.SMALL", 1)
    fair = a_list()
    world.send(*[world.identify(name) for name in ("ada", "ben", "cid")])
    fill = upload(fair, "user_id\nada\nben\n")
    assert world.members(fair) == {world.profile("ada"), world.profile("ben")}
    services.undo_fill(fill)
    settle()
    assert world.members(fair) == set()


def test_counts_that_lose_a_row_are_refused_by_the_database(world: World) -> None:
    fair = a_list()
    with pytest.raises(IntegrityError, match="segments_fill_counts_every_row"), transaction.atomic():
        ListFill.objects.create(segment_id=fair, way="upload", name="x", rows=2, added=1)
    fill = ListFill.objects.create(segment_id=fair, way="upload", name="x")
    row = {"fill": fill, "row": 2, "code": "unknown", "reason": "x", "raw": "", "made_at": utc_now()}
    ListReject.objects.create(**row)
    with pytest.raises(IntegrityError, match="segments_reject_once"), transaction.atomic():
        ListReject.objects.create(**row)
    Listed.objects.create(segment_id=fair, identifier_id=1, added_at=utc_now())
    with pytest.raises(IntegrityError, match="segments_listed_once"), transaction.atomic():
        Listed.objects.create(segment_id=fair, identifier_id=1, added_at=utc_now())


def test_files_nobody_started_are_deleted_after_a_day_and_lost_jobs_are_ended(world: World) -> None:
    fair = a_list()
    fill = services.draft_upload(fair, services.keep(pieces("user_id\nada\n")), name="x.csv")
    assert services.clean_slice() == 0
    ListFill.objects.update(created_at=utc_now() - timedelta(days=2))
    assert services.clean_slice() == 1
    assert list(Path(files.absolute("uploads")).iterdir()) == []
    lost = ListFill.objects.create(segment_id=fair, way="upload", name="y", state=State.RUNNING, job_id=uuid4())
    assert services.clean_slice() == 1
    lost.refresh_from_db()
    fill.refresh_from_db()
    assert (lost.state, fill.path, fill.preview) == (State.FAILED, "", {})
    with pytest.raises(NotNow, match="upload it again"):
        services.start_fill(fill)


def test_the_lists_are_told_with_their_sizes_in_few_statements(
    world: World, django_assert_max_num_queries: Any
) -> None:
    for slug in ("one", "two", "three"):
        a_list(slug)
    with django_assert_max_num_queries(4):
        told = lists.all_lists()
    assert {line.slug for line in told} == {"one", "two", "three"}
    assert Segment.objects.filter(kind="static").count() == 3


def split_off(device: str, name: str) -> None:
    """Staff keep a device and its owner apart, by the service that does it."""
    one, other = (Identifier.objects.get(value=value) for value in (device, name))
    with transaction.atomic():
        seen = {each.pk: each.profile_id for each in (one, other)}
        separate([one.pk], [other.pk], reason="two people", actor=None, number=next_number(), seen=seen)
    settle()


def _hash(kind: str, value: str) -> bytes:
    return identifier_hash(kind, value)
