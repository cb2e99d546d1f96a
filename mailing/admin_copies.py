"""The copy of a mail in the admin: a document of its own in a sandboxed frame, with a policy that knows its styles."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from cdp.lib.style_hashes import document_policy
from mailing.models import Message
from mailing.queries.tracking import tracker
from mailing.tracking import without_tracking

SEES_PERSONAL = "profiles.view_personal"


class WithCopy:
    """For the admin of messages: the page of a copy, and the frame that shows it."""

    def get_urls(self) -> list[URLPattern]:
        """The copy's address before those of the admin, which would take it for a message's id."""
        view: Any = self.admin_site.admin_view(copy_page)  # type: ignore[attr-defined]
        own = path("<int:message_id>/copy/", view, name="mailing_message_copy")
        return [own, *super().get_urls()]  # type: ignore[misc]

    def copy(self, row: Message) -> SafeString | str:
        """The HTML part in a frame that may run and load nothing of ours."""
        if not row.html:
            return "Not rendered yet: that happens at the hand-over."
        url = reverse("admin:mailing_message_copy", args=[row.pk])
        frame = '<iframe sandbox="" referrerpolicy="no-referrer" title="{}" class="h-mail" src="{}"></iframe>'
        return format_html(frame, "The mail as sent", url)

    copy.short_description = "as sent"  # type: ignore[attr-defined]


def copy_page(request: HttpRequest, message_id: int) -> HttpResponse:
    """The HTML part as it was sent, for those who may see messages and personal data."""
    may = getattr(request.user, "has_perm", lambda _: False)
    if not (may("mailing.view_message") and may(SEES_PERSONAL)):
        raise PermissionDenied("Copies of mails name people's things: your group may not see them.")
    kept = get_object_or_404(Message, pk=message_id).html
    html = without_tracking(kept, tracker())  # whoever looks here is not the reader: nothing may count as theirs
    response = HttpResponse(html)
    images = " ".join(["'self'", "data:", settings.SHOP_URL, *(f"https://{h}" for h in settings.MAIL_IMAGE_HOSTS)])
    response["Content-Security-Policy"] = document_policy(html, images=images)
    response["Cache-Control"] = "no-store"
    return response
