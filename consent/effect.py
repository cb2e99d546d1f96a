"""What holds for a purpose in the end: what was said of it, of its parents and of the root of all, and under which law.

Pure. The root is `processing`: while it is refused, the person has asked us to restrict processing, and everything is.
A child is allowed only where its parent is, and is as its parent where nothing was said of the child itself.
"""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from cdp.lib.decision import Decision
from consent import ledger
from consent.contracts import GPC, PROCESSING, REGIMES, LedgerLine, PurposeFacts

NO_ADDRESS = Decision(False, "no_address")


@dataclass(frozen=True, slots=True)
class Told:
    """What was said of one purpose about one subject: all lines of its identifiers and of where the channel goes.

    `address`: the hash of the channel's address, None where the purpose has none or none is known. `speakers`: user ids
    of the person; for a purpose with a channel only those that can mean no other address.
    """

    purpose: PurposeFacts
    lines: Sequence[LedgerLine]
    address: bytes | None = None
    speakers: Set[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Effect:
    """`inherited`: nothing was said of the purpose itself, so it is as its parent."""

    decision: Decision
    inherited: bool = False


def by_law(chain: Sequence[Told], *, at: datetime) -> Mapping[str, Decision]:
    """{regime: what holds under it}, each distinct set of rules worked out once."""
    alike = {regime: tuple(told.purpose.rules[regime] for told in chain) for regime in REGIMES}
    one_of = {rules: regime for regime, rules in alike.items()}
    found = {rules: effect(chain, at=at, regime=regime).decision for rules, regime in one_of.items()}
    return {regime: found[rules] for regime, rules in alike.items()}


def effect(chain: Sequence[Told], *, at: datetime, regime: str) -> Effect:
    """What holds for the first purpose of a chain, which goes on with its parent, …, and ends with the root."""
    above: Decision | None = None
    inherited = False
    for told in reversed(chain):
        own = _own(told, at, regime)
        if told.purpose.code == PROCESSING:
            if not own.allowed:
                return Effect(Decision(False, "restricted", own.evidence))
            if len(chain) == 1:
                return Effect(own)
            continue
        silent = above is not None and own.evidence is None and own != NO_ADDRESS
        inherited = silent
        if above is None or (not silent and not own.allowed):
            above = own
        elif not above.allowed:
            reason = above.reason if above.reason.startswith("parent_") else f"parent_{above.reason}"
            above = Decision(False, reason, above.evidence)
        elif not silent:
            above = own
    if above is None:
        raise ValueError("a chain begins with the purpose that is asked for")
    return Effect(above, inherited)


def _own(told: Told, at: datetime, regime: str) -> Decision:
    """What holds of this purpose alone."""
    purpose, rule = told.purpose, told.purpose.rules[regime]
    if purpose.channel and told.address is None:
        return NO_ADDRESS
    lines = told.lines if rule.gpc_denies else [line for line in told.lines if line.method != GPC]
    if purpose.channel and told.address is not None:
        return ledger.decide_for_address(
            lines,
            address_hash=told.address,
            at=at,
            allowed_by_default=rule.allowed_by_default,
            speakers=told.speakers,
            expires_after=rule.expires_after,
        )
    return ledger.decide(
        lines,
        at=at,
        allowed_by_default=rule.allowed_by_default,
        expires_after=rule.expires_after,
        renewers=told.speakers,
    )
