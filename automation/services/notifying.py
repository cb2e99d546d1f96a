"""Consumer of journey.staff: mails to staff with a link to the person, at least once; nothing personal in them."""

from collections.abc import Sequence

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.urls import reverse

from automation.graph import NotifyStaff
from automation.models import Enrollment
from automation.queries.versions import graphs
from cdp.outbox.contracts import TopicMessage


def consume_staff(messages: Sequence[TopicMessage]) -> None:
    """Hand each over; a mail server that is away has the outbox try again, longer each time."""
    payloads = [message.payload for message in messages]
    rows = Enrollment.objects.select_related("journey").in_bulk([one["enrollment_id"] for one in payloads])
    read = graphs([one["version_id"] for one in payloads])
    mails = []
    for one in payloads:
        row, graph = rows.get(one["enrollment_id"]), read.get(one["version_id"])
        step = graph.nodes.get(one["node"]) if graph else None
        if row is not None and isinstance(step, NotifyStaff):
            mails.append(_mail(row, step))
    if mails:
        with get_connection() as connection:
            connection.send_messages(mails)


def _mail(row: Enrollment, step: NotifyStaff) -> EmailMessage:
    link = f"{settings.BASE_URL}{reverse('admin:automation_enrollment_change', args=[row.pk])}"
    body = f"{step.text}\n\nWho it is about: {link}\n\nJourney: {row.journey.name}\n"
    return EmailMessage(f"{row.journey.name}: somebody came by", body, settings.MAIL_FROM, list(step.to))
