"""The life of an offer: drafts keep what is typed, what holds is a version, and a large budget needs two people."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from pytest_django import Settings

from offers.models import Budget, Offer
from offers.services import publishing
from offers.services.publishing import OfferDraft, OfferRefusedError
from segments.models import Segment

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TERMS: dict[str, Any] = {"kind": "percent", "value": "10", "titles": {"en": "10 % off"}, "budget_count": 5}


@pytest.fixture(autouse=True)
def _nobody_approves(settings: Settings) -> None:
    settings.OFFER_APPROVAL_BUDGET = 0


def made(**more: Any) -> Offer:
    return publishing.save_draft(OfferDraft("Ten off", TERMS | more))


def staff(name: str, *, approves: bool = False) -> User:
    user = User.objects.create(username=name, is_staff=True)
    if approves:
        user.user_permissions.add(Permission.objects.get(codename="approve_offer"))
    return user


def test_a_draft_keeps_what_is_wrong_and_publishing_names_all_of_it() -> None:
    row = made(value="", max_discount="-3")
    assert (row.key, row.state) == ("ten-off", "draft")
    with pytest.raises(OfferRefusedError) as refused:
        publishing.publish(row.pk, now=NOW)
    assert {path for path, _ in refused.value.faults} == {"$.value", "$.max_discount"}
    row.refresh_from_db()
    assert (row.state, row.draft["max_discount"]) == ("draft", "-3")


def test_what_holds_is_a_version_with_its_budget_and_a_later_draft_changes_nothing() -> None:
    row = publishing.publish(made().pk, now=NOW)
    assert (row.state, row.version.number) == ("live", 1)  # type: ignore[union-attr]  # live
    assert Budget.objects.values_list("count_limit", "money_limit").get(offer=row) == (5, None)
    publishing.save_draft(OfferDraft("Ten off", TERMS | {"value": "20"}), offer_id=row.pk)
    row.refresh_from_db()
    assert row.version.terms["value"] == "10"  # type: ignore[union-attr]  # live
    again = publishing.publish(row.pk, now=NOW)
    assert (again.version.number, again.version.terms["value"]) == (2, "20")  # type: ignore[union-attr]  # live
    assert publishing.restore(row.pk, 1).draft["value"] == "10"


def test_a_budget_is_never_below_what_was_given_away() -> None:
    row = publishing.publish(made(budget_money="100", budget_currency="EUR").pk, now=NOW)
    Budget.objects.filter(offer=row).update(money_used=Decimal(60), count_used=3)
    publishing.save_draft(
        OfferDraft("Ten off", TERMS | {"budget_money": "50", "budget_currency": "EUR"}), offer_id=row.pk
    )
    with pytest.raises(OfferRefusedError, match="Already used: 60"):
        publishing.publish(row.pk, now=NOW)
    row.refresh_from_db()
    assert (row.version.number, Budget.objects.get(offer=row).money_limit) == (1, Decimal(100))  # type: ignore[union-attr]  # live


def test_above_the_limit_a_second_person_looks_and_what_held_before_holds_meanwhile(settings: Settings) -> None:
    first = publishing.publish(made().pk, now=NOW)
    settings.OFFER_APPROVAL_BUDGET = 500
    ann, ben, cy = staff("ann", approves=True), staff("ben", approves=True), staff("cy")
    dear = TERMS | {"budget_money": "501", "budget_currency": "EUR"}
    publishing.save_draft(OfferDraft("Ten off", dear), offer_id=first.pk, by=ann)
    row = publishing.publish(first.pk, now=NOW, by=ann)
    assert (row.state, row.version_id, row.submitted_by) == ("live", first.version_id, ann)
    for nobody in (ann, cy):
        with pytest.raises(OfferRefusedError):
            publishing.approve(row.pk, now=NOW, by=nobody)
    done = publishing.approve(row.pk, now=NOW, by=ben)
    version = done.version
    assert version is not None
    assert (version.number, version.published_by, version.approved_by) == (2, ann, ben)
    with pytest.raises(OfferRefusedError, match="Nothing waits"):
        publishing.approve(row.pk, now=NOW, by=ben)


def test_what_waits_and_is_changed_waits_no_longer(settings: Settings) -> None:
    settings.OFFER_APPROVAL_BUDGET = 1
    row = publishing.publish(made().pk, now=NOW)
    assert (row.state, row.submitted_at) == ("waiting", NOW)
    row = publishing.save_draft(OfferDraft("Ten off", TERMS | {"value": "11"}), offer_id=row.pk)
    assert (row.state, row.submitted_at) == ("draft", None)


def test_whom_it_is_for_is_kept_exact_while_it_holds() -> None:
    rule = {"trait": "city", "is": "eq", "value": "Vienna"}
    row = publishing.publish(made(audience=rule).pk, now=NOW)
    slug = row.version.audience_slug  # type: ignore[union-attr]  # live
    assert Segment.objects.values_list("used_for", "state").get(slug=slug) == ("offer:ten-off", "live")
    publishing.switch(row.pk, Offer.State.ENDED)
    assert Segment.objects.get(slug=slug).state == "archived"
    publishing.switch(row.pk, Offer.State.LIVE)
    assert Segment.objects.get(slug=slug).state == "live"


def test_two_who_edit_at_once_do_not_undo_each_other() -> None:
    row = made()
    seen = row.updated_at
    publishing.save_draft(OfferDraft("Theirs", TERMS, seen_at=seen), offer_id=row.pk)
    with pytest.raises(OfferRefusedError, match="Somebody else saved it"):
        publishing.save_draft(OfferDraft("Ours", TERMS, seen_at=seen), offer_id=row.pk)
    assert publishing.duplicate(row.pk).key == "theirs-copy"
    with pytest.raises(OfferRefusedError, match="choose another key"):
        publishing.save_draft(OfferDraft("Other", TERMS, key="ten-off"))
