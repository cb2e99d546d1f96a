"""What a rule can name, from what there is: events, properties, traits, products, segments, with how often each occurs.

Values of properties and traits are read by `segments.queries.suggesting_values`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Count, Q, Sum

from commerce.models import Product
from plans.models import EventTypeVersion, LearnedEvent, LearnedProperty
from plans.queries import seen_properties
from plans.table import rows_of
from segments.models import Membership, Segment

MOST = 20
TRACK, IDENTIFY = "track", "identify"
COMPUTED_NAMES = """
SELECT name, count(*) FROM (SELECT "values" FROM segments_computedvalues LIMIT 2000) AS few,
  jsonb_object_keys(few."values") AS name GROUP BY name ORDER BY count(*) DESC, name
"""
CALLED = {
    "Order Completed": "bought purchased buy purchase sale",
    "Product Viewed": "looked at seen visited",
    "Product Added": "add to cart basket",
    "Products Searched": "search",
    "Unsubscribed": "opted out",
}
"""What people call events of the shipped plan besides their names and descriptions."""
SOURCES = {"computed": "computed trait", "rfm": "RFM", "score": "score"}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Something to choose: the value as the rule says it, its words where they differ, and how often it occurs."""

    value: Any
    words: str = ""
    note: str = ""
    often: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is being typed (`text`), of which event, and of which property, trait or attribute (`name`).

    `segment_id`: the one being edited. `may_see_personal`: whether values that tell of a person may be shown.
    """

    text: str = ""
    event: str = ""
    name: str = ""
    segment_id: int | None = None
    may_see_personal: bool = False


def events(asked: Asked) -> list[Suggestion]:
    """Names of events as they are stored, the most frequent first, then those declared that never came."""
    came: dict[str, int] = {}
    rows = LearnedEvent.objects.exclude(kind__in=["alias", "group", IDENTIFY]).values_list("kind", "name")
    for kind, name, count in rows.annotate(times=Sum("count")):
        key = name if kind == TRACK else kind
        came[key] = came.get(key, 0) + count
    declared = EventTypeVersion.objects.filter(is_current=True, event_type__kind=TRACK).order_by("event_type__name")
    told = dict(declared.values_list("event_type__name", "event_type__description"))
    for name in told:
        came.setdefault(name, 0)
    also = {name: f"{text} {CALLED.get(name, '')}" for name, text in told.items()}
    found = [
        Suggestion(name, note=told.get(name, ""), often=_times(count))
        for name, count in _by_count(came, asked.text, also)
    ]
    anything = Suggestion("*", words="anything", note="any event at all")
    return [anything, *found] if "anything".startswith(asked.text.lower()) else found


def properties(asked: Asked) -> list[Suggestion]:
    """Properties of an event, with the share of its events that had them, then those the plan declares besides."""
    came: dict[str, str] = {}
    notes: dict[str, str] = {}
    for one in seen_properties(*_kind_and_name(asked.event)):
        if _is_top(one.path):
            came[one.path] = f"{100 * one.share:.0f} %"
            notes[one.path] = one.types[0][0] if one.types else ""
    declared = EventTypeVersion.objects.filter(is_current=True, event_type__name=asked.event).first()
    for row in rows_of(declared.schema, declared.personal) if declared else ():
        if _is_top(row.path):
            came.setdefault(row.path, "not seen yet")
    if asked.event in ("", "*"):
        came |= {path: "" for path in _paths_of_any_event() if path not in came}
    wanted = asked.text.lower()
    found = [Suggestion(path, note=notes.get(path, ""), often=often) for path, often in came.items()]
    return [one for one in found if wanted in one.value.lower()][:MOST]


def traits(asked: Asked) -> list[Suggestion]:
    """Traits as they came, those declared, and what is computed of people: its names begin with what computed it."""
    rows = LearnedProperty.objects.filter(event__kind=IDENTIFY).values_list("path").annotate(times=Sum("seen"))
    came = {path: seen for path, seen in rows if _is_top(path)}
    declared = EventTypeVersion.objects.filter(is_current=True, event_type__kind=IDENTIFY).first()
    for row in rows_of(declared.schema, declared.personal) if declared else ():
        if _is_top(row.path):
            came.setdefault(row.path, 0)
    found = [Suggestion(name, often=_times(count)) for name, count in _by_count(came, asked.text)]
    return [*found, *_computed(asked.text)]


def scores(asked: Asked) -> list[Suggestion]:
    """The models' scores, by their names alone."""
    found = [one.value.removeprefix("score.") for one in _computed("score.") if one.value.startswith("score.")]
    names = [name for name in found if not name.endswith(".at")]
    return [Suggestion(name) for name in names if asked.text.lower() in name.lower()]


def segments(asked: Asked) -> list[Suggestion]:
    """Segments that are kept, by their names, with how many are in each; not the one being edited."""
    return _segments(asked, Segment.Kind.RULE)


def lists(asked: Asked) -> list[Suggestion]:
    """Static lists, by their names, with how many are on each."""
    return _segments(asked, Segment.Kind.STATIC)


def products(asked: Asked) -> list[Suggestion]:
    """Products of the catalog by name or id."""
    wanted = Q(name__icontains=asked.text) | Q(product_id__icontains=asked.text)
    rows = Product.objects.filter(wanted).order_by("-active", "name", "product_id")[:MOST]
    return [Suggestion(row.product_id, row.name or row.product_id, _product_note(row)) for row in rows]


