"""Files of members: whoever allows it, chosen columns, no formulas, deleted in time and when somebody is erased."""

import csv
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from pytest_django import Settings

from cdp.access.models import AuditEntry
from cdp.jobs import services as jobs
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from cdp.lib.rights import Held, Person
from consent import services as consent
from consent.suppression_list import NewSuppression
from profiles.models import Identifier
from segments import rights, services
from segments.members_csv import BadColumns, columns_of, lines
from segments.models import ListFill, ListReject, MemberExport, Segment
from segments.services import BadExport, ListDraft, exporting, files
from tests.recipients.world import say
from tests.segments.world import World

pytestmark = pytest.mark.django_db(transaction=True)
State = MemberExport.State


@pytest.fixture
def world(settings: Settings, tmp_path: Path) -> World:
    settings.SEGMENT_FILES_DIR = str(tmp_path / "segment-files")
    return World()


def everybody(world: World) -> Segment:
    return Segment.objects.get(pk=world.segment({"all": []}, slug="everybody"))


def exported(segment: Segment, *columns: str, purpose: str = "personalization") -> MemberExport:
    export = services.start_export(segment, columns, purpose=purpose)
    while jobs.run_slice():
        pass
    export.refresh_from_db()
    return export


def table(export: MemberExport) -> list[dict[str, str]]:
    with files.absolute(export.path).open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def identifier(value: str) -> int:
    return Identifier.objects.get(value=value).pk


def person(user: str) -> Person:
    profile_id = Identifier.objects.get(value=user).profile_id
    rows = Identifier.objects.filter(profile_id=profile_id)
    return Person(tuple(Held(row.pk, row.kind, row.value) for row in rows), (profile_id,))


def test_only_who_allows_the_purpose_is_in_the_file_and_the_others_are_counted_by_reason(world: World) -> None:
    segment = everybody(world)
    world.send(
        *[world.identify(name, email=f"{name}@example.com", first_name=name.title()) for name in ("ada", "ben", "cid")]
    )
    say(identifier("ben"), "denied", "personalization")
    export = exported(segment, "identifier:email", "trait:first_name", "since", "identifier:user_id")
    rows = table(export)
    assert sorted((row["email"], row["first_name"], row["user_id"]) for row in rows) == [
        ("ada@example.com", "Ada", "ada"),
        ("cid@example.com", "Cid", "cid"),
    ]
    assert {row["profile_id"] for row in rows} == {str(world.profile("ada")), str(world.profile("cid"))}
    assert all(row["since"].endswith("Z") for row in rows)
    assert (export.state, export.rows, export.left_out) == (State.DONE, 2, {"denied": 1})
    assert export.size == files.absolute(export.path).stat().st_size
    assert oct(files.absolute(export.path).stat().st_mode)[-3:] == "600"


def test_of_a_purpose_with_a_channel_who_must_not_be_written_to_is_left_out(world: World) -> None:
    segment = everybody(world)
    world.send(*[world.identify(name, email=f"{name}@example.com") for name in ("ada", "ben")], world.identify("cid"))
    for name in ("ada", "ben"):
        say(identifier(name), "granted", "email_marketing")
    bounced = NewSuppression(address_hash("ben@example.com"), "marketing", "hard_bounce", utc_now(), "", "test")
    consent.suppress_each([bounced], actor="system", now=utc_now())
    export = exported(segment, "identifier:email", purpose="email_marketing")
    assert [row["email"] for row in table(export)] == ["ada@example.com"]
    assert (export.rows, export.left_out) == (1, {"hard_bounce": 1, "no_address": 1})


def test_the_segments_own_purpose_is_the_default_and_one_is_needed(world: World) -> None:
    segment = everybody(world)
    with pytest.raises(BadExport, match="choose the one the file is for"):
        services.start_export(segment, [])
    with pytest.raises(BadExport, match="no purpose “nonsense”"):
        services.start_export(segment, [], purpose="nonsense")
    with pytest.raises(BadExport, match="no column"):
        services.start_export(segment, ["password"], purpose="analytics")
    assert (MemberExport.objects.count(), AuditEntry.objects.count()) == (0, 0)
    Segment.objects.filter(pk=segment.pk).update(purpose="analytics")
    segment.refresh_from_db()
    assert services.start_export(segment, []).purpose == "analytics"


