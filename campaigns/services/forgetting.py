"""Erasing a person from campaigns: what waits never goes out, and what is kept is a count of nobody."""

from datetime import datetime

from django.db import transaction

from campaigns.models import Campaign, Recipient
from cdp.lib import bulk_sql
from cdp.lib.conflicts import retrying
from cdp.lib.rights import Person

TAKE_OFF = """
UPDATE campaigns_recipient SET identifier_id = 0, address_hash = decode(md5('erased' || gen_random_uuid()::text), 'hex')
WHERE identifier_id = ANY(%s::bigint[])
"""


def stop(person: Person, now: datetime) -> int:
    """Those whose turn has not come are skipped; how many. Queued ones are messages, which mailing stops."""
    return retrying(lambda: _stop(person, now))


def take_off(person: Person) -> int:
    """Identifier and hash are taken off every row; how many."""
    return retrying(lambda: bulk_sql.execute(TAKE_OFF, [list(person.ids)])) if person.ids else 0


@transaction.atomic
def take_off_seeds(person: Person) -> int:
    """Addresses of the person are taken off seed lists; how many lists."""
    rows = list(Campaign.objects.select_for_update().filter(pk__in=seeded(person)).order_by("pk"))
    for row in rows:
        row.seeds = [one for one in row.seeds if one.lower() not in _addresses(person)]
        row.save(update_fields=["seeds"])
    return len(rows)


def seeded(person: Person) -> list[int]:
    """Campaigns whose seed list holds an address of the person. They stand as they were typed: in capitals, too."""
    mine = _addresses(person)
    lists = Campaign.objects.exclude(seeds=[]).values_list("pk", "seeds") if mine else ()
    return [pk for pk, seeds in lists if any(one.lower() in mine for one in seeds)]


def _addresses(person: Person) -> set[str]:
    return {one.lower() for one in person.addresses}


@transaction.atomic
def _stop(person: Person, now: datetime) -> int:
    rows = Recipient.objects.select_for_update().filter(identifier_id__in=person.ids, state=Recipient.State.WAITING)
    ids = list(rows.order_by("pk").values_list("pk", flat=True))
    return Recipient.objects.filter(pk__in=ids).update(state=Recipient.State.SKIPPED, reason="erased", ended_at=now)
