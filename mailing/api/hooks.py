"""What mail providers report: parsed and proven by django-anymail's views, taken by our own service.

Only providers that MAIL_HOOKS names and that prove themselves (a shared secret, or their signature) are answered; of
everything they tell, opens and clicks are left out: we count those ourselves, and only where that is allowed.
"""

from typing import Any

from anymail.exceptions import AnymailError, AnymailWebhookValidationFailure
from anymail.signals import AnymailTrackingEvent, EventType, RejectReason
from anymail.webhooks.base import AnymailCoreWebhookView
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.module_loading import import_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from cdp.lib.clock import utc_now
from mailing import bounces
from mailing.bounces import Report
from mailing.services.receiving import receive_reports

# The view of each provider, and the setting of ANYMAIL by which it signs (empty: the shared secret alone).
PROVIDERS: dict[str, tuple[str, str]] = {
    "brevo": ("anymail.webhooks.brevo.BrevoTrackingWebhookView", ""),
    "mailersend": ("anymail.webhooks.mailersend.MailerSendTrackingWebhookView", "MAILERSEND_SIGNING_SECRET"),
    "mailgun": ("anymail.webhooks.mailgun.MailgunTrackingWebhookView", "MAILGUN_WEBHOOK_SIGNING_KEY"),
    "mailjet": ("anymail.webhooks.mailjet.MailjetTrackingWebhookView", ""),
    "mailtrap": ("anymail.webhooks.mailtrap.MailtrapTrackingWebhookView", ""),
    "mandrill": ("anymail.webhooks.mandrill.MandrillCombinedWebhookView", "MANDRILL_WEBHOOK_KEY"),
    "postmark": ("anymail.webhooks.postmark.PostmarkTrackingWebhookView", ""),
    "sparkpost": ("anymail.webhooks.sparkpost.SparkPostTrackingWebhookView", ""),
}
SHARED = "WEBHOOK_SECRET"
KINDS = {
    EventType.DELIVERED: bounces.DELIVERED,
    EventType.DEFERRED: bounces.DELAYED,
    EventType.BOUNCED: bounces.BOUNCED,
    EventType.REJECTED: bounces.BOUNCED,
    EventType.COMPLAINED: bounces.COMPLAINED,
    EventType.UNSUBSCRIBED: bounces.UNSUBSCRIBED,
}
# A provider refuses for what it knows from before.
REJECTED = {RejectReason.SPAM: bounces.COMPLAINED, RejectReason.UNSUBSCRIBED: bounces.UNSUBSCRIBED}
HARD_REASONS = frozenset({RejectReason.INVALID, RejectReason.BOUNCED})
SOFT_WORDS = ("soft", "quota", "'hard_bounce': false")
MAX_BYTES = 5 * 1024 * 1024


def is_open(provider: str) -> bool:
    """Whether this provider's reports are taken: it is named, and can prove itself."""
    if provider not in PROVIDERS or provider not in settings.MAIL_HOOKS:
        return False
    signed_by = PROVIDERS[provider][1]
    return bool(settings.ANYMAIL.get(SHARED)) or bool(signed_by and settings.ANYMAIL.get(signed_by))


@csrf_exempt
@require_http_methods(["POST", "HEAD"])
def hook(request: HttpRequest, provider: str) -> HttpResponse:
    """Take reports: 200 once they are written, 400 for what cannot be read or proven, 404 for a provider not set up."""
    if not is_open(provider):
        raise Http404(
            "No such provider is set up: name it in MAIL_HOOKS and give it a secret (docs/deliverability.md)."
        )
    if request.method == "HEAD":  # some look whether anybody is there
        return HttpResponse()
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_BYTES:
        return _refused("The report is larger than 5 MB: send fewer events at once.", 413)
    try:
        events = _events(request, provider)
    except AnymailWebhookValidationFailure:
        return _refused("The secret or the signature is wrong: compare it with ANYMAIL in the settings.")
    except (AnymailError, KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return _refused("This is no report of the provider's that can be read.")
    reports = [one for one in map(report_of, events) if one is not None]
    receive_reports(reports, now=utc_now(), is_proven=True)
    return HttpResponse()


def _events(request: HttpRequest, provider: str) -> list[AnymailTrackingEvent]:
    view: AnymailCoreWebhookView = import_string(PROVIDERS[provider][0])()
    view.run_validators(request)
    found = view.parse_events(request)
    return [one for one in found if isinstance(one, AnymailTrackingEvent)]


def report_of(event: Any) -> Report | None:
    """A provider's event as a report; None of what is none of ours."""
    kind = KINDS.get(event.event_type)
    if kind is None:
        return None
    if kind == bounces.BOUNCED:
        kind = REJECTED.get(event.reject_reason, kind)
    words = " ".join(str(part) for part in (event.mta_response, event.description) if part)[:1_000]
    code = bounces.STATUS.search(words)
    status = code[0] if code else ""
    ids = tuple(str(one) for one in (event.message_id, _metadata(event).get("message_id")) if one)
    weight = _weight(event, status, words) if kind == bounces.BOUNCED else ""
    return Report(kind, str(event.recipient or ""), weight, status, message_ids=ids)


def _weight(event: Any, status: str, words: str) -> str:
    """By the server's own words where they tell; else by what the provider makes of them."""
    if status or bounces.REPLY.search(words):
        return bounces.weight_of(status, words)
    if event.reject_reason == RejectReason.BLOCKED:
        return bounces.BLOCK
    if event.reject_reason == RejectReason.INVALID:
        return bounces.HARD
    raw = str(event.esp_event).lower()[:5_000]
    is_soft = any(word in raw for word in SOFT_WORDS)
    return bounces.HARD if event.reject_reason in HARD_REASONS and not is_soft else bounces.SOFT


def _metadata(event: Any) -> dict[str, Any]:
    return event.metadata if isinstance(event.metadata, dict) else {}


def _refused(why: str, status: int = 400) -> HttpResponse:
    return HttpResponse(f"{why}\n", status=status, content_type="text/plain; charset=utf-8")
