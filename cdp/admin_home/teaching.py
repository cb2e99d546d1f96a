"""What an empty list says: what the page is for, and the next step. Loaded in templates as `house`."""

from dataclasses import dataclass
from typing import Any

from django import template
from django.http import HttpRequest
from django.urls import reverse

from cdp.admin_home.navigation import may_open
from cdp.lib import moments

register = template.Library()
register.simple_tag(moments.moment)
register.simple_tag(moments.clock)


@register.filter
def thousands(number: int) -> str:
    """1,204."""
    return f"{number:,}"


@dataclass(frozen=True, slots=True)
class Lesson:
    """What stands on the empty list of one model. `step`: (button, URL name, model whose page it needs)."""

    title: str
    text: str
    step: tuple[str, str, str] | None = None


_SOURCES = ("Show sources", "admin:events_source_changelist", "events.source")
_JOURNEYS = ("Show journeys", "journeys", "automation.journey")
_SEGMENTS = ("Show segments", "admin:segments_segment_changelist", "segments.segment")
_PRODUCTS = "They come from product events, from a CSV file (./run manage load_products FILE) or from "

LESSONS: dict[str, Lesson] = {
    "profiles.profile": Lesson(
        "Nobody yet",
        "Everybody your shop's events tell of appears here, one profile a person.",
        _SOURCES,
    ),
    "people.computedtrait": Lesson(
        "No computed traits yet",
        "A figure about each person, computed from their events and orders: how many, how much, which most. "
        "The shipped ones come with ./run manage prepare.",
        ("Add computed trait", "admin:people_computedtrait_add", "people.computedtrait"),
    ),
    "people.keyreads": Lesson(
        "Nobody has read yet",
        "How many answers about people each server key got on a day: whoever reads in bulk is seen here.",
        ("Show server keys", "admin:access_serverkey_changelist", "access.serverkey"),
    ),
    "profiles.identifier": Lesson(
        "No identifiers yet",
        "User ids, e-mail addresses and anonymous ids of events appear here.",
        _SOURCES,
    ),
    "profiles.account": Lesson(
        "No accounts yet",
        "Companies, households or clubs appear here when your shop sends “group” calls, with the people seen in them.",
        _SOURCES,
    ),
    "events.messageconflict": Lesson(
        "No conflicts",
        "A message id is a promise: sent again, it says the same. A client that uses one for two different messages "
        "appears here; the first is kept, the other is counted as a duplicate.",
        _SOURCES,
    ),
    "segments.segment": Lesson(
        "No segments yet",
        "A segment is a group of people described by a rule, for example “viewed shoes three times, never ordered”. "
        "Who belongs to it is kept up to date with every event.",
        ("Add segment", "admin:segments_segment_add", "segments.segment"),
    ),
    "segments.membership": Lesson("Nobody in it", "People enter when the segment's rule comes true.", _SEGMENTS),
    "automation.journey": Lesson(
        "No journeys yet", "The abandoned-cart journey ships with the service: ./run manage prepare puts it back."
    ),
    "mailing.message": Lesson(
        "No mails yet",
        "Each mail of journeys, campaigns and orders, sent or not, stands here with the reason and a copy. "
        "A journey writes once it is live.",
        _JOURNEYS,
    ),
    "automation.enrollment": Lesson(
        "Nobody on the way", "A cart left behind enrolls its owner in a live journey.", _JOURNEYS
    ),
    "notices.reached": Lesson(
        "No order has reached a stage that is written about",
        "Turn an order mail on; each order that reaches its stage then stands here with its mail, or why it got none.",
        ("Show order mails", "admin:notices_notice_changelist", "notices.notice"),
    ),
    "commerce.order": Lesson(
        "No orders yet",
        "Orders are built from “Order Completed”, “Order Updated” and “Order Refunded” events.",
        _SOURCES,
    ),
    "commerce.cart": Lesson(
        "No carts yet", "Carts are built from “Product Added”, “Product Removed” and “Cart Viewed” events.", _SOURCES
    ),
    "commerce.product": Lesson(
        "No products yet",
        f"Products are what is recommended and shown in mails. {_PRODUCTS}POST /v1/catalog/products.",
        ("Add feed", "admin:commerce_catalogfeed_add", "commerce.catalogfeed"),
    ),
    "commerce.catalogfeed": Lesson(
        "No feeds yet",
        "A feed is a file with all your products that your shop keeps up to date: CSV, JSON or Google Merchant XML. "
        "It is pulled by a schedule, and only what changed is written.",
        ("Add feed", "admin:commerce_catalogfeed_add", "commerce.catalogfeed"),
    ),
    "commerce.feedrun": Lesson(
        "No runs yet",
        "Each reading of a feed stands here with what was new, changed, rejected and missing.",
        ("Show feeds", "admin:commerce_catalogfeed_changelist", "commerce.catalogfeed"),
    ),
    "consent.notice": Lesson(
        "No notice yet",
        "Each version of your privacy notice is one line here. Publishing one can ask everybody again.",
        ("Publish notice", "admin:consent_notice_add", "consent.notice"),
    ),
    "consent.entry": Lesson("Nothing said yet", "Each consent given or taken back is one line here, never changed."),
    "consent.suppression": Lesson(
        "Nobody is suppressed",
        "Addresses that unsubscribed, bounced or complained are never written to. Bring the list of the mail "
        "service you used before: addresses, or hashes of an export from here.",
        ("Import a file", "admin:imports_import_add", "imports.import"),
    ),
    "recipients.recipient": Lesson(
        "Nobody is told anything",
        "A recipient is another party that is told by webhook when people enter a segment, order or change their "
        "consent. It is asked of each person's consent at the moment of sending, and told of every erasure.",
        ("Add recipient", "admin:recipients_recipient_add", "recipients.recipient"),
    ),
    "recipients.delivery": Lesson(
        "Nothing was sent",
        "What each recipient was told, or why consent held it back, stands here line by line.",
        ("Show recipients", "admin:recipients_recipient_changelist", "recipients.recipient"),
    ),
    "events.source": Lesson(
        "No sources yet",
        "A source is a place events come from: your shop's pages or your shop's server. "
        "It has a write key and shows what to paste.",
        ("Add source", "admin:events_source_add", "events.source"),
    ),
    "imports.import": Lesson(
        "Nothing imported yet",
        "Bring what you know already: customers, orders, events or products as CSV, Excel or NDJSON. You see what each "
        "column becomes, try the file dry, and import it once: uploading it again changes nothing.",
        ("Upload a file", "admin:imports_import_add", "imports.import"),
    ),
    "events.inbox": Lesson(
        "Nothing received yet", "Each request is stored here before it is acknowledged, then processed.", _SOURCES
    ),
    "events.rejectedevent": Lesson(
        "Nothing is in quarantine",
        "Events that could not be used are set aside here with the reason, and can be replayed once it is mended.",
    ),
    "events.event": Lesson("No events yet", "The log of everything that happened, as your sources told it.", _SOURCES),
    "alarms.alarm": Lesson(
        "No alarms",
        "What needs a look stands here while it lasts, with how to mend it: sources that fell silent, events that pile "
        "up in quarantine or wait too long.",
    ),
    "jobs.job": Lesson(
        "No jobs yet", "Long work, such as training or asking everybody a new segment's rule, shows its progress here."
    ),
    "outbox.delivery": Lesson(
        "Nothing to deliver", "What one part of the service tells another passes through here within seconds."
    ),
    "access.serverkey": Lesson(
        "No server keys yet",
        "Your backend needs one to send products and to ask for recommendations. It is shown once.",
        ("Add server key", "admin:access_serverkey_add", "access.serverkey"),
    ),
    "access.usertokenkey": Lesson(
        "No user-token keys yet",
        "With one, your backend signs who is signed in, so that pages may ask for that person's recommendations.",
        ("Add user-token key", "admin:access_usertokenkey_add", "access.usertokenkey"),
    ),
    "access.auditentry": Lesson("Nothing looked at yet", "Who looked at a person's page, and when."),
}


@dataclass(frozen=True, slots=True)
class Taught:
    """A lesson for one reader: without the button of a page they may not open."""

    title: str
    text: str
    button: str
    url: str


@register.simple_tag(takes_context=True)
def lesson(context: dict[str, Any], changelist: Any) -> Taught | None:
    """What the empty list teaches; None where it is empty only because it was filtered, or nothing is written."""
    request: HttpRequest = context["request"]
    found = LESSONS.get(changelist.opts.label_lower)
    if found is None or request.GET:
        return None
    if found.step is None or not _may(request, *found.step[1:]):
        return Taught(found.title, found.text, "", "")
    return Taught(found.title, found.text, found.step[0], reverse(found.step[1]))


def _may(request: HttpRequest, url_name: str, label: str) -> bool:
    if not may_open(request, label):
        return False
    app, model = label.split(".")
    needs_add = url_name.endswith("_add")
    return not needs_add or bool(getattr(request.user, "has_perm", lambda _: False)(f"{app}.add_{model}"))