def test_no_cell_is_a_formula(world: World) -> None:
    segment = everybody(world)
    bad = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "fine"]
    world.send(*[world.identify(f"u{n}", nick=value) for n, value in enumerate(bad)])
    found = {row["nick"] for row in table(exported(segment, "trait:nick"))}
    assert found == {"'=1+1", "'+1", "'-1", "'@SUM(A1)", "x", "fine"}


def test_traits_of_any_type_and_computed_values_are_texts(world: World) -> None:
    segment = everybody(world)
    world.send(world.identify("ada", tags=["a", "b"], vip=True, points=12))
    found = table(exported(segment, "trait:tags", "trait:vip", "trait:points", "trait:none", "computed:rfm.group"))
    assert [{name: value for name, value in row.items() if name != "profile_id"} for row in found] == [
        {"tags": '["a","b"]', "vip": "true", "points": "12", "none": "", "rfm.group": ""}
    ]


def test_columns_are_each_once_and_bounded() -> None:
    assert columns_of(["since", "profile_id", "since"]) == ["profile_id", "since"]
    with pytest.raises(BadColumns, match="at most 50"):
        columns_of([f"trait:t{n}" for n in range(60)])
    with pytest.raises(BadColumns, match="write profile_id, since"):
        columns_of(["trait:"])


def test_who_exports_and_downloads_stands_in_the_audit_log(world: World) -> None:
    export = exported(everybody(world), "identifier:email")
    services.note_download(export, key_id=7)
    told = list(AuditEntry.objects.order_by("pk").values_list("action", "subject"))
    assert told == [("exported", f"segment:{export.segment_id}"), ("downloaded", f"segment:{export.segment_id}")]
    assert "personalization: profile_id, identifier:email" in AuditEntry.objects.get(action="exported").reason
    assert AuditEntry.objects.get(action="downloaded").reason.endswith("key 7")
    export.refresh_from_db()
    assert export.downloads == 1


def test_the_file_is_deleted_when_its_time_is_over(world: World, settings: Settings) -> None:
    settings.SEGMENT_EXPORT_DAYS = 2
    world.send(world.identify("ada"))
    export = exported(everybody(world))
    path = files.absolute(export.path)
    assert export.expires_at is not None
    assert timedelta(days=1.9) < export.expires_at - utc_now() <= timedelta(days=2)
    assert (services.clean_slice(), path.exists()) == (0, True)
    MemberExport.objects.update(expires_at=utc_now())
    assert (services.clean_slice(), path.exists()) == (1, False)
    export.refresh_from_db()
    assert (export.state, export.path, export.rows) == (State.DELETED, "", 1)


def test_an_export_that_is_done_expires_by_the_databases_word(world: World) -> None:
    segment = everybody(world)
    with pytest.raises(IntegrityError, match="segments_export_that_is_done_expires"), transaction.atomic():
        MemberExport.objects.create(segment=segment, purpose="analytics", state=State.DONE, path="exports/x")


def test_a_file_somebody_stands_in_is_deleted_when_they_are_erased_and_others_stay(world: World) -> None:
    world.send(world.identify("ada", city="Ulm"), world.identify("ben", city="Wien"))
    germans = Segment.objects.get(pk=world.segment({"trait": "city", "is": "eq", "value": "Ulm"}, slug="de"))
    austrians = Segment.objects.get(pk=world.segment({"trait": "city", "is": "eq", "value": "Wien"}, slug="at"))
    hers, his = exported(germans), exported(austrians)
    path = files.absolute(hers.path)
    ada = person("ada")
    (store,) = [one for one in rights.STORES if one.name == "segment files"]
    assert store.remains(ada) == 1
    assert store.erase(ada, utc_now()).counts["exports deleted"] == 1
    assert (store.remains(ada), path.exists(), files.absolute(his.path).exists()) == (0, False, True)
    hers.refresh_from_db()
    his.refresh_from_db()
    assert (hers.state, his.state) == (State.DELETED, State.DONE)
    assert "erased" in hers.problem


