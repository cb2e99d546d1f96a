"""What a rule may use of other segments and lists, and who uses a segment: checked when one is saved.

A used segment is a live one: what a draft or an archived one answers is kept by nobody.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from segments.models import Segment
from segments.ordering import circle_through, places_of
from segments.rules import Mentions, RuleError, parse_rule

MOST_NAMED = 20


class SegmentInUseError(ValueError):
    """A segment that others ask about is to be archived or called otherwise. `users`: their slugs."""

    def __init__(self, slug: str, users: Collection[str], wish: str) -> None:
        self.users = tuple(sorted(users))
        names = _listed(self.users)
        super().__init__(f"“{slug}” is used by {names} and so cannot be {wish}: take it out of their rules first")


@dataclass(frozen=True, slots=True)
class _Known:
    slug: str
    state: str
    kind: str
    mentions: Mentions

    @property
    def uses(self) -> frozenset[str]:
        """The segments and lists of others it asks about."""
        return (self.mentions.segments | self.mentions.lists) - {self.slug}


def check_uses(slug: str, definition: Any, state: str, *, segment_id: int | None = None) -> None:
    """Whether a segment may be saved like this, seen from the others. Inside the rules lock the answer stays true.

    Raises RuleError, with the place in the rule, for what it uses: unknown, a draft, archived, no list, or in the end
    itself; SegmentInUseError where others use it and it would no longer be there for them.
    """
    others = list(_known(segment_id))
    if segment_id is not None:
        _check_users(segment_id, slug, state, others)
    if state == Segment.State.ARCHIVED:
        return  # it asks nobody; brought back, it is checked again
    mentions = parse_rule(definition).mentions()
    for used in sorted(mentions.segments - {slug}):
        _check_there(used, definition, "in_segment", others)
    for used in sorted(mentions.lists - {slug}):
        _check_there(used, definition, "in_list", others)
    uses = {one.slug: one.mentions.segments for one in others if one.state != Segment.State.ARCHIVED}
    circle = circle_through(uses | {slug: mentions.segments}, slug)
    if circle is not None:
        place = next(places_of(definition, "in_segment", circle[1]))
        raise RuleError(place, f"goes in a circle, {' → '.join(circle)}: a segment cannot depend on itself")


def users_of(slug: str) -> list[str]:
    """The slugs of the segments, not archived, whose rules ask about this segment or list."""
    return sorted(one.slug for one in _known(None) if slug in one.uses and one.state != Segment.State.ARCHIVED)


def _check_users(segment_id: int, slug: str, state: str, others: Iterable[_Known]) -> None:
    was = Segment.objects.values_list("slug", "state").filter(pk=segment_id).first()
    if was is None or (was == (slug, state) or (was[0] == slug and state == Segment.State.LIVE)):
        return
    users = [one.slug for one in others if was[0] in one.uses and one.state != Segment.State.ARCHIVED]
    if users:
        wish = f"called “{slug}”" if was[0] != slug else "archived" if state == Segment.State.ARCHIVED else "a draft"
        raise SegmentInUseError(was[0], users, wish)


def _check_there(used: str, definition: Any, key: str, others: Collection[_Known]) -> None:
    found = next((one for one in others if one.slug == used), None)
    is_list, what = key == "in_list", "list" if key == "in_list" else "segment"
    if found is not None and found.state == Segment.State.LIVE and (found.kind == Segment.Kind.STATIC or not is_list):
        return
    if found is None:
        problem = f"there is no {what} “{used}”"
    elif found.state != Segment.State.LIVE:
        problem = f"the {what} “{used}” is {'archived' if found.state == Segment.State.ARCHIVED else 'only a draft'}"
    else:
        problem = f"“{used}” is no list but made by a rule: ask for it with in_segment"
    live = [one for one in others if one.state == Segment.State.LIVE]
    there = [one.slug for one in live if not is_list or one.kind == Segment.Kind.STATIC]
    rest = f"; there is {_listed(_nearest(used, there))}" if there else f"; there is no live {what} yet"
    raise RuleError(next(places_of(definition, key, used), "$"), problem + rest)


def _known(but: int | None) -> Iterator[_Known]:
    others = Segment.objects.all() if but is None else Segment.objects.exclude(pk=but)
    for slug, state, kind, definition in others.order_by("slug").values_list("slug", "state", "kind", "definition"):
        yield _Known(slug, state, kind, _mentions(definition))


def _mentions(definition: Any) -> Mentions:
    try:
        return parse_rule(definition).mentions()
    except RuleError:  # written before the language changed: it asks nobody
        return Mentions()


def _nearest(used: str, slugs: Collection[str]) -> list[str]:
    alike = get_close_matches(used, slugs, n=5, cutoff=0.4)
    return alike + [slug for slug in sorted(slugs) if slug not in alike]


def _listed(slugs: Collection[str]) -> str:
    named = ", ".join(list(slugs)[:MOST_NAMED])
    return f"{named} and {len(slugs) - MOST_NAMED:,} more" if len(slugs) > MOST_NAMED else named
