"""A mail in the editor: whoever may edit it, what the editor's script sends, and what a hostile author writes."""

import json
from typing import Any

from django.test import Client

from mailing.content import new_block
from mailing.models import MailTemplate
from mailing.services.templates import NewTemplate, create_template

LOOKER = ("view_mailtemplate",)
MARKETER = ("view_mailtemplate", "add_mailtemplate", "change_mailtemplate", "add_templateversion", "view_profile")
OFFICER = (*MARKETER, "view_policy", "change_policy", "view_brand", "change_brand")
HOSTILE = (
    "<p>Hi<script>alert(1)</script><img src=x onerror=alert(2)><iframe src=https://evil.example></iframe>"
    "<a href='javascript:alert(3)'>x</a></p>"
)


def content(subject: str = "Spring is here", html: str = "<p>Hello.</p>", **more: Any) -> dict[str, Any]:
    """A mail in English that can be published."""
    text = new_block("text", "b1") | {"html": html}
    variant = {"subject": subject, "preheader": "New things", "mode": "blocks", "code": "", "text": ""}
    return {"default": "en", "locales": {"en": variant | {"blocks": [text, new_block("footer", "b2")]} | more}}


def made(name: str = "Spring letter", **more: Any) -> MailTemplate:
    """A draft."""
    return create_template(NewTemplate(name, "marketing", content(**more)), by=None)


def url(row: MailTemplate, what: str = "") -> str:
    """A page of it."""
    return f"/admin/mail/templates/{row.pk}/{what}"


def send(client: Client, address: str, body: object) -> Any:
    """As the script posts."""
    return client.post(address, json.dumps(body), content_type="application/json")


def saved(client: Client, row: MailTemplate, new: dict[str, Any]) -> Any:
    """The draft saved as the editor would that has just opened it."""
    row.refresh_from_db()
    return send(client, url(row, "draft/"), {"content": new, "seen": row.updated_at.isoformat()})
