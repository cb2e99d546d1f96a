"""How long the text of mails is kept. The row stays: it proves that a mail was sent, when and by which consent."""

from django.db.models import Q

from cdp.lib.retention import DataClass, Timed
from mailing.models import Message

_EMPTY = {"subject": "", "html": "", "text": "", "address": ""}
_BODIES = Timed(Message, "finished_at", ~Q(**_EMPTY), empties=_EMPTY, tells=("state",))

CLASSES = (
    DataClass(
        code="message_bodies",
        title="Text of mails",
        kept_for="to show people and staff what was written to them",
        what="address, subject and text of mails are emptied; that, when and why each was sent stays",
        default_days=365,
        measure=_BODIES.measure,
        delete=_BODIES.delete,
        models=("mailing.Message",),
    ),
)
