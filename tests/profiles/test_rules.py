"""Identity rules as versions: drafts checked, activated once, recomputed for everybody, obeyed by what comes in."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from cdp.jobs import services as jobs
from cdp.jobs.models import Job
from events.models import RejectedEvent, Source
from profiles.contracts import DecisionRefused
from profiles.drafting import blocked_of, differences, problems, text_of
from profiles.identity import DEFAULT_PRIORITY, BlockedValue, IdentityRules, KindRule
from profiles.models import Identifier, IdentityChange, RuleSet
from profiles.rules_in_force import rules_now
from profiles.services import recomputing
from profiles.services.ruling import activate
from tests.events.conftest import browser, send, server, work
from tests.profiles.worlds import arrive, event, stored_people

__all__ = ["browser", "send", "server", "work"]
pytestmark = pytest.mark.django_db(transaction=True)


def run_jobs() -> None:
    while jobs.run_slice():
        pass


def test_activating_makes_a_version_and_recomputes_everybody_under_it() -> None:
    arrive([event("user_id:u", "email:e1", at=1), event("user_id:u", "email:e2", at=2)], fold=False)
    ada = User.objects.create_user("ada")
    made = activate(IdentityRules(emails=1), "one address each", ada)
    assert (made.number, made.is_current, made.made_by, made.applied_at) == (1, True, ada, None)
    assert len(stored_people()) == 1
    run_jobs()
    assert len(stored_people()) == 2
    made.refresh_from_db()
    assert made.applied_at is not None
    change = IdentityChange.objects.get()
    assert (change.kind, change.cause, change.rules_number) == ("split", "rules", 1)


def test_restoring_what_was_brings_back_who_was() -> None:
    arrive([event("user_id:u", "email:e1", at=1), event("user_id:u", "email:e2", at=2)], fold=False)
    before = stored_people()
    activate(IdentityRules(emails=1), "try", None)
    run_jobs()
    activate(IdentityRules(), "no good", None)
    run_jobs()
    assert stored_people() == before
    assert [(r.number, r.is_current) for r in RuleSet.objects.order_by("number")] == [(1, False), (2, True)]


def test_what_arrives_after_the_activation_obeys_it_before_the_job_has_run() -> None:
    activate(IdentityRules(emails=1), "one address each", None)
    arrive([event("user_id:u", "email:e1", at=1), event("user_id:u", "email:e2", at=2)], fold=False)
    assert len(stored_people()) == 2


def test_an_older_recomputation_ends_when_newer_rules_are_in_force() -> None:
    arrive([event("user_id:u", "email:e1", at=1)], fold=False)
    activate(IdentityRules(emails=1), "first", None)
    activate(IdentityRules(emails=2), "second", None)
    run_jobs()
    first, second = Job.objects.order_by("created_at")
    assert first.result == {"superseded_by": 2, "done": 0}
    assert second.result == {"identifiers": 2}
    assert [r.applied_at is not None for r in RuleSet.objects.order_by("number")] == [False, True]


def test_a_recomputation_goes_on_where_its_slice_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    arrive([event(f"user_id:u{i}", f"email:e{i}", f"email:f{i}", at=1) for i in range(5)], fold=False)
    activate(IdentityRules(emails=1), "one address each", None)
    monkeypatch.setattr(recomputing.chunk_after, "__defaults__", (2,))
    monkeypatch.setattr("cdp.jobs.services.SLICE_S", 0.0)
    run_jobs()
    job = Job.objects.get()
    assert (job.state, job.attempts, job.result) == ("done", 9, {"identifiers": 15})
    assert len(stored_people()) == 10


@pytest.mark.parametrize(
    ("draft", "reason", "says"),
    [
        (IdentityRules(emails=1), " ", "Say why"),
        (IdentityRules(), "x", "in force already"),
        (IdentityRules(emails=0), "x", "from 1 to"),
        (IdentityRules(emails=2, emails_without_user_id=3), "x", "may not have more"),
        (IdentityRules(kinds=(KindRule("Not a kind", 1),)), "x", "is no kind"),
        (IdentityRules(kinds=(KindRule("crm_id", 1), KindRule("crm_id", 2))), "x", "two rules"),
        (IdentityRules(priority=("email", "user_id", *DEFAULT_PRIORITY[2:])), "x", "user_id stands first"),
        (IdentityRules(priority=DEFAULT_PRIORITY[1:]), "x", "lacks user_id"),
        (IdentityRules(blocked=(BlockedValue("**", "email"),)), "x", "nearly everybody"),
    ],
)
def test_a_draft_without_sense_is_refused_with_a_sentence(draft: IdentityRules, reason: str, says: str) -> None:
    with pytest.raises(DecisionRefused, match=says):
        activate(draft, reason, None)
    assert not RuleSet.objects.exists()
    assert not Job.objects.exists()


def test_rules_somebody_else_changed_meanwhile_are_not_overwritten() -> None:
    activate(IdentityRules(emails=1), "first", None, instead_of=0)
    with pytest.raises(DecisionRefused, match="version 1"):
        activate(IdentityRules(emails=3), "second", None, instead_of=0)


def test_an_activation_that_is_rolled_back_leaves_the_old_rules() -> None:
    with transaction.atomic():
        activate(IdentityRules(emails=1), "first", None)
        transaction.set_rollback(True)
    assert rules_now() == IdentityRules()


def test_blocked_lines_are_read_and_written_back() -> None:
    blocked, wrong = blocked_of("# guests\nemail: info@*\n\n*: Test : 1\nuser_id\nNo Kind: x")
    assert blocked == (BlockedValue("info@*", "email"), BlockedValue("Test : 1"))
    assert [one.text[:7] for one in wrong] == ["Line 5:", "Line 6:"]
    assert blocked_of(text_of(blocked)) == (blocked, [])
    assert problems(IdentityRules(blocked=blocked)) == []


def test_differences_are_sentences() -> None:
    new = IdentityRules(emails=3, kinds=(KindRule("crm_id", 1),), blocked=(BlockedValue("x@y", "email"),))
    assert differences(IdentityRules(), new) == [
        "e-mail addresses of a person with a user id: 5 → 3",
        "crm_id: as for all → at most 1",
        "blocked: email: x@y",
    ]
    assert differences(new, new) == []


def test_a_blocked_value_joins_nobody_and_alone_goes_to_quarantine_without_being_told(
    send: Callable[..., Any], work: Callable[[], int], server: Source
) -> None:
    blocked = (BlockedValue("*@shop.example", "email"), BlockedValue("TILL-*"))
    activate(IdentityRules(blocked=blocked), "staff place orders", None)
    track = {"type": "track", "event": "Order Completed"}
    send([{**track, "userId": f"u{i}", "properties": {"email": "Desk@shop.example"}} for i in range(3)])
    send([{**track, "userId": "till-7", "properties": {"email": "till@shop.example"}}])
    work()
    assert sorted(Identifier.objects.values_list("kind", "value")) == [("user_id", f"u{i}") for i in range(3)]
    rejected = RejectedEvent.objects.get()
    assert (rejected.stage, rejected.reason) == ("identity", "blocked_value")
    assert "block the user_id and email" in rejected.detail
    assert "till" not in rejected.detail


def test_an_event_hangs_on_the_strongest_identifier_by_the_order_in_force(
    send: Callable[..., Any], work: Callable[[], int], server: Source
) -> None:
    priority = ("user_id", "crm_id", "email", "phone", "other", "device", "anonymous_id")
    activate(IdentityRules(priority=priority), "the till knows customers by number", None)
    external = [{"id": "c-1", "type": "crm_id", "collection": "users"}]
    item = {"type": "track", "event": "Seen", "anonymousId": "a", "properties": {"email": "a@b.example"}}
    send([{**item, "context": {"externalIds": external}}])
    work()
    with_events = Identifier.objects.filter(state__event_count=1)
    assert [(row.kind, row.value) for row in with_events] == [("crm_id", "c-1")]
