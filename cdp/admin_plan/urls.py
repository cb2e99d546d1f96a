"""Routes of the tracking plan's pages. Each view asks for its right itself; signing in is asked for here."""

from django.contrib import admin
from django.urls import URLPattern, path

from cdp.admin_plan import editing, event_page, pages

_view = admin.site.admin_view

urlpatterns: list[URLPattern] = [
    path("events/", _view(pages.listing), name="plan"),
    path("add/", _view(editing.add), name="plan-add"),
    path("events/<int:type_id>/change/", _view(event_page.shown), name="plan-event"),
    path("events/<int:type_id>/edit/", _view(editing.edit), name="plan-edit"),
    path("events/<int:type_id>/become/<str:status>/", _view(event_page.become), name="plan-become"),
    path("seen/", _view(pages.seen), name="plan-seen"),
    path("seen/one/", _view(pages.seen_one), name="plan-seen-one"),
    path("sources/", _view(pages.sources), name="plan-sources"),
    path("dictionary/", _view(pages.dictionary), name="plan-dictionary"),
    path("dictionary/<str:form>/", _view(pages.export), name="plan-export"),
]
