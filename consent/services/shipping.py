"""Installing what the product ships: purposes with their rules and first words, and the first privacy notice."""

import dataclasses
from datetime import datetime

from django.db import transaction

from consent.models import Notice, Purpose, PurposeRule, Wording
from consent.purposes import RULES, SHIPPED
from consent.purposes_in_force import forget_purposes
from consent.services.words import publish_wording
from consent.shipped_words import WORDS


@transaction.atomic
def ensure_purposes(*, now: datetime) -> int:
    """Install what is missing; what staff changed stays as it is. How many purposes were new.

    Rules belong to a purpose as shipped: one that staff took from an installed purpose is not put back.
    """
    known = set(Purpose.objects.values_list("code", flat=True))
    for shipped in SHIPPED:
        if shipped.code not in known:
            values = dataclasses.asdict(shipped)
            parent = values.pop("parent") or None
            Purpose.objects.create(**values, parent_id=parent)
    rules = [dataclasses.asdict(rule) for rule in RULES if rule.purpose not in known]
    PurposeRule.objects.bulk_create(PurposeRule(purpose_id=values.pop("purpose"), **values) for values in rules)
    worded = set(Wording.objects.values_list("purpose_id", flat=True))
    for code, texts in WORDS.items():
        if code not in worded:
            publish_wording(code, texts, now=now)
    Notice.objects.get_or_create(version=1, defaults={"published_at": now})
    forget_purposes()
    return len({shipped.code for shipped in SHIPPED} - known)
