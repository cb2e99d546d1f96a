"""Messages with what became of them, the templates and brand they are made of, and the policy they go out by."""

from mailing.models.content import Brand, MailTemplate, TemplateVersion
from mailing.models.messages import Message
from mailing.models.policy import DomainPace, PaceMark, Policy
from mailing.models.receipts import Intake, Receipt

__all__ = [
    "Brand",
    "DomainPace",
    "Intake",
    "MailTemplate",
    "Message",
    "PaceMark",
    "Policy",
    "Receipt",
    "TemplateVersion",
]
