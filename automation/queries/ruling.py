"""Rules asked about many people at once, by the engine that answers for segments."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from segments.queries.asking import answers
from segments.queries.live import LiveSegment
from segments.rules import Node


def holding(rules: Sequence[Node], profile_ids: Collection[UUID], now: datetime) -> dict[Node, frozenset[UUID]]:
    """{rule: those of the profiles for whom it holds now}. A shared profile is nobody, so nothing holds for it."""
    different = list(dict.fromkeys(rules))
    if not different or not profile_ids:
        return dict.fromkeys(different, frozenset())
    # They stand for segments that nobody stored: ids below nought and slugs that none can have.
    asked = [LiveSegment(-1 - n, f"rule {n}", 0, rule, rule.mentions()) for n, rule in enumerate(different)]
    found = answers(profile_ids, asked, now)
    return {
        rule: frozenset(
            pair.profile_id
            for pair in found.members
            if pair.segment_id == -1 - n and not found.living[pair.profile_id].is_shared
        )
        for n, rule in enumerate(different)
    }
