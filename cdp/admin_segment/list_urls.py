"""Routes of lists, snapshots and files of members, below admin/segments/; each view asks for its rights itself."""

from django.contrib import admin
from django.urls import URLPattern, path

from cdp.admin_segment import export_page, lists_page

_view = admin.site.admin_view

urlpatterns: list[URLPattern] = [
    path("lists/", _view(lists_page.listing), name="segment-lists"),
    path("lists/from-rule/", _view(lists_page.from_rule), name="segment-list-from-rule"),
    path("lists/fill/<uuid:fill_id>/progress.json", _view(lists_page.progress), name="segment-fill-progress"),
    path("lists/fill/<uuid:fill_id>/rejects.csv", _view(lists_page.rejects), name="segment-fill-rejected"),
    path("lists/fill/<uuid:fill_id>/<str:what>/", _view(lists_page.act), name="segment-fill-act"),
    path("segment/<int:segment_id>/list/", _view(lists_page.one), name="segment-list"),
    path("segment/<int:segment_id>/export/", _view(export_page.export), name="segment-export-page"),
    path("segment/<int:segment_id>/freeze/", _view(export_page.freeze), name="segment-freeze"),
    path("exports/<uuid:export_id>/progress.json", _view(export_page.progress), name="segment-export-progress"),
    path("exports/<uuid:export_id>/members.csv", _view(export_page.download), name="segment-export-download"),
    path("exports/<uuid:export_id>/stop/", _view(export_page.stop), name="segment-export-stop"),
]
