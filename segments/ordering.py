"""Segments that use other segments: in which order they are asked, whom a change reaches, and what goes in a circle.

Pure: slugs and the slugs each one's rule asks about. A slug that is no key is used, but asks about nothing itself.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

Uses = Mapping[str, Collection[str]]
"""{slug: the slugs of the segments its rule asks about}."""


class CircularUseError(ValueError):
    """Segments that ask about each other in a circle; `circle` begins and ends with the same slug."""

    def __init__(self, circle: tuple[str, ...]) -> None:
        super().__init__(" → ".join(circle))
        self.circle = circle


def levels(uses: Uses) -> list[list[str]]:
    """The keys level by level, each asking only about those of levels before it. Raises CircularUseError."""
    waiting = {slug: {used for used in uses[slug] if used in uses} for slug in sorted(uses)}
    found: list[list[str]] = []
    while waiting:
        ready = [slug for slug, used in waiting.items() if not used & waiting.keys()]
        if not ready:
            raise CircularUseError(_circle_among(waiting))
        found.append(ready)
        for slug in ready:
            del waiting[slug]
    return found


def circle_through(uses: Uses, slug: str) -> tuple[str, ...] | None:
    """The shortest way from a segment over what it uses back to itself, as (a, b, a); None where there is none."""
    came_from: dict[str, str] = {}
    reached = [slug]
    for one in reached:
        for used in sorted(uses.get(one, ())):
            if used == slug:
                return _way(came_from, slug, one)
            if used not in came_from:
                came_from[used] = one
                reached.append(used)
    return None


def with_users(uses: Uses, slugs: Collection[str]) -> set[str]:
    """These segments and all that use them, over however many steps: whom a change of theirs may reach."""
    users: dict[str, list[str]] = {}
    for slug, used in uses.items():
        for one in used:
            users.setdefault(one, []).append(slug)
    return _reached(users, slugs)


def with_used(uses: Uses, slugs: Collection[str]) -> set[str]:
    """These segments and all they ask about, over however many steps."""
    return _reached(uses, slugs)


def places_of(raw: Any, key: str, slug: str, path: str = "$") -> Iterator[str]:
    """The JSON paths of the nodes of a rule whose `key` ("in_segment", "in_list") says this slug."""
    if isinstance(raw, dict):
        if raw.get(key) == slug:
            yield f"{path}.{key}"
        for name, value in raw.items():
            yield from places_of(value, key, slug, f"{path}.{name}")
    elif isinstance(raw, list):
        for index, value in enumerate(raw):
            yield from places_of(value, key, slug, f"{path}[{index}]")


def _way(came_from: Mapping[str, str], slug: str, last: str) -> tuple[str, ...]:
    steps = [slug, last]
    while steps[-1] != slug:
        steps.append(came_from[steps[-1]])
    return tuple(reversed(steps))


def _circle_among(waiting: Uses) -> tuple[str, ...]:
    circles = (circle_through(waiting, slug) for slug in waiting)
    return next(circle for circle in circles if circle is not None)


def _reached(edges: Uses, slugs: Collection[str]) -> set[str]:
    found, reached = set(slugs), list(slugs)
    for one in reached:
        new = [other for other in edges.get(one, ()) if other not in found]
        found.update(new)
        reached += new
    return found
