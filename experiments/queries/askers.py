"""Who is to be assigned: what splits them, and as whom the personalization purpose lets them be known."""

from dataclasses import dataclass, field

from experiments.queries.units import unit_of_caller
from people.queries.callers import NOBODY, Caller, Named, Whose
from segments.queries.standing import Known


@dataclass(frozen=True, slots=True)
class Asker:
    """`unit` (`experiments.queries.units`) is empty for nobody: nobody, and who refuses, takes part in nothing."""

    unit: bytes = b""
    known: Known = field(default_factory=Known)

    @property
    def is_nobody(self) -> bool:
        """Whether there is nobody to split."""
        return not self.unit


def asker_of(caller: Caller, person: Named | None, found: Whose, known: Known, *, is_refusing: bool = False) -> Asker:
    """Of a request. Nobody: who refuses by the ledger or by this very request, and identifiers that many share.

    A browser never seen before is somebody: it is split by the anonymous id it names.
    """
    if is_refusing or known.refusal is not None or (found != NOBODY and known.is_nobody):
        return Asker()
    return Asker(unit_of_caller(found, caller, person), known)
