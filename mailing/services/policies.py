"""How mail goes out and looks: changed by staff, each change in the audit. All marketing stopped, and resumed."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from cdp.access.services import record_audit
from cdp.outbox.services import wake
from mailing.models import Brand, DomainPace, Policy
from mailing.services.queueing import CONSUMER

SUBJECT = "mail_policy"
LONGEST_WHY = 500
QUIET_FROM, QUIET_TO = 21, 8


class NotPossibleError(ValueError):
    """It cannot be done as asked; the message says why."""


def save_policy(values: Mapping[str, Any], *, by: AbstractBaseUser | None) -> Policy:
    """Sets these columns of the policy (never those of the stop). The values were checked; constraints check again."""
    with transaction.atomic():
        row = _locked()
        before = {name: getattr(row, name) for name in values}
        changed = [name for name, value in values.items() if before[name] != value]
        for name in changed:
            setattr(row, name, values[name])
        if changed:
            row.save(update_fields=[*changed, "updated_at"])
            told = "; ".join(f"{name} {before[name]} → {values[name]}" for name in changed)
            record_audit(by, "changed the mail policy", SUBJECT, told[:2_000])
    wake(CONSUMER)
    return row


def save_domain_paces(paces: Mapping[str, int], *, by: AbstractBaseUser | None) -> None:
    """{domain: most mails a minute}: exactly these from now on."""
    with transaction.atomic():
        _locked()
        before = dict(DomainPace.objects.values_list("domain", "per_minute"))
        if before == dict(paces):
            return
        DomainPace.objects.exclude(domain__in=list(paces)).delete()
        for domain, per_minute in paces.items():
            DomainPace.objects.update_or_create(domain=domain, defaults={"per_minute": per_minute})
        told = ", ".join(f"{domain} {per_minute}" for domain, per_minute in sorted(paces.items())) or "none"
        record_audit(by, "changed the pace of domains", SUBJECT, told[:2_000])
    wake(CONSUMER)


def stop_marketing(why: str, *, by: AbstractBaseUser | None, now: datetime) -> Policy:
    """No marketing message is handed over from now on, but those that are being handed over at this moment. What is
    queued waits; transactional mail goes on. Raises NotPossibleError (no reason, or stopped already)."""
    words = " ".join(why.split())[:LONGEST_WHY]
    if not words:
        raise NotPossibleError("Say why: your colleagues see it on every page of automation.")
    with transaction.atomic():
        row = _locked()
        if row.stopped_at is not None:
            raise NotPossibleError("All marketing is stopped already.")
        row.stopped_at, row.stopped_by_id, row.stopped_why = now, getattr(by, "pk", None), words
        row.save(update_fields=["stopped_at", "stopped_by", "stopped_why", "updated_at"])
        record_audit(by, "stopped all marketing", SUBJECT, words)
    return row


def resume_marketing(*, by: AbstractBaseUser | None) -> Policy:
    """Marketing goes out again; each message is asked about first, so what became pointless ends with its reason."""
    with transaction.atomic():
        row = _locked()
        if row.stopped_at is not None:
            row.stopped_at, row.stopped_by, row.stopped_why = None, None, ""
            row.save(update_fields=["stopped_at", "stopped_by", "stopped_why", "updated_at"])
            record_audit(by, "resumed all marketing", SUBJECT)
    wake(CONSUMER)
    return row


def save_brand(values: Mapping[str, Any], *, by: AbstractBaseUser | None) -> Brand:
    """Sets these columns of the brand; mails look like that from now on, those that wait in the queue too."""
    with transaction.atomic():
        Brand.objects.get_or_create(pk=1)
        row = Brand.objects.select_for_update().get(pk=1)
        changed = [name for name, value in values.items() if getattr(row, name) != value]
        for name in changed:
            setattr(row, name, values[name])
        if changed:
            row.save(update_fields=[*changed, "updated_at"])
            record_audit(by, "changed the mail brand", "mail_brand", ", ".join(changed))
    return row


def _locked() -> Policy:
    Policy.objects.get_or_create(pk=1)
    return Policy.objects.select_for_update().get(pk=1)


def ensure_policy(*, quiet: bool) -> None:
    """The one row of a fresh installation; with `quiet` no marketing between 21 and 8 o'clock of each person. What
    staff set stays."""
    hours = {"quiet_from_hour": QUIET_FROM, "quiet_to_hour": QUIET_TO} if quiet else {}
    Policy.objects.get_or_create(pk=1, defaults=hours)
