"""Folds of events into traits and counters: order-free, so that merging two people joins two states, not their events.

Traits are last-writer-wins by (event time, message hash); counters are sums over distinct events. `join` is
associative, commutative, and its unit is the empty delta; it is *not* idempotent (counters add): fold an event once.
"""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from profiles.contracts import Counter, StateDelta, Trait

MAX_TRAITS = 1_000
MAX_COUNTERS = 1_000
MAX_TRAIT_BYTES = 2_048
"""Of one trait as JSON, its name included. Longer ones are left out, each by itself, so the fold stays order-free; with
MAX_TRAITS this bounds a state to some 2 MB."""
MOST_BYTES_A_CHARACTER = 6  # a control character, escaped
OTHER = "$other"
"""Counts the events whose names found no place among the MAX_COUNTERS kept."""
_encode = msgspec.json.Encoder(order="deterministic").encode


def fold_event(
    delta: StateDelta,
    *,
    name: str,
    type: str,  # noqa: A002 - the wire's word
    traits: Mapping[str, Any] | None,
    at_us: int,
    hash_hex: str,
) -> None:
    """Fold one distinct event into `delta`, in place. Tracks count by name, all else as `$page`, `$identify`…"""
    key = name if type == "track" else f"${type}"
    _add_counter(delta.counters, key, (1, at_us, at_us))
    if len(delta.counters) > MAX_COUNTERS:
        delta.counters = _squeezed_counters(delta.counters)
    if traits:
        for trait, value in traits.items():
            if is_foldable(trait, value):
                _put_trait(delta.traits, trait, (value, at_us, hash_hex))
        if len(delta.traits) > MAX_TRAITS:
            delta.traits = _squeezed_traits(delta.traits)


def is_foldable(name: str, value: object) -> bool:
    """Whether a trait is short enough to become part of a state."""
    most = MAX_TRAIT_BYTES // MOST_BYTES_A_CHARACTER - 8
    if type(value) is str:
        if len(name) + len(value) < most:
            return True
    elif not isinstance(value, (dict, list)) and len(name) + 64 < most:
        return True
    return len(_encode({name: value})) <= MAX_TRAIT_BYTES


def join(a: StateDelta, b: StateDelta) -> StateDelta:
    """The fold of the events of both, which must share none. Neither argument is changed."""
    return StateDelta(join_traits(a.traits, b.traits), join_counters(a.counters, b.counters))


def join_all(states: Iterable[StateDelta]) -> StateDelta:
    """The join of any number of states."""
    result = StateDelta()
    for state in states:
        result = join(result, state)
    return result


def join_traits(a: Mapping[str, Trait], b: Mapping[str, Trait]) -> dict[str, Trait]:
    """Traits of both: the later by (time, message hash) wins."""
    joined = dict(a)
    for name, trait in b.items():
        _put_trait(joined, name, trait)
    return _squeezed_traits(joined) if len(joined) > MAX_TRAITS else joined


def join_counters(a: Mapping[str, Counter], b: Mapping[str, Counter]) -> dict[str, Counter]:
    """Counters of both: counts add, first is the earlier, last the later."""
    joined = dict(a)
    for name, counter in b.items():
        _add_counter(joined, name, counter)
    return _squeezed_counters(joined) if len(joined) > MAX_COUNTERS else joined


def totals(counters: Mapping[str, Counter]) -> Counter | None:
    """(events, first µs, last µs) over all names; None for no event at all."""
    if not counters:
        return None
    values = counters.values()
    return sum(c[0] for c in values), min(c[1] for c in values), max(c[2] for c in values)


def _add_counter(counters: dict[str, Counter], name: str, counter: Counter) -> None:
    old = counters.get(name)
    if old is None:
        counters[name] = counter
    else:
        counters[name] = (old[0] + counter[0], min(old[1], counter[1]), max(old[2], counter[2]))


def _put_trait(traits: dict[str, Trait], name: str, trait: Trait) -> None:
    old = traits.get(name)
    if old is None or old[1:] < trait[1:]:
        traits[name] = trait
    elif old[1:] == trait[1:] and _encode(old[0]) < _encode(trait[0]):
        traits[name] = trait  # one message with two values (from two sources): any fixed rule keeps the fold order-free


# A hostile or careless client may invent names without end. The names kept are those with the smallest hashes: a name
# once outside can never come back inside, so the result is still a function of the set of events.
def _squeezed_counters(counters: Mapping[str, Counter]) -> dict[str, Counter]:
    names = sorted((name for name in counters if name != OTHER), key=_place)
    kept = {name: counters[name] for name in names[: MAX_COUNTERS - 1]}
    for name in names[MAX_COUNTERS - 1 :]:
        _add_counter(kept, OTHER, counters[name])
    if OTHER in counters:
        _add_counter(kept, OTHER, counters[OTHER])
    return kept


def _squeezed_traits(traits: Mapping[str, Trait]) -> dict[str, Trait]:
    return {name: traits[name] for name in sorted(traits, key=_place)[:MAX_TRAITS]}


def _place(name: str) -> bytes:
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()
