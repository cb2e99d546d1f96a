"""A placement as somebody would meet it: which products, why each, what was kept out. Also of what is not saved yet.

People are found as the rest of the admin finds them and shown masked to those who may not see personal data. Every look
at a person, or at the events of one anonymous id, is audited as a view.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

import msgspec.structs
from django.http import HttpRequest, QueryDict

from cdp.access.services import record_view
from cdp.admin_placement.pictures import Shown, shown, shown_products
from cdp.admin_placement.rights import PEOPLE, PERSONAL
from cdp.identity_desk.people import called
from cdp.identity_desk.searching import Hit, people_by
from cdp.lib.admin_parts import actor, may
from cdp.lib.clock import utc_now
from profiles import queries as profiles
from recommendations.contracts import Answer, Dropped, Reason, Recommendation, RecommendationRequest, Strategy, Why
from recommendations.placement_words import STRATEGIES, percent
from recommendations.placements import PlacementSpec
from recommendations.queries import answer

ANONYMOUS_ID, BOOST = "anonymous_id", "boost:"
NOBODY, PERSON, ANONYMOUS = "nobody", "person", "anonymous"
LONGEST, MOST_CART, MOST_DROPPED, MOST_HITS = 200, 20, 6, 8


@dataclass(frozen=True, slots=True)
class Wanted:
    """For whom and in front of what, as typed."""

    who: str = NOBODY
    profile: str = ""
    search: str = ""
    anonymous: str = ""
    product: str = ""
    cart: tuple[str, ...] = ()
    category: str = ""
    results: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that moved a product. `width`: its share of the score in percent, for a bar; None without a share."""

    words: str
    figure: str
    width: int | None


