"""The unsubscribe page and its RFC 8058 one-click door.

GET and HEAD change nothing (scanners follow links and run scripts); a POST needs no cookie and is answered 200
without a redirect. The token is the authority, so there is no CSRF token to check. It can end and take back only what
it ended itself: what a person allows is chosen in the preference center.
"""

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from automation import queries as automation
from cdp.lib.clock import utc_now
from consent import queries, services
from consent.contracts import WITHDRAWN, Subject
from consent.purposes_in_force import purposes_now
from consent.tokens import MailToken
from mailing.services.receiving import note_unsubscribed
from privacy import pages
from privacy.words import Words, known_locale

ALL, TOPIC = "all", "topic"


@method_decorator(csrf_exempt, name="dispatch")
class UnsubscribeView(View):
    """One page in several states: ask, done, undone, not undone, and a link that is not ours."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """The page with its buttons, or that it is done already; nothing changes."""
        mail = queries.read_token(token)
        return _page(request, mail, "done" if mail is not None and _is_ended(mail) else "ask")

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """End all marketing mail, with action=topic mails like this one only; action=undo takes it back. Idempotent."""
        mail = queries.read_token(token)
        if mail is None:
            return _page(request, None, "ask")
        form, now = pages.form_of(request), utc_now()
        asked_topic = TOPIC in (form.get("action"), form.get("of"))
        topic = _topic(mail) if asked_topic else None
        of, scoped = (TOPIC, replace(mail, purpose=topic)) if topic else (ALL, mail)
        if form.get("action") == "undo":
            undone = services.undo_unsubscribe(scoped, now=now)
            return _page(request, mail, "undone" if undone else "not_undone", of)
        one_click = form.get("List-Unsubscribe") == "One-Click"
        services.unsubscribe(scoped, method="one_click" if one_click else "page", now=now)
        note_unsubscribed(mail.message_id, mail.address_hash, now=now)
        return _page(request, mail, "done", of)


def _is_ended(mail: MailToken) -> bool:
    """Whether its owner said no to all that the link could end."""
    return queries.allows(Subject(mail.address_hash), mail.purpose, utc_now()).reason == WITHDRAWN


def _topic(mail: MailToken) -> str | None:
    """The narrower purpose the mail was sent for, if what the token ends has such a topic."""
    purpose = automation.purpose_of_message(mail.message_id, mail.address_hash)
    found = purposes_now().get(purpose) if purpose else None
    return found.code if found is not None and found.parent == mail.purpose else None


def _page(request: HttpRequest, mail: MailToken | None, state: str, of: str = ALL) -> HttpResponse:
    if mail is None:
        return pages.not_valid(request)
    liked = queries.mail_preferences([mail.address_hash]).get(mail.address_hash)
    chosen = known_locale(request.POST.get("lang", "")) or (liked.locale if liked else "")
    say = pages.words_for(request, stored=chosen or "")
    context = {
        "masked": mail.masked,
        "state": state,
        "of": of,
        "topic": _title(_topic(mail), say),
        "path": request.path,
    }
    return pages.answer(request, "privacy/unsubscribe.html", context, say=say)


def _title(topic: str | None, say: Words) -> str:
    words = queries.wording(topic, say.locale) if topic else None
    facts = purposes_now().get(topic or "")
    return words.title if words else facts.label if facts else ""
