"""What the privacy app itself holds of a person: requests, letters, links and finished exports.

A request that is being carried out keeps its address until it ends, since the answer goes there; so the erasure that
runs right now is left alone, and empties itself at its end (`privacy.services.requests.close`).
"""

from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.db.models import F, Q, QuerySet

from cdp.lib.rights import Erased, Part, Person, Row, Store
from privacy.models import Export, Letter, Link, Request
from privacy.services import exporting
from privacy.services.requests import close

RUNNING = (Request.State.OPEN, Request.State.WORKING, Request.State.FAILED)


def export(person: Person) -> Iterator[Part]:
    """What was asked and which letters were written, as far as an address still leads to it."""
    yield Part("privacy_requests", "What you asked of us about your data, and what became of it.", _requests(person))
    yield Part("privacy_letters", "Letters we sent you about your data and your sign-ups.", _letters(person))


def erase(person: Person, now: datetime) -> Erased:
    """Files, links and letters go; requests nobody verified end; the one that is carried out stays until its end."""
    hashes = list(person.address_hashes)
    done = Request.objects.filter(address_hash__in=hashes).exclude(state__in=RUNNING)
    files = exporting.delete_exports(list(done.values_list("pk", flat=True)), now=now)
    with transaction.atomic():
        ended = 0
        for request in done.select_for_update().order_by("pk"):
            if request.state == Request.State.UNVERIFIED:
                request.state = Request.State.EXPIRED
            close(request, now)
            ended += 1
        letters = _unneeded(person)
        dropped = letters.filter(state=Letter.State.WAITING).update(
            state=Letter.State.DROPPED, error="erased", attempts=F("attempts")
        )
        emptied = letters.update(address="", facts={})
        links, _ = Link.objects.filter(address_hash__in=hashes).exclude(request__state__in=RUNNING).delete()
    return Erased(
        {
            "exports deleted": files,
            "other requests ended": ended,
            "waiting letters dropped": dropped,
            "letters emptied": emptied,
            "links deleted": links,
        }
    )


def remains(person: Person) -> int:
    """What still holds the person, but for the requests that are being carried out."""
    hashes = list(person.address_hashes)
    requests = Request.objects.filter(address_hash__in=hashes).exclude(state__in=RUNNING)
    exports = Export.objects.filter(request__in=requests, deleted_at=None)
    letters = _unneeded(person).exclude(address="", facts={})
    links = Link.objects.filter(address_hash__in=hashes).exclude(request__state__in=RUNNING)
    return requests.count() + exports.count() + letters.count() + links.count()


def _unneeded(person: Person) -> QuerySet[Letter]:
    """Letters of theirs, but those of a request that is being carried out."""
    mine = Letter.objects.filter(address_hash__in=list(person.address_hashes))
    return mine.filter(Q(request=None) | ~Q(request__state__in=RUNNING))


def _requests(person: Person) -> Iterator[Row]:
    for row in Request.objects.filter(address_hash__in=list(person.address_hashes)).order_by("received_at"):
        yield {
            "asked": row.get_kind_display(),
            "state": row.get_state_display(),
            "came_by": row.came_by,
            "law": row.regime,
            "received": row.received_at.isoformat(),
            "verified": row.verified_at.isoformat() if row.verified_at else None,
            "due": row.due_at.isoformat(),
            "ended": row.closed_at.isoformat() if row.closed_at else None,
        }


def _letters(person: Person) -> Iterator[Row]:
    for row in Letter.objects.filter(address_hash__in=list(person.address_hashes)).order_by("made_at"):
        yield {
            "about": row.kind,
            "state": row.get_state_display(),
            "made": row.made_at.isoformat(),
            "sent": row.sent_at.isoformat() if row.sent_at else None,
        }


STORES = (
    Store(
        name="privacy",
        title="Privacy requests, letters, links and exports",
        stage=60,
        erase=erase,
        remains=remains,
        export=export,
        models=("privacy.Request", "privacy.Letter", "privacy.Link", "privacy.Export"),
        place="EXPORTS_DIR",
    ),
)
