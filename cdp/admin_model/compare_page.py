"""Two models beside each other: what each would show the same person, or nobody in particular, in the same place.

People are found as the rest of the admin finds them, masked for those who may not see personal data; each look is
audited as a view. What is typed is sent by POST and stands in no address.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from cdp.access.services import record_view
from cdp.admin_model import marks
from cdp.admin_model.frame import PERSON, PERSONAL, page, percent, require
from cdp.admin_model.kept_models import model_of
from cdp.admin_model.runs_page import is_kept
from cdp.admin_placement.pictures import Shown, let_pictures_in, shown
from cdp.identity_desk.people import called
from cdp.identity_desk.searching import Hit, people_by
from cdp.lib.admin_parts import may
from cdp.lib.clock import utc_now
from profiles import queries as profiles
from recommendations.contracts import Answer, RecommendationRequest, Strategy, UnknownPlacementError
from recommendations.model import ArtifactRefusedError
from recommendations.models import ModelRun, Placement
from recommendations.queries import answer

ANONYMOUS_ID = "anonymous_id"
NOBODY, SOMEBODY, BROWSER = "nobody", "person", "anonymous"
LONGEST, MOST_CART, MOST_HITS, RUNS, N = 200, 20, 8, 30, 12
# What is asked of a model; the others of Strategy come from the context or the catalog and are the same for all models.
ASKED: Mapping[Strategy, str] = {
    Strategy.FOR_YOU: "For you",
    Strategy.SIMILAR: "Similar to a product",
    Strategy.CART: "Completes a cart",
    Strategy.TOGETHER: "Bought together",
    Strategy.VIEWED_TOGETHER: "Viewed together",
    Strategy.ALIKE: "Alike in words",
    Strategy.ACCESSORIES: "Accessories",
    Strategy.SESSION: "What comes next in this visit",
    Strategy.BUY_AGAIN: "Buy again",
    Strategy.POPULAR: "Popular",
}
NEEDS_PRODUCT = (Strategy.SIMILAR, Strategy.TOGETHER, Strategy.VIEWED_TOGETHER, Strategy.ALIKE, Strategy.ACCESSORIES)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What was chosen: two runs, what is asked (a strategy, or `placement:<key>`), for whom, in front of what."""

    a: str
    b: str
    ask: str
    who: str
    profile: str
    search: str
    anonymous: str
    product: str
    cart: str


@dataclass(frozen=True, slots=True)
class Item:
    """One product of a column. `other`: its place in the other one, 0 where it is not there."""

    place: int
    product: Shown
    sentence: str
    why: tuple[str, ...]
    other: int


