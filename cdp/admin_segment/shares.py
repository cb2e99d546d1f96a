"""Of whom a segment is made, in words: shares beside everybody's, and bands of value with round edges. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cdp.admin_home.charts import spoken
from cdp.lib.admin_parts import SYMBOLS
from segments.queries.composing import EDGES, NO_ORDER, OTHER_CURRENCY, Composition, Part

MOST = 8
QUANTILES = (0.25, 0.5, 0.75, 0.9)
CHANNELS = {"web": "On the web", "server": "Told by a server", "import": "Imported", "mobile": "In an app"}
UNKNOWN = "Not known"


@dataclass(frozen=True, slots=True)
class ShareRow:
    """One value: how many of the segment, which part of it, which part of everybody, and how the two compare."""

    label: str
    members: str
    share: float
    share_words: str
    base_words: str
    index: str


@dataclass(frozen=True, slots=True)
class Breakdown:
    """One table. `title` is the takeaway."""

    key: str
    heading: str
    title: str
    rows: tuple[ShareRow, ...]
    note: str = ""


def breakdowns(found: Composition) -> tuple[Breakdown, ...]:
    """By country, channel, value and, where there are any, RFM groups."""
    country = _named(found.country, lambda value: str(value) if value else UNKNOWN)
    channel = _named(found.channel, lambda value: CHANNELS.get(str(value), str(value)) if value else "Not in 30 days")
    tables = [
        ("country", "Country", country, "By country, as their trait “country” says."),
        ("channel", "Last seen", channel, "By where they were last seen in the last 30 days."),
        ("value", "Bought", bands(found.value, found.currency), "By what they bought less refunds, ever."),
    ]
    if found.rfm:
        named = _named(found.rfm, lambda value: str(value).replace("_", " ").capitalize() if value else "No group")
        tables.append(("rfm", "RFM group", named, "By how lately, how often and for how much they bought."))
    return tuple(
        Breakdown(key, heading, _title(rows, found), tuple(_row(*row, found) for row in rows), note)
        for key, heading, rows, note in tables
    )


def bands(parts: Sequence[Part], currency: str) -> list[tuple[str, int, int]]:
    """(label, members, everybody) of at most seven bands: edges where a quarter, a half … of all buyers lie below."""
    counts = {part.value: (part.members, part.everybody) for part in parts if isinstance(part.value, int)}
    cuts = _cuts({band: everybody for band, (_, everybody) in counts.items() if band >= 0})
    found = [("No order", *counts.get(NO_ORDER, (0, 0)))]
    for lower, upper in zip((None, *cuts), (*cuts, None), strict=True):
        inside = [
            counts[band]
            for band in counts
            if band >= 0 and (lower is None or band > lower) and (upper is None or band <= upper)
        ]
        members, everybody = (sum(count[each] for count in inside) for each in (0, 1))
        if everybody:
            found.append((_band(lower, upper, currency), members, everybody))
    if OTHER_CURRENCY in counts:
        found.append((f"Not in {currency}", *counts[OTHER_CURRENCY]))
    return [row for row in found if row[2]]


def _cuts(buyers: dict[int, int]) -> list[int]:
    """The bands after which to cut; none of what is above the last is empty."""
    total, so_far, cuts = sum(buyers.values()), 0, []
    wanted = [share * total for share in QUANTILES]
    for band in sorted(buyers):
        so_far += buyers[band]
        if wanted and so_far >= wanted[0] and so_far < total:
            cuts.append(band)
        while wanted and so_far >= wanted[0]:
            wanted.pop(0)
    return cuts


def _band(lower: int | None, upper: int | None, currency: str) -> str:
    if lower is None and upper is None:
        return "Bought something"
    if lower is None:
        return f"Under {_edge(upper or 0, currency)}"
    if upper is None:
        return f"{_edge(lower, currency)} and more"
    return f"{_edge(lower, currency)} to {_edge(upper, currency)}"


def _edge(band: int, currency: str) -> str:
    """The amount at which the band after this one begins."""
    amount, symbol = f"{EDGES[band]:,}", SYMBOLS.get(currency)
    return f"{symbol}{amount}" if symbol else f"{amount} {currency}".rstrip()


def _named(parts: Sequence[Part], name: Callable[[object], str]) -> list[tuple[str, int, int]]:
    found: dict[str, tuple[int, int]] = {}
    for part in parts:
        label = name(part.value)
        members, everybody = found.get(label, (0, 0))
        found[label] = (members + part.members, everybody + part.everybody)
    ordered = sorted(found.items(), key=lambda one: (-one[1][0], -one[1][1], one[0]))
    rest = ordered[MOST:]
    rows = [(label, *counts) for label, counts in ordered[:MOST]]
    if rest:
        rows.append((f"{len(rest)} others", sum(one[0] for _, one in rest), sum(one[1] for _, one in rest)))
    return rows


def _row(label: str, members: int, everybody: int, found: Composition) -> ShareRow:
    share = members / found.members if found.members else 0.0
    base = everybody / found.everybody if found.everybody else 0.0
    return ShareRow(label, spoken(members), share, percent(share), percent(base), compared(share, base))


def _title(rows: Sequence[tuple[str, int, int]], found: Composition) -> str:
    if not found.members:
        return "Nobody is in it"
    label, members, everybody = max(rows, key=lambda row: row[1])
    share, base = members / found.members, everybody / found.everybody if found.everybody else 0.0
    return f"{label}: {percent(share)} of them, {percent(base)} of everybody"


def compared(share: float, base: float) -> str:
    """The index in words: 180 is “1.8 times as many”."""
    if not base:
        return "–"
    index = round(100 * share / base)
    word = "as many" if 95 <= index <= 105 else "more" if index > 100 else "fewer"
    return f"{index} · {word}"


def percent(share: float) -> str:
    """3.2 %, and never 0 % of what there is."""
    if not share:
        return "0 %"
    return f"{100 * share:.1f} %" if share >= 0.001 else "under 0.1 %"
