"""The admin's menu: groups of pages in the order of daily work. A page shows only to those who may open it."""

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

# group → (title, model, Material icon)
MENU: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "People",
        (
            ("Profiles", "profiles.profile", "person"),
            ("Accounts", "profiles.account", "groups"),
            ("Identifiers", "profiles.identifier", "fingerprint"),
            ("Computed traits", "people.computedtrait", "functions"),
            ("Identity rules", "profiles.ruleset", "rule"),
        ),
    ),
    ("Segments", (("Segments", "segments.segment", "group_work"),)),
    (
        "Automation",
        (
            ("Messages", "mailing.message", "mail"),
            ("Order mails", "notices.notice", "local_shipping"),
            ("Enrollments", "automation.enrollment", "hourglass_top"),
        ),
    ),
    (
        "Commerce",
        (
            ("Orders", "commerce.order", "receipt_long"),
            ("Carts", "commerce.cart", "shopping_cart"),
            ("Products", "commerce.product", "inventory_2"),
            ("Feeds", "commerce.catalogfeed", "rss_feed"),
        ),
    ),
    ("Recommendations", ()),
    ("Offers", ()),
    (
        "Consent & privacy",
        (
            ("Privacy requests", "privacy.request", "assignment_ind"),
            ("Purposes", "consent.purpose", "policy"),
            ("Notices", "consent.notice", "gavel"),
            ("Ledger", "consent.entry", "menu_book"),
            ("Suppressions", "consent.suppression", "block"),
            ("Recipients", "recipients.recipient", "share"),
            ("Sent to recipients", "recipients.delivery", "outgoing_mail"),
        ),
    ),
    (
        "Data in",
        (
            ("Sources", "events.source", "input"),
            ("Imports", "imports.import", "upload_file"),
            ("Inbox", "events.inbox", "inbox"),
            ("Quarantine", "events.rejectedevent", "report"),
            ("Conflicts", "events.messageconflict", "call_split"),
            ("Events", "events.event", "timeline"),
        ),
    ),
    (
        "System",
        (
            ("Alarms", "alarms.alarm", "notifications_active"),
            ("Jobs", "jobs.job", "work_history"),
            ("Deliveries", "outbox.delivery", "conveyor_belt"),
            ("Server keys", "access.serverkey", "key"),
            ("User-token keys", "access.usertokenkey", "badge"),
            ("Audit", "access.auditentry", "visibility"),
            ("Reads by keys", "people.keyreads", "key_visualizer"),
            ("Staff", "auth.user", "manage_accounts"),
            ("Groups", "auth.group", "shield_person"),
        ),
    ),
)


# Pages without a model: (title, URL name, Material icon), shown to those who may see the model they stand behind.
SYSTEM_PAGES = (("Subscriptions", "subscriptions", "hub"), ("Lake", "lake", "water"))
SYSTEM_PAGES_BEHIND = "outbox.delivery"
PLAN_PAGES = (("Tracking plan", "plan", "fact_check"), ("Data dictionary", "plan-dictionary", "menu_book"))
PLAN_PAGES_RIGHT = "plans.view_eventtype"
PEOPLE_PAGES = (("Merge journal", "identity-journal", "merge"), ("Kept apart", "identity-apart", "call_split"))
PEOPLE_PAGES_BEHIND = "profiles.profile"
PRIVACY = "Consent & privacy"
# Pages of privacy, each with the right it needs.
PRIVACY_PAGES = (
    ("Retention", "retention", "auto_delete", "privacy.view_retentionrule"),
    ("Processing register", "register", "assignment", "privacy.view_retentionrule"),
)
# Pages of ingest, each with the right it needs.
INGEST_PAGES = (
    ("Live", "events-live", "bolt", "events.view_inbox"),
    ("Counters", "events-counters", "bar_chart", "events.view_sourceday"),
    ("Replay", "events-replay", "replay", "events.change_inbox"),
)

# Pages of recommendations, each with the right it needs.
COMMERCE_PAGES = (("Categories", "admin:commerce_product_categories", "account_tree", "commerce.view_product"),)
JOURNEY_PAGES = (
    ("Journeys", "journeys", "route", "automation.view_journey"),
    ("Campaigns", "campaigns", "campaign", "campaigns.view_campaign"),
    ("Reports", "reports", "monitoring", "campaigns.view_campaign"),
)
MAIL_PAGES = (
    ("Mail templates", "mail-templates", "drafts", "mailing.view_mailtemplate"),
    ("Brand", "mail-brand", "palette", "mailing.view_brand"),
    ("Sending policy", "mail-policy", "speed", "mailing.view_policy"),
    ("Deliverability", "mail-delivery", "mark_email_read", "mailing.view_policy"),
)
# Pages of offers and decisions, each with the right it needs, in the order of daily work.
OFFER_PAGES = (
    ("Offers", "offers", "sell", "offers.view_offer"),
    ("Decided places", "decided-places", "alt_route", "decisions.view_decisionplacement"),
    ("Prices", "prices-desk", "sell", "offers.view_pricelist"),
    ("Content", "content-desk", "ad", "decisions.view_contentblock"),
    ("Experiments", "experiments", "science", "experiments.view_experiment"),
    ("Bandits", "bandits", "casino", "decisions.view_decisionplacement"),
)
PLACEMENT_PAGES = (("Placements", "placements", "storefront", "recommendations.view_placement"),)
MODEL_PAGES = (
    ("Model", "models", "model_training", "recommendations.view_modelrun"),
    ("What placements earn", "model-earnings", "paid", "recommendations.view_modelrun"),
    ("Catalog coverage", "model-coverage", "donut_large", "recommendations.view_modelrun"),
)

