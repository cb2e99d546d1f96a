"""Routes of placements, below admin/placements/; each view asks for its rights itself."""

from django.contrib import admin
from django.urls import URLPattern, path

from cdp.admin_placement import acting, list_page, placement_page, rules_page, suggesting

_view = admin.site.admin_view

urlpatterns: list[URLPattern] = [
    path("", _view(list_page.listing), name="placements"),
    path("starters/", _view(list_page.starters), name="placement-starters"),
    path("new/", _view(placement_page.add), name="placement-new"),
    path("rules/", _view(rules_page.page), name="placement-rules"),
    path("suggest/", _view(suggesting.suggest), name="placement-suggest"),
    path("people/", _view(suggesting.people), name="placement-people"),
    path("<int:placement_id>/", _view(placement_page.edit), name="placement"),
    path("<int:placement_id>/switch/", _view(acting.switch), name="placement-switch"),
    path("<int:placement_id>/duplicate/", _view(acting.duplicate), name="placement-duplicate"),
    path("<int:placement_id>/delete/", _view(acting.delete), name="placement-delete"),
]
