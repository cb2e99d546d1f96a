"""Drafts of identity rules: blocked values as text, what is wrong with a draft, how two versions differ. Pure."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields

from profiles.identifiers import ANONYMOUS_ID, EMAIL, PHONE, USER_ID
from profiles.identity import DEVICE, OTHER, BlockedValue, IdentityRules, KindRule

KIND = re.compile(r"[a-z][a-z0-9_.-]{0,63}")
ANY_KIND = "*"
MOST_BLOCKED = 1_000
MOST_KINDS = 50
HIGHEST = 100_000
FEWEST_PLAIN = 3
"""Characters a pattern needs beside its `*`s: `*` alone would block everybody."""
NUMBERS = {
    "shared_after": "belongs to nobody once seen with more people than",
    "user_ids": "user ids of one person",
    "emails": "e-mail addresses of a person with a user id",
    "emails_without_user_id": "e-mail addresses of a person without a user id",
    "anonymous_ids": "browsers of one person",
    "device_ids": "devices of one person, each kind",
    "others": "identifiers of one person, each other kind",
}


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with one field of a draft, in a sentence that says how to mend it."""

    field: str
    text: str


def blocked_of(text: str) -> tuple[tuple[BlockedValue, ...], list[Mistake]]:
    """The lines `kind: value` (`*: value` is every kind; empty lines and those that begin with # are not read)."""
    found: dict[BlockedValue, None] = {}
    wrong: list[Mistake] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        kind, colon, value = (part.strip() for part in line.partition(":"))
        if not colon or not value:
            wrong.append(Mistake("blocked", f"Line {number}: write kind: value, for example email: info@shop.example."))
        elif kind != ANY_KIND and not KIND.fullmatch(kind):
            wrong.append(Mistake("blocked", f"Line {number}: {kind[:40]!r} is no kind; * stands for every kind."))
        else:
            found[BlockedValue(value, "" if kind == ANY_KIND else kind)] = None
    return tuple(found), wrong


def text_of(blocked: Iterable[BlockedValue]) -> str:
    """The lines that `blocked_of` reads back."""
    return "\n".join(f"{one.kind or ANY_KIND}: {one.value}" for one in blocked)


def problems(rules: IdentityRules) -> list[Mistake]:
    """Everything that keeps this draft from being activated."""
    return [*_numbers(rules), *_kinds(rules.kinds), *_priority(rules.priority), *_blocked(rules.blocked)]


def differences(old: IdentityRules, new: IdentityRules) -> list[str]:
    """What changed, a sentence each; empty where the two say the same."""
    said = [
        f"{words}: {getattr(old, name)} → {getattr(new, name)}"
        for name, words in NUMBERS.items()
        if getattr(old, name) != getattr(new, name)
    ]
    before, after = ({rule.kind: rule for rule in rules.kinds} for rules in (old, new))
    changed = [kind for kind in sorted(before.keys() | after.keys()) if before.get(kind) != after.get(kind)]
    said += [f"{kind}: {_said(before.get(kind))} → {_said(after.get(kind))}" for kind in changed]
    if old.priority != new.priority:
        said.append(f"priority: {' > '.join(old.priority)} → {' > '.join(new.priority)}")
    for word, ones in (
        ("blocked", [one for one in new.blocked if one not in old.blocked]),
        ("no longer blocked", [one for one in old.blocked if one not in new.blocked]),
    ):
        said += [f"{word}: {text_of([one])}" for one in ones[:20]]
        if len(ones) > 20:
            said.append(f"{word}: {len(ones) - 20} more")
    return said


def _said(rule: KindRule | None) -> str:
    if rule is None:
        return "as for all"
    words = {"limit": "at most", "limit_alone": "without a user id", "shared_after": "shared after"}
    said = [f"{words[f.name]} {getattr(rule, f.name)}" for f in fields(rule) if f.name in words]
    return ", ".join(one for one in said if not one.endswith("None")) or "as for all"


def _numbers(rules: IdentityRules) -> Iterator[Mistake]:
    for name, words in NUMBERS.items():
        if not 1 <= getattr(rules, name) <= HIGHEST:
            yield Mistake(name, f"“{words}” takes a whole number from 1 to {HIGHEST:,}.")
    if rules.emails_without_user_id > rules.emails:
        yield Mistake(
            "emails_without_user_id", "A person without a user id may not have more e-mail addresses than one with it."
        )


def _kinds(kinds: tuple[KindRule, ...]) -> Iterator[Mistake]:
    if len(kinds) > MOST_KINDS:
        yield Mistake("kinds", f"At most {MOST_KINDS} kinds may have rules of their own.")
    seen: set[str] = set()
    for rule in kinds:
        if not KIND.fullmatch(rule.kind):
            yield Mistake("kinds", f"{rule.kind[:40]!r} is no kind: small letters, digits, _ . - and a letter first.")
        if rule.kind in seen:
            yield Mistake("kinds", f"{rule.kind} has two rules: keep one.")
        seen.add(rule.kind)
        for number in (rule.limit, rule.limit_alone, rule.shared_after):
            if number is not None and not 1 <= number <= HIGHEST:
                yield Mistake("kinds", f"{rule.kind}: give whole numbers from 1 to {HIGHEST:,}, or leave it empty.")
        if rule.limit is not None and rule.limit_alone is not None and rule.limit_alone > rule.limit:
            yield Mistake("kinds", f"{rule.kind}: without a user id it may not be more than with one.")


def _priority(priority: tuple[str, ...]) -> Iterator[Mistake]:
    if len(set(priority)) != len(priority):
        yield Mistake("priority", "A kind stands in the order twice.")
    if missing := {USER_ID, EMAIL, PHONE, OTHER, DEVICE, ANONYMOUS_ID} - set(priority):
        yield Mistake("priority", f"The order lacks {', '.join(sorted(missing))}.")
    elif (priority[0], priority[-1]) != (USER_ID, ANONYMOUS_ID):
        yield Mistake("priority", "user_id stands first and anonymous_id last, always.")


def _blocked(blocked: tuple[BlockedValue, ...]) -> Iterator[Mistake]:
    if len(blocked) > MOST_BLOCKED:
        yield Mistake("blocked", f"At most {MOST_BLOCKED:,} values may be blocked; a * stands for many.")
    for one in blocked:
        if "*" in one.value and len(one.value.replace("*", "").strip()) < FEWEST_PLAIN:
            yield Mistake("blocked", f"{text_of([one])} would block nearly everybody: give at least 3 characters.")
        if len(one.value) > 512:
            yield Mistake("blocked", f"{text_of([one])[:40]}… is longer than an identifier can be.")
