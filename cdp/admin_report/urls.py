"""Routes of reports, below admin/reports/; each view asks for its rights itself."""

from django.contrib import admin
from django.urls import URLPattern, path

from cdp.admin_report import pages

_view = admin.site.admin_view

urlpatterns: list[URLPattern] = [
    path("", _view(pages.index), name="reports"),
    path("<slug:kind>/<int:sender_id>/", _view(pages.report), name="report"),
]
