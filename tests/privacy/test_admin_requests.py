"""The queue of privacy requests: the most urgent first, a story of steps, and only what staff may do, noted down."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import Group, Permission, User
from django.test import Client
from django.urls import reverse

from cdp.access.models import AuditEntry
from cdp.admin_home.groups import apply_rights
from cdp.lib.clock import utc_now
from privacy import services
from privacy.models import Request
from tests.privacy.world import JANE, carried_out, later, seen, work

pytestmark = pytest.mark.django_db(transaction=True)
LIST = "/admin/privacy/request/"


def staff(group: str) -> Client:
    apply_rights()
    user = User.objects.create_user(group, is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client = Client()
    client.force_login(user)
    return client


def page_of(request: Request) -> str:
    return reverse("admin:privacy_request_change", args=[request.pk])


def asked(kind: str = "access", address: str = JANE, **more: object) -> Request:
    return services.ask(kind, address, came_by="page", now=utc_now(), **more)  # type: ignore[arg-type]


def correction() -> Request:
    request = asked("rectify", wishes={"fields": [{"field": "first_name", "new": "<b>Ann</b>"}]})
    return services.verify(request.pk, now=utc_now())


def test_the_queue_shows_the_most_urgent_first_and_says_overdue_in_words() -> None:
    requests = [asked("access", f"p{number}@example.com") for number in range(3)]
    services.verify(asked("opt_out", "done@example.com").pk, now=utc_now())
    work()
    for request, days in zip(requests, (9, -3, 2), strict=True):
        Request.objects.filter(pk=request.pk).update(due_at=utc_now() + timedelta(days=days, hours=1))
    page = staff("privacy officer").get(LIST).content.decode()
    places = [page.index(words) for words in ("3 days overdue", "2 days left", "9 days left", "Opt out of sale")]
    assert places == sorted(places)
    assert "h-tag-bad" in page
    assert "p•••@e•••.com" in page
    assert "p0@example.com" not in page


@pytest.mark.parametrize(("clock", "count"), [("open", 2), ("near", 1), ("late", 1), ("", 2)])
def test_the_queue_is_filtered_by_its_clock(clock: str, count: int) -> None:
    asked("access")
    Request.objects.filter(pk=asked("erase").pk).update(due_at=utc_now() - timedelta(days=1))
    page = staff("privacy officer").get(LIST, {"clock": clock} if clock else {}).content.decode()
    assert page.count("j•••@e•••.com") == count


def test_a_request_is_found_by_the_whole_address_or_its_id() -> None:
    request, other = asked("access"), asked("access", "other@example.com")
    client = staff("privacy officer")
    for text in ("Jane@example.com", str(request.pk)):
        page = client.get(LIST, {"q": text}).content.decode()
        assert str(request.pk) in page
        assert str(other.pk) not in page


def test_an_officer_sees_the_address_and_that_is_noted_others_see_it_masked() -> None:
    request = asked()
    assert JANE in staff("privacy officer").get(page_of(request)).content.decode()
    assert AuditEntry.objects.filter(action="viewed", subject=f"privacy_request:{request.pk}").count() == 1
    reader = User.objects.create_user("reader", is_staff=True)
    group = Group.objects.get(name="analyst")
    group.permissions.add(*_permissions("privacy.view_request"))
    reader.groups.add(group)
    client = Client()
    client.force_login(reader)
    page = client.get(page_of(request)).content.decode()
    assert JANE not in page
    assert "j•••@e•••.com" in page
    assert "What you can do" not in page


@pytest.mark.parametrize(("group", "status"), [("marketer", 403), ("analyst", 403), ("support", 403), ("admin", 302)])
def test_who_may_not_decide_cannot(group: str, status: int) -> None:
    request = correction()
    url = reverse("admin:privacy_request_do", args=[request.pk])
    assert staff(group).post(url, {"do": "approve"}).status_code == status
    request.refresh_from_db()
    assert request.state == ("working" if status == 302 else "open")


def test_approving_carries_it_out_and_the_page_tells_the_story() -> None:
    seen(("user_id", "jane"), ("email", JANE))
    request = correction()
    client = staff("privacy officer")
    page = client.get(page_of(request)).content.decode()
    assert "decide whether to do it" in page
    assert "&lt;b&gt;Ann&lt;/b&gt;" in page
    client.post(reverse("admin:privacy_request_do", args=[request.pk]), {"do": "approve"})
    request = carried_out(request)
    page = client.get(page_of(request)).content.decode()
    assert "Correct it" in page
    assert "the clock stands" in page
    assert request.state == Request.State.DONE


def test_a_reason_that_is_missing_is_asked_for() -> None:
    request = asked()
    client = staff("privacy officer")
    url = reverse("admin:privacy_request_do", args=[request.pk])
    page = client.post(url, {"do": "attest", "reason": ""}, follow=True).content.decode()
    assert "Say how you made sure who they are" in page
    client.post(url, {"do": "refuse", "ready": "The request is manifestly unfounded."})
    request.refresh_from_db()
    assert (request.state, request.note) == ("refused", "The request is manifestly unfounded.")


def test_looking_at_the_door_of_actions_does_nothing() -> None:
    request = correction()
    client = staff("privacy officer")
    for do in ("approve", "refuse", "extend"):
        client.get(reverse("admin:privacy_request_do", args=[request.pk]), {"do": do, "reason": "x"})
    request.refresh_from_db()
    assert request.state == "open"


def test_staff_open_a_request_attested_at_the_counter() -> None:
    seen(("user_id", "jane"), ("email", JANE))
    form = {
        "kind": "rectify",
        "email": JANE,
        "locale": "de",
        "reason": "passport",
        "field": ["city", ""],
        "new": ["Rom", ""],
    }
    answer = staff("privacy officer").post(f"{LIST}add/", form)
    request = Request.objects.get()
    assert answer["Location"] == page_of(request)
    assert (request.came_by, request.state, request.locale) == ("staff", "open", "de")
    assert request.wishes == {"fields": [{"field": "city", "new": "Rom"}]}


def test_a_request_that_cannot_be_attested_is_not_half_opened() -> None:
    seen(("user_id", "jane"), ("email", JANE))
    asked_before = asked("opt_out")
    services.verify(asked_before.pk, now=utc_now())
    form = {"kind": "opt_out", "email": JANE, "locale": "en", "reason": "passport"}
    answer = staff("privacy officer").post(f"{LIST}add/", form)
    assert answer.status_code == 422
    assert "not waiting for its link any more" in answer.content.decode()
    assert not AuditEntry.objects.filter(action="asked for opt_out").exists()


def test_what_is_wrong_with_a_new_request_is_said_and_what_was_typed_kept() -> None:
    answer = staff("privacy officer").post(f"{LIST}add/", {"kind": "access", "email": "jane", "reason": "passport"})
    assert answer.status_code == 422
    page = answer.content.decode()
    assert "no e-mail address" in page
    assert 'value="jane"' in page
    assert "passport" in page


def test_the_file_is_handed_over_by_post_and_noted() -> None:
    seen(("user_id", "jane"), ("email", JANE))
    request = services.verify(asked().pk, now=utc_now())
    work()
    client = staff("privacy officer")
    url = reverse("admin:privacy_request_file", args=[request.pk])
    assert client.get(url).status_code == 302
    answer = client.post(url)
    assert answer["Content-Type"] == "application/zip"
    assert b"".join(answer.streaming_content)[:2] == b"PK"  # type: ignore[attr-defined]
    assert AuditEntry.objects.filter(action="downloaded the export").count() == 1
    later(request)


def _permissions(*names: str) -> list[Permission]:
    return [Permission.objects.get(content_type__app_label=n.split(".")[0], codename=n.split(".")[1]) for n in names]
