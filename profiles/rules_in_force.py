"""The identity rules in force: read from the database, remembered for three seconds in each process.

Who writes components reads the current version again under the identity lock (`rules_locked`), so that a changed rule
holds exactly from its activation on; readers may be three seconds behind.
"""

import time
from typing import Any

import msgspec

from cdp.lib import bulk_sql
from profiles.identity import DEFAULT_RULES, IdentityRules

KEPT_S = 3.0
CURRENT_NUMBER = "SELECT number FROM profiles_ruleset WHERE is_current"
CURRENT = "SELECT number, rules::text FROM profiles_ruleset WHERE is_current"
_kept: list[tuple[float, IdentityRules]] = []


def rules_now() -> IdentityRules:
    """The rules in force, up to three seconds old."""
    if _kept and _kept[0][0] > time.monotonic():
        return _kept[0][1]
    return _read()


def rules_locked() -> IdentityRules:
    """The rules in force at this instant; to be called under the identity lock."""
    number = next((row[0] for row in bulk_sql.fetch(CURRENT_NUMBER, [])), 0)
    return _kept[0][1] if _kept and _kept[0][1].number == number else _read()


def forget_rules() -> None:
    """Read the rules afresh from now on, in this process."""
    _kept.clear()


def to_json(rules: IdentityRules) -> dict[str, Any]:
    """As stored: every field but the number."""
    found: dict[str, Any] = msgspec.to_builtins(rules)
    return {name: value for name, value in found.items() if name != "number"}


def from_json(document: dict[str, Any], number: int = 0) -> IdentityRules:
    """Rules as stored. Raises msgspec.ValidationError, which names the field."""
    return msgspec.convert({**document, "number": number}, IdentityRules)


def _read() -> IdentityRules:
    found = bulk_sql.fetch(CURRENT, [])
    rules = from_json(msgspec.json.decode(found[0][1]), found[0][0]) if found else DEFAULT_RULES
    _kept[:] = [(time.monotonic() + KEPT_S, rules)]
    return rules
