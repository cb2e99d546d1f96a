"""Whether a mail was allowed when it was sent: a second, short reading of the ledger, apart from the gate's. Pure.

It shares no code with `consent`, so that a mistake there is not repeated here. What came to be known only after the
hand-over had begun does not count; a refusal that arrived within the same second is told apart (`window`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

PROVEN, WINDOW, UNPROVEN = "proven", "window", "unproven"
YES, ROOT = "granted", "processing"
NOT_ACTS = frozenset({"context", "gpc", "tcf"})
SAME_MOMENT = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Line:
    """A ledger entry about address or person. `may_grant`: said for the address, or by the account of its one owner."""

    id: int
    purpose: str
    subject: str
    state: str
    method: str
    occurred_at: datetime
    received_at: datetime
    may_grant: bool


@dataclass(frozen=True, slots=True)
class Law:
    """What holds of a purpose for this person while nobody has said anything; when a yes grows too old."""

    purpose: str
    allowed_by_default: bool
    expires_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """A mail on its way: when it was `sending`, the entry it names, the laws of its purpose, its parents, the root."""

    sending_at: datetime
    entry_id: int | None
    laws: tuple[Law, ...]
    suppressed: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """`state`: proven, window, unproven. `by`: the entry that allowed it, None for a default; `why` in words."""

    state: str
    why: str
    by: int | None = None


def prove(sent: Sent, lines: Sequence[Line]) -> Proof:
    """Whether everything known when the mail was handed over allowed it."""
    if sent.suppressed:
        return Proof(UNPROVEN, f"the address was suppressed ({sent.suppressed})")
    heard = [line for line in lines if line.occurred_at <= sent.sending_at and line.received_at <= sent.sending_at]
    allowing: list[int] = []
    said_yes = False
    for position, law in enumerate(sent.laws):
        about = [line for line in heard if line.purpose == law.purpose]
        refused = _refused(about, law)
        if refused is not None:
            is_late = refused.received_at > sent.sending_at - SAME_MOMENT
            return Proof(WINDOW if is_late else UNPROVEN, f"{law.purpose} was {refused.state} by entry {refused.id}")
        granted = max((line for line in about if _counts(line, law)), key=lambda line: line.occurred_at, default=None)
        if granted is None:
            is_topic = position < len(sent.laws) - 2  # a topic of which nobody spoke is as its parent
            if not is_topic and not law.allowed_by_default:
                return Proof(UNPROVEN, f"nobody had allowed {law.purpose}, and by default it is not")
        elif law.expires_after is not None and granted.occurred_at + law.expires_after <= sent.sending_at:
            return Proof(UNPROVEN, f"the yes to {law.purpose} (entry {granted.id}) had expired")
        elif law.purpose != ROOT:
            said_yes = True
        allowing += [line.id for line in about if _counts(line, law)]
    return _by(sent, allowing, said_yes)


def _by(sent: Sent, allowing: Sequence[int], said_yes: bool) -> Proof:
    """The entry that the mail names must be one of those that allowed it."""
    if sent.entry_id is None:
        if said_yes:
            return Proof(UNPROVEN, "it names no entry, although one allowed it")
        return Proof(PROVEN, "allowed by default")
    if sent.entry_id not in allowing:
        return Proof(UNPROVEN, f"entry {sent.entry_id}, which it names, did not allow it")
    return Proof(PROVEN, "allowed by an entry", sent.entry_id)


def _counts(line: Line, law: Law) -> bool:
    return line.state == YES and (line.may_grant or law.purpose == ROOT)


def _refused(about: Sequence[Line], law: Law) -> Line | None:
    """The refusal that holds: for the root the last word of any subject, else one that no act of the owner followed."""
    if law.purpose == ROOT:
        last = {line.subject: line for line in sorted(about, key=lambda one: (one.occurred_at, one.state != YES))}
        return next((line for line in last.values() if line.state != YES), None)
    acts = [line.occurred_at for line in about if _counts(line, law) and line.method not in NOT_ACTS]
    since = max(acts, default=None)
    held = [line for line in about if line.state != YES and line.method != "gpc"]
    return max((one for one in held if since is None or one.occurred_at >= since), key=_received, default=None)


def _received(line: Line) -> datetime:
    return line.received_at
