"""Routes of decided places, below admin/decided/; each view asks for its rights itself."""

from django.contrib import admin
from django.urls import URLPattern, path

from cdp.admin_decision import acting, editor_page, list_page, trying

_view = admin.site.admin_view

urlpatterns: list[URLPattern] = [
    path("", _view(list_page.listing), name="decided-places"),
    path("new/", _view(list_page.add), name="decided-new"),
    path("<int:placement_id>/", _view(editor_page.page), name="decided-place"),
    path("<int:placement_id>/check/", _view(editor_page.check), name="decided-check"),
    path("<int:placement_id>/try/", _view(trying.answer), name="decided-try"),
    path("<int:placement_id>/restore/<int:number>/", _view(acting.restore), name="decided-restore"),
    path("<int:placement_id>/<slug:act>/", _view(acting.act), name="decided-act"),
]
