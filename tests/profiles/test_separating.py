"""Un-merge and “never link”: the decision holds in any order of arrival, and lifting it is as if it never was."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from profiles.contracts import DecisionRefused
from profiles.models import Identifier, IdentityChange, IdentityMove, Separation
from profiles.services import lift, separate, shadow
from tests.profiles import oracle
from tests.profiles.oracle import Key
from tests.profiles.worlds import arrive, event, forget_everything, stored_people, stored_states, worlds

EACH = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def ids(*keys: str) -> list[int]:
    """The identifier ids of `kind:value`s."""
    pairs = [key.partition(":")[::2] for key in keys]
    return [Identifier.objects.get(kind=kind, value=value).pk for kind, value in pairs]


def two_people_merged() -> None:
    arrive([event("user_id:u", "email:a", at=1), event("anonymous_id:x", "phone:p", at=2)])
    arrive([event("user_id:u", "anonymous_id:x", at=3)])


@pytest.mark.django_db(transaction=True)
def test_unmerging_gives_back_exactly_what_was_before_the_merge() -> None:
    arrive([event("user_id:u", "email:a", at=1, n=1), event("anonymous_id:x", "phone:p", at=2, n=2, traits={"c": 1})])
    before, names = stored_states(), set(Identifier.objects.values_list("pk", "profile_id"))
    arrive([event("user_id:u", "anonymous_id:x", at=3)], fold=False)
    assert stored_people().keys() == {
        frozenset({("user_id", "u"), ("email", "a"), ("anonymous_id", "x"), ("phone", "p")})
    }
    made = separate(ids("user_id:u", "email:a"), ids("anonymous_id:x", "phone:p"), reason="two people", actor=None)
    assert stored_states() == before
    assert set(Identifier.objects.values_list("pk", "profile_id")) == names
    assert lift(made.pk, reason="it was one after all", actor=None)
    assert len(stored_people()) == 1
    assert [(c.kind, c.cause, c.separation_id) for c in IdentityChange.objects.order_by("pk")] == [
        ("merged", "events", None),
        ("split", "separation", made.pk),
        ("merged", "lifted", made.pk),
    ]
    assert IdentityMove.objects.count() == 6


@pytest.mark.django_db(transaction=True)
@EACH
@given(worlds(max_size=25), st.randoms(use_true_random=False), st.data())
def test_a_separation_holds_whatever_comes_before_or_after_it(
    events: list[oracle.OracleEvent], shuffler: random.Random, data: st.DataObject
) -> None:
    forget_everything()
    Separation.objects.all().delete()
    keys = sorted({key for e in events for key in e.keys})
    if len(keys) < 2:
        return
    one: set[Key] = data.draw(st.sets(st.sampled_from(keys), min_size=1, max_size=len(keys) - 1))
    other = data.draw(st.sets(st.sampled_from(sorted(set(keys) - one)), min_size=1))
    arrived = events + shuffler.sample(events, len(events) // 2)
    shuffler.shuffle(arrived)
    known = [event(*(f"{kind}:{value}" for kind, value in (key,)), at=99) for key in keys]
    arrive(known, fold=False)  # a decision is taken on identifiers that exist
    cut = shuffler.randrange(len(arrived) + 1)
    arrive(arrived[:cut], fold=False)
    made = separate([_id(k) for k in one], [_id(k) for k in other], reason="apart", actor=None)
    arrive(arrived[cut:], fold=False)
    assert stored_people() == oracle.people(events + known, [(one, other)])
    expected = shadow.lifted(made.pk).after
    lift(made.pk, reason="together", actor=None)
    assert stored_people() == oracle.people(events + known)
    assert {frozenset(members) for members in expected.values()} <= _members()


@pytest.mark.django_db(transaction=True)
def test_a_preview_tells_what_the_decision_will_do_and_writes_nothing() -> None:
    two_people_merged()
    left, right = ids("user_id:u", "email:a"), ids("anonymous_id:x", "phone:p")
    found = shadow.separated(left, right)
    assert found.changes
    assert set(found.after.values()) == {tuple(sorted(left)), tuple(sorted(right))}
    assert len(stored_people()) == 1
    assert [refusal.why for refusal in found.refusals] == ["separated"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("left", "right", "reason", "says"),
    [
        (["user_id:u"], [], "x", "Each side needs"),
        (["user_id:u"], ["user_id:u"], "x", "both sides"),
        (["user_id:u"], ["email:a"], " ", "Say why"),
    ],
)
def test_a_decision_without_sense_is_refused_with_a_sentence(
    left: list[str], right: list[str], reason: str, says: str
) -> None:
    two_people_merged()
    with pytest.raises(DecisionRefused, match=says):
        separate(ids(*left), ids(*right), reason=reason, actor=None)
    assert not Separation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_account_and_a_guest_with_another_address_on_one_tablet_stay_two_people() -> None:
    arrive([event("user_id:a", "email:a", "anonymous_id:tablet", at=1), event("email:b", "anonymous_id:tablet", at=2)])
    assert stored_people().keys() == {
        frozenset({("user_id", "a"), ("email", "a"), ("anonymous_id", "tablet")}),
        frozenset({("email", "b")}),
    }


@pytest.mark.django_db(transaction=True)
def test_the_address_an_account_tells_itself_is_theirs_too() -> None:
    arrive([event("user_id:a", "email:a", at=1), event("email:b", "anonymous_id:t", at=2)])
    arrive([event("user_id:a", "email:b", at=3)])
    assert len(stored_people()) == 1


def _id(key: Key) -> int:
    return Identifier.objects.get(kind=key[0], value=key[1]).pk


def _members() -> set[frozenset[int]]:
    found: dict[object, set[int]] = {}
    for pk, profile_id in Identifier.objects.values_list("pk", "profile_id"):
        found.setdefault(profile_id, set()).add(pk)
    return {frozenset(group) for group in found.values()}
