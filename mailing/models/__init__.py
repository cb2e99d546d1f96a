"""Messages with what became of them, the templates and brand they are made of, and the policy they go out by."""

from mailing.models.content import Brand, MailTemplate, TemplateVersion
from mailing.models.messages import Message, Receipt
from mailing.models.policy import DomainPace, PaceMark, Policy

__all__ = ["Brand", "DomainPace", "MailTemplate", "Message", "PaceMark", "Policy", "Receipt", "TemplateVersion"]
