"""The person's page and the `who` command: found by any identifier, masked without the right, and always audited."""

import json
from io import StringIO
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cdp.access.models import AuditEntry
from profiles.models import Identifier, Profile
from tests.profiles.worlds import arrive, event

pytestmark = pytest.mark.django_db


def staff(*rights: str) -> Client:
    user = User.objects.create_user("staff", password="long enough", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(content_type__app_label="profiles", codename__in=rights))
    client = Client()
    client.force_login(user)
    return client


def ada() -> Profile:
    arrive([event("user_id:ada-4711", "email:ada@example.com", at=1, traits={"city": "<b>Berlin</b>"})])
    arrive([event("anonymous_id:browser-1", "user_id:ada-4711", at=2)])
    return Profile.objects.get()


TABS = ("timeline", "segments", "shopping", "messages", "consent", "identity", "traits")


def test_the_page_shows_all_to_whom_may_see_it_escaped_and_writes_down_each_look() -> None:
    profile = ada()
    client = staff("view_profile", "view_personal")
    pages = [client.get(f"/admin/profiles/profile/{profile.pk}/change/?tab={tab}") for tab in TABS]
    text = "".join(page.text for page in pages)
    for shown in ("ada@example.com", "ada-4711", "browser-1", "&lt;b&gt;Berlin&lt;/b&gt;"):
        assert shown in text
    assert "<b>Berlin" not in text
    assert AuditEntry.objects.count() == len(TABS)
    entry = AuditEntry.objects.latest("pk")
    assert (entry.action, entry.subject) == ("viewed", f"profile:{profile.pk}")
    assert entry.actor is not None


def test_without_the_right_every_tab_and_list_masks_personal_data() -> None:
    profile = ada()
    client = staff("view_profile", "view_identifier")
    for path in (
        *(f"profile/{profile.pk}/change/?tab={tab}" for tab in TABS),
        "profile/",
        "identifier/",
        f"identifier/{Identifier.objects.earliest('id').pk}/change/",
    ):
        page = client.get(f"/admin/profiles/{path}")
        text = page.content.decode()
        assert page.status_code == 200
        for hidden in ("ada@example.com", "ada-4711", "browser-1", "Berlin"):
            assert hidden not in text, path
    assert "ad•••" in client.get("/admin/profiles/profile/").content.decode()
    assert AuditEntry.objects.count() == len(TABS)


@pytest.mark.parametrize("term", ["Ada@Example.com", "ada-4711", "browser-1", " ada-4711 "])
def test_a_person_is_found_by_any_whole_identifier(term: str) -> None:
    profile = ada()
    arrive([event("user_id:other")])
    client = staff("view_profile", "view_identifier")
    page = client.get("/admin/profiles/profile/", {"q": term})
    assert [found.pk for found in page.context["cl"].result_list] == [profile.pk]
    page = client.get("/admin/profiles/identifier/", {"q": term})
    assert len(page.context["cl"].result_list) == 1


def test_a_former_profile_id_finds_and_opens_the_present_profile() -> None:
    profile = ada()
    former = Identifier.objects.get(kind="anonymous_id").minted_id
    client = staff("view_profile")
    page = client.get("/admin/profiles/profile/", {"q": str(former)})
    assert [found.pk for found in page.context["cl"].result_list] == [profile.pk]
    assert client.get(f"/admin/profiles/profile/{former}/change/").status_code == 200
    assert AuditEntry.objects.get().subject == f"profile:{profile.pk}"


def test_strangers_and_staff_without_rights_see_nothing() -> None:
    profile = ada()
    path = f"/admin/profiles/profile/{profile.pk}/change/"
    assert Client().get(path).status_code == 302
    assert staff().get(path).status_code == 403
    assert AuditEntry.objects.count() == 0


def test_nobody_edits_what_events_made() -> None:
    profile = ada()
    client = staff("view_profile", "change_profile", "delete_profile", "add_profile")
    for path in (f"{profile.pk}/change/", f"{profile.pk}/delete/", "add/"):
        assert client.post(f"/admin/profiles/profile/{path}", {"event_count": 9, "post": "yes"}).status_code == 403
    assert Profile.objects.get().event_count == 2


def test_the_list_costs_the_same_for_one_person_and_for_three(django_assert_num_queries: Any) -> None:
    client = staff("view_profile")
    arrive([event("user_id:u0")])
    client.get("/admin/profiles/profile/")

    with CaptureQueriesContext(connection) as one:
        client.get("/admin/profiles/profile/")
    arrive([event("user_id:u1"), event("user_id:u2")])
    with django_assert_num_queries(len(one)):
        client.get("/admin/profiles/profile/")


def test_who_prints_the_person_as_json_and_is_audited() -> None:
    profile = ada()
    out = StringIO()
    call_command("who", "email", "ADA@example.com", stdout=out)
    answer = json.loads(out.getvalue())
    assert answer["state"]["profile_id"] == str(profile.pk)
    assert answer["state"]["traits"] == {"city": "<b>Berlin</b>"}
    assert {i["value"] for i in answer["identifiers"]} == {"ada-4711", "ada@example.com", "browser-1"}
    assert AuditEntry.objects.get().reason == "manage.py who"


def test_who_says_which_kinds_there_are_when_nobody_is_found() -> None:
    ada()
    with pytest.raises(CommandError, match="anonymous_id"):
        call_command("who", "email", "nobody@example.com")
    assert AuditEntry.objects.count() == 0


def test_links_say_why_identifiers_do_not_belong_together() -> None:
    arrive([event("user_id:u1", "anonymous_id:a", at=1), event("user_id:u2", "anonymous_id:a", at=2)])
    arrive([event(f"user_id:u{i}", "device_id:kiosk", at=3) for i in range(1, 8)])
    profile_id = Identifier.objects.get(value="u1").profile_id
    url = f"/admin/profiles/profile/{profile_id}/change/?tab=identity"
    text = staff("view_profile", "view_personal").get(url).content.decode()
    assert "they would be one person with more than 1 user id" in text
    assert "seen with too many people" in text
