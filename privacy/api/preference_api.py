"""GET and POST /v1/preferences: the preference center as JSON, for pages that show it themselves (`cdp.js`, a shop).

Whose: by X-Preference-Token (the token of the link in a mail), or by the user token of a signed-in customer. A write
key or server key opens nothing here. What is said is what the page says, in the language asked for.
"""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from cdp.access.queries import read_user_token
from cdp.lib.clock import utc_now
from cdp.lib.problems import Problem
from consent import queries as consent
from consent.services import note_gpc
from privacy import preference_words
from privacy.preferences import FREQUENCIES, PAUSE, Center, Switch, Wish
from privacy.queries.preferences import Holder, center_of, holder_of_claim, holder_of_link, stored_locale
from privacy.services.preferences import save
from privacy.words import LOCALES, Words, choose_locale, languages, words

CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Content-Language"}
PREFLIGHT = {
    **CORS,
    "Access-Control-Allow-Methods": "GET, POST, OPTIONS",
    "Access-Control-Allow-Headers": "authorization, content-type, x-preference-token, x-user-token",
    "Access-Control-Max-Age": "86400",
}
KEPT_NOWHERE = {"Cache-Control": "private, no-store", "Vary": "Authorization, X-Preference-Token, X-User-Token"}
PARAMETERS = [
    OpenApiParameter("X-Preference-Token", OpenApiTypes.STR, OpenApiParameter.HEADER, description="Of a mail's link."),
    OpenApiParameter("X-User-Token", OpenApiTypes.STR, OpenApiParameter.HEADER, description="Of a signed-in customer."),
    OpenApiParameter("locale", OpenApiTypes.STR, description="A language tag; else as chosen, else Accept-Language."),
]


class TopicOut(serializers.Serializer[Any]):
    """A switch below another one."""

    purpose = serializers.CharField()
    title = serializers.CharField()
    text = serializers.CharField()
    on = serializers.BooleanField()
    fixed = serializers.BooleanField(help_text="It cannot be moved here; `note` says why.")
    note = serializers.CharField(help_text="What is known of it, in a sentence; may be empty.")
    channel = serializers.CharField(help_text="email, sms, or empty.")


class SwitchOut(TopicOut):
    """A purpose."""

    topics = TopicOut(many=True)


class OptionOut(serializers.Serializer[Any]):
    """One of several to choose from."""

    code = serializers.CharField()
    title = serializers.CharField()


class MailOut(serializers.Serializer[Any]):
    """How marketing mail comes."""

    frequency = serializers.ChoiceField(choices=list(FREQUENCIES))
    frequencies = OptionOut(many=True)
    paused_until = serializers.DateTimeField(allow_null=True)
    pause_days = serializers.IntegerField(help_text="How long a pause lasts.")


class PreferencesOut(serializers.Serializer[Any]):
    """What the preference center shows."""

    masked = serializers.CharField(help_text="The address, masked; empty where none is known.")
    locale = serializers.ChoiceField(choices=list(LOCALES), help_text="The language of this answer.")
    languages = OptionOut(many=True)
    regime = serializers.CharField(help_text="gdpr, ccpa, can_spam or other.")
    law = serializers.CharField(help_text="What that means, in a sentence.")
    closed = serializers.CharField(help_text="erased, restricted (nothing can be changed, `notice` says why) or empty.")
    notice = serializers.CharField()
    purposes = SwitchOut(many=True)
    mail = MailOut(allow_null=True)
    words = serializers.DictField(child=serializers.CharField(), help_text="Words for headings and buttons.")


class SavedOut(PreferencesOut):
    """What holds after a change, and what was changed."""

    changed = serializers.ListField(child=serializers.CharField())
    refused = serializers.ListField(child=serializers.CharField(), help_text="Purposes that cannot be moved here.")
    waiting = serializers.ListField(child=serializers.CharField(), help_text="Purposes to be confirmed by mail first.")


class WishIn(serializers.Serializer[Any]):
    """What is to change; what is left out stays as it is."""

    purposes = serializers.DictField(child=serializers.BooleanField(), required=False, help_text="{code: on}")
    frequency = serializers.ChoiceField(choices=list(FREQUENCIES), required=False)
    pause = serializers.BooleanField(required=False, help_text="True: begin a pause; false: end it.", allow_null=True)
    locale = serializers.ChoiceField(choices=list(LOCALES), required=False)
    stop_all = serializers.BooleanField(required=False, help_text="End all marketing by e-mail and text message.")


