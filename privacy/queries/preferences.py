"""The preference center as it stands for somebody: the owner of an address, or a signed-in customer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from cdp.access.contracts import UserClaim
from cdp.lib.hashing import address_hash
from consent import queries as consent
from consent.contracts import EXPIRED as HAS_EXPIRED
from consent.contracts import GRANTED, PROCESSING, EntryFacts, MailPreferenceFacts, PurposeState, Subject
from consent.contracts import PENDING as IS_PENDING
from consent.tokens import PreferenceToken, mask
from privacy import preferences as center
from privacy.preferences import Center, Mailing, Switch
from profiles import queries as profiles
from profiles.contracts import IdentifierFacts, IdentifierKey
from profiles.identifiers import canonicalize

PLAIN = MailPreferenceFacts()
EMAIL, SMS, PHONE = "email", "sms", "phone"
# Refusals of which the owner of a link is not the author.
LOCKS = {"complaint": center.COMPLAINT, "bounce": center.HARD_BOUNCE, "staff": center.STAFF}
SUPPRESSED = {
    "complaint": center.COMPLAINT,
    "hard_bounce": center.HARD_BOUNCE,
    "manual": center.STAFF,
    "erasure": center.ERASED,
}


@dataclass(frozen=True, slots=True)
class Holder:
    """Whose choices they are. `stated_for`: the identifier that purposes without a channel are stated for (0: none).

    `address`: canonical, empty where only its hash is known. `is_verified`: the address is proven to be the holder's.
    `others`: every identifier of the person; `phone_hash`: of the person's one number.
    """

    address_hash: bytes | None
    masked: str
    stated_for: int
    is_verified: bool = True
    address: str = ""
    others: tuple[int, ...] = ()
    phone_hash: bytes | None = None

    @property
    def own(self) -> Subject:
        """The holder, as far as they can state anything."""
        ids = (self.stated_for,) if self.stated_for else ()
        return Subject(self.address_hash, ids, self.phone_hash)

    @property
    def person(self) -> Subject:
        """The whole person."""
        ids = tuple(sorted({*self.others, self.stated_for} - {0}))
        return Subject(self.address_hash, ids, self.phone_hash)


def holder_of_link(token: PreferenceToken) -> Holder:
    """Who holds the link of a mail: the owner of the address it went to."""
    found = profiles.identifier_facts([token.identifier_id]).get(token.identifier_id) if token.identifier_id else None
    # An id that was erased may not be taken for somebody else's.
    if found is None or found.kind != EMAIL or address_hash(found.value) != token.address_hash:
        return Holder(token.address_hash, token.masked, 0)
    kin = _kin(found)
    return Holder(
        token.address_hash,
        token.masked,
        found.id,
        address=found.value,
        others=tuple(one.id for one in kin),
        phone_hash=_phone_of(kin),
    )


def holder_of_claim(claim: UserClaim) -> Holder | None:
    """The customer a user token vouches for, with the address it names, else the one we know; None: not seen yet."""
    found = profiles.find("user_id", claim.sub)
    if found is None:
        return None
    vouched = _canonical(claim.email)
    address = vouched if claim.email else profiles.email_of(found.profile_id) or ""
    kin = _kin(found)
    return Holder(
        address_hash(address) if address else None,
        mask(address) if address else "",
        found.id,
        is_verified=bool(vouched),
        address=address,
        others=tuple(one.id for one in kin),
        phone_hash=_phone_of(kin),
    )


def stored_locale(holder: Holder) -> str:
    """The language the holder chose before; empty if never."""
    liked = consent.mail_preferences([holder.address_hash]) if holder.address_hash else {}
    return liked.get(holder.address_hash or b"", PLAIN).locale


def center_of(holder: Holder, *, locale: str, now: datetime) -> Center:
    """What the page shows. `locale`: the language of purposes' words where the person chose none."""
    liked = consent.mail_preferences([holder.address_hash]) if holder.address_hash else {}
    mail = liked.get(holder.address_hash or b"", PLAIN)
    regime = consent.regimes_of([holder.person])[0]
    page = Center(holder.masked, regime.regime, regime.by, locale=mail.locale)
    found = consent.suppression(holder.address_hash) if holder.address_hash else None
    if found is not None and found.reason == "erasure":
        return replace(page, closed=center.ERASED)
    decision = consent.allows(holder.person, PROCESSING, now)
    silence = "" if found is None else SUPPRESSED.get(found.reason, "")
    drawing = _Drawing(holder, locale, now, silence, is_restricted=not decision.allowed)
    return replace(
        page,
        closed="" if decision.allowed else center.RESTRICTED,
        switches=drawing.switches(),
        mailing=_mailing(mail, now) if holder.address_hash else None,
    )