def test_one_being_written_while_somebody_is_erased_is_given_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    segment = everybody(world)
    world.send(world.identify("ada"), world.identify("ben"))
    ada = person("ada")
    real = lines

    def erased_meanwhile(columns: Any, rows: Any) -> bytes:
        rights.erase_files(ada, utc_now())
        return real(columns, rows)

    monkeypatch.setattr(exporting, "lines", erased_meanwhile)
    export = exported(segment)
    assert (export.state, export.path) == (State.FAILED, "")
    assert export.problem == "Somebody was erased while it was written. Export again."
    assert list(files.absolute("exports").iterdir()) == []


def test_uploads_and_rejected_rows_that_name_the_erased_go_with_them(world: World) -> None:
    def pieces(text: str) -> Iterator[bytes]:
        yield text.encode()

    world.send(world.identify("ada", email="ada@example.com"))
    fair = services.make_list(ListDraft("fair", "Fair"))
    named = services.draft_upload(fair, services.keep(pieces("email\nada@example.com\n")), name="a.csv")
    other = services.draft_upload(fair, services.keep(pieces("email\nben@example.com\n")), name="b.csv")
    row = {"fill": other, "row": 2, "code": "unknown", "reason": "x", "raw": '["Ada@example.com"]'}
    ListReject.objects.create(made_at=utc_now(), **row)
    ada = person("ada")
    counts = rights.erase_files(ada, utc_now()).counts
    assert (counts["uploaded lists deleted"], counts["rejected rows deleted"]) == (1, 1)
    named.refresh_from_db()
    other.refresh_from_db()
    assert (named.state, named.path, named.preview) == (ListFill.State.CANCELLED, "", {})
    assert (other.state, other.path != "") == (ListFill.State.DRAFT, True)
    assert store_remains(ada) == 0


def test_an_upload_being_read_goes_when_it_is_stopped_after_somebody_in_it_was_erased(world: World) -> None:
    def pieces(text: str) -> Iterator[bytes]:
        yield text.encode()

    world.send(world.identify("ada", email="ada@example.com"))
    fair = services.make_list(ListDraft("fair", "Fair"))
    found = [
        services.draft_upload(fair, services.keep(pieces(f"email\n{one}@example.com\n")), name="a.csv")
        for one in ("ada", "ben")
    ]
    for fill in found:
        services.start_fill(fill)
    ada = person("ada")
    rights.erase_files(ada, utc_now())
    for fill in found:
        fill.refresh_from_db()
        services.cancel_fill(fill)
        fill.refresh_from_db()
    assert [(fill.state, fill.path != "", bool(fill.preview)) for fill in found] == [
        (ListFill.State.CANCELLED, False, False),
        (ListFill.State.CANCELLED, True, True),
    ]
    assert store_remains(ada) == 0


def store_remains(of: Person) -> int:
    (store,) = [one for one in rights.STORES if one.name == "segment files"]
    return store.remains(of)


def test_an_export_can_be_stopped(world: World) -> None:
    export = services.start_export(everybody(world), [], purpose="analytics")
    assert services.cancel_export(export)
    assert not services.cancel_export(export)
    while jobs.run_slice():
        pass
    export.refresh_from_db()
    assert (export.state, export.path) == (State.CANCELLED, "")


def test_memory_stays_flat_however_many_people_there_are(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pieces of two people each: every one of them is in the file once, and no piece holds more."""
    monkeypatch.setattr(exporting, "PEOPLE", 2)
    monkeypatch.setattr("segments.queries.activating.PAGE", 3)
    segment = everybody(world)
    world.send(*[world.identify(f"u{n}") for n in range(8)])
    export = exported(segment, "identifier:user_id")
    assert sorted(row["user_id"] for row in table(export)) == [f"u{n}" for n in range(8)]
    assert export.rows == 8
