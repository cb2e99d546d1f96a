"""Staff say what somebody allowed or refused: with a reason, a proof for a yes, and an audit entry."""

from uuid import UUID

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from cdp.access.models import AuditEntry
from cdp.admin_home.groups import apply_rights
from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash
from consent.models import Entry, Proof
from profiles.contracts import IdentifierKey, Sighting
from profiles.models import Identifier
from profiles.services import register_sightings

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def person() -> UUID:
    now = int(utc_now().timestamp() * 1_000_000)
    keys = (IdentifierKey("user_id", "u1"), IdentifierKey("email", "jane@example.com"))
    register_sightings([Sighting(keys, now, now, 1, b"m" * 16)])
    return Identifier.objects.get(kind="email").profile_id


def say(client: Client, person: UUID, **form: str) -> int:
    return client.post(f"/admin/consent/say/{person}/", form).status_code


def test_a_withdrawal_on_the_phone_is_in_the_ledger_with_its_reason(admin_client: Client, person: UUID) -> None:
    form = {"purpose": "email_marketing", "state": "withdrawn", "reason": "called"}
    assert say(admin_client, person, **form) == 302
    entry = Entry.objects.get()
    assert (bytes(entry.address_hash or b""), entry.state, entry.method, entry.reason) == (
        address_hash("jane@example.com"),
        "withdrawn",
        "staff",
        "called",
    )
    assert entry.actor.startswith("staff:")
    audit = AuditEntry.objects.get(action="said consent withdrawn: email_marketing")
    assert (audit.subject, audit.reason) == (f"profile:{person}", "called")


def test_a_yes_needs_what_shows_it(admin_client: Client, person: UUID) -> None:
    form = {"purpose": "personalization", "state": "granted", "reason": "wrote a letter"}
    assert say(admin_client, person, **form) == 422
    assert say(admin_client, person, **form, proof="letter of 1 May, folder 7") == 302
    entry = Entry.objects.get()
    assert Identifier.objects.get(pk=entry.identifier_id or 0).value == "u1"
    assert Proof.objects.get(pk=entry.proof_id or 0).content == {"says": "letter of 1 May, folder 7"}


@pytest.mark.parametrize(
    "form",
    [
        {},
        {"purpose": "email_marketing", "state": "withdrawn"},
        {"purpose": "processing", "state": "denied", "reason": "x"},
        {"purpose": "pigeons", "state": "denied", "reason": "x"},
        {"purpose": "email_marketing", "state": "expired", "reason": "x"},
        {"purpose": "sms_marketing", "state": "denied", "reason": "x"},
    ],
)
def test_what_cannot_be_said_is_refused_and_leaves_nothing(
    admin_client: Client, person: UUID, form: dict[str, str]
) -> None:
    assert say(admin_client, person, **form) == 422
    assert not Entry.objects.exists()
    assert not AuditEntry.objects.filter(action__startswith="said").exists()


def test_the_form_is_for_staff_with_the_right(client: Client, admin_client: Client, person: UUID) -> None:
    assert admin_client.get(f"/admin/consent/say/{person}/").status_code == 200
    assert client.get(f"/admin/consent/say/{person}/").status_code == 302
    assert admin_client.get("/admin/consent/say/00000000-0000-0000-0000-000000000000/").status_code == 404


@pytest.mark.parametrize(("group", "offered"), [("privacy officer", True), ("marketer", False)])
def test_the_persons_page_leads_to_the_form_whoever_may_use_it(
    client: Client, person: UUID, group: str, offered: bool
) -> None:
    apply_rights()
    user = User.objects.create_user("staff@example.com", is_staff=True)
    user.groups.add(Group.objects.get(name=group))
    client.force_login(user)
    page = client.get(f"/admin/profiles/profile/{person}/change/?tab=consent")
    assert page.status_code == 200
    assert (f'href="/admin/consent/say/{person}/"' in page.content.decode()) == offered
    assert client.get(f"/admin/consent/say/{person}/").status_code == (200 if offered else 403)


def test_a_shared_device_is_nobodys_to_speak_for(admin_client: Client, person: UUID) -> None:
    Identifier.objects.filter(profile_id=person).update(is_shared=True)
    page = admin_client.get(f"/admin/profiles/profile/{person}/change/?tab=consent").content.decode()
    assert "Record what they said" not in page
