"""“See what is held” and “Why do I see this?”: pages behind single-use links that were sent to the address.

GET shows a button and changes nothing; POST uses the link up and shows the page, once. A link that was used or has
expired can ask for another, which goes to the address.
"""

from datetime import datetime
from typing import Any, ClassVar

from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from cdp.lib.clock import utc_now
from privacy import pages, services, why_words
from privacy.contracts import HELD, USABLE, WHY, LinkFacts
from privacy.queries.preferences import Holder
from privacy.queries.seeing import address_of, held_of, why_of
from privacy.services.preferences import ask_for
from privacy.words import Words


@method_decorator(csrf_exempt, name="dispatch")
class _SeenView(View):
    """What the two pages share. `told`: ask, shown, sent (another link), old (used or expired)."""

    use: ClassVar[str]
    template: ClassVar[str]

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """The page with its button; nothing changes."""
        link = services.look(token, self.use, now=utc_now())
        if link is None:
            return pages.not_valid(request)
        return self._page(request, link, "ask" if link.state == USABLE else "old")

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Show it, once; or with action=again send another link to the address."""
        now = utc_now()
        link = services.look(token, self.use, now=now)
        if link is None:
            return pages.not_valid(request)
        address = address_of(_identifier_id(link), link.address_hash)
        if pages.form_of(request).get("action") == "again":
            if link.state != USABLE:
                holder = Holder(link.address_hash, link.masked, _identifier_id(link), address=address)
                ask_for(self.use, holder, locale=_say(request, link).locale, now=now)
            return self._page(request, link, "sent")
        # In one transaction, so that a fault while the page is made leaves the link usable.
        with transaction.atomic():
            used = services.use(token, self.use, now=now)
            content = self.content(address, _say(request, link), now) if used is not None else None
        return self._page(request, link, "old" if content is None else "shown", content)

    def content(self, address: str, say: Words, now: datetime) -> dict[str, Any]:
        """What the page shows of the person of this address; an empty address is somebody of whom nothing is held."""
        raise NotImplementedError

    def _page(
        self, request: HttpRequest, link: LinkFacts, told: str, content: dict[str, Any] | None = None
    ) -> HttpResponse:
        context = {
            "told": told,
            "masked": link.masked,
            "path": request.path,
            "may_send": True,
            "no_languages": told == "shown",
            **(content or {}),
        }
        status = 410 if told == "old" else 200
        return pages.answer(request, self.template, context, say=_say(request, link), status=status)


class HeldView(_SeenView):
    """What is held about a person, readable."""

    use, template = HELD, "privacy/held.html"

    def content(self, address: str, say: Words, now: datetime) -> dict[str, Any]:
        """Every part that is not empty."""
        person = services.find_person("email", address) if address else None
        return {"parts": held_of(person, say) if person is not None else [], "day": say.moment(now)}


class WhyView(_SeenView):
    """What recommendations and groups go by."""

    use, template = WHY, "privacy/why.html"

    def content(self, address: str, say: Words, now: datetime) -> dict[str, Any]:
        """Inputs, products with their reasons, and groups."""
        person = services.find_person("email", address) if address else None
        if person is None or not person.profile_ids:
            return {"why": None}
        found = why_of(person.profile_ids[0], now)
        return {
            "why": found,
            "inputs": [(why_words.touched(say, one.what), one.name, say.day(one.at)) for one in found.inputs],
            "products": [
                (one.product.name or one.product_id, why_words.reason(say, one.reason)) for one in found.products
            ],
            "groups": [(one.name, say.day(one.since)) for one in found.groups],
        }


def _identifier_id(link: LinkFacts) -> int:
    found = link.facts.get("identifier_id")
    return found if isinstance(found, int) else 0


def _say(request: HttpRequest, link: LinkFacts) -> Words:
    return pages.words_for(request, stored=str(link.facts.get("locale", "")))
