"""The pages of lists and exports as staff use them: upload, look, start, mend, take back, export, keep as it was."""

import csv
import io
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import Settings

from cdp.access.models import AuditEntry
from cdp.admin_home.groups import apply_rights
from cdp.jobs import services as jobs
from cdp.lib.clock import utc_now
from cdp.outbox.services import drain_all
from segments import services
from segments.models import ListFill, MemberExport, Segment
from segments.services import ListDraft
from tests.segments.world import PIPELINE, World

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world(settings: Settings, tmp_path: Path) -> World:
    settings.SEGMENT_FILES_DIR = str(tmp_path / "segment-files")
    return World()


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root", password="a long password"))
    return client


def settle() -> None:
    while jobs.run_slice() or drain_all(only=PIPELINE):
        pass


def page(client: Client, name: str, *args: Any) -> str:
    answer = client.get(reverse(name, args=args))
    assert answer.status_code == 200, name
    return answer.content.decode()


def file(text: str) -> SimpleUploadedFile:
    return SimpleUploadedFile("fair.csv", text.encode(), "text/csv")


def test_a_list_is_made_from_a_file_looked_at_started_and_taken_back(world: World, staff: Client) -> None:
    world.send(world.identify("ada", email="ada@example.com"), world.identify("ben"))
    made = staff.post(
        reverse("segment-lists"), {"name": "Spring Fair", "file": file("Mail;No\nada@example.com;1\nx@y.de;2\n")}
    )
    fair = Segment.objects.get()
    assert (made.status_code, made["Location"]) == (302, reverse("segment-list", args=[fair.pk]))
    assert (fair.slug, fair.kind, fair.definition) == ("spring-fair", "static", {"in_list": "spring-fair"})
    shown = page(staff, "segment-list", fair.pk)
    assert "1 of the first 2 rows name somebody we know, by “Mail” as email." in shown
    fill = ListFill.objects.get()
    start = reverse("segment-fill-act", args=[fill.pk, "start"])
    assert staff.post(start, {"column": "No", "kind": "user_id", "look": "yes"}).status_code == 302
    assert "0 of the first 2 rows name somebody we know, by “No” as user_id." in page(staff, "segment-list", fair.pk)
    staff.post(start, {"column": "Mail", "kind": "email", "header": "yes"})
    going = staff.get(reverse("segment-fill-progress", args=[fill.pk])).json()
    assert (going["state"], going["share"]) == ("running", 0.0)
    settle()
    assert world.members(fair.pk) == {world.profile("ada")}
    rejects = staff.get(reverse("segment-fill-rejected", args=[fill.pk]))
    body = b"".join(rejects.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    (row,) = csv.DictReader(io.StringIO(body), delimiter=",")
    assert (row["Mail"], row["reject_reason"]) == ("x@y.de", "Nobody we know is called this.")
    assert "Spring Fair" in page(staff, "segment-lists")
    staff.post(reverse("segment-fill-act", args=[fill.pk, "undo"]))
    settle()
    assert world.members(fair.pk) == set()
    assert "Taken back" in page(staff, "segment-list", fair.pk)


def test_people_are_put_on_and_taken_off_by_hand(world: World, staff: Client) -> None:
    world.send(world.identify("ada"), world.identify("ben"))
    fair = services.make_list(ListDraft("fair", "Fair"))
    here = reverse("segment-list", args=[fair])
    told = staff.post(here, {"do": "add", "kind": "user_id", "people": "ada\n\nben\nzoe\n"}, follow=True)
    assert "2 people put on the list." in told.content.decode()
    assert "zoe: Nobody we know is called this." in told.content.decode()
    settle()
    staff.post(here, {"do": "remove", "kind": "user_id", "people": "ada"})
    settle()
    assert world.members(fair) == {world.profile("ben")}
    assert set(AuditEntry.objects.values_list("action", flat=True)) == {"list: add", "list: remove"}


def test_a_file_that_is_none_says_so_and_leaves_nothing(world: World, staff: Client) -> None:
    fair = services.make_list(ListDraft("fair", "Fair"))
    told = staff.post(reverse("segment-list", args=[fair]), {"do": "upload", "file": file("%PDF-1.7 x")}, follow=True)
    assert "This is a PDF." in told.content.decode()
    assert ListFill.objects.count() == 0


def test_a_preview_is_saved_as_a_list(world: World, staff: Client) -> None:
    world.send(world.identify("ada", city="Ulm"), world.identify("ben", city="Wien"))
    rule = '{"trait": "city", "is": "eq", "value": "Ulm"}'
    staff.post(reverse("segment-list-from-rule"), {"name": "Ulm now", "definition": rule})
    settle()
    assert world.members(Segment.objects.get(slug="ulm-now").pk) == {world.profile("ada")}
    told = staff.post(reverse("segment-list-from-rule"), {"name": "Bad", "definition": '{"x": 1}'}, follow=True)
    assert "The list was not made" in told.content.decode()
    assert Segment.objects.count() == 1


def test_who_was_in_on_a_day_is_kept_as_a_list(world: World, staff: Client) -> None:
    pk = world.segment({"all": []}, slug="everybody")
    world.send(world.identify("ada"))
    staff.post(reverse("segment-freeze", args=[pk]), {"name": "Everybody now"})
    yesterday = (utc_now() - timedelta(days=1)).strftime("%Y-%m-%dT%H:%M")
    staff.post(reverse("segment-freeze", args=[pk]), {"name": "Everybody then", "at": yesterday})
    settle()
    now, then = (Segment.objects.get(slug=slug).pk for slug in ("everybody-now", "everybody-then"))
    assert (world.members(now), world.members(then)) == ({world.profile("ada")}, set())


def test_members_are_exported_and_fetched_by_who_may(world: World, staff: Client) -> None:
    pk = world.segment({"all": []}, slug="everybody")
    world.send(world.identify("ada", email="ada@example.com", first_name="Ada"))
    asked = {"purpose": "analytics", "kinds": ["email"], "traits": "first_name", "since": "on"}
    staff.post(reverse("segment-export-page", args=[pk]), asked)
    export = MemberExport.objects.get()
    assert export.columns == ["profile_id", "since", "identifier:email", "trait:first_name"]
    assert staff.get(reverse("segment-export-progress", args=[export.pk])).json()["state"] == "running"
    settle()
    shown = page(staff, "segment-export-page", pk)
    assert reverse("segment-export-download", args=[export.pk]) in shown
    got = staff.get(reverse("segment-export-download", args=[export.pk]))
    body = b"".join(got.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    (row,) = csv.DictReader(io.StringIO(body))
    assert (row["email"], row["first_name"]) == ("ada@example.com", "Ada")
    assert AuditEntry.objects.filter(action="downloaded").count() == 1


def test_looking_does_not_imply_exporting(world: World, client: Client) -> None:
    apply_rights()
    pk = world.segment({"all": []}, slug="everybody")
    user = User.objects.create_user("mia", is_staff=True)
    user.groups.add(Group.objects.get(name="analyst"))
    client.force_login(user)
    here = reverse("segment-export-page", args=[pk])
    assert "Your group may not export members" in client.get(here).content.decode()
    assert client.post(here, {"purpose": "analytics"}).status_code == 403
    assert MemberExport.objects.count() == 0
    user.user_permissions.add(Permission.objects.get(codename="export_members"))
    client.force_login(User.objects.get(pk=user.pk))
    assert client.post(here, {"purpose": "analytics"}).status_code == 302
    assert MemberExport.objects.count() == 1


def test_who_sees_people_masked_exports_no_addresses(world: World, client: Client) -> None:
    apply_rights()
    pk = world.segment({"all": []}, slug="everybody")
    user = User.objects.create_user("mia", is_staff=True)
    user.groups.add(Group.objects.get(name="marketer"))
    client.force_login(user)
    here = reverse("segment-export-page", args=[pk])
    assert 'name="kinds"' not in client.get(here).content.decode()
    for personal in ({"kinds": ["email"]}, {"traits": "first_name"}):
        assert client.post(here, {"purpose": "analytics", **personal}).status_code == 403
    assert client.post(here, {"purpose": "analytics", "since": "on", "computed": "rfm.group"}).status_code == 302
    assert MemberExport.objects.get().columns == ["profile_id", "since", "computed:rfm.group"]


@pytest.mark.parametrize("name", ["segment-lists", "segment-list", "segment-export-page"])
def test_pages_are_closed_to_who_may_not_see_segments(world: World, client: Client, name: str) -> None:
    fair = services.make_list(ListDraft("fair", "Fair"))
    client.force_login(User.objects.create_user("nobody", is_staff=True))
    assert client.get(reverse(name, args=[] if name == "segment-lists" else [fair])).status_code == 403
