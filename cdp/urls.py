"""Routes: every app's API under one roof, and the admin."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path

from cdp.admin_home import ingest_pages, lake_page, live_page, pages
from cdp.admin_person import saying
from cdp.api import health, openapi, sign_up

handler400 = "cdp.api.problems.bad_request"
handler403 = "cdp.api.problems.forbidden"
handler404 = "cdp.api.problems.not_found"
handler500 = "cdp.api.problems.server_error"

urlpatterns = [
    # First, since it is asked for with every page of a shop: each route before it costs that request a little.
    path("", include("recommendations.api.urls")),
    path("", pages.front),
    path("favicon.ico", pages.favicon),
    path("health/live", health.live),
    path("health/ready", health.ready),
    path("v1/openapi.json", openapi.Document.as_view(), name="openapi"),
    path("docs/", openapi.Page.as_view()),
    path("docs/problems", openapi.problem_codes),
    path("admin/system/subscriptions/", admin.site.admin_view(pages.subscriptions), name="subscriptions"),
    path("admin/system/lake/", admin.site.admin_view(lake_page.lake_page), name="lake"),
    path("admin/system/lake/<str:what>/", admin.site.admin_view(lake_page.lake_action), name="lake-action"),
    path("admin/audiences/", include("cdp.admin_audience.urls")),
    path("admin/plan/", include("cdp.admin_plan.urls")),
    path("admin/decided/", include("cdp.admin_decision.urls")),
    path("admin/offers/", include("cdp.admin_offer.urls")),
    path("admin/uplift/", include("cdp.admin_uplift.urls")),
    path("admin/bandits/", include("cdp.admin_bandit.urls")),
    path("admin/identity/", include("cdp.identity_desk.urls")),
    path("admin/model/", include("cdp.admin_model.urls")),
    path("admin/segments/", include("cdp.admin_segment.urls")),
    path("admin/segments/", include("cdp.admin_segment.list_urls")),
    path("admin/privacy/", include("cdp.admin_privacy.urls")),
    path("admin/placements/", include("cdp.admin_placement.urls")),
    path("admin/experiments/", include("cdp.admin_experiment.urls")),
    path("admin/prices/", include("cdp.admin_price.urls")),
    path("admin/content/", include("cdp.admin_content.urls")),
    path("admin/journeys/", include("cdp.admin_journey.urls")),
    path("admin/campaigns/", include("cdp.admin_campaign.urls")),
    path("admin/reports/", include("cdp.admin_report.urls")),
    path("", include("cdp.admin_mail.urls")),
    path("", include("cdp.admin_delivery.urls")),
    path("admin/events/live/", admin.site.admin_view(live_page.live_page), name="events-live"),
    path("admin/events/live/items/", admin.site.admin_view(live_page.live_items), name="events-live-items"),
    path(
        "admin/events/live/raw/<int:inbox_id>/<int:index>/",
        admin.site.admin_view(live_page.live_raw),
        name="events-live-raw",
    ),
    path("admin/events/counters/", admin.site.admin_view(ingest_pages.counters_page), name="events-counters"),
    path("admin/events/replay/", admin.site.admin_view(ingest_pages.replay_page), name="events-replay"),
    path("admin/consent/say/<uuid:profile_id>/", admin.site.admin_view(saying.say), name="consent-say"),
    path("admin/", admin.site.urls),
    path("", include("cdp.script.urls")),
    path("", include("events.api.urls")),
    path("", include("offers.api.urls")),
    path("", include("decisions.api.urls")),
    path("", include("commerce.api.urls")),
    path("", include("imports.api.urls")),
    path("v1/consent/signup", sign_up.sign_up, name="consent-signup"),
    path("v1/consent/signup/", sign_up.sign_up),
    path("", include("consent.api.urls")),
    path("", include("plans.api.urls")),
    path("", include("segments.api.urls")),  # before people's, which take any path below a person
    path("", include("people.api.urls")),
    path("", include("mailing.api.urls")),
    path("", include("automation.api.urls")),
    path("", include("experiments.api.urls")),
    path("", include("privacy.api.urls")),
]

if settings.DEMO:
    urlpatterns.append(path("", include("cdp.demo.urls")))
