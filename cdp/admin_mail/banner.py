"""While all marketing is stopped, every page of automation says so on top. Loaded in templates as `mail_banner`."""

from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import reverse

from cdp.admin_mail.rights import SEE_POLICY
from cdp.lib.admin_parts import may
from mailing.models import Policy

register = template.Library()
PAGES = tuple(
    f"/admin/{name}/"
    for name in ("automation", "mailing", "mail", "journeys", "campaigns", "notices", "experiments", "reports")
)


@register.simple_tag(takes_context=True)
def stopped_marketing(context: dict[str, Any]) -> dict[str, Any] | None:
    """Since when, why, by whom and where to resume; None elsewhere, or where nothing is stopped. One statement."""
    request: HttpRequest | None = context.get("request")
    if request is None or not request.path_info.startswith(PAGES):
        return None
    row = Policy.objects.select_related("stopped_by").filter(stopped_at__isnull=False).first()
    if row is None:
        return None
    user = row.stopped_by
    by = (user.get_full_name() or user.get_username()) if user else ""
    url = reverse("mail-policy") if may(request, SEE_POLICY) else ""
    return {"at": row.stopped_at, "why": row.stopped_why, "by": by, "url": url}
