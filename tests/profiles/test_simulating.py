"""Trying rules out: the simulation says exactly what activation then does, for any world and any rules."""

from collections import defaultdict
from typing import Any

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdp.jobs import services as jobs
from cdp.jobs.models import Job
from profiles.drafting import differences
from profiles.identity import DEVICE, OTHER, BlockedValue, IdentityRules, KindRule
from profiles.models import Identifier, RuleSet, Separation
from profiles.rules_in_force import forget_rules, to_json
from profiles.services import neighborhoods, recompute, separate
from profiles.services.journal import REPAIR
from profiles.services.ruling import activate
from profiles.services.simulating import Outcome, simulate
from profiles.services.simulation_job import report
from tests.profiles import oracle
from tests.profiles.worlds import arrive, event, forget_everything, stored_people, worlds

pytestmark = pytest.mark.django_db(transaction=True)
EACH = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
kinds = st.sampled_from(["user_id", "email", "phone", "crm_id", "device_id", "anonymous_id"])
few = st.integers(1, 4)
rules_of_any_kind = st.builds(
    IdentityRules,
    shared_after=st.integers(1, 6),
    user_ids=st.integers(1, 2),
    emails=st.integers(2, 5),
    emails_without_user_id=st.integers(1, 2),
    anonymous_ids=few,
    device_ids=few,
    others=few,
    kinds=st.lists(
        st.builds(KindRule, kinds, st.none() | few, st.none(), st.none() | few), max_size=2, unique_by=lambda r: r.kind
    ).map(tuple),
    priority=st.permutations(["email", "phone", OTHER, DEVICE, "crm_id"]).map(
        lambda middle: ("user_id", *middle, "anonymous_id")
    ),
    blocked=st.lists(
        st.sampled_from([BlockedValue("email1"), BlockedValue("USER_ID2", "user_id"), BlockedValue("anon*3", "")]),
        max_size=2,
        unique=True,
    ).map(tuple),
)  # fmt: skip


def groups_of(outcome: Outcome) -> set[frozenset[int]]:
    found: dict[int, set[int]] = defaultdict(set)
    for person, i in zip(outcome.after.tolist(), outcome.world.ids.tolist(), strict=True):
        found[person].add(i)
    return {frozenset(group) for group in found.values()}


def stored_groups() -> set[frozenset[int]]:
    found: dict[Any, set[int]] = defaultdict(set)
    for pk, profile_id in Identifier.objects.values_list("pk", "profile_id"):
        found[profile_id].add(pk)
    return {frozenset(group) for group in found.values()}


def work() -> None:
    while jobs.run_slice():
        pass
    assert not Job.objects.filter(state="failed").values_list("error", flat=True)


def start_afresh() -> None:
    forget_everything()
    for model in (Separation, RuleSet, Job):
        model.objects.all().delete()
    forget_rules()


@EACH
@given(worlds(max_size=25), rules_of_any_kind, rules_of_any_kind, st.data())
def test_a_simulation_says_what_activation_then_does_and_both_agree_with_the_oracle(
    events: list[oracle.OracleEvent], first: IdentityRules, second: IdentityRules, data: st.DataObject
) -> None:
    start_afresh()
    arrive(events, fold=False)
    never = []
    pairs = {(row.kind, row.value): row.pk for row in Identifier.objects.all()}
    if len(pairs) > 1 and data.draw(st.booleans()):
        keys = sorted(pairs)
        one = data.draw(st.sets(st.sampled_from(keys), min_size=1, max_size=len(keys) - 1))
        other = set(keys) - one
        separate([pairs[k] for k in one], [pairs[k] for k in other], reason="apart", actor=None)
        never = [(one, other)]
    for rules in (first, second) if differences(first, second) else (first,):
        said = simulate(rules)
        before = stored_groups()
        told = report(said)
        assert (told["before"], len(before)) == (_people(), len(stored_groups()))
        activate(rules, "to see", None)
        work()
        assert stored_groups() == groups_of(said)
        assert stored_people() == oracle.people(events, never, rules)
        assert told["after"] == _people()
        assert (told["merges"]["count"] or told["splits"]["count"]) or before == stored_groups() or _is_reshared(told)
        assert said.is_shared.tolist() == list(Identifier.objects.order_by("pk").values_list("is_shared", flat=True))


