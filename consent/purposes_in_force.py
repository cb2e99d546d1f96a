"""The purposes in force, with what each regime says of them: read from the database, kept for three seconds.

A page of the admin that changes them makes its own process read them afresh at once; others follow within the time.
"""

import time
from collections.abc import Iterable
from datetime import timedelta
from types import MappingProxyType

from cdp.lib import bulk_sql
from consent.contracts import PROCESSING, REGIMES, PurposeFacts, RegimeRule

KEPT_S = 3.0
PURPOSES = """
SELECT code, label, coalesce(parent_id, ''), channel, double_opt_in, denied_event, categories, shown, position,
  legal_basis, allowed_by_default
FROM consent_purpose ORDER BY position, label, code
"""
RULES = """
SELECT purpose_id, regime, legal_basis, allowed_by_default, gpc_denies, expires_after_days FROM consent_purposerule
"""


class Purposes:
    """All purposes as of one moment, in their order. Not changed after it was made."""

    def __init__(self, facts: Iterable[PurposeFacts]) -> None:
        self._all = {one.code: one for one in facts}
        self._categories = {folded(name): one.code for one in self._all.values() for name in one.categories}
        self._chains = {code: self._chain_of(code) for code in self._all}

    def get(self, code: str) -> PurposeFacts | None:
        """The purpose with this code; None: nobody installed it."""
        return self._all.get(code)

    @property
    def all(self) -> tuple[PurposeFacts, ...]:
        """Every purpose, the root of all (`processing`) among them."""
        return tuple(self._all.values())

    @property
    def shown(self) -> tuple[PurposeFacts, ...]:
        """What people meet in the banner and the preference center."""
        return tuple(one for one in self._all.values() if one.shown)

    def of_category(self, name: str) -> str | None:
        """The code of the purpose that staff gave this category of a consent manager; None: none has it."""
        return self._categories.get(folded(name))

    def is_of_address(self, code: str) -> bool:
        """Whether it is stated for an address or a number, not for a browser or an account."""
        found = self._all.get(code)
        return found is not None and found.channel != ""

    def children(self, code: str) -> tuple[PurposeFacts, ...]:
        """The purposes right below this one."""
        return tuple(one for one in self._all.values() if one.parent == code)

    def chain(self, code: str) -> tuple[PurposeFacts, ...]:
        """The purpose, its parent, … up to `processing`, the root of all."""
        return self._chains.get(code, ())

    def _chain_of(self, code: str) -> tuple[PurposeFacts, ...]:
        found: list[PurposeFacts] = []
        while code and code in self._all and self._all[code] not in found:
            found.append(self._all[code])
            code = found[-1].parent
        root = self._all.get(PROCESSING)
        return (*found, root) if root is not None and root not in found else tuple(found)


def folded(category: str) -> str:
    """Consent managers' spellings of one category as one."""
    return "_".join(category.strip().lower().replace("-", " ").replace("_", " ").split())


_kept: list[tuple[float, Purposes]] = []


def purposes_now() -> Purposes:
    """The purposes in force, up to three seconds old."""
    if _kept and _kept[0][0] > time.monotonic():
        return _kept[0][1]
    found = _read()
    _kept[:] = [(time.monotonic() + KEPT_S, found)]
    return found


def forget_purposes() -> None:
    """Read the purposes afresh from now on, in this process."""
    _kept.clear()


def _read() -> Purposes:
    rules: dict[str, dict[str, RegimeRule]] = {}
    for code, regime, basis, default, gpc, days in bulk_sql.fetch(RULES):
        expires = timedelta(days=days) if days else None
        rules.setdefault(code, {})[regime] = RegimeRule(basis, default, gpc, expires)
    return Purposes(_facts(rules.get(row[0], {}), *row) for row in bulk_sql.fetch(PURPOSES))


def _facts(
    rules: dict[str, RegimeRule],
    code: str,
    label: str,
    parent: str,
    channel: str,
    double_opt_in: str,
    denied_event: str,
    categories: list[str],
    shown: bool,
    position: int,
    basis: str,
    default: bool,
) -> PurposeFacts:
    everywhere = {regime: rules.get(regime, RegimeRule(basis, default)) for regime in REGIMES}
    return PurposeFacts(
        code=code,
        label=label,
        parent=parent,
        channel=channel,
        double_opt_in=double_opt_in,
        denied_event=denied_event,
        categories=tuple(categories),
        shown=shown,
        position=position,
        rules=MappingProxyType(everywhere),
    )
