"""Changing the plan: declaring events, publishing versions, saying what becomes of an event, holding sources to it."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import IntegrityError, transaction

from plans.checking import checked_schema
from plans.contracts import PERSONAL_CATEGORIES, BadPlan, BadSchema, Draft
from plans.inferring import personal_of, schema_of
from plans.models import EventType, EventTypeVersion, LearnedEvent, LearnedProperty, SourceMode
from plans.queries import forget_plan

LONGEST_NAME = 255
FIRST = "First version."
By = AbstractBaseUser | None


def declare(
    kind: str,
    name: str,
    draft: Draft,
    *,
    by: By,
    description: str = "",
    owner: str = "",
    origin: str = EventType.Origin.STAFF,
) -> EventType:
    """Declare an event with its first version. Raises BadPlan (field name or schema)."""
    name = name.strip() if kind == EventType.Kind.TRACK else kind
    if kind not in EventType.Kind.values:
        raise BadPlan("kind", f"An event is one of {', '.join(EventType.Kind.values)}.")
    if not name or len(name) > LONGEST_NAME:
        raise BadPlan("name", f"An event has a name of 1 to {LONGEST_NAME} characters.")
    schema, personal = _checked(draft)
    try:
        with transaction.atomic():
            made = EventType.objects.create(
                kind=kind, name=name, description=description.strip(), owner=owner.strip(), origin=origin
            )
            _add(made, 1, schema, personal, draft.changelog or FIRST, by, is_shipped=origin == EventType.Origin.SHIPPED)
    except IntegrityError:
        raise BadPlan("name", f"“{name}” is declared already: publish a new version of it.") from None
    forget_plan()
    return made


def publish_version(event_type: EventType, draft: Draft, *, by: By, is_shipped: bool = False) -> EventTypeVersion:
    """Make the draft the event's current version; the old ones stay. Raises BadPlan (field schema or changelog)."""
    schema, personal = _checked(draft)
    if not draft.changelog.strip():
        raise BadPlan("changelog", "Say in a sentence what changed and why: others will ask.")
    with transaction.atomic():
        EventType.objects.select_for_update().get(pk=event_type.pk)
        newest = event_type.versions.order_by("-number").first()
        current = event_type.versions.filter(is_current=True).first()
        if current is not None and (current.schema, current.personal) == (schema, personal):
            raise BadPlan("schema", f"Nothing differs from version {current.number}, which is current.")
        event_type.versions.filter(is_current=True).update(is_current=False)
        number = newest.number + 1 if newest else 1
        made = _add(event_type, number, schema, personal, draft.changelog.strip(), by, is_shipped=is_shipped)
    forget_plan()
    return made


def edit(event_type: EventType, *, description: str, owner: str) -> None:
    """Change what is said about an event; its versions stay."""
    event_type.description, event_type.owner = description.strip(), owner.strip()
    event_type.save(update_fields=["description", "owner", "updated_at"])


def set_status(event_type: EventType, status: str) -> None:
    """Declare it again, deprecate it, or block it. Raises BadPlan (field status)."""
    if status not in EventType.Status.values:
        raise BadPlan("status", f"An event is one of {', '.join(EventType.Status.values)}.")
    event_type.status = status
    event_type.save(update_fields=["status", "updated_at"])
    forget_plan()


def set_mode(source_id: int, mode: str, *, only_declared: bool) -> None:
    """Hold a source to the plan. Raises BadPlan (field mode)."""
    if mode not in SourceMode.Mode.values:
        raise BadPlan("mode", f"A mode is one of {', '.join(SourceMode.Mode.values)}.")
    SourceMode.objects.update_or_create(source_id=source_id, defaults={"mode": mode, "only_declared": only_declared})
    forget_plan()


def declare_learned(kind: str, name: str, *, by: By, owner: str = "") -> EventType:
    """Declare an event from what was seen of it, by all sources: types as they came, required what was always there.

    Raises BadPlan, also where nothing was seen.
    """
    learned = LearnedEvent.objects.filter(kind=kind, name=name)
    if not learned.exists():
        raise BadPlan("name", f"“{name}” was not seen yet: add it by hand.")
    draft = seen_draft(kind, name)
    made = declare(
        kind, name, draft, by=by, owner=owner, origin=EventType.Origin.LEARNED,
        description="Declared from what was seen. Say here what it means and when it is sent.",
    )  # fmt: skip
    learned.update(ignored_at=None)
    return made


def seen_draft(kind: str, name: str) -> Draft:
    """What was seen of an event, as a draft."""
    learned = LearnedEvent.objects.filter(kind=kind, name=name)
    sampled = sum(learned.values_list("sampled", flat=True))
    seen: dict[str, tuple[int, dict[str, int]]] = {}
    for row in LearnedProperty.objects.filter(event__in=learned):
        count, types = seen.get(row.path, (0, {}))
        summed = {key: types.get(key, 0) + row.types.get(key, 0) for key in {*types, *row.types}}
        seen[row.path] = (count + row.seen, summed)
    return Draft(schema_of(seen, sampled), personal_of(seen), f"Declared from {sampled:,} events as they came.")


def _checked(draft: Draft) -> tuple[dict[str, Any], dict[str, str]]:
    try:
        schema = checked_schema(draft.schema)
    except BadSchema as error:
        raise BadPlan("schema", str(error)) from None
    return schema, _marks(draft.personal)


def _marks(personal: Mapping[str, str]) -> dict[str, str]:
    for path, category in personal.items():
        if category not in PERSONAL_CATEGORIES:
            raise BadPlan(
                "schema", f"“{path}” is marked {category}: a mark is one of {', '.join(PERSONAL_CATEGORIES)}."
            )
    return dict(sorted(personal.items()))


def _add(
    event_type: EventType,
    number: int,
    schema: dict[str, Any],
    personal: dict[str, str],
    changelog: str,
    by: By,
    *,
    is_shipped: bool,
) -> EventTypeVersion:
    return EventTypeVersion.objects.create(
        event_type=event_type,
        number=number,
        schema=schema,
        personal=personal,
        changelog=changelog,
        is_shipped=is_shipped,
        is_current=True,
        created_by_id=None if by is None else by.pk,
    )
