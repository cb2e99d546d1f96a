"""Erasing a person from journeys: whoever is under way is so no more, and no trace of their ways stays.

Mails are mailing's: emptied there, and kept as a count, so that no occasion is mailed twice.
"""

from django.db import transaction
from django.db.models import QuerySet

from automation.models import Enrollment
from automation.queries.journeys import SENDER
from cdp.lib.rights import Person
from mailing.models import Message


def enrollments(person: Person) -> QuerySet[Enrollment]:
    """Ways of the person, and those on which an address of theirs was written to."""
    mailed = Message.objects.filter(sender=SENDER, address_hash__in=person.address_hashes, about_id__isnull=False)
    ids = {pk for pk in mailed.values_list("about_id", flat=True) if pk is not None}
    return Enrollment.objects.filter(identifier_id__in=person.ids) | Enrollment.objects.filter(pk__in=ids)


@transaction.atomic
def delete_enrollments(person: Person) -> int:
    """Delete the ways of the person with the steps they passed; how many."""
    ids = list(enrollments(person).values_list("pk", flat=True))
    Enrollment.objects.filter(pk__in=ids).delete()
    return len(ids)
