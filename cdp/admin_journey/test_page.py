"""The test run: a journey gone through for one person, or nobody in particular, with time skipped. Nothing is sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.http import HttpRequest, HttpResponse, QueryDict
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods, require_POST

from automation.graph import Branch, GiveOffer, Graph, Send, Split, read
from automation.models import Journey
from automation.queries.rehearsing import Rehearsal, Supposed, rehearse
from automation.simulating import Passed
from cdp.access.services import record_view
from cdp.admin_journey import people as persons
from cdp.admin_journey.builder_page import TITLES
from cdp.admin_journey.choosing import choices, names_of_slugs, subject_with
from cdp.admin_journey.gallery import ICONS
from cdp.admin_journey.reasons import reason_words
from cdp.admin_journey.rights import PEOPLE, around, found, require
from cdp.identity_desk.people import Called
from cdp.lib.admin_parts import actor
from cdp.lib.clock import utc_now
from mailing.queries.counts import policy

MOST_EVENTS, LONGEST = 4, 200
UNITS = {"minutes": timedelta(minutes=1), "hours": timedelta(hours=1), "days": timedelta(days=1)}


@dataclass(frozen=True, slots=True)
class Line:
    """One thing on the way. `kind`: sent, not, over or nothing, for its color; `url`: of the mail."""

    when: str
    after: str
    icon: str
    title: str
    text: str
    kind: str
    url: str = ""
    url_words: str = ""


@dataclass(frozen=True, slots=True)
class Fork:
    """A branch or a split, and which way they are to take. `chosen`: empty for whatever their data says."""

    node: str
    title: str
    arms: tuple[tuple[str, str], ...]
    chosen: str


@require_http_methods(["GET", "HEAD", "POST"])
def test(request: HttpRequest, journey_id: int) -> HttpResponse:
    """The form; POST goes through it and shows the way."""
    row = found(request, journey_id)
    source = "version" if request.POST.get("source") == "version" and row.version else "draft"
    graph, errors = read(row.version.graph if source == "version" and row.version else row.draft)
    who = persons.chosen(request, request.POST.get("profile", ""))
    supposed, rows = _supposed(request.POST)
    context = around(
        request,
        row.name,
        row,
        "journey-test",
        source=source,
        broken=len(errors) if graph is None else 0,
        who=who,
        asked=request.POST.get("person_q", "") if "find" in request.POST else "",
        forks=_forks(graph, supposed) if graph else (),
        rows=rows,
        units=list(UNITS),
        is_agreed=supposed.is_agreed,
        is_stopped=policy().stopped_at is not None,
        hits=persons.hits(request, request.POST.get("person_q", "")) if "find" in request.POST else (),
    )
    if request.method == "POST" and graph is not None and "find" not in request.POST:
        context |= _run(request, row, graph, who, supposed)
    return TemplateResponse(request, "admin/journey/test.html", context)


@require_POST
def people(request: HttpRequest, journey_id: int) -> HttpResponse:
    """Those found by `person_q`, to be chosen; by POST, so that an address stays out of logs."""
    found(request, journey_id)
    require(request, PEOPLE)
    text = request.POST.get("person_q", "")
    return TemplateResponse(request, "admin/journey/people.html", {"hits": persons.hits(request, text), "asked": text})


def _run(request: HttpRequest, row: Journey, graph: Graph, who: Called | None, supposed: Supposed) -> dict[str, object]:
    now = utc_now()
    if who is not None:
        record_view(actor(request), f"profile:{who.profile_id}", f"test run of journey {row.slug}", now=now)
    rehearsal = rehearse(
        graph,
        who.profile_id if who else None,
        supposed,
        purpose=row.purpose_code,
        journey_id=row.pk,
        at=now,
        now=now,
    )
    sent = len(rehearsal.walk.sent)
    name = who.name if who else "Somebody"
    headline = f"{name} would get {sent} message{'' if sent == 1 else 's'}" if sent else f"{name} would get nothing"
    return {"lines": _lines(graph, rehearsal, now), "headline": headline, "zone": rehearsal.zone}


def _lines(graph: Graph, rehearsal: Rehearsal, begun: datetime) -> list[Line]:
    names, mails = names_of_slugs(), {one["slug"]: one for one in choices()["templates"]}
    clock = ZoneInfo(rehearsal.zone)
    began = Line(_when(begun, clock), "", "bolt", "It starts", _named(graph.trigger.sentence(), names), "")
    lines, offer = [began], {}
    for one in rehearsal.walk.passed:
        step = graph.nodes[one.node]
        if isinstance(step, GiveOffer):
            title = step.title or (names.get(step.offer, step.offer) if step.offer else "")
            offer = {"title": title, "code": step.code or ("…" if step.offer else "")}
        if isinstance(step, Send) and one.outcome == "sent" and step.template in mails:
            mails[step.template] |= {"subject": subject_with(step.template, offer)}
        lines.append(_line(graph, one, begun, clock, names, mails))
    walk = rehearsal.walk
    if walk.ended_at is not None:
        text = reason_words(walk.reason) + (f": {_named(walk.label, names)}" if walk.label else "")
        lines.append(Line(_when(walk.ended_at, clock), _after(walk.ended_at - begun), "flag", "It ends", text, "over"))
    return lines


def _line(
    graph: Graph,
    one: Passed,
    begun: datetime,
    clock: ZoneInfo,
    names: dict[str, str],
    mails: dict[str, dict[str, str]],
) -> Line:
    step = graph.nodes[one.node]
    when, after = _when(one.at, clock), _after(one.at - begun)
    title, icon = TITLES.get(step.do, step.do), ICONS.get(step.do, "help")
    if isinstance(step, Send):
        mail = mails.get(step.template, {})
        called = f"“{mail.get('name', step.template)}”"
        url, words = mail.get("preview") or "", f"Look at {called}"
        if one.outcome == "sent":
            subject = f", subject: {mail['subject']}" if mail.get("subject") else ""
            return Line(when, after, icon, f"{called} goes out", f"By {step.channel}{subject}", "sent", url, words)
        until = f", until {_when(one.until, clock)}" if one.until else ""
        verb = "is held back" if one.outcome == "held" else "does not go out"
        return Line(when, after, icon, f"{called} {verb}", f"{reason_words(one.reason)}{until}", "not", url, words)
    if isinstance(step, Branch | Split) or one.outcome in ("then", "timeout"):
        label = next((arm.label for arm in step.arms() if arm.key == one.outcome), one.outcome)
        until = f"; goes on {_when(one.until, clock)}" if one.until else ""
        return Line(when, after, icon, title, f"Takes the way “{label}”{until}", "")
    text = _named(step.sentence(), names)
    return Line(when, after, icon, title, text + (f": until {_when(one.until, clock)}" if one.until else ""), "")


def _named(text: str, names: dict[str, str]) -> str:
    for slug, name in names.items():
        text = text.replace(f"“{slug}”", f"“{name}”")
    return text


def _when(at: datetime, clock: ZoneInfo) -> str:
    return f"{at.astimezone(clock):%a %-d %b, %H:%M}"


def _after(length: timedelta) -> str:
    """How long after the beginning, in its two largest units."""
    minutes = round(length.total_seconds() / 60)
    parts = ((minutes // 1440, "d"), (minutes % 1440 // 60, "h"), (minutes % 60, "min"))
    said = [f"{count} {unit}" for count, unit in parts if count][:2]
    return f"after {' '.join(said)}" if said else "at once"


def _forks(graph: Graph, supposed: Supposed) -> list[Fork]:
    return [
        Fork(
            step.id,
            "Branch" if isinstance(step, Branch) else "Split",
            tuple((arm.key, arm.label) for arm in step.arms()),
            supposed.arms.get(step.id, ""),
        )
        for step in graph.nodes.values()
        if isinstance(step, Branch | Split)
    ]


def _supposed(post: QueryDict) -> tuple[Supposed, list[tuple[str, str, str]]]:
    """What was made up, and the rows as typed with an empty one at the end."""
    columns = [
        [text.replace("\0", "").strip()[:LONGEST] for text in post.getlist(name)] for name in ("event", "n", "unit")
    ]
    rows = [row for row in zip(*columns, strict=False) if row[0]][:MOST_EVENTS]
    events = [
        (name, int(n) * UNITS[unit])
        for name, n, unit in rows
        if n.isascii() and n.isdecimal() and len(n) <= 5 and unit in UNITS
    ]
    arms = {key.removeprefix("arm:"): value for key, value in post.items() if key.startswith("arm:") and value}
    shown = [(name, n, unit) for name, n, unit in rows]
    if len(shown) < MOST_EVENTS:
        shown.append(("", "2", "hours"))
    return Supposed(events, {key: str(value) for key, value in arms.items()}, "agreed" in post), shown