def _is_reshared(told: dict[str, Any]) -> bool:
    return bool(told["shared"]["count"] or told["unshared"]["count"])


def _people() -> int:
    return Identifier.objects.filter(is_shared=False).values("profile_id").distinct().count()


def test_the_oracle_notices_a_rule_that_is_not_applied() -> None:
    """Negative control."""
    events = [event("user_id:u1", "anonymous_id:a", at=1), event("user_id:u2", "anonymous_id:a", at=2)]
    arrive(events, fold=False)
    assert stored_people() != oracle.people(events, (), IdentityRules(shared_after=1))


def test_a_simulation_writes_nothing_and_lists_the_largest_first() -> None:
    arrive([event("user_id:u1", f"email:e{i}", at=i) for i in range(4)], fold=False)
    arrive([event("user_id:u2", f"email:f{i}", at=i) for i in range(3)], fold=False)
    arrive([event(f"user_id:k{i}", "device_id:kiosk", at=9 + i) for i in range(3)], fold=False)
    before = list(Identifier.objects.order_by("pk").values())
    job = jobs.enqueue("identity.simulate", {"rules": to_json(IdentityRules(emails=1, shared_after=2))})
    work()
    job.refresh_from_db()
    found = job.result
    assert list(Identifier.objects.order_by("pk").values()) == before
    assert [(row[0], row[1]) for row in found["splits"]["rows"]] == [(4, 5), (3, 4)]
    assert (found["merges"]["count"], found["before"], found["after"]) == (0, 5, 10)
    assert found["refused"] == {"limit:email": 5, "shared": 3}
    assert found["shared"] == {"count": 1, "ids": [Identifier.objects.get(value="kiosk").pk]}
    assert {why for _, _, why in found["refusals"]} == {"limit:email", "shared"}


def test_who_would_merge_is_told_by_their_present_profiles() -> None:
    arrive([event("anonymous_id:a", "email:e1", at=1), event("anonymous_id:a", "email:e2", at=2)], fold=False)
    found = report(simulate(IdentityRules(emails_without_user_id=2)))
    profiles = sorted(str(p) for p in Identifier.objects.values_list("profile_id", flat=True).distinct())
    assert [(row[0], row[1], sorted(row[2])) for row in found["merges"]["rows"]] == [(2, 3, profiles)]


def test_blocked_values_are_counted_with_their_wildcards() -> None:
    arrive([event("email:Info@x", at=1), event("email:info@y", at=1), event("user_id:info@x", at=1)], fold=False)
    blocked = (BlockedValue("info@*", "email"), BlockedValue("INFO@X"))
    found = report(simulate(IdentityRules(blocked=blocked)))
    assert found["hits"] == [["email: info@*", 2], ["*: INFO@X", 2]]


def test_a_neighborhood_past_the_limit_stays_as_it_is_and_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    arrive([event("user_id:u", f"email:e{i}", at=i) for i in range(5)], fold=False)
    monkeypatch.setattr(neighborhoods, "MAX_WALK", 4)
    said = simulate(IdentityRules(emails=2))
    assert report(said)["oversized"] == [[min(Identifier.objects.values_list("pk", flat=True)), 6]]
    activate(IdentityRules(emails=2), "to see", None)
    work()
    assert stored_groups() == groups_of(said)
    assert len(stored_groups()) == 1


def test_an_empty_world_can_be_simulated() -> None:
    found = report(simulate(IdentityRules(emails=2)))
    assert (found["before"], found["after"], found["merges"]["count"]) == (0, 0, 0)


def test_recomputing_for_nothing_changes_nothing() -> None:
    arrive([event("user_id:u", "email:e", at=1)], fold=False)
    before = stored_people()
    recompute(list(Identifier.objects.values_list("pk", flat=True)), cause=REPAIR)
    assert stored_people() == before
    assert connection.in_atomic_block is False
