"""Which identifier kinds a source is believed for: what staff chose, or the default of its kind. Pure.

Two lists stand in the database. Both empty: the default. `asserts` alone empty: the default, less what needs a token.
As soon as `asserts` names a kind, both lists count as they stand.
"""

from collections.abc import Collection, Mapping

from events.identifying import BROWSER_ASSERTS, BROWSER_WITH_TOKEN, Trust

BELIEVED, WITH_TOKEN, IGNORED = "believed", "with_token", "ignored"
TOKEN_KINDS = ("user_id", "email", "phone")
"""Kinds a user token can vouch for."""


def trust_of(source_kind: str, asserts: Collection[str], with_token: Collection[str]) -> Trust:
    """The trust in a source of this kind with these two lists."""
    if source_kind != "browser":
        return Trust(frozenset(asserts) or None, frozenset(with_token))
    if asserts:
        return Trust(frozenset(asserts), frozenset(with_token))
    return Trust(BROWSER_ASSERTS, frozenset(with_token) or BROWSER_WITH_TOKEN)


def choices_of(trust: Trust, kinds: Collection[str]) -> dict[str, str]:
    """{kind: believed, with_token or ignored}, as a form shows it."""
    return {kind: _choice(trust, kind) for kind in kinds}


def _choice(trust: Trust, kind: str) -> str:
    if kind in trust.with_token:
        return WITH_TOKEN
    return BELIEVED if trust.asserts is None or kind in trust.asserts else IGNORED


def lists_of(choices: Mapping[str, str]) -> tuple[list[str], list[str]]:
    """(asserts, with_token) that stand for these choices."""
    asserts = sorted(kind for kind, choice in choices.items() if choice == BELIEVED)
    return asserts, sorted(kind for kind, choice in choices.items() if choice == WITH_TOKEN)