def _canonical(email: str) -> str:
    """The address as it is kept; empty for what is none."""
    key = canonicalize(EMAIL, email) if email else None
    return key.value if isinstance(key, IdentifierKey) else ""


def _mailing(mail: MailPreferenceFacts, now: datetime) -> Mailing:
    paused = mail.paused_until if mail.paused_until is not None and mail.paused_until > now else None
    return Mailing(mail.frequency, paused)


def _kin(found: IdentifierFacts) -> list[IdentifierFacts]:
    """Every identifier of the person; of one that is nobody's itself alone."""
    return [found] if found.is_shared else profiles.identifiers_of([found.profile_id])[found.profile_id]


def _phone_of(kin: list[IdentifierFacts]) -> bytes | None:
    """Of somebody with several numbers none: it would not be known which one is meant."""
    numbers = [one.value for one in kin if one.kind == PHONE and not one.is_shared]
    return address_hash(numbers[0]) if len(numbers) == 1 else None


class _Drawing:
    """The switches of one page, drawn from what holds for the holder alone and for the whole person."""

    def __init__(self, holder: Holder, locale: str, now: datetime, silence: str, *, is_restricted: bool) -> None:
        self.holder, self.locale, self.silence, self.is_restricted = holder, locale, silence, is_restricted
        self.whole = consent.states(holder.person, now)
        self.own = _by_code(consent.states(holder.own, now)) if holder.own != holder.person else _by_code(self.whole)
        ids = {state.entry_id for state in _by_code(self.whole).values()} | {s.entry_id for s in self.own.values()}
        self.entries: Mapping[int, EntryFacts] = consent.entry_facts({pk for pk in ids if pk is not None})
        notice = consent.notice_now()
        self.notice_version = notice.version if notice else None

    def switches(self) -> tuple[Switch, ...]:
        """Those people meet, each with its topics."""
        roots = _shown_roots(self.whole)
        return tuple(self._switch(state) for state in roots if self._is_for(state))

    def _is_for(self, state: PurposeState) -> bool:
        """SMS stands here only while it is on: whoever holds the link has not shown that the number is theirs."""
        if state.channel == SMS:
            return self.holder.phone_hash is not None and state.allowed
        return bool(self.holder.address_hash if state.channel == EMAIL else self.holder.stated_for)

    def _switch(self, state: PurposeState, parent: Switch | None = None) -> Switch:
        words = consent.wording(state.code, self.locale)
        on, says, told = self._standing(state, parent)
        drawn = Switch(
            code=state.code,
            title=words.title if words else state.label,
            text=words.text if words else "",
            channel=state.channel,
            on=on,
            says=says,
            lock=self._lock(state, told),
            since=told.since,
            wording_id=words.id if words else None,
            notice_version=self.notice_version,
        )
        return replace(drawn, topics=tuple(self._switch(child, drawn) for child in state.children if child.shown))

    def _standing(self, state: PurposeState, parent: Switch | None) -> tuple[bool, str, PurposeState]:
        """(whether it is on, what is known of it, the state that says so)."""
        own = self.own.get(state.code, state) if not state.channel else state
        if parent is not None and (own.inherited or not own.state or not parent.on):
            return parent.on, center.AS_PARENT, own
        if not own.state:
            if state.state and not state.allowed:
                return False, center.ELSEWHERE, state
            if state.state == GRANTED:  # in the banner, on one of their devices
                return True, center.SAID_YES, state
            return state.allowed, center.DEFAULT_ON if state.allowed else center.DEFAULT_OFF, state
        if own.state == GRANTED and not state.allowed and state.state and state.state != GRANTED:
            return True, center.ELSEWHERE, own
        says = {GRANTED: center.SAID_YES, IS_PENDING: center.PENDING, HAS_EXPIRED: center.EXPIRED}
        return own.state == GRANTED, says.get(own.state, center.SAID_NO), own

    def _lock(self, state: PurposeState, told: PurposeState) -> str:
        if self.is_restricted:
            return center.RESTRICTED
        if state.channel == EMAIL and self.silence:
            return self.silence
        entry = self.entries.get(told.entry_id or 0)
        refused = entry is not None and not told.allowed and entry.state != HAS_EXPIRED
        return LOCKS.get(entry.method, "") if entry is not None and refused else ""


def _shown_roots(states: list[PurposeState]) -> list[PurposeState]:
    """What people meet first: children of purposes that are not shown stand in their parents' place."""
    found: list[PurposeState] = []
    for state in states:
        found += [state] if state.shown else _shown_roots(list(state.children))
    return found


def _by_code(states: list[PurposeState]) -> dict[str, PurposeState]:
    found: dict[str, PurposeState] = {}
    for state in states:
        found |= {state.code: state, **_by_code(list(state.children))}
    return found
