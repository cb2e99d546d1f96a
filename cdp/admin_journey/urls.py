"""Routes of journeys, below admin/journeys/; each view asks for its rights itself."""

from django.contrib import admin
from django.urls import URLPattern, path

from cdp.admin_journey import (
    acting,
    backtest_page,
    builder_page,
    counting,
    gallery,
    list_page,
    publishing_page,
    saving,
    settings_page,
    test_page,
    versions_page,
)

_view = admin.site.admin_view

urlpatterns: list[URLPattern] = [
    path("", _view(list_page.listing), name="journeys"),
    path("new/", _view(gallery.new), name="journey-new"),
    path("<int:journey_id>/", _view(builder_page.builder), name="journey"),
    path("<int:journey_id>/draft/", _view(saving.draft), name="journey-draft"),
    path("<int:journey_id>/counts/", _view(counting.counts), name="journey-counts"),
    path("<int:journey_id>/settings/", _view(settings_page.settings), name="journey-settings"),
    path("<int:journey_id>/publish/", _view(publishing_page.publish), name="journey-publish"),
    path("<int:journey_id>/duplicate/", _view(acting.duplicate), name="journey-duplicate"),
    path("<int:journey_id>/versions/", _view(versions_page.versions), name="journey-versions"),
    path("<int:journey_id>/versions/<int:number>/restore/", _view(versions_page.restore), name="journey-restore"),
    path("<int:journey_id>/test/", _view(test_page.test), name="journey-test"),
    path("<int:journey_id>/test/people/", _view(test_page.people), name="journey-test-people"),
    path("<int:journey_id>/backtest/", _view(backtest_page.backtest), name="journey-backtest"),
    path("<int:journey_id>/backtest/<uuid:run_id>/", _view(backtest_page.result), name="journey-backtest-run"),
    path("<int:journey_id>/backtest/<uuid:run_id>/progress/", _view(backtest_page.progress), name="journey-progress"),
    path("<int:journey_id>/backtest/<uuid:run_id>/cancel/", _view(backtest_page.cancel), name="journey-cancel"),
    path("<int:journey_id>/backtest/<uuid:run_id>/csv/", _view(backtest_page.download), name="journey-backtest-csv"),
    path("<int:journey_id>/<slug:what>/", _view(acting.act), name="journey-act"),
]
