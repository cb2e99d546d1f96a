"""Pages of the single-use links of privacy requests: verify, delete, download. GET and HEAD change nothing.

A link works once, by POST. One that was used or has expired says so to whoever holds it, and sends another to the
address while there is something to open; the page shows a masked address only.
"""

from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from cdp.lib.clock import utc_now
from cdp.lib.problems import Problem
from privacy import pages, services
from privacy.contracts import DELETE, DOWNLOAD, USABLE, VERIFY, LinkFacts
from privacy.letter_words import ASKED
from privacy.queries.files import file_of
from privacy.queries.requests import is_waiting, open_orders, request_of
from privacy.services import exporting, links
from privacy.services.requests import locked
from privacy.words import Words


@method_decorator(csrf_exempt, name="dispatch")
class _LinkView(View):
    """What the three pages share. `told`: ask, done, sent (another link), old (used or expired)."""

    use: ClassVar[str]
    template: ClassVar[str]

    def get(self, request: HttpRequest, token: str) -> HttpResponseBase:
        """The page; nothing changes."""
        now = utc_now()
        link = links.look(token, self.use, now=now)
        if link is None or link.request_id is None:
            return pages.not_valid(request)
        return self.page(request, link, "ask" if link.state == USABLE else "old", now)

    def post(self, request: HttpRequest, token: str) -> HttpResponseBase:
        """Do it, or with action=again send another link to the address."""
        now = utc_now()
        link = links.look(token, self.use, now=now)
        if link is None or link.request_id is None:
            return pages.not_valid(request)
        if pages.form_of(request).get("action") == "again":
            if link.state != USABLE:
                self.send_again(link, now)
            return self.page(request, link, "sent", now)
        return self.act(request, token, link, now)

    def act(self, request: HttpRequest, token: str, link: LinkFacts, now: datetime) -> HttpResponseBase:
        """Use the link up: the request is verified."""
        try:
            with transaction.atomic():
                if link.request_id is not None:
                    locked(link.request_id)  # before its link, in the order in which staff's actions lock
                found = services.use(token, self.use, now=now)
                if found is not None and found.request_id is not None:
                    services.verify(found.request_id, now=now)
        except Problem:
            found = None
        return self.page(request, link, "done" if found else "old", now)

    def send_again(self, link: LinkFacts, now: datetime) -> None:
        """Another link for a request that still waits for one."""
        if link.request_id is not None:
            services.send_link_again(link.request_id, now=now)

    def page(self, request: HttpRequest, link: LinkFacts, told: str, now: datetime) -> HttpResponse:
        """The page in the language of the letter, unless the reader chose another."""
        say = pages.words_for(request, stored=str(link.facts.get("locale", "")))
        about = request_of(link.request_id)
        context = {
            "told": told,
            "masked": link.masked,
            "path": request.path,
            "kind": about.kind if about else "",
            "asked": say(ASKED[about.kind]) if about else "",
            "due": say.day(about.due_at) if about else "",
            "may_send": self.may_send(link, now),
            **self.more(link, say, told, now),
        }
        return pages.answer(request, self.template, context, say=say, status=410 if told == "old" else 200)

    def may_send(self, link: LinkFacts, now: datetime) -> bool:
        """Whether another link would open anything."""
        return is_waiting(link.request_id)

    def more(self, link: LinkFacts, say: Words, told: str, now: datetime) -> dict[str, Any]:
        """What the page's own template needs."""
        return {}


class VerifyView(_LinkView):
    """Yes, it was me who asked."""

    use, template = VERIFY, "privacy/verify.html"


class DeleteView(_LinkView):
    """What will be deleted and what is kept, and one button."""

    use, template = DELETE, "privacy/delete.html"

    def more(self, link: LinkFacts, say: Words, told: str, now: datetime) -> dict[str, Any]:
        """Orders that may still be on their way: deleting does not cancel them."""
        return {"open_orders": open_orders(link.request_id, now=now) if told == "ask" else 0}


class DownloadView(_LinkView):
    """The ZIP of an access request."""

    use, template = DOWNLOAD, "privacy/download.html"

    def act(self, request: HttpRequest, token: str, link: LinkFacts, now: datetime) -> HttpResponseBase:
        """The file, once a link."""
        with transaction.atomic():
            export = exporting.downloadable(link.request_id, now=now) if link.request_id else None
            used = services.use(token, self.use, now=now) if export is not None else None
            if export is not None and used is not None:
                exporting.note_download(export)
        if export is None or used is None:
            return self.page(request, link, "old", now)
        return file_of(export)

    def send_again(self, link: LinkFacts, now: datetime) -> None:
        """Another link while the file is there."""
        if link.request_id is not None:
            services.send_download_link(link.request_id, now=now)

    def may_send(self, link: LinkFacts, now: datetime) -> bool:
        """Whether the file is still there."""
        return link.request_id is not None and exporting.downloadable(link.request_id, now=now) is not None

    def more(self, link: LinkFacts, say: Words, told: str, now: datetime) -> dict[str, Any]:
        """How large the file is, and by what it is recognized."""
        export = exporting.downloadable(link.request_id, now=now) if link.request_id else None
        if export is None:
            return {"export": None}
        return {
            "export": export,
            "sha256": bytes(export.sha256).hex(),
            "kilobytes": say.number(max(1, export.bytes // 1024)),
            "deleted_on": say.day(export.expires_at),
        }
