"""What automation holds of a person: their ways through journeys with the steps they passed, and what they look at."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import QuerySet

from automation.models import BackTestLine, Browsing, Enrollment, Passing
from automation.queries.ways import passed_before
from automation.reasons import words
from automation.services import forgetting
from cdp.lib.rights import Erased, Part, Person, Row, Store


def export(person: Person) -> Iterator[Part]:
    """Every way through a journey, step by step."""
    yield Part("journeys", "Journeys you were in: why, which steps were taken, and how each ended.", _ways(person))


def erase(person: Person, now: datetime) -> Erased:
    """Whoever is under way is so no more; mails are mailing's to empty."""
    return Erased(
        {
            "enrollments deleted": forgetting.delete_enrollments(person),
        }
    )


def remains(person: Person) -> int:
    """Enrollments."""
    return forgetting.enrollments(person).count()


def _ways(person: Person) -> Iterator[Row]:
    rows = forgetting.enrollments(person).select_related("journey").order_by("armed_at", "pk")
    for row in rows.iterator(chunk_size=200):
        passed = passed_before([row.pk]).get(row.pk, [])
        yield {
            "journey": row.journey.name,
            "cart": row.cart_key,
            "about": row.facts,
            "state": row.state,
            "reason": words(row.reason) if row.reason else "",
            "began_at": row.armed_at.isoformat(),
            "entered_at": row.entered_at.isoformat() if row.entered_at else None,
            "due_at": row.due_at.isoformat() if row.due_at else None,
            "ended_at": row.ended_at.isoformat() if row.ended_at else None,
            "goal_at": row.goal_at.isoformat() if row.goal_at else None,
            "held_out": row.held_out,
            "steps": [
                {"step": node, "outcome": outcome, "reason": words(why) if why else ""} for node, outcome, why in passed
            ],
        }


def export_browsing(person: Person) -> Iterator[Part]:
    """What they are looking at."""
    yield Part("browsing", "Products you looked at lately, which we might remind you of.", _browsing(person))


def erase_browsing(person: Person, now: datetime) -> Erased:
    """Gone; their events are erased too, so that nothing notes it again."""
    return Erased({"looks around forgotten": _looks(person).delete()[0]})


def browsing_remains(person: Person) -> int:
    """Rows of theirs."""
    return _looks(person).count()


def _looks(person: Person) -> QuerySet[Browsing]:
    return Browsing.objects.filter(identifier_id__in=person.ids)


def _browsing(person: Person) -> Iterator[Row]:
    for row in _looks(person).order_by("since", "pk"):
        yield {
            "products": row.product_ids,
            "since": row.since.isoformat(),
            "last_seen_at": row.viewed_at.isoformat(),
        }


def erase_lines(person: Person, now: datetime) -> Erased:
    """What a journey would have done, kept of back-tests."""
    return Erased({"lines of back-tests deleted": _lines(person).delete()[0]})


def lines_remain(person: Person) -> int:
    """Lines of theirs."""
    return _lines(person).count()


def _lines(person: Person) -> QuerySet[BackTestLine]:
    return BackTestLine.objects.filter(identifier_id__in=person.ids)


STORES: tuple[Store, ...] = (
    Store(
        name="back_tests",
        title="Back-tests of journeys",
        stage=20,
        erase=erase_lines,
        remains=lines_remain,
        why_no_export="It tells what a journey would have done, nothing that was done or is known of the person.",
        models=(BackTestLine._meta.label,),
    ),
    Store(
        name="browsing",
        title="Looks around",
        stage=10,
        erase=erase_browsing,
        remains=browsing_remains,
        export=export_browsing,
        models=(Browsing._meta.label,),
    ),
    Store(
        name="journeys",
        title="Journeys",
        stage=10,
        erase=erase,
        remains=remains,
        export=export,
        models=(Enrollment._meta.label, Passing._meta.label),
    ),
)
"""Erased first: nothing may be sent while the rest is on its way out."""
