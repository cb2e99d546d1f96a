"""The desk's pages: preview, reason, right, stale forms, journals, search; and that a link alone decides nothing."""

import re
from collections.abc import Callable
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from cdp.access.models import AuditEntry
from commerce.models import Order
from consent.models import Entry
from events.models import Source
from profiles.models import IdentityChange, Profile, Separation
from tests.commerce.world import send
from tests.identity_desk import world

pytestmark = pytest.mark.django_db(transaction=True)
Drain = Callable[..., int]


@pytest.fixture
def merged(drain: Drain) -> Source:
    """Ada and the guest as one person."""
    source = world.shop()
    start = world.two(source)
    drain()
    send(source, world.link(start))
    drain()
    return source


@pytest.fixture
def support(client: Client, db: None) -> User:
    """Signed in as support."""
    user = world.staff("support")
    client.force_login(user)
    return user


def undo_url() -> str:
    """The page behind “Undo this merge”."""
    change = IdentityChange.objects.get(kind="merged")
    return f"{reverse('identity-split', args=[change.profile_id])}?change={change.pk}&part={change.others[0]}"


def form(client: Client, url: str, reason: str = "two people", **more: str) -> dict[str, str]:
    """What the preview's form would send."""
    found = re.search(r'name="fingerprint" value="(\w+)"', client.get(url).content.decode())
    assert found
    return {"fingerprint": found[1], "reason": reason, **more}


def test_a_merge_is_undone_and_joined_again_from_the_page(client: Client, support: User, merged: Source) -> None:
    profile_id = world.owner("user_id:ada")
    page = client.get(reverse("admin:profiles_profile_change", args=[profile_id]) + "?tab=identity").content.decode()
    assert "Undo this merge" in page
    assert undo_url().replace("&", "&amp;") in page
    preview = client.get(undo_url()).content.decode()
    assert "1 person would become 2." in preview
    assert "Ben Hale" in preview
    assert "Ada Larkin" in preview
    assert "€40.00" in preview
    assert not Separation.objects.exists()

    done = client.post(undo_url(), form(client, undo_url(), "they share a tablet"), follow=True)
    assert "Kept apart: they are two people." in done.content.decode()
    made = Separation.objects.get()
    assert (made.reason, made.made_by) == ("they share a tablet", support)
    assert world.owner("user_id:ada") != world.owner("anonymous_id:tablet-1")
    audited = AuditEntry.objects.filter(action="kept apart").values_list("subject", "reason", "actor")
    assert set(audited) == {
        (f"separation:{made.pk}", "they share a tablet", support.pk),
        (f"profile:{profile_id}", "they share a tablet", support.pk),
    }

    lift = reverse("identity-lift", args=[made.pk])
    assert "2 people would become 1." in client.get(lift).content.decode()
    again = client.post(lift, form(client, lift, "she called: it is hers"), follow=True).content.decode()
    assert "They are one person again." in again
    assert world.owner("user_id:ada") == world.owner("anonymous_id:tablet-1")
    assert AuditEntry.objects.filter(action="let join again", reason="she called: it is hers").count() == 3
    for name in ("identity-journal", "identity-apart"):
        assert client.get(reverse(name)).status_code == 200


def test_a_decision_without_a_reason_changes_nothing_and_keeps_the_page(
    client: Client, support: User, merged: Source
) -> None:
    answer = client.post(undo_url(), form(client, undo_url(), "  "))
    assert (answer.status_code, Separation.objects.count(), Entry.objects.filter(method="staff").count()) == (200, 0, 0)
    assert "Say why: the journal keeps the reason." in answer.content.decode()


def test_a_stale_preview_is_refused_and_shows_the_new_state(
    client: Client, support: User, merged: Source, drain: Drain
) -> None:
    stale = form(client, undo_url())
    send(merged, {"type": "track", "event": "Seen", "messageId": "n", "userId": "ada", "anonymousId": "new-phone"})
    drain()
    answer = client.post(undo_url(), stale)
    assert (answer.status_code, Separation.objects.count(), Entry.objects.filter(method="staff").count()) == (409, 0, 0)
    assert "These people changed while you were looking." in answer.content.decode()
    assert "new-phone" in answer.content.decode()
    assert client.post(undo_url(), form(client, undo_url())).status_code == 302


def test_events_that_only_repeat_what_is_known_make_no_preview_stale(
    client: Client, support: User, merged: Source, drain: Drain
) -> None:
    seen = form(client, undo_url())
    send(merged, {"type": "track", "event": "Seen", "messageId": "n", "userId": "ada", "anonymousId": "tablet-1"})
    drain()
    assert client.post(undo_url(), seen).status_code == 302


@pytest.mark.parametrize("group", ["marketer", "analyst"])
def test_who_may_not_decide_may_neither_preview_nor_decide(client: Client, merged: Source, group: str) -> None:
    client.force_login(world.staff(group))
    urls = [undo_url(), reverse("identity-never", args=[world.owner("user_id:ada")])]
    for url in urls:
        assert client.get(url).status_code == 403
        assert client.post(url, {"reason": "x", "fingerprint": "x"}).status_code == 403
    expected = 200 if group == "marketer" else 403
    assert client.get(reverse("identity-journal")).status_code == expected
    assert client.get(reverse("identity-apart")).status_code == expected
    assert client.get(reverse("identity-evidence", args=[1])).status_code == 403
    assert not Separation.objects.exists()