# Pages of what is computed of everybody, each with the right it needs.
AUDIENCE_PAGES = (
    ("Lists", "segment-lists", "list_alt", "segments.view_segment"),
    ("RFM", "rfm", "grid_on", "audiences.view_rfmrun"),
    ("Computed for rules", "trait-values", "function", "people.view_computedtrait"),
    ("Discovered groups", "discovery", "bubble_chart", "audiences.view_proposal"),
    ("Uplift", "uplift", "trending_up", "experiments.view_upliftrun"),
    ("Overlap", "segments-desk-overlap", "join_inner", "segments.view_segment"),
    ("Audit", "segment-desk-audit", "fact_check", "segments.view_segment"),
)


def sidebar(request: HttpRequest) -> list[dict[str, Any]]:
    """The menu in unfold's form, for this member of staff."""
    home = {"title": "Home", "icon": "home", "link": reverse("admin:index")}
    groups: list[dict[str, Any]] = [{"items": [home]}]
    for title, pages in MENU:
        items = [_item(page) for page in pages if may_open(request, page[1])]
        if title == "System" and may_open(request, SYSTEM_PAGES_BEHIND):
            items += [{"title": name, "icon": icon, "link": reverse(url)} for name, url, icon in SYSTEM_PAGES]
        if title == "People" and may_open(request, PEOPLE_PAGES_BEHIND):
            items += [{"title": name, "icon": icon, "link": reverse(url)} for name, url, icon in PEOPLE_PAGES]
        if title == "Data in" and getattr(request.user, "has_perm", lambda _: False)(PLAN_PAGES_RIGHT):
            items += [{"title": name, "icon": icon, "link": reverse(url)} for name, url, icon in PLAN_PAGES]
        if title == "Data in":
            may = getattr(request.user, "has_perm", lambda _: False)
            items += [
                {"title": name, "icon": icon, "link": reverse(url)}
                for name, url, icon, right in INGEST_PAGES
                if may(right)
            ]
        if title == "Segments":
            may = getattr(request.user, "has_perm", lambda _: False)
            items += [
                {"title": name, "icon": icon, "link": reverse(url)}
                for name, url, icon, right in AUDIENCE_PAGES
                if may(right)
            ]
        if title == "Commerce":
            may = getattr(request.user, "has_perm", lambda _: False)
            items += [
                {"title": name, "icon": icon, "link": reverse(url)}
                for name, url, icon, right in COMMERCE_PAGES
                if may(right)
            ]
        if title == "Automation":
            may = getattr(request.user, "has_perm", lambda _: False)
            pages_first = [
                {"title": name, "icon": icon, "link": reverse(url)}
                for name, url, icon, right in JOURNEY_PAGES
                if may(right)
            ]
            pages_last = [
                {"title": name, "icon": icon, "link": reverse(url)}
                for name, url, icon, right in MAIL_PAGES
                if may(right)
            ]
            items = [*pages_first, *items, *pages_last]
        if title == "Recommendations":
            may = getattr(request.user, "has_perm", lambda _: False)
            items = [
                *(
                    {"title": name, "icon": icon, "link": reverse(url)}
                    for name, url, icon, right in (*PLACEMENT_PAGES, *MODEL_PAGES)
                    if may(right)
                ),
                *items,
            ]
        if title == "Offers":
            may = getattr(request.user, "has_perm", lambda _: False)
            items += [
                {"title": name, "icon": icon, "link": reverse(url)}
                for name, url, icon, right in OFFER_PAGES
                if may(right)
            ]
        if title == PRIVACY:
            may = getattr(request.user, "has_perm", lambda _: False)
            items += [
                {"title": name, "icon": icon, "link": reverse(url)}
                for name, url, icon, right in PRIVACY_PAGES
                if may(right)
            ]
        if items:
            groups.append({"title": title, "separator": True, "items": items})
    return groups


def may_open(request: HttpRequest, label: str) -> bool:
    """Is there a list page for `label`, and may this member of staff see it?"""
    page = admin.site._registry.get(apps.get_model(label))
    return page is not None and page.has_view_permission(request) and page.has_module_permission(request)


def list_url(label: str) -> str:
    """The list page of a model, "app.model"."""
    return reverse(f"admin:{label.replace('.', '_')}_changelist")


def _item(page: tuple[str, str, str]) -> dict[str, Any]:
    title, label, icon = page
    return {"title": title, "icon": icon, "link": list_url(label)}
