"""The life of an offer: a draft is saved, published (with somebody else's approval above a budget), paused, ended.

What holds is a version, and it never changes; its budget, its audience and it come into force in one transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser
from django.core.validators import slug_re
from django.db import IntegrityError, transaction
from django.utils.text import slugify

from cdp.access.services import record_audit
from cdp.lib.money import rounded
from offers.models import Budget, Offer, OfferVersion
from offers.services.counting import recount
from offers.terms import Terms, TermsError, parse_terms
from segments.rules import RuleError
from segments.services.attached import attach_rule, detach_rule

LONGEST_KEY = 50
APPROVE = "offers.approve_offer"
Fault = tuple[str, str]
"""(path in the terms, or the name of a field; what is wrong and how to mend it)."""


class OfferRefusedError(ValueError):
    """It was not done, and nothing changed. `faults`: everything that is wrong."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__(" ".join(sentence for _, sentence in faults))
        self.faults = tuple(faults)


@dataclass(frozen=True, slots=True)
class OfferDraft:
    """What would be saved. `seen_at`: when what was edited had been saved last; None where nobody minds that somebody
    else saved since."""

    name: str
    terms: dict[str, Any]
    key: str = ""
    notes: str = ""
    seen_at: datetime | None = None


@transaction.atomic
def save_draft(draft: OfferDraft, *, offer_id: int | None = None, by: AbstractBaseUser | None = None) -> Offer:
    """A new offer, or the draft of one that is there; what holds stays as it is. Raises OfferRefusedError.

    The terms may still be faulty: publishing alone asks for more. The key of an offer stays as it was.
    """
    if not draft.name.strip():
        raise OfferRefusedError([("name", "An offer needs a name: what you and your colleagues call it.")])
    row = Offer(key=_key(draft), created_by_id=by.pk if by else None) if offer_id is None else _locked(offer_id)
    if offer_id is not None and draft.seen_at is not None and row.updated_at != draft.seen_at:
        sentence = "Somebody else saved it since you opened it: look at theirs in another tab, then save again."
        raise OfferRefusedError([("seen", sentence)])
    if row.draft != draft.terms:
        _no_longer_waiting(row)
    row.name, row.notes, row.draft = draft.name.strip(), draft.notes, draft.terms
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError:
        raise OfferRefusedError([("key", f"There is an offer “{row.key}” already: choose another key.")]) from None
    record_audit(by, "saved an offer" if offer_id else "made an offer", _subject(row), row.name)
    return row


@transaction.atomic
def publish(offer_id: int, *, now: datetime, by: AbstractBaseUser | None = None) -> Offer:
    """Put the draft in force, or ask for approval where its budget needs one; the state says which it was.

    Raises OfferRefusedError for terms that cannot be used, and for a limit below what was given away already.
    """
    row = _locked(offer_id)
    terms = _terms(row)
    if needs_approval(terms):
        row.submitted_by_id, row.submitted_at = by.pk if by else None, now
        if row.version_id is None:
            row.state = Offer.State.WAITING  # else what held before holds on meanwhile
        row.save()
        record_audit(by, "asked for approval of an offer", _subject(row), why_approval(terms))
        return row
    return _put_in_force(row, terms, now=now, by=by)


@transaction.atomic
def approve(offer_id: int, *, now: datetime, by: AbstractBaseUser) -> Offer:
    """Put what waits in force. Raises OfferRefusedError for whoever asked, and where nothing waits."""
    row = _waiting(offer_id)
    if row.submitted_by_id == by.pk:
        raise OfferRefusedError([("", "Whoever asks for approval does not give it: somebody else has to look.")])
    if not getattr(by, "has_perm", lambda _: False)(APPROVE):
        raise OfferRefusedError([("", "Approving offers is a right of its own: ask an administrator.")])
    return _put_in_force(row, _terms(row), now=now, by=by, approved=True)


@transaction.atomic
def refuse(offer_id: int, *, by: AbstractBaseUser | None, reason: str = "") -> Offer:
    """It stays a draft; what held before holds on. Raises OfferRefusedError."""
    row = _waiting(offer_id)
    _no_longer_waiting(row)
    row.save()
    record_audit(by, "refused an offer", _subject(row), reason)
    return row


@transaction.atomic
def switch(offer_id: int, state: Offer.State, *, by: AbstractBaseUser | None = None) -> Offer:
    """Paused, live again, or ended. Raises OfferRefusedError for one that never held.

    Reservations that were made are still redeemed: customers saw them in their carts.
    """
    row = _locked(offer_id)
    if row.version_id is None:
        raise OfferRefusedError([("", "It never held: publish it first.")])
    row.state = state
    row.save()
    if state == Offer.State.ENDED:
        detach_rule(_owner(row))
    elif state == Offer.State.LIVE and row.version is not None:
        _attach(row, parse_terms(row.version.terms), by)
    record_audit(by, f"{state.value} an offer", _subject(row), row.name)
    return row


@transaction.atomic
def restore(offer_id: int, number: int, *, by: AbstractBaseUser | None = None) -> Offer:
    """Take the terms of a version into the draft. Raises OfferVersion.DoesNotExist."""
    row = _locked(offer_id)
    row.draft = OfferVersion.objects.get(offer=row, number=number).terms
    row.save()
    record_audit(by, "took a version into the draft of an offer", _subject(row), f"version {number}")
    return row


