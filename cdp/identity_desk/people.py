"""People as the desk shows them: what they are called, and the way to their page, as this reader may see it."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from cdp.identity_desk.words import kind_words
from profiles import page as tables
from profiles import queries as profiles
from profiles.contracts import IdentifierFacts
from profiles.recognizing import recognized

SEE, PERSONAL, DECIDE = "profiles.view_profile", "profiles.view_personal", "profiles.decide_identity"


@dataclass(frozen=True, slots=True)
class Reader:
    """What this member of staff may do. `personal`: see values unmasked."""

    personal: bool
    decides: bool


@dataclass(frozen=True, slots=True)
class Called:
    """A person in one line: the name, what else tells them apart, and their page's Identity tab."""

    profile_id: UUID
    name: str
    detail: str
    url: str
    identifiers: tuple[IdentifierFacts, ...]

    @property
    def is_shared(self) -> bool:
        """Whether this is nobody: an identifier of too many people."""
        return any(fact.is_shared for fact in self.identifiers)


def reader_of(request: HttpRequest) -> Reader:
    """The rights of who asks."""
    may = getattr(request.user, "has_perm", lambda _: False)
    return Reader(may(PERSONAL), may(DECIDE))


def called(profile_ids: Collection[UUID], *, personal: bool) -> dict[UUID, Called]:
    """{profile id: how they are called} of those that exist, with two statements."""
    wanted = list(dict.fromkeys(profile_ids))
    known, states = profiles.identifiers_of(wanted), profiles.profile_states(wanted)
    found: dict[UUID, Called] = {}
    for profile_id in wanted:
        facts = known[profile_id]
        if facts:
            traits = states[profile_id].traits if profile_id in states else {}
            name = recognized(profile_id, traits, facts, personal=personal)
            found[profile_id] = Called(profile_id, name.name, name.detail, identity_url(profile_id), tuple(facts))
    return found


def identity_url(profile_id: UUID) -> str:
    """The Identity tab of this person's page."""
    return reverse("admin:profiles_profile_change", args=[profile_id]) + "?tab=identity"


def spoken(fact: IdentifierFacts, *, personal: bool) -> str:
    """`user id u-1`, masked where the reader needs it."""
    return f"{kind_words(fact.kind)} {tables.shown(fact.kind, fact.value, personal=personal)}"
