"""Routes of content, below admin/content/; each view asks for its rights itself."""

from django.contrib import admin
from django.urls import URLPattern, path

from cdp.admin_content import acting, list_page, one_page

_view = admin.site.admin_view

urlpatterns: list[URLPattern] = [
    path("", _view(list_page.listing), name="content-desk"),
    path("new/", _view(one_page.add), name="content-new"),
    path("<int:block_id>/", _view(one_page.edit), name="content-block"),
    path("<int:block_id>/switch/", _view(acting.switch), name="content-switch"),
    path("<int:block_id>/duplicate/", _view(acting.duplicate), name="content-duplicate"),
    path("<int:block_id>/restore/", _view(acting.restore), name="content-restore"),
]
