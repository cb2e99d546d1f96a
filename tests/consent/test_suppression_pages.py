"""The list of suppressed addresses in the admin: what it comes to, by hand in, by file out, found by an address."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client

from cdp.access.models import AuditEntry
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from consent import services
from consent.models import Suppression

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clean_cache")]
LIST = "/admin/consent/suppression/"


def test_the_list_says_what_it_comes_to_and_finds_an_address_a_number_and_a_hash(admin_client: Client) -> None:
    now, ada, phone = utc_now(), address_hash("ada@example.com"), address_hash("+4930901820")
    services.suppress(ada, "all", "hard_bounce", now, origin="import")
    services.suppress(phone, "sms", "manual", now, note="asked by phone", origin="staff")
    page = admin_client.get(LIST).content.decode()
    assert "2 addresses nobody writes to" in page
    assert "Hard bounce: 1" in page
    for term in ("Ada@Example.com", ada.hex(), "+49 30 901820", "asked"):
        found = admin_client.get(LIST, {"q": term}).context["cl"].queryset
        assert found.count() == 1, term
    assert admin_client.get(LIST, {"q": "bert@example.com"}).context["cl"].queryset.count() == 0


def test_an_address_and_a_number_are_added_by_hand_and_only_their_hash_is_kept(admin_client: Client) -> None:
    form = {"scope": "all", "reason": "manual", "note": "asked by phone"}
    assert admin_client.post(f"{LIST}add/", {**form, "email": "Ada@Example.com"}).status_code == 302
    assert admin_client.post(f"{LIST}add/", {**form, "email": "+49 30 901820", "scope": "sms"}).status_code == 302
    refused = admin_client.post(f"{LIST}add/", {**form, "email": "nonsense"})
    assert "Check its spelling" in refused.content.decode()
    rows = {(bytes(row.address_hash), row.scope, row.origin, row.note) for row in Suppression.objects.all()}
    assert rows == {
        (address_hash("ada@example.com"), "all", "staff", "asked by phone"),
        (address_hash("+4930901820"), "sms", "staff", "asked by phone"),
    }


def test_the_file_holds_hashes_and_exports_and_lifts_are_audited(admin_client: Client) -> None:
    ada = address_hash("ada@example.com")
    services.suppress(ada, "marketing", "complaint", utc_now(), origin="event")
    answer = admin_client.get(f"{LIST}export.csv")
    lines = b"".join(answer.streaming_content).decode().splitlines()  # type: ignore[attr-defined]
    assert lines[0] == "hash,scope,reason,created_at,origin"
    assert lines[1].startswith(f"{ada.hex()},marketing,complaint,")
    row = Suppression.objects.get()
    admin_client.post(f"{LIST}{row.pk}/delete/", {"post": "yes"})
    assert not Suppression.objects.exists()
    told = list(AuditEntry.objects.order_by("pk").values_list("action", "reason"))
    assert told == [("exported the suppression list", ""), ("lifted a suppression", "complaint")]


def test_who_may_only_look_cannot_take_the_list_away(client: Client) -> None:
    user = User.objects.create_user("ann", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_suppression"))
    client.force_login(user)
    assert client.get(LIST).status_code == 200
    assert client.get(f"{LIST}export.csv").status_code == 403
