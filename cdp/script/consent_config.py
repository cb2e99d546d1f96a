"""GET /v1/consent/config: what a page must ask under which law, and in which words; cdp.js and others read it.

It needs to know nobody: the country is the shop's word, the time zone the browser's. Nothing is stored or set, every
origin may read it, and it may be kept for five minutes.
"""

from dataclasses import dataclass

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from consent import queries
from consent.contracts import ANALYTICS, PERSONALIZATION, NoticeFacts, PurposeFacts, RegimeFound, RegimeRule
from consent.purposes_in_force import purposes_now
from consent.queries.banner import asks_again_since
from consent.regimes import derive
from events.api.startup import answer_with, enabled_source
from privacy.banner_words import banner_words, words_for

# What the script does of itself. Where the law lets neither happen without a yes, it must ask first.
DONE_BY_THE_SCRIPT = (ANALYTICS, PERSONALIZATION)
MOST_CHARACTERS = 64


@dataclass(frozen=True, slots=True)
class Asked:
    """The purpose as the banner shows it."""

    purpose: PurposeFacts
    rule: RegimeRule
    locale: str

    def as_json(self) -> dict[str, object]:
        """Its words by id and version, so that the answer can name them."""
        found = queries.wording(self.purpose.code, self.locale)
        return {
            "code": self.purpose.code,
            "title": found.title if found else self.purpose.label,
            "text": found.text if found else "",
            "wording": found.id if found else None,
            "wording_version": found.version if found else None,
            "locale": found.locale if found else "en",
            "legal_basis": self.rule.legal_basis,
            "allowed_by_default": self.rule.allowed_by_default,
        }


def config(request: HttpRequest) -> HttpResponse:
    """GET ?write_key=…&tz=…&lang=…&country=…&region=…: regime, purposes and their words, notice, the banner's words."""
    return answer_with(request, lambda: _config(request))


def _config(request: HttpRequest) -> dict[str, object]:
    given = {name: str(value)[:MOST_CHARACTERS] for name, value in request.GET.items()}
    enabled_source(given.get("write_key", ""), 401)
    found = derive(
        country=given.get("country", ""),
        address=None,
        state=given.get("region", ""),
        time_zone=given.get("tz", ""),
        default=settings.CONSENT_DEFAULT_REGIME,
    )
    return answer(found, given.get("lang", ""))


def answer(found: RegimeFound, language: str) -> dict[str, object]:
    """The document for a regime and a language tag."""
    say = words_for(language)
    shown = [one for one in purposes_now().shown if not one.channel]
    asked = [Asked(one, one.rules[found.regime], say.locale) for one in shown]
    asks = any(not each.rule.allowed_by_default for each in asked if each.purpose.code in DONE_BY_THE_SCRIPT)
    days = [each.rule.expires_after.days for each in asked if each.rule.expires_after]
    return {
        "regime": found.regime,
        "by": found.by,
        "ask": asks,
        "locale": say.locale,
        "purposes": [each.as_json() for each in asked],
        "notice": _notice(queries.notice_now(), say.locale),
        "gpc": {"honored": True, "purposes": [each.purpose.code for each in asked if each.rule.gpc_denies]},
        "expires_after_days": min(days, default=None),
        "words": dict(banner_words(say, asks=asks)),
    }


def _notice(notice: NoticeFacts | None, locale: str) -> dict[str, object] | None:
    if notice is None:
        return None
    summary = notice.summary.get(locale) or notice.summary.get("en", "")
    since = asks_again_since()
    return {"version": notice.version, "url": notice.url, "summary": summary, "ask_again_since": since}
