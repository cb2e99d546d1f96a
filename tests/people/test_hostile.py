"""Cursors and group ids nobody of ours made: refused with what to do, never an error of ours."""

import base64

import pytest

from cdp.lib.clock import utc_now
from profiles.models import Account, AccountMember, Identifier
from tests.people.conftest import PROFILES, Ask, Say

pytestmark = pytest.mark.django_db(transaction=True)
ACCOUNTS = "/v1/spaces/shop/collections/accounts/profiles/"


def cursor(said: str) -> str:
    return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("part", "said"),
    [("external_ids", "²"), ("external_ids", "1" * 500), ("external_ids", "a\0"), ("links", "a\0b"), ("traits", "\0"),
     ("events", "²"), ("events", "1.²"), ("events", "nan.1"), ("events", "9" * 30 + ".1"), ("events", "1.\0")],
)  # fmt: skip
def test_a_cursor_that_is_none_of_ours_is_refused(say: Say, ask: Ask, part: str, said: str) -> None:
    say({"userId": "u1"})
    answer = ask(f"{PROFILES}user_id:u1/{part}", next=cursor(said))
    assert (answer.status_code, answer.json()["error"]["message"].count("take it from the answer before")) == (400, 1)


@pytest.mark.parametrize("part", ["traits", "links"])
def test_a_group_id_that_cannot_be_is_not_found(ask: Ask, part: str) -> None:
    assert ask(f"{ACCOUNTS}group_id:%00/{part}").status_code == 404


def test_somebody_with_many_devices_hides_nobody_of_an_account(say: Say, ask: Ask) -> None:
    say({"userId": "u1"}, {"userId": "u2"})
    now = utc_now()
    account = Account.objects.create(group_id="acme", first_seen_at=now, last_seen_at=now)
    first, second = sorted(Identifier.objects.all(), key=lambda row: row.profile_id)
    devices = [
        Identifier(kind="anonymous_id", value=f"d{n}", first_seen_at=now, profile_id=first.profile_id)
        for n in range(60)
    ]
    for row in [first, *Identifier.objects.bulk_create(devices), second]:
        AccountMember.objects.create(account=account, identifier=row, first_seen_at=now, last_seen_at=now)
    page = ask(f"{ACCOUNTS}group_id:acme/links", limit=1).json()
    rest = ask(f"{ACCOUNTS}group_id:acme/links", limit=1, next=page["cursor"]["next"]).json()
    found = [one["profile_id"] for one in (*page["data"], *rest["data"])]
    assert (found, rest["cursor"]["has_more"]) == ([str(first.profile_id), str(second.profile_id)], False)
