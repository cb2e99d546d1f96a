"""The preference center, /p/<token>: choices by a long-lived link, without login, cookie or JavaScript.

GET and HEAD change nothing. POST needs no cookie: the token is the authority, and may show and change choices only;
all else it can do is ask for a fresh single-use link, which goes to the address.
"""

from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.dateparse import parse_datetime
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from cdp.lib.clock import utc_now
from consent import queries as consent
from consent.services import note_gpc
from privacy import pages, preference_words
from privacy.preferences import FREQUENCIES, Center, Switch, Wish, flipped
from privacy.queries.preferences import Holder, center_of, holder_of_link, stored_locale
from privacy.services.preferences import ASKABLE, Saved, ask_for, save
from privacy.words import LOCALES, Words, known_locale, words

UNDONE, SAVED, STOPPED, NOTHING, ASKED = "undone", "saved", "stopped", "nothing", "asked"


@method_decorator(csrf_exempt, name="dispatch")
class PreferencesView(View):
    """One page: what is chosen, a form to change it, and what a link can be asked for."""

    def get(self, request: HttpRequest, token: str) -> HttpResponse:
        """The page; nothing changes."""
        holder = _holder(token)
        if holder is None:
            return pages.not_valid(request)
        say = pages.words_for(request, stored=stored_locale(holder))
        return _page(request, center_of(holder, locale=say.locale, now=utc_now()), say)

    def post(self, request: HttpRequest, token: str) -> HttpResponse:
        """Save, stop all marketing, undo, or ask for a link. The same form again changes nothing more."""
        holder = _holder(token)
        if holder is None:
            return pages.not_valid(request)
        note_gpc(request.META, now=utc_now(), address_hash=holder.address_hash)
        form, now = pages.form_of(request), utc_now()
        say = pages.words_for(request, stored=form.get("lang", "") or stored_locale(holder))
        asked = str(form.get("ask", ""))
        if asked in ASKABLE:
            ask_for(asked, holder, locale=say.locale, now=now)
            return _page(request, center_of(holder, locale=say.locale, now=now), say, told=ASKED)
        wish = wish_of(form)
        saved = save(holder, wish, locale=say.locale, ip=str(request.META.get("REMOTE_ADDR", "")), now=now)
        say = words(wish.locale) if wish.locale else say
        return _page(request, saved.center, say, told=_told(form, saved), saved=saved)


def wish_of(form: QueryDict) -> Wish:
    """What a posted form wants changed: only what is not as the form itself showed it."""
    if form.get("action") == "stop":
        return Wish(stops_all=True)
    moved = flipped(form.getlist("shown")[:100], form.getlist("was")[:100], form.getlist("on")[:100])
    frequency, locale = form.get("frequency", ""), known_locale(form.get("locale", ""))
    paused, was_paused = "pause" in form, "was_pause" in form
    return Wish(
        moved,
        frequency=frequency if frequency in FREQUENCIES and frequency != form.get("was_frequency") else None,
        pause=paused if "mailing" in form and paused != was_paused else None,
        pause_until=_instant(form.get("until", "")),
        locale=locale if locale in LOCALES and locale != form.get("was_locale") else None,
    )


def _instant(text: str) -> datetime | None:
    try:
        found = parse_datetime(text[:40])
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _holder(token: str) -> Holder | None:
    found = consent.read_preferences_token(token)
    return None if found is None else holder_of_link(found)


def _told(form: QueryDict, saved: Saved) -> str:
    if form.get("action") == "undo":
        return UNDONE
    if saved.undo.is_empty and not saved.changed:
        return NOTHING
    return STOPPED if form.get("action") == "stop" else SAVED


def _page(
    request: HttpRequest, center: Center, say: Words, *, told: str = "", saved: Saved | None = None
) -> HttpResponse:
    law, found_by = preference_words.law(say, center)
    drawn = [_drawn(say, switch) for switch in center.switches]
    context = {
        "center": center,
        "closed": preference_words.closed(say, center),
        "law": law,
        "found_by": found_by,
        "messages": [one for one in drawn if one["channel"]],
        "uses": [one for one in drawn if not one["channel"]],
        "can_stop": any(switch.channel and switch.on and not switch.lock for switch in center.switches),
        "frequencies": preference_words.frequencies(say),
        "paused_until": say.day(center.mailing.paused_until) if center.mailing and center.mailing.paused_until else "",
        "mail_locale": center.locale or say.locale,
        "path": request.path,
        "told": told,
        "is_locked": bool(saved and saved.refused),
        "waiting": bool(saved and saved.waiting),
        "undo": _undo_fields(saved) if saved and told in (SAVED, STOPPED) else [],
    }
    return pages.answer(request, "privacy/preferences.html", context, say=say)


def _drawn(say: Words, switch: Switch) -> dict[str, Any]:
    """A switch as the template shows it."""
    return {
        "code": switch.code,
        "title": switch.title,
        "text": switch.text,
        "channel": switch.channel,
        "on": switch.on,
        "locked": bool(switch.lock),
        "stands": preference_words.stands(say, switch),
        "topics": [_drawn(say, topic) for topic in switch.topics],
    }


def _undo_fields(saved: Saved) -> list[tuple[str, str]]:
    """The hidden fields of a form that takes back what was just saved."""
    undo, center = saved.undo, saved.center
    fields = [("shown", code) for code in undo.switches]
    fields += [("on" if on else "was", code) for code, on in undo.switches.items()]
    if undo.frequency is not None:
        fields.append(("frequency", undo.frequency))
    if undo.pause is not None:
        fields += [("mailing", "1"), ("pause" if undo.pause else "was_pause", "1")]
    if undo.pause_until is not None:
        fields.append(("until", undo.pause_until.isoformat()))
    if undo.locale:
        fields.append(("locale", undo.locale))
    return [("action", "undo"), ("lang", undo.locale or center.locale), *fields] if not undo.is_empty else []
