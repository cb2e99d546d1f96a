"""Rules that something else keeps for itself: exact like any segment, in no list, edited where they belong."""

import hashlib
from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import transaction

from segments.contracts import SegmentDraft
from segments.models import Segment
from segments.services.saving import save_segment

LONGEST = 40


@transaction.atomic
def attach_rule(owner: str, rule: dict[str, Any], *, name: str, by: AbstractBaseUser | None = None) -> str:
    """Keep `rule` exact for `owner` (`offer:summer`); the slug to look memberships up by. Again: changes its rule.

    A rule that is nothing but `{"in_segment": …}` needs no segment of its own: its slug is answered. Raises RuleError.
    """
    if set(rule) == {"in_segment"} and isinstance(rule["in_segment"], str):
        detach_rule(owner)
        return rule["in_segment"]
    known = Segment.objects.select_for_update().filter(used_for=owner).first()
    slug = known.slug if known is not None else slug_of(owner)
    draft = SegmentDraft(slug, name, rule, state=Segment.State.LIVE)
    saved = save_segment(draft, segment_id=known.pk if known else None, by=by)
    Segment.objects.filter(pk=saved.segment_id).update(used_for=owner)
    return slug


@transaction.atomic
def detach_rule(owner: str) -> bool:
    """Stop keeping what this owner attached; whether there was something. What it was stays readable."""
    known = Segment.objects.select_for_update().filter(used_for=owner).exclude(state=Segment.State.ARCHIVED).first()
    if known is None:
        return False
    draft = SegmentDraft(known.slug, known.name, known.definition, state=Segment.State.ARCHIVED)
    save_segment(draft, segment_id=known.pk)
    return True


def slug_of(owner: str) -> str:
    """The slug of what this owner attaches: readable, and no other owner's."""
    readable = "".join(sign if sign.isascii() and sign.isalnum() else "-" for sign in owner.lower())[:LONGEST]
    return f"{readable}-{hashlib.blake2b(owner.encode(), digest_size=3).hexdigest()}"