def categories(asked: Asked) -> list[Suggestion]:
    """Categories of the catalog with how many products are in each."""
    return _of_products("category", asked.text)


def brands(asked: Asked) -> list[Suggestion]:
    """Brands of the catalog with how many products each has."""
    return _of_products("brand", asked.text)


def attributes(asked: Asked) -> list[Suggestion]:
    """Names of products' attributes, from a few thousand products."""
    return _attributes(
        "SELECT key, count(*) FROM {products}, jsonb_object_keys(few.attributes) AS key "
        "WHERE key ILIKE %s GROUP BY key ORDER BY count(*) DESC, key LIMIT 20",
        [_like(asked.text)],
    )


def attribute_values(asked: Asked) -> list[Suggestion]:
    """Values of one attribute, from a few thousand products."""
    return _attributes(
        "SELECT few.attributes->>%s AS one, count(*) FROM {products} WHERE few.attributes->>%s ILIKE %s "
        "GROUP BY one ORDER BY count(*) DESC, one LIMIT 20",
        [asked.name, asked.name, _like(asked.text)],
    )


def names_of(kind: str) -> dict[str, str]:
    """{slug: name} of the segments or lists a rule may name."""
    rows = Segment.objects.named().filter(kind=kind, state=Segment.State.LIVE).order_by("name")
    return dict(rows.values_list("slug", "name")[:500])


def _segments(asked: Asked, kind: str) -> list[Suggestion]:
    rows = Segment.objects.named().filter(kind=kind, state=Segment.State.LIVE)
    if asked.segment_id is not None:
        rows = rows.exclude(pk=asked.segment_id)
    rows = rows.filter(Q(name__icontains=asked.text) | Q(slug__icontains=asked.text)).order_by("name")[:MOST]
    found = list(rows)
    open_ones = Membership.objects.filter(segment__in=[row.pk for row in found], left_at__isnull=True)
    sizes = dict(open_ones.values_list("segment").annotate(members=Count("id")))
    return [Suggestion(row.slug, words=row.name, often=_people(sizes.get(row.pk, 0))) for row in found]


def _product_note(product: Product) -> str:
    return f"{product.product_id} · {product.category}" if product.category else product.product_id


def _of_products(field: str, text: str) -> list[Suggestion]:
    rows = Product.objects.filter(**{f"{field}__icontains": text}).exclude(**{field: ""}).values_list(field)
    counted = rows.annotate(number=Count("pk")).order_by("-number", field)[:MOST]
    return [Suggestion(value, often=f"{count:,} product{'' if count == 1 else 's'}") for value, count in counted]


def _attributes(statement: str, params: Sequence[str]) -> list[Suggestion]:
    with connection.cursor() as cursor:
        cursor.execute(statement.format(products="(SELECT attributes FROM commerce_product LIMIT 5000) AS few"), params)
        return [Suggestion(value, often=f"{count:,} products") for value, count in cursor.fetchall()]


def _computed(text: str) -> list[Suggestion]:
    with connection.cursor() as cursor:
        cursor.execute(COMPUTED_NAMES)
        names = [name for name, _ in cursor.fetchall() if text.lower() in name.lower()]
    return [Suggestion(name, note=SOURCES.get(name.partition(".")[0], "")) for name in names[:MOST]]


def _paths_of_any_event() -> Iterable[str]:
    rows = LearnedProperty.objects.exclude(event__kind=IDENTIFY).values_list("path").annotate(times=Sum("seen"))
    return [path for path, _ in rows.order_by("-times", "path")[:200] if _is_top(path)]


def _kind_and_name(event: str) -> tuple[str, str]:
    known = event in ("page", "screen") and not LearnedEvent.objects.filter(kind=TRACK, name=event).exists()
    return (event, event) if known else (TRACK, event)


def _by_count(came: Mapping[str, int], text: str, also: Mapping[str, str] | None = None) -> list[tuple[str, int]]:
    """Names that hold the text, those that begin with it first; then those of which only what is told holds it."""
    wanted, told = text.lower(), also or {}
    found = [each for each in came.items() if wanted in f"{each[0]} {told.get(each[0], '')}".lower()]
    return sorted(found, key=lambda each: (_rank(each[0].lower(), wanted), -each[1], each[0]))[:MOST]


def _rank(name: str, wanted: str) -> int:
    return 0 if name.startswith(wanted) else 1 if wanted in name else 2


def _is_top(path: str) -> bool:
    """Rules look at properties by their own name: what lies inside lists and objects they do not see."""
    return bool(path) and "." not in path and "[" not in path


def _times(count: int) -> str:
    return "not seen yet" if not count else "once" if count == 1 else f"{count:,} times"


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"


def _like(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
    return f"%{escaped}%"


NAMES: Mapping[str, Callable[[Asked], list[Suggestion]]] = {
    "events": events,
    "properties": properties,
    "traits": traits,
    "scores": scores,
    "segments": segments,
    "lists": lists,
    "products": products,
    "categories": categories,
    "brands": brands,
    "attributes": attributes,
    "attribute_values": attribute_values,
}