class PreferencesView(APIView):
    """The preference center of whoever the token names."""

    authentication_classes = ()
    permission_classes = ()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """Open to scripts of any page: the token is the authority, no cookie is read."""
        if request.method == "OPTIONS":
            return HttpResponse(status=204, headers=PREFLIGHT)
        response: HttpResponseBase = super().dispatch(request, *args, **kwargs)
        for name, value in {**CORS, **KEPT_NOWHERE}.items():
            response.headers[name] = value
        return response

    @extend_schema(
        parameters=PARAMETERS, responses={200: PreferencesOut}, summary="Preferences of a person", tags=["preferences"]
    )
    def get(self, request: Request) -> Response:
        """What the preference center shows; nothing changes."""
        holder = _holder(request.META)
        say = _words(request, holder)
        return _answer(say, _body(say, center_of(holder, locale=say.locale, now=utc_now())))

    @extend_schema(
        parameters=PARAMETERS,
        request=WishIn,
        responses={200: SavedOut},
        summary="Change preferences",
        tags=["preferences"],
    )
    def post(self, request: Request) -> Response:
        """Change what is named; the same again changes nothing."""
        holder = _holder(request.META)
        note_gpc(request.META, now=utc_now(), identifier_id=holder.stated_for or None, address_hash=holder.address_hash)
        body = WishIn(data=request.data)
        body.is_valid(raise_exception=True)
        wish = _wish(body.validated_data)
        say = _words(request, holder, wish.locale or "")
        saved = save(holder, wish, locale=say.locale, ip=str(request.META.get("REMOTE_ADDR", "")), now=utc_now())
        told = {"changed": saved.changed, "refused": saved.refused, "waiting": saved.waiting}
        return _answer(say, {**_body(say, saved.center), **told})


def _holder(meta: Mapping[str, Any]) -> Holder:
    """Whose preferences they are. Raises Problem (401, 404)."""
    link = meta.get("HTTP_X_PREFERENCE_TOKEN", "").strip()
    scheme, _, given = meta.get("HTTP_AUTHORIZATION", "").partition(" ")
    bearer = given.strip() if scheme.lower() == "bearer" else ""
    user = meta.get("HTTP_X_USER_TOKEN", "").strip() or bearer
    if link:
        token = consent.read_preferences_token(link)
        if token is None:
            detail = "Take the token from the link “E-mail preferences” of a mail, whole."
            raise Problem("preference_token_invalid", "The preference token is not ours", 401, detail)
        return holder_of_link(token)
    if not user:
        detail = "Send X-Preference-Token, or the user token of a signed-in customer as X-User-Token."
        raise Problem("preference_token_missing", "A token is needed", 401, detail)
    found = holder_of_claim(read_user_token(user.removeprefix("ut_")))
    if found is None:
        detail = "This customer was not seen yet: send an identify event first, or try again in a moment."
        raise Problem("profile_not_found", "No such person", 404, detail)
    return found


def _wish(given: Mapping[str, Any]) -> Wish:
    return Wish(
        dict(given.get("purposes", {})),
        frequency=given.get("frequency"),
        pause=given.get("pause"),
        locale=given.get("locale"),
        stops_all=bool(given.get("stop_all")),
    )


def _words(request: Request, holder: Holder, chosen: str = "") -> Words:
    asked = str(request.GET.get("locale", ""))
    accepted = request.META.get("HTTP_ACCEPT_LANGUAGE", "")
    return words(choose_locale(chosen, asked, stored_locale(holder), accept_language=accepted))


def _answer(say: Words, body: Mapping[str, Any]) -> Response:
    return Response(body, headers={"Content-Language": say.tag})


def _body(say: Words, center: Center) -> dict[str, Any]:
    closed = preference_words.closed(say, center)
    return {
        "masked": center.masked,
        "locale": say.tag,
        "languages": [{"code": code, "title": title} for code, title in languages()],
        "regime": center.regime,
        "law": " ".join(preference_words.law(say, center)),
        "closed": center.closed,
        "notice": f"{closed[0]}. {closed[1]}" if closed else "",
        "purposes": [
            {**_switch(say, one), "topics": [_switch(say, topic) for topic in one.topics]} for one in center.switches
        ],
        "mail": _mail(say, center),
        "words": preference_words.headings(say),
    }


def _switch(say: Words, switch: Switch) -> dict[str, Any]:
    return {
        "purpose": switch.code,
        "title": switch.title,
        "text": switch.text,
        "on": switch.on,
        "fixed": bool(switch.lock),
        "note": preference_words.stands(say, switch),
        "channel": switch.channel,
    }


def _mail(say: Words, center: Center) -> dict[str, Any] | None:
    if center.mailing is None:
        return None
    options = preference_words.frequencies(say)
    return {
        "frequency": center.mailing.frequency,
        "frequencies": [{"code": option.code, "title": option.title} for option in options],
        "paused_until": center.mailing.paused_until,
        "pause_days": PAUSE.days,
    }
