"""The RFM grid: how many are where, who they are, who moved; refreshed on demand."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html

from audiences.models import RfmRun
from audiences.queries.rfm import latest_run, richest
from audiences.repeat import in_words
from audiences.rfm import GROUPS, SCORES, TABLE, cells_of
from audiences.services import rfm as service
from audiences.services.repeat import FAILED, PUBLISHED, TOO_LITTLE
from cdp.admin_audience.parts import Somebody, around, people_shown, segment_url
from cdp.admin_home.works import works
from cdp.lib.admin_parts import may, money, require
from cdp.lib.clock import utc_now
from lake.contracts import QueryError

LOOK, CHANGE = "audiences.view_rfmrun", "audiences.change_rfmsettings"
HEATS = 5
MOST_MOVES = 12
PEOPLE = 20
R_WORDS = {5: "lately", 4: "", 3: "", 2: "", 1: "longest ago"}


@dataclass(frozen=True, slots=True)
class Figures:
    """People with their share, money and average order, as one reads them."""

    people: int
    share: str
    revenue: str
    average: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of the grid. `heat`: 0 for nobody, up to 5 for the fullest."""

    key: str
    group: str
    label: str
    figures: Figures
    heat: int
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Group:
    """A named group. `change`: people since the refresh before, None where there was none."""

    key: str
    label: str
    says: str
    do: str
    figures: Figures
    change: int | None
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was clicked: its words, who is in it (those who brought most first), and the segment to make of it."""

    label: str
    says: str
    figures: Figures
    people: list[Somebody]
    problem: str
    segment_url: str


@dataclass(frozen=True, slots=True)
class Likelihood:
    """The likelihood to buy again, as one reads it: what became of it, how it was measured, what weighs."""

    title: str
    says: str
    measured: str
    words: list[str]
    segment_url: str


def page(request: HttpRequest) -> HttpResponse:
    """The grid, the groups, the chosen cell or group (`?cell=5-4`, `?group=loyal`), who moved."""
    require(request, LOOK)
    run, now = latest_run(), utc_now()
    context: dict[str, Any] = {
        "run": run,
        "works": works((service.KIND,), now),
        "may_change": may(request, CHANGE),
        "headline": _headline(run),
    }
    if run is not None and run.people:
        group, cell = _asked(request)
        context |= {
            "rows": _rows(run, cell, group),
            "columns": range(1, SCORES + 1),
            "groups": _groups(run, group),
            "chosen": _chosen(request, run, group, cell),
            "moves": _moves(run),
            "moved": sum(count for move, count in run.moves.items() if not move.startswith(">")),
            "is_first": RfmRun.objects.count() == 1,
            "sentence": sentence(run.settings),
            "repeat": _repeat(request, run),
        }
    return TemplateResponse(request, "admin/audience/rfm.html", around(request, "RFM", **context))


def refresh(request: HttpRequest) -> HttpResponse:
    """Queue a refresh."""
    require(request, CHANGE)
    if request.method == "POST":
        job = service.refresh_later(by=request.user)  # type: ignore[arg-type]  # staff only
        url = reverse("admin:jobs_job_change", args=[job.pk])
        messages.success(
            request, format_html('The refresh is queued: <a class="underline" href="{}">follow the job</a>.', url)
        )
    return HttpResponseRedirect(reverse("rfm"))


def sentence(settings: Mapping[str, Any]) -> str:
    """How people are scored, in words."""
    window = settings.get("window_days")
    how = "by fifths of all buyers" if settings.get("method") == "quantile" else "by fixed thresholds"
    since = f"the last {window:,} days" if window else "all time"
    return f"Scored {how}, by orders of {since}, money in {settings.get('currency')}."


def _headline(run: RfmRun | None) -> str:
    if run is None or not run.people:
        return "Nobody is scored yet"
    sizes = _sizes(run)
    best, risk = sizes["champions"], sizes["at_risk"] + sizes["cant_lose"]
    are = "is a champion" if best == 1 else "are champions"
    return f"{best:,} of {run.people:,} buyers {are}, {risk:,} good ones may be going"


def _asked(request: HttpRequest) -> tuple[str, str]:
    group, cell = request.GET.get("group", ""), request.GET.get("cell", "")
    keys = {f"{r}-{fm}" for r in TABLE for fm in range(1, SCORES + 1)}
    if (group and group not in GROUPS) or (cell and cell not in keys):
        raise Http404
    return group, cell


def _rows(run: RfmRun, cell: str, group: str) -> list[tuple[int, str, list[Cell]]]:
    most = max(int(each["people"]) for each in run.cells.values())
    rows = []
    for r, names in TABLE.items():
        cells = []
        for place, name in enumerate(names):
            key = f"{r}-{place + 1}"
            figures = _figures(run, [run.cells[key]])
            heat = -(-figures.people * HEATS // most) if most else 0
            cells.append(Cell(key, name, GROUPS[name][0], figures, heat, key == cell or (not cell and name == group)))
        rows.append((r, R_WORDS[r], cells))
    return rows


def _groups(run: RfmRun, chosen: str) -> list[Group]:
    change: Counter[str] = Counter()
    for move, count in run.moves.items():
        before, _, after = move.partition(">")
        change[after] += count
        change[before] -= count
    is_first = all(move.startswith(">") for move in run.moves) and sum(run.moves.values()) == run.people
    return [
        Group(key, *GROUPS[key], _of_group(run, key), None if is_first else change[key], key == chosen)
        for key in GROUPS
    ]  # fmt: skip


def _chosen(request: HttpRequest, run: RfmRun, group: str, cell: str) -> Chosen | None:
    if not group and not cell:
        return None
    if cell:
        r, fm = (int(part) for part in cell.split("-"))
        name = GROUPS[TABLE[r][fm - 1]][0]
        label, figures = f"R {r}, F and M {fm}", _figures(run, [run.cells[cell]])
        says = f"One cell of “{name}”."
        rule: Any = {"all": [{"trait": "rfm.r", "is": "eq", "value": r}, {"trait": "rfm.fm", "is": "eq", "value": fm}]}
        found, problem = _people(request, cell=(r, fm))
        return Chosen(label, says, figures, found, problem, segment_url(request, f"RFM {r}-{fm}", f"rfm-{cell}", rule))
    label, says, do = GROUPS[group]
    rule = {"trait": "rfm.group", "is": "eq", "value": group}
    url = segment_url(request, label, f"rfm-{group.replace('_', '-')}", rule)
    found, problem = _people(request, group=group)
    return Chosen(label, f"They {says}: {do}.", _of_group(run, group), found, problem, url)


def _people(request: HttpRequest, **which: Any) -> tuple[list[Somebody], str]:
    if not may(request, "profiles.view_profile"):
        return [], ""
    try:
        return people_shown(request, richest(utc_now(), limit=PEOPLE, **which)), ""
    except QueryError as error:
        return [], f"Who they are cannot be told now: {error}"


def _moves(run: RfmRun) -> list[tuple[str, str, int]]:
    """Who moved most, as (from, to, people); who came new stands apart from who changed."""
    moved = sorted(run.moves.items(), key=lambda one: (-one[1], one[0]))
    found = []
    for move, count in moved[:MOST_MOVES]:
        before, _, after = move.partition(">")
        found.append((_label(before, "not scored before"), _label(after, "no order in the window"), count))
    return found


def _repeat(request: HttpRequest, run: RfmRun) -> Likelihood | None:
    """Of this refresh; None for one of before there was a likelihood."""
    told = run.repeat
    state = told.get("state")
    if not state:
        return None
    if state == TOO_LITTLE:
        return Likelihood("is not known yet", f"There is too little to learn from: {told['why']}.", "", [], "")
    if state == FAILED:
        says = f"It could not be computed, and stays as it was: {told['why']}"
        return Likelihood("could not be computed", says, "", [], "")
    measured = (
        f"Measured on {told['tested']:,} buyers as they stood 90 days ago, {told['tested_again']:,} of whom bought "
        f"again since: AUC {told['auc']:.3f}, by recency alone {told['recency_auc']:.3f}. That is how often, of one "
        f"who did and one who did not, the right one stands higher. Learned from {told['rows']:,} standings of buyers "
        f"{', '.join(map(str, told['snapshots']))} days ago."
    )
    if left_out := sum(told["left_out"].values()):
        measured += f" Left out of it: {left_out:,} who do not allow the training of models."
    words = in_words(told["weights"])
    if state == PUBLISHED:
        says = f"{told['people']:,} buyers have a score from 0 to 1. Rules ask it as the score “repeat”."
        rule = {"score": "repeat", "is": "gte", "value": 0.5}
        url = segment_url(request, "Likely to buy again", "likely-to-buy-again", rule)
        return Likelihood("is known", says, measured, words, url)
    says = "It ranks people no better than who bought last, so nobody has a score: go by R."
    return Likelihood("is not published", says, measured, words, "")


def _label(group: str, nobody: str) -> str:
    return GROUPS[group][0] if group in GROUPS else nobody


def _sizes(run: RfmRun) -> dict[str, int]:
    return {group: _of_group(run, group).people for group in GROUPS}


def _of_group(run: RfmRun, group: str) -> Figures:
    return _figures(run, [run.cells[f"{r}-{fm}"] for r, fm in cells_of(group)])


def _figures(run: RfmRun, cells: list[Mapping[str, float]]) -> Figures:
    people, revenue, priced = (sum(cell[name] for cell in cells) for name in ("people", "revenue", "priced"))
    currency = str(run.settings["currency"])
    return Figures(
        people=int(people),
        share=f"{people / run.people:.1%}".replace("%", "\u00a0%") if run.people else "–",
        revenue=_short(revenue, currency),
        average=money(revenue / priced, currency) if priced else "–",
    )


def _short(amount: float, currency: str) -> str:
    """€1,204, as a cell has room for."""
    return money(round(amount), currency).removesuffix(".00") if currency in ("EUR", "USD", "GBP", "JPY") else (
        f"{amount:,.0f} {currency}"
    )  # fmt: skip