@transaction.atomic
def duplicate(offer_id: int, *, by: AbstractBaseUser | None = None) -> Offer:
    """A draft with the same terms under another key."""
    row = Offer.objects.get(pk=offer_id)
    terms = row.draft or (row.version.terms if row.version else {})
    return save_draft(OfferDraft(f"{row.name} (copy)", terms, notes=row.notes), by=by)


def needs_approval(terms: Terms) -> bool:
    """Whether somebody else has to look first: it may give away more than the setting lets one person spend."""
    limit = settings.OFFER_APPROVAL_BUDGET
    return bool(limit) and (terms.budget_money is None or terms.budget_money > Decimal(limit))


def why_approval(terms: Terms) -> str:
    """In words, for whoever approves."""
    limit = f"{settings.OFFER_APPROVAL_BUDGET:,}"
    if terms.budget_money is None:
        return f"it has no budget in money, and one above {limit} needs two people."
    return f"its budget is {terms.budget_money:,}, and one above {limit} needs two people."


def _put_in_force(
    row: Offer, terms: Terms, *, now: datetime, by: AbstractBaseUser | None, approved: bool = False
) -> Offer:
    newest = OfferVersion.objects.filter(offer=row).order_by("-number").values_list("number", flat=True).first()
    made_by = row.submitted_by_id if approved else (by.pk if by else None)
    version = OfferVersion.objects.create(
        offer=row,
        number=(newest or 0) + 1,
        terms=row.draft,
        audience_slug=_attach(row, terms, by),
        published_at=now,
        published_by_id=made_by,
        approved_by_id=by.pk if approved and by else None,
    )
    row.version, row.state, row.submitted_by, row.submitted_at = version, Offer.State.LIVE, None, None
    row.save()
    _limit(row, terms)
    record_audit(
        by, "approved an offer" if approved else "published an offer", _subject(row), f"version {version.number}"
    )
    return row


def _attach(row: Offer, terms: Terms, by: AbstractBaseUser | None) -> str:
    """The slug of the segment that holds whom it is for; "" for everybody."""
    if terms.audience is None:
        detach_rule(_owner(row))
        return ""
    try:
        return attach_rule(_owner(row), dict(terms.audience), name=f"Who may have the offer “{row.name}”", by=by)
    except RuleError as error:
        raise OfferRefusedError([("$.audience", f"The rule cannot be used: {error}")]) from None


def _limit(row: Offer, terms: Terms) -> None:
    """The budget's limits as the terms say; what was used stays counted."""
    values = {
        "currency": terms.budget_currency or terms.currency,
        "money_limit": terms.budget_money,
        "count_limit": terms.budget_count,
    }
    known = Budget.objects.select_for_update().filter(offer=row).first()
    if known is not None and known.money_used and known.currency != values["currency"]:
        sentence = f"{_given(known)} were given away already: the currency of its budget stays."
        raise OfferRefusedError([("$.budget_currency", sentence)])
    try:
        with transaction.atomic():
            Budget.objects.update_or_create(offer=row, defaults=values)
            recount(row.pk)
    except IntegrityError:
        used = f"{_given(known)} and {known.count_used} times" if known else "more"
        sentence = f"Already used: {used}. Its budget cannot be below that: raise it, or end the offer."
        raise OfferRefusedError([("$.budget_money", sentence)]) from None


def _given(budget: Budget) -> str:
    return f"{rounded(budget.money_used, budget.currency)} {budget.currency}"


def _terms(row: Offer) -> Terms:
    try:
        return parse_terms(row.draft)
    except TermsError as error:
        raise OfferRefusedError([(fault.path, fault.message) for fault in error.faults]) from None


def _waiting(offer_id: int) -> Offer:
    row = _locked(offer_id)
    if row.submitted_at is None:
        raise OfferRefusedError([("", "Nothing waits for approval: somebody else decided already.")])
    return row


def _no_longer_waiting(row: Offer) -> None:
    row.submitted_by = row.submitted_at = None
    if row.state == Offer.State.WAITING:
        row.state = Offer.State.DRAFT


def _locked(offer_id: int) -> Offer:
    return Offer.objects.select_for_update().get(pk=offer_id)


def _key(draft: OfferDraft) -> str:
    if draft.key:
        if not slug_re.fullmatch(draft.key) or len(draft.key) > LONGEST_KEY:
            words = f"A key has up to {LONGEST_KEY} letters without accents, digits, - and _, such as summer-tents."
            raise OfferRefusedError([("key", words)])
        return draft.key
    base = slugify(draft.name)[: LONGEST_KEY - 4] or "offer"
    taken = set(Offer.objects.filter(key__startswith=base).values_list("key", flat=True))
    return next(
        key for number in range(1, 1_000_000) if (key := base if number == 1 else f"{base}-{number}") not in taken
    )


def _owner(row: Offer) -> str:
    return f"offer:{row.key}"


def _subject(row: Offer) -> str:
    return f"offer:{row.pk}"
