"""Who is believed: a browser's word names a browser; a person is reached only where their shop vouches for it.

Negative control: the same forged events from a source that believes everything do reach the victim's profile.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from cdp.access.models import UserTokenKey
from cdp.access.queries import forget_signing_keys
from consent.models import Entry
from events import queries
from events.identifying import identify
from events.models import Event, Inbox, RejectedEvent, Source
from events.trust import choices_of, lists_of, trust_of
from profiles.models import Identifier, Profile
from tests.sdk.world import identifiers_of_profile
from tests.wire.conftest import Send, Token

pytestmark = pytest.mark.django_db
Work = Callable[[], int]
VICTIM = {"type": "identify", "userId": "ada", "traits": {"email": "ada@shop.example", "plan": "gold"}}
ADA = {"user_id:ada", "email:ada@shop.example"}
FORGED: list[dict[str, Any]] = [
    {"type": "identify", "userId": "ada", "anonymousId": "evil", "traits": {"email": "evil@x.example", "plan": "none"}},
    {
        "type": "identify",
        "anonymousId": "evil",
        "traits": {"email": "ada@shop.example", "plan": "none"},
        "timestamp": "2026-01-01T00:00:00Z",
    },
    {"type": "track", "event": "Product Viewed", "userId": "ada", "anonymousId": "evil"},
    {"type": "track", "event": "Signed Up", "anonymousId": "evil", "properties": {"email": "ada@shop.example"}},
    {"type": "alias", "userId": "ada", "previousId": "evil"},
    {
        "type": "track",
        "event": "Seen",
        "anonymousId": "evil",
        "context": {"externalIds": [{"type": "EMAIL", "id": "ada@shop.example"}, {"type": "User_ID", "id": "ada"}]},
    },
]


def strict(source: Source) -> Source:
    """User ids need a token too."""
    Source.objects.filter(pk=source.pk).update(with_token=["email", "phone", "user_id"])
    queries.forget_sources()
    return source


def traits(kind: str, value: str) -> dict[str, Any]:
    """What is known of the person with this identifier."""
    profile = Profile.objects.get(pk=Identifier.objects.get(kind=kind, value=value).profile_id)
    return {name: held[0] for name, held in profile.traits.items()}


def test_no_forged_claim_of_a_browser_reaches_another_persons_profile(
    backend: Source, pages: Source, send: Send, work: Work
) -> None:
    send(backend, VICTIM)
    work()
    send(strict(pages), *FORGED)
    work()
    assert identifiers_of_profile("user_id", "ada") == ADA
    assert traits("user_id", "ada") == {"email": "ada@shop.example", "plan": "gold"}
    assert identifiers_of_profile("anonymous_id", "evil") == {"anonymous_id:evil"}
    assert traits("anonymous_id", "evil") == {"email": "evil@x.example", "plan": "none"}
    flags = Event.objects.filter(source_id=pages.pk).order_by("index").values_list("flags", flat=True)
    assert list(flags) == [
        ["unproven_user_id", "unproven_email"],
        ["unproven_email"],
        ["unproven_user_id"],
        ["unproven_email"],
        ["unproven_user_id"],
        ["unproven_email", "unproven_user_id"],
    ]
    assert not RejectedEvent.objects.exists()


def test_the_control_a_source_that_believes_everything_lets_the_forger_through(
    backend: Source, pages: Source, send: Send, work: Work
) -> None:
    send(backend, VICTIM)
    work()
    Source.objects.filter(pk=pages.pk).update(kind=Source.Kind.SERVER)
    send(pages, *FORGED)
    work()
    assert "anonymous_id:evil" in identifiers_of_profile("user_id", "ada")
    assert traits("user_id", "ada")["plan"] == "none"


def test_by_default_a_browser_is_believed_its_user_id_and_not_an_address(pages: Source, send: Send, work: Work) -> None:
    send(pages, FORGED[0])
    work()
    assert identifiers_of_profile("user_id", "ada") == {"user_id:ada", "anonymous_id:evil"}
    assert Event.objects.get().flags == ["unproven_email"]


@pytest.mark.parametrize("place", ["head", "context"])
def test_what_a_token_vouches_for_is_believed_and_the_token_stays_out_of_the_log(
    place: str, pages: Source, send: Send, work: Work, token: Token
) -> None:
    vouched = token("ada", email="Ada@Shop.example", phone="+49 30 901820")
    item: dict[str, Any] = {
        "type": "identify",
        "userId": "ada",
        "anonymousId": "hers",
        "traits": {"email": " ada@shop.EXAMPLE", "phone": "+4930901820"},
    }
    head = {"HTTP_X_USER_TOKEN": vouched} if place == "head" else {}
    send(strict(pages), item if head else {**item, "context": {"userToken": vouched, "locale": "de-DE"}}, **head)
    work()
    assert identifiers_of_profile("user_id", "ada") == ADA | {"anonymous_id:hers", "phone:+4930901820"}
    event = Event.objects.get()
    assert not [flag for flag in event.flags if "unproven" in flag or "token" in flag]
    assert "userToken" not in event.context
    assert vouched not in str(event.context)


@pytest.mark.parametrize("wrong", ["another's", "forged", "expired", "too long", "junk", "no kid", "a number"])
def test_a_token_that_proves_nothing_of_the_claim_changes_nothing(
    wrong: str, pages: Source, send: Send, work: Work, token: Token
) -> None:
    given: object = {
        "another's": token("eve"),
        "forged": token("ada", secret="guessed"),
        "expired": token("ada", hours=-1),
        "too long": token("ada", hours=48),
        "junk": "a.b.c",
        "no kid": "x" * 5000,
        "a number": 7,
    }[wrong]
    send(strict(pages), {**FORGED[2], "context": {"userToken": given}})
    work()
    event = Event.objects.get()
    refused = [] if wrong == "another's" else ["user_token_refused"]
    assert sorted(event.flags) == [*sorted(["unproven_user_id"]), *refused]
    assert identifiers_of_profile("anonymous_id", "evil") == {"anonymous_id:evil"}
    assert not Identifier.objects.filter(kind="user_id").exists()
    assert "userToken" not in event.context


def test_a_claim_that_is_all_there_is_goes_to_quarantine_and_says_how_to_mend_it(
    pages: Source, send: Send, work: Work
) -> None:
    send(strict(pages), {"type": "page", "userId": "ada"})
    work()
    rejected = RejectedEvent.objects.get()
    assert (rejected.stage, rejected.reason) == ("identity", "unproven_claim")
    assert "user_id" in rejected.detail
    assert "X-User-Token" in rejected.detail
    assert "anonymousId" in rejected.detail
    assert not Event.objects.exists()
    assert not Identifier.objects.exists()


@pytest.mark.parametrize(("revoked", "believed"), [("before", False), ("after", True)])
def test_a_token_is_judged_as_of_its_receipt_so_that_a_replay_judges_the_same(
    revoked: str, believed: bool, pages: Source, send: Send, work: Work, token: Token
) -> None:
    then = datetime.now(UTC) - timedelta(days=3)
    send(strict(pages), FORGED[2], HTTP_X_USER_TOKEN=token("ada", now=then))
    Inbox.objects.update(received_at=then)
    UserTokenKey.objects.update(revoked_at=then + timedelta(seconds=5 if believed else -5))
    forget_signing_keys()
    work()
    assert Identifier.objects.filter(kind="user_id", value="ada").exists() == believed
    assert Event.objects.get().flags == ([] if believed else ["user_token_refused", "unproven_user_id"])


def test_one_customers_token_proves_nothing_for_another_event_of_the_batch(
    pages: Source, send: Send, work: Work, token: Token
) -> None:
    mine = {"type": "page", "userId": "ada", "anonymousId": "a1", "context": {"userToken": token("ada")}}
    send(strict(pages), mine, {"type": "page", "userId": "ada", "anonymousId": "evil"})
    work()
    assert identifiers_of_profile("user_id", "ada") == {"user_id:ada", "anonymous_id:a1"}
    assert identifiers_of_profile("anonymous_id", "evil") == {"anonymous_id:evil"}


def test_a_preflight_allows_the_token_in_the_head() -> None:
    answer = Client().options("/v1/batch", HTTP_ORIGIN="https://shop.example")
    assert "x-user-token" in answer["Access-Control-Allow-Headers"]


@pytest.mark.parametrize("named", ["traits", "context", "properties"])
def test_a_browser_withdraws_an_address_it_names_but_its_grant_opens_none(
    named: str, pages: Source, backend: Source, send: Send, work: Work
) -> None:
    """A forged grant would let a stranger be mailed; a forged withdrawal only silences."""
    where = {"email": "ada@shop.example"}
    bags: dict[str, Any] = {
        "traits": {"type": "identify", "traits": where},
        "context": {"type": "track", "event": "Email Subscribed", "context": {"traits": where}},
        "properties": {"type": "track", "event": "Email Subscribed", "properties": where},
    }
    item = {"anonymousId": "evil", **bags[named]}
    granted = {**item.get("context", {}), "consent": {"categoryPreferences": {"email_marketing": True}}}
    send(pages, {**item, "context": granted})
    work()
    assert not Entry.objects.filter(purpose="email_marketing", state="granted").exists()
    denied = {**item.get("context", {}), "consent": {"categoryPreferences": {"email_marketing": False}}}
    send(pages, {**item, "event": "Looked", "context": denied})
    work()
    assert Entry.objects.filter(purpose="email_marketing", address_hash__isnull=False).exists()
    send(backend, {**item, "context": granted})  # the control: a server's grant does count
    work()
    assert Entry.objects.filter(purpose="email_marketing", state="granted").exists()


def test_an_alias_names_an_anonymous_id_and_never_joins_two_user_ids(backend: Source, send: Send, work: Work) -> None:
    send(backend, VICTIM, {"type": "identify", "userId": "eve", "traits": {"email": "eve@x.example"}})
    send(backend, {"type": "alias", "userId": "eve", "previousId": "ada"})
    work()
    assert identifiers_of_profile("user_id", "ada") == ADA
    assert identifiers_of_profile("user_id", "eve") == {"user_id:eve", "email:eve@x.example", "anonymous_id:ada"}


def test_what_staff_chose_and_the_defaults_are_read_from_two_lists() -> None:
    kinds = ("anonymous_id", "user_id", "email", "device_id")
    browser = choices_of(trust_of("browser", [], []), kinds)
    assert list(browser.values()) == ["believed", "believed", "with_token", "ignored"]
    assert set(choices_of(trust_of("server", [], []), kinds).values()) == {"believed"}
    chosen = {"anonymous_id": "believed", "user_id": "with_token", "email": "ignored", "device_id": "believed"}
    assert choices_of(trust_of("browser", *lists_of(chosen)), kinds) == chosen
    needs_token = trust_of("browser", [], ["user_id"])
    assert list(choices_of(needs_token, kinds).values()) == ["believed", "with_token", "ignored", "ignored"]


def test_a_kind_that_needs_a_token_is_never_believed_without_even_from_a_server() -> None:
    found = identify(
        type="track",
        user_id="ada",
        anonymous_id=None,
        previous_id=None,
        properties={"email": "ada@shop.example"},
        traits={},
        context={},
        trust=trust_of("server", ["user_id", "email"], ["email"]),
    )
    assert [key.kind for key in found.keys] == ["user_id"]
    assert found.unproven == ("email",)
