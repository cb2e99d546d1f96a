"""Who is to be assigned: what splits them, and as whom the personalization purpose lets them be known.

Who was never asked is a stranger: a coin is thrown for the id they are named by, as for a browser never heard of, and
nothing they did is looked at. So the first event of a browser does not change what it sees where the law wants a yes.
"""

from dataclasses import dataclass, field

from experiments.queries.units import unit_of_caller
from people.queries.callers import BROWSER, NOBODY, Caller, Named, Whose
from segments.queries.standing import Known

NEVER_ASKED = frozenset(("default_denied", "parent_default_denied"))
"""Reasons of the consent gate: nothing was said, and the law wants a yes."""


@dataclass(frozen=True, slots=True)
class Asker:
    """`unit` (`experiments.queries.units`) is empty for nobody: nobody, and who refuses, takes part in nothing.

    `known`: as whom rules may look at them; `met_as`: by whose identifiers it is looked up which variants they met.
    """

    unit: bytes = b""
    known: Known = field(default_factory=Known)
    met_as: Known = field(default_factory=Known)

    @property
    def is_nobody(self) -> bool:
        """Whether there is nobody to split."""
        return not self.unit


def asker_of(caller: Caller, person: Named | None, found: Whose, known: Known, *, is_refusing: bool = False) -> Asker:
    """Of a request. Nobody: who refuses by the ledger or by this very request, and identifiers that many share.

    A browser never seen before is somebody: it is split by the anonymous id it names; so is who was never asked.
    """
    if is_refusing or has_refused(known) or (known.refusal is None and found != NOBODY and known.is_nobody):
        return Asker()
    met_as = known
    if known.refusal is not None:
        is_browser = caller.kind == BROWSER
        met_as = Known(is_browser, None if is_browser else found.profile_id, found.identifier_ids)
        known = Known(is_browser)
    return Asker(unit_of_caller(found, caller, person), known, met_as)


def has_refused(known: Known) -> bool:
    """Whether they said no to personalization, or took a yes back: silence is no refusal."""
    return known.refusal is not None and known.refusal.reason not in NEVER_ASKED
