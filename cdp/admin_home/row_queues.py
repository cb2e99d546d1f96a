"""How many rows wait in each row queue: the work that consumers without a topic find in their own tables."""

from datetime import datetime

from automation.models import Enrollment
from campaigns.models import Recipient
from cdp.jobs.models import Job
from events import queries as events
from mailing.models import Message, Receipt
from recipients.models import Delivery
from segments.models import DirtyProfile, DueAnswer

COUNTED_UP_TO = 10_000

DUE = (Enrollment.State.ARMED, Enrollment.State.WAITING)


def waiting_rows(now: datetime) -> dict[str, tuple[str, int]]:
    """{consumer: (what its rows are, how many are due)}, counted up to 10,000 by the indexes that serve the claims."""
    due = {
        "segments.evaluate": ("profiles to ask again", DirtyProfile.objects.all()),
        "segments.expire": ("answers that time may have changed", DueAnswer.objects.filter(due_at__lte=now)),
        "automation.step": (
            "enrollments due in live journeys",
            Enrollment.objects.filter(state__in=DUE, due_at__lte=now, journey__state="live"),
        ),
        "mailing.send": (
            "mails to hand over",
            Message.objects.filter(state__in=[Message.State.QUEUED, Message.State.SENDING]),
        ),
        "campaigns.run": (
            "recipients of campaigns whose turn has come",
            Recipient.objects.filter(state=Recipient.State.WAITING, due_at__lte=now, campaign__state="running"),
        ),
        "mailing.settle": (
            "opens and clicks, told a minute later who it was",
            Receipt.objects.filter(who="", kind__in=[Receipt.Kind.OPENED, Receipt.Kind.CLICKED]),
        ),
        "recipients.deliver": (
            "deliveries to recipients due",
            Delivery.objects.filter(state=Delivery.State.WAITING, next_at__lte=now),
        ),
        "jobs.run": ("jobs queued or running", Job.objects.filter(state__in=[Job.State.QUEUED, Job.State.RUNNING])),
    }
    found = {name: (what, rows.values("pk")[:COUNTED_UP_TO].count()) for name, (what, rows) in due.items()}
    return {"events.process": ("requests received", events.inbox_lag().waiting), **found}
