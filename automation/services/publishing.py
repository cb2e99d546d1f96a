"""Drafts made into versions that run: checked whole, numbered, never changed. Who is under way stays on theirs.

What a journey names must exist by then: templates published, segments, lists, the purpose.
"""

from collections.abc import Collection, Iterator
from datetime import datetime

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from automation.graph import (
    ERROR,
    AddToList,
    Finding,
    GiveOffer,
    Graph,
    Schedule,
    SegmentEntered,
    SegmentLeft,
    Step,
    Wait,
    WaitFor,
    check,
    parse,
)
from automation.models import Enrollment, Journey, JourneyVersion
from mailing.models import MailTemplate
from offers.models import Offer
from segments.models import Segment


class NotPublishable(ValueError):
    """The draft cannot run; `findings`: everything that is wrong, each with its place and what mends it."""

    def __init__(self, findings: Collection[Finding]) -> None:
        super().__init__("; ".join(f"{one.path}: {one.message}" for one in findings))
        self.findings = tuple(findings)


def findings(journey: Journey) -> list[Finding]:
    """Everything to say of a journey's draft, errors first."""
    found = check(journey.draft, purpose=journey.purpose_code)
    if not any(one.level == ERROR for one in found):
        found += _missing(parse(journey.draft))
    return sorted(found, key=lambda one: one.level != ERROR)


@transaction.atomic
def publish_draft(journey: Journey, user: AbstractBaseUser | None, *, note: str = "") -> JourneyVersion:
    """Make the draft what runs. An unchanged one makes no version. Raises NotPublishable."""
    row = Journey.objects.select_for_update(of=("self",)).get(pk=journey.pk)
    wrong = [one for one in findings(row) if one.level == ERROR]
    if wrong:
        raise NotPublishable(wrong)
    last = row.versions.order_by("-number").first()
    if last is None or last.graph != row.draft:
        by = None if user is None else user.pk
        number = last.number + 1 if last else 1
        last = JourneyVersion.objects.create(journey=row, number=number, graph=row.draft, note=note, published_by_id=by)
    Journey.objects.filter(pk=row.pk).update(version=last)
    journey.version = last
    return last


@transaction.atomic
def move_waiting(journey: Journey, now: datetime) -> tuple[int, int]:
    """Move everybody who waits to what runs now, where their step is still in it; how many moved, how many stay.

    Waits count from when they came to the step, so a shorter one may be over at once.
    """
    row = Journey.objects.select_related("version").get(pk=journey.pk)
    if row.version is None:
        return 0, 0
    new = parse(row.version.graph)
    moved = 0
    waiting = Enrollment.objects.filter(journey=row, state=Enrollment.State.WAITING).exclude(version=row.version)
    for version in JourneyVersion.objects.filter(pk__in=waiting.values("version")).order_by("pk"):
        old = parse(version.graph)
        for node, step in old.nodes.items():
            if type(new.nodes.get(node)) is type(step):
                moved += _moved(row, version, new.nodes[node], now)
    return moved, waiting.count()


def _moved(journey: Journey, version: JourneyVersion, step: Step, now: datetime) -> int:
    standing = Enrollment.objects.filter(journey=journey, version=version, node=step.id, state=Enrollment.State.WAITING)
    changes: dict[str, object] = {"version": journey.version}
    if isinstance(step, WaitFor):
        changes["awaits"] = step.what.event
    if isinstance(step, Wait | WaitFor):
        changes["due_at"] = now  # looked at anew: the step itself knows how long it still is
    return standing.update(**changes)


def _missing(graph: Graph) -> Iterator[Finding]:
    known = set(MailTemplate.objects.filter(archived_at=None, versions__isnull=False).values_list("slug", flat=True))
    for send in graph.sends():
        if send.channel == "email" and send.template not in known:
            message = f"there is no published mail “{send.template}”: publish it, or choose another"
            yield Finding(ERROR, f"{send.path}.template", message, send.id)
    gifts = {step.offer: step for step in graph.nodes.values() if isinstance(step, GiveOffer) and step.offer}
    offers = set(Offer.objects.filter(key__in=gifts, state=Offer.State.LIVE).values_list("key", flat=True))
    for key in sorted(set(gifts) - offers):
        step = gifts[key]
        yield Finding(
            ERROR, f"{step.path}.offer", f"there is no live offer “{key}”: publish it, or choose another", step.id
        )
    named = frozenset[str]().union(*(rule.mentions().segments | rule.mentions().lists for rule in graph.rules()))
    if isinstance(graph.trigger, SegmentEntered | SegmentLeft | Schedule):
        named |= {graph.trigger.segment}
    live = set(Segment.objects.filter(slug__in=named, state=Segment.State.LIVE).values_list("slug", flat=True))
    for slug in sorted(named - live):
        yield Finding(ERROR, "$", f"there is no live segment “{slug}”: make it, or choose another")
    lists = {step.list: step for step in graph.nodes.values() if isinstance(step, AddToList)}
    there = Segment.objects.filter(slug__in=lists, kind=Segment.Kind.STATIC).exclude(state=Segment.State.ARCHIVED)
    for slug in sorted(set(lists) - set(there.values_list("slug", flat=True))):
        put = lists[slug]
        yield Finding(ERROR, f"{put.path}.list", f"there is no list “{slug}”: make it, or choose another", put.id)
