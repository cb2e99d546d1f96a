"""/privacy/confirm/<token>: the page of the double opt-in mail. GET and HEAD show a button, only POST confirms."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from cdp.lib.clock import utc_now
from consent import queries as consent
from consent.contracts import EntryFacts
from privacy import pages
from privacy.contracts import CONFIRM, USABLE, USED, LinkFacts
from privacy.services import confirming, links
from privacy.words import Words


@method_decorator(csrf_exempt, name="dispatch")
class ConfirmView(View):
    """Asks for a yes in the exact words, says that it is done, or how to ask again."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """The page; nothing changes, whoever looks."""
        link = links.look(token, CONFIRM, now=utc_now())
        if link is None:
            return pages.not_valid(request)
        told = {USABLE: "ask", USED: "done"}.get(link.state, "expired")
        return _page(request, link, told)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Yes. Pressed again, it says that it is done."""
        ip = str(request.META.get("REMOTE_ADDR", ""))
        confirmed = confirming.confirm(token, ip=ip, now=utc_now())
        if confirmed is None:
            return self.get(request, token)
        return _page(request, confirmed.link, "done" if confirmed.outcomes else "gone")


def _page(request: HttpRequest, link: LinkFacts, told: str) -> HttpResponse:
    say = pages.words_for(request, stored=str(link.facts.get("locale", "")))
    entries = confirming.waiting_entries(int(link.facts.get("proof_id", 0)))
    proof = (entries[0].proof if entries else None) or {}
    if told in ("ask", "expired") and not proof:
        told = "gone"
    context = {
        "told": told,
        "masked": link.masked,
        "path": request.path,
        "asked_for": [_asked(entry, say) for entry in entries],
        "asked_on": say.day(entries[0].occurred_at) if entries else "",
        "choices_url": consent.preferences_url(str(proof["address"])) if proof.get("address") else "",
    }
    return pages.answer(request, "privacy/confirm.html", context, say=say, status=410 if told == "expired" else 200)


def _asked(entry: EntryFacts, say: Words) -> dict[str, Any]:
    """In the very words in which it was put to them; where these are unknown, in today's."""
    words = entry.wording or consent.wording(entry.purpose, say.locale)
    return {
        "title": words.title if words else entry.purpose,
        "text": words.text if words else "",
        "lang": words.locale if words else "en",
    }