def test_a_post_without_the_forms_token_is_refused(support: User, merged: Source) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(support)
    answer = strict.post(undo_url(), form(strict, undo_url()))
    assert (answer.status_code, Separation.objects.count()) == (403, 0)


def test_without_the_right_every_value_is_masked(client: Client, merged: Source) -> None:
    client.force_login(world.staff("marketer"))
    person = reverse("admin:profiles_profile_change", args=[world.owner("user_id:ada")]) + "?tab=identity"
    for url in (person, reverse("identity-journal")):
        page = client.get(url).content.decode()
        assert "A•••" in page or "a•••" in page
        for secret in ("ada@larkfell", "Ada Larkin", "Ben Hale", "tablet-1", "Undo this merge"):
            assert secret not in page


def test_picked_identifiers_are_split_off(client: Client, support: User, merged: Source) -> None:
    url = reverse("identity-split", args=[world.owner("user_id:ada")])
    email = world.ids("email:ada@larkfell.example")[0]
    assert client.get(url).status_code == 302
    assert client.post(f"{url}?pick={email}", form(client, f"{url}?pick={email}")).status_code == 302
    assert world.owner("email:ada@larkfell.example") != world.owner("user_id:ada")
    assert world.owner("anonymous_id:tablet-1") == world.owner("user_id:ada")


def test_picking_what_holds_a_person_together_shows_several_people(client: Client, support: User, drain: Drain) -> None:
    source = world.shop()
    for n in range(2):
        link = {"userId": "hub", "anonymousId": f"spoke-{n}"}
        send(source, {"type": "track", "event": "Seen", "messageId": f"s{n}", **link})
    drain()
    url = reverse("identity-split", args=[world.owner("user_id:hub")]) + f"?pick={world.ids('user_id:hub')[0]}"
    assert "1 person would become 3." in client.get(url).content.decode()


def test_two_people_are_kept_apart_before_anything_joins_them(client: Client, support: User, drain: Drain) -> None:
    source = world.shop()
    start = world.two(source)
    drain()
    never = reverse("identity-never", args=[world.owner("user_id:ada")])
    hits = client.post(never, {"q": "tablet-1"}).content.decode()
    assert f"?other={world.owner('anonymous_id:tablet-1')}" in hits
    url = f"{never}?other={world.owner('anonymous_id:tablet-1')}"
    assert "Nobody changes now" in client.get(url).content.decode()
    assert client.post(url, form(client, url)).status_code == 302
    send(source, world.link(start))
    drain()
    assert world.owner("user_id:ada") != world.owner("anonymous_id:tablet-1")
    page = client.get(reverse("admin:profiles_profile_change", args=[world.owner("user_id:ada")]) + "?tab=identity")
    assert "staff said these are never one person" in page.content.decode()
    assert not Entry.objects.filter(method="staff").exists()


def test_the_list_of_people_finds_by_identifier_order_and_any_profile_id(
    client: Client, support: User, merged: Source
) -> None:
    present = world.owner("user_id:ada")
    former = IdentityChange.objects.get().others[0]
    assert Order.objects.filter(order_id="A-1").exists()
    for text in ("ada", "ADA@larkfell.example ", "tablet-1", "A-1", "#A-1", str(present), str(former)):
        found = client.get(reverse("admin:profiles_profile_changelist"), {"q": text}).context["cl"].result_list
        assert [profile.pk for profile in found] == [present], text
    nobody = client.get(reverse("admin:profiles_profile_changelist"), {"q": str(uuid4())})
    assert list(nobody.context["cl"].result_list) == []


def test_a_former_profile_id_says_into_whom_it_was_merged(client: Client, support: User, merged: Source) -> None:
    former = IdentityChange.objects.get().others[0]
    url = reverse("admin:profiles_profile_change", args=[former])
    assert f"{former}</code> was merged into this person" in client.get(url).content.decode()
    client.post(undo_url(), form(client, undo_url()))
    page = client.get(url).content.decode()
    assert "was merged into" not in page
    assert Profile.objects.filter(pk=former).exists()


def test_evidence_leads_to_the_event_that_told(client: Client, merged: Source) -> None:
    client.force_login(world.staff("admin"))
    person = reverse("admin:profiles_profile_change", args=[world.owner("user_id:ada")]) + "?tab=identity"
    links = re.findall(r"/admin/identity/evidence/\d+/", client.get(person).content.decode())
    assert links
    for link in set(links):
        assert client.get(link).url.startswith("/admin/events/event/")  # type: ignore[attr-defined]


@pytest.mark.parametrize("query", ["kind=x&cause=y&since=z&until=", "before=abc", "kind=merged", "since=2020-01-01"])
def test_the_journal_takes_any_filter(client: Client, support: User, merged: Source, query: str) -> None:
    assert client.get(f"{reverse('identity-journal')}?{query}").status_code == 200


def test_what_does_not_exist_is_not_found(client: Client, support: User, merged: Source) -> None:
    person = world.owner("user_id:ada")
    for url in (
        reverse("identity-split", args=[uuid4()]) + "?pick=1",
        reverse("identity-split", args=[person]) + "?change=999",
        reverse("identity-separation", args=[999]),
        reverse("identity-lift", args=[999]),
        reverse("identity-never", args=[uuid4()]),
    ):
        assert client.get(url).status_code == 404, url