@dataclass(frozen=True, slots=True)
class Item:
    """One product of the preview."""

    product: Shown
    sentence: str
    found_by: str
    why: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """Candidates that one rule kept out."""

    rule: str
    names: tuple[str, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What stands in the preview. `headline` says the answer; `problem` what keeps it from being shown."""

    headline: str
    title: str = ""
    items: tuple[Item, ...] = ()
    dropped: tuple[Kept, ...] = ()
    problem: str = ""
    note: str = ""
    is_personal: bool = False


def wanted_of(post: QueryDict) -> Wanted:
    """What the preview's fields say."""

    def one(name: str) -> str:
        return post.get(name, "").replace("\0", "").strip()[:LONGEST]

    def many(name: str) -> tuple[str, ...]:
        texts = (text.replace("\0", "").strip()[:LONGEST] for text in post.getlist(name))
        return tuple(dict.fromkeys(text for text in texts if text))[:MOST_CART]

    return Wanted(
        who=one("who") or NOBODY,
        profile=one("profile"),
        search=one("person_q"),
        anonymous=one("anonymous"),
        product=one("at_product"),
        cart=many("at_cart"),
        category=one("at_category"),
        results=many("at_result"),
    )


def hits(request: HttpRequest, text: str) -> list[Hit]:
    """People found by a whole address, id or order number; none for those who may not see people."""
    if not text or not may(request, PEOPLE):
        return []
    return people_by(text, personal=may(request, PERSONAL))[:MOST_HITS]


def chosen(request: HttpRequest, wanted: Wanted) -> tuple[str, str]:
    """(profile id, how the chosen person is called); empty for none."""
    profile_id = _profile(request, wanted)
    if profile_id is None:
        return "", ""
    found = called([profile_id], personal=may(request, PERSONAL)).get(profile_id)
    return (str(profile_id), " · ".join(part for part in (found.name, found.detail) if part)) if found else ("", "")


def preview(request: HttpRequest, spec: PlacementSpec, wanted: Wanted) -> Preview:
    """What this spec shows. Audits whom was looked at."""
    now = utc_now()
    profile_id = _profile(request, wanted) if wanted.who == PERSON else None
    identifiers = _identifiers(request, wanted)
    if problem := _problem(request, wanted, profile_id, identifiers):
        return Preview("Choose for whom", problem=problem)
    if profile_id is not None:
        record_view(actor(request), f"profile:{profile_id}", _look(spec), now=now)
    for identifier_id in identifiers:
        record_view(actor(request), f"identifier:{identifier_id}", _look(spec), now=now)
    asked = RecommendationRequest(
        now=now,
        profile_id=profile_id,
        identifier_ids=identifiers,
        product_id=wanted.product or None,
        cart=wanted.cart,
        category=wanted.category,
        search_results=wanted.results,
        placement=spec.key,
        is_preview=True,
    )
    named = spec if spec.key else msgspec.structs.replace(spec, key="preview")
    return _shown(answer(asked, spec=named), spec, wanted)


def _look(spec: PlacementSpec) -> str:
    return f"preview of placement {spec.key or 'not saved yet'}"


def _profile(request: HttpRequest, wanted: Wanted) -> UUID | None:
    if not may(request, PEOPLE):
        return None
    try:
        return profiles.resolve(UUID(wanted.profile))
    except ValueError:
        return None


def _identifiers(request: HttpRequest, wanted: Wanted) -> tuple[int, ...]:
    if wanted.who != ANONYMOUS or not wanted.anonymous or not may(request, PEOPLE):
        return ()
    found = profiles.find(ANONYMOUS_ID, wanted.anonymous)
    return (found.id,) if found is not None else ()


def _problem(
    request: HttpRequest, wanted: Wanted, profile_id: UUID | None, identifiers: Sequence[int]
) -> str:  # fmt: skip
    if wanted.who == NOBODY:
        return ""
    if not may(request, PEOPLE):
        return "Your group sees no people: look at it as nobody."
    if wanted.who == PERSON and profile_id is None:
        return "Find a person by their whole e-mail address, an id or an order number, and choose them."
    if wanted.who == ANONYMOUS and not wanted.anonymous:
        return "Type an anonymous id, as the browser's cookie holds it."
    if wanted.who == ANONYMOUS and not identifiers:
        return "This anonymous id was never seen: it would be shown what nobody in particular is shown."
    return ""


def _shown(found: Answer, spec: PlacementSpec, wanted: Wanted) -> Preview:
    items = tuple(Item(shown(one.product), one.sentence, _found_by(one), tuple(_parts(one.why))) for one in found.items)
    count = len(items)
    says = f"{count} product{'' if count == 1 else 's'}" if count else "Nothing is shown"
    whom = {PERSON: "this person", ANONYMOUS: "this browser"}.get(wanted.who, "somebody who is not known")
    headline = f"{says} for {whom}" + (f", {spec.n} wanted" if 0 < count < spec.n else "")
    note = found.note
    if found.refusal is not None:
        note = "They do not allow personalization, so they see what nobody in particular sees."
    return Preview(headline, spec.title, items, _dropped(found.dropped), "", note, wanted.who != NOBODY)


def _found_by(one: Recommendation) -> str:
    return "pinned" if one.reason == Reason.PINNED else STRATEGIES[one.strategy][0]


def _parts(why: Iterable[Why]) -> Iterable[Part]:
    """What moved it, the model's parts with their share of the score first; rules and boosts say theirs in words."""
    for one in why:
        is_share = 0 < one.share <= 1 and not one.part.startswith(BOOST)
        width = max(1, round(one.share * 100)) if is_share else None
        words = STRATEGIES[Strategy(one.part)][0] if one.part in set(Strategy) else one.text
        yield Part(words, percent(round(one.share, 2)) if is_share else "", width)


def _dropped(dropped: Iterable[Dropped]) -> tuple[Kept, ...]:
    groups: dict[str, list[str]] = {}
    for one in dropped:
        groups.setdefault(one.rule, []).append(one.product_id)
    known = shown_products([key for ids in groups.values() for key in ids[:MOST_DROPPED]])
    return tuple(
        Kept(
            rule,
            tuple(known[key].name if key in known else key for key in ids[:MOST_DROPPED]),
            max(len(ids) - MOST_DROPPED, 0),
        )
        for rule, ids in sorted(groups.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    )