@dataclass(frozen=True, slots=True)
class Column:
    """One model's answer."""

    run: ModelRun
    title: str
    items: tuple[Item, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Whom:
    """For whom both are asked."""

    profile_id: UUID | None = None
    name: str = ""
    identifier_ids: tuple[int, ...] = ()
    problem: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
def compare_page(request: HttpRequest) -> HttpResponse:
    """The form, and below it two columns."""
    require(request)
    runs = [run for run in ModelRun.objects.order_by("-is_live", "-pk")[:RUNS] if is_kept(run)]
    wanted = _wanted(request, runs)
    hits = _hits(request, wanted)
    if len(hits) == 1:
        wanted = replace(wanted, profile=str(hits[0].person.profile_id), search="")
        hits = []
    whom = _whom(request, wanted)
    chosen = [next((run for run in runs if str(run.pk) == each), None) for each in (wanted.a, wanted.b)]
    problem = whom.problem or _missing(wanted)
    columns: list[Column] = []
    if chosen[0] and chosen[1] and not problem and not hits:
        try:
            columns = _columns(request, chosen[0], chosen[1], wanted, whom)
        except (ArtifactRefusedError, UnknownPlacementError) as error:
            problem = str(error)
    response = page(
        request,
        "compare.html",
        "compare",
        "Compare models",
        runs=[(run, _title(run)) for run in runs],
        wanted=wanted,
        asks=[(str(key), words) for key, words in ASKED.items()],
        placements=list(Placement.objects.filter(is_active=True).order_by("key").values_list("key", "name")),
        hits=hits,
        nobody_found=bool(wanted.search and not hits),
        whom=whom,
        problem="" if hits else problem,
        columns=columns,
        headline=_headline(columns),
        may_people=may(request, PERSON),
        personal=may(request, PERSONAL),
    )
    return let_pictures_in(request, response)


def _wanted(request: HttpRequest, runs: Sequence[ModelRun]) -> Wanted:
    given = request.POST if request.method == "POST" else request.GET

    def one(name: str, otherwise: str = "") -> str:
        return given.get(name, "").replace("\0", "").strip()[:LONGEST] or otherwise

    first = str(runs[0].pk) if runs else ""
    second = next((str(run.pk) for run in runs if str(run.pk) != one("b", first)), first) if runs else ""
    typed = request.method == "POST"
    return Wanted(
        a=one("a", second if "b" in given else first),
        b=one("b", second),
        ask=one("ask", Strategy.FOR_YOU.value),
        who=one("who", NOBODY),
        profile=one("profile") or ("" if one("q") else one("kept")) if typed else "",
        search=one("q") if typed else "",
        anonymous=one("anonymous") if typed else "",
        product=one("product"),
        cart=one("cart"),
    )


def _hits(request: HttpRequest, wanted: Wanted) -> list[Hit]:
    if wanted.who != SOMEBODY or not wanted.search or wanted.profile or not may(request, PERSON):
        return []
    return people_by(wanted.search, personal=may(request, PERSONAL))[:MOST_HITS]


def _whom(request: HttpRequest, wanted: Wanted) -> Whom:
    if wanted.who not in (SOMEBODY, BROWSER):
        return Whom()
    if not may(request, PERSON):
        return Whom(problem="Your group sees no people: compare for nobody in particular.")
    if wanted.who == BROWSER:
        found = profiles.find(ANONYMOUS_ID, wanted.anonymous) if wanted.anonymous else None
        if found is None:
            return Whom(problem="This anonymous id was never seen. Copy it whole, as the browser's cookie holds it.")
        return Whom(name="this browser", identifier_ids=(found.id,))
    profile_id = _profile(wanted.profile)
    person = called([profile_id], personal=may(request, PERSONAL)).get(profile_id) if profile_id else None
    if profile_id is None or person is None:
        return Whom(problem="Find somebody by their whole e-mail address, an id or an order number.")
    return Whom(profile_id, ", ".join(part for part in (person.name, person.detail) if part))


def _profile(text: str) -> UUID | None:
    try:
        return profiles.resolve(UUID(text))
    except ValueError:
        return None


def _missing(wanted: Wanted) -> str:
    if wanted.ask in NEEDS_PRODUCT and not wanted.product:
        return "Say which product is in front: its id."
    if wanted.ask == Strategy.CART and not wanted.cart:
        return "Say what lies in the cart: ids, with commas."
    return ""


def _columns(request: HttpRequest, a: ModelRun, b: ModelRun, wanted: Wanted, whom: Whom) -> list[Column]:
    now = utc_now()
    actor = request.user if isinstance(request.user, AbstractBaseUser) else None
    subjects = [f"identifier:{each}" for each in whom.identifier_ids]
    for subject in [f"profile:{whom.profile_id}"] if whom.profile_id else subjects:
        record_view(actor, subject, f"models #{a.pk} and #{b.pk} compared", now=now)
    placement = wanted.ask.removeprefix("placement:") if wanted.ask.startswith("placement:") else ""
    asked = RecommendationRequest(
        now=now,
        profile_id=whom.profile_id,
        identifier_ids=whom.identifier_ids,
        product_id=wanted.product or None,
        cart=tuple(filter(None, (each.strip() for each in wanted.cart.split(","))))[:MOST_CART],
        n=None if placement else N,
        strategy=None if placement else _strategy(wanted.ask),
        placement=placement,
        is_preview=True,
    )
    answers = [answer(asked, live=model_of(run)) for run in (a, b)]
    places = [{item.product_id: n for n, item in enumerate(each.items, 1)} for each in answers]
    return [
        _column(run, each, places[1 - n], whom) for n, (run, each) in enumerate(zip((a, b), answers, strict=True))
    ]  # fmt: skip


def _strategy(text: str) -> Strategy:
    return Strategy(text) if text in set(ASKED) else Strategy.FOR_YOU


def _column(run: ModelRun, found: Answer, other: Mapping[str, int], whom: Whom) -> Column:
    items = tuple(
        Item(
            place,
            shown(one.product),
            one.sentence,
            tuple(f"{why.text}{f' ({percent(why.share)})' if 0 < why.share <= 1 else ''}" for why in one.why),
            other.get(one.product_id, 0),
        )
        for place, one in enumerate(found.items, 1)
    )
    note = found.note
    if found.refusal is not None:
        note = "They do not allow personalization, so they see what nobody in particular sees."
    return Column(run, _title(run), items, note)


def _headline(columns: Sequence[Column]) -> str:
    """“9 of 12 products are the same, 4 of them in the same place”."""
    if len(columns) < 2:
        return "What would another model show?"
    a, b = columns
    most = max(len(a.items), len(b.items))
    if not most:
        return "Neither shows anything"
    both = [item for item in a.items if item.other]
    same = sum(item.place == item.other for item in both)
    if len(both) == most == same:
        return f"Both show the same {most} products in the same order"
    if not both:
        return "They have no product in common"
    return f"{len(both)} of {most} products are the same, {same} of them in the same place"


def _title(run: ModelRun) -> str:
    times = marks.beside_popularity(run.metrics).times
    good = "" if times is None else f", {times:.2f}\u00a0× popularity"
    return f"#{run.pk}{' (live)' if run.is_live else ''}, {run.created_at:%-d %b %Y}{good}"
