"""Of whom a session may be told: of its own anonymous id, and of the person behind it only as far as it vouches.

A browser may claim any user id and a guest may type any address, so what these join is no proof. Somebody signed in is
told of that very account. Anybody else is told of the whole profile only if nothing but their own is in it.
"""

from dataclasses import dataclass
from uuid import UUID

from cdp.demo.shop.visitor import Visitor
from profiles import queries as profiles
from profiles.contracts import IdentifierFacts


@dataclass(frozen=True, slots=True)
class Bound:
    """Whom to tell of. Without `profile_id` only what hangs on these identifiers; `withheld`: somebody else is near."""

    identifiers: tuple[IdentifierFacts, ...]
    profile_id: UUID | None
    withheld: bool = False

    @property
    def ids(self) -> tuple[int, ...]:
        """The identifiers' ids."""
        return tuple(fact.id for fact in self.identifiers)


def bound_to(visitor: Visitor, *, is_tracked: bool) -> Bound | None:
    """Whom this session may be told of; None if the platform knows nobody it vouches for."""
    if visitor.user is not None:
        account = profiles.find("user_id", visitor.user.user_id)
        if account is not None:
            return _whole(account)
    own = profiles.find("anonymous_id", visitor.anonymous_id) if is_tracked else None
    if own is None:
        return None
    person = profiles.identifiers_of([own.profile_id])[own.profile_id]
    if not own.is_shared and all(_is_own(fact, visitor) for fact in person):
        return Bound(tuple(person), own.profile_id)
    return Bound((own,), None, withheld=True)


def _whole(account: IdentifierFacts) -> Bound:
    if account.is_shared:
        return Bound((account,), None, withheld=True)
    return Bound(tuple(profiles.identifiers_of([account.profile_id])[account.profile_id]), account.profile_id)


def _is_own(fact: IdentifierFacts, visitor: Visitor) -> bool:
    if fact.kind == "anonymous_id":
        return fact.value == visitor.anonymous_id
    return fact.kind == "email" and fact.value in visitor.emails
