"""Routes of price lists, below admin/prices/; each view asks for its rights itself."""

from django.contrib import admin
from django.urls import URLPattern, path

from cdp.admin_price import acting, asking, list_page, one_page

_view = admin.site.admin_view

urlpatterns: list[URLPattern] = [
    path("", _view(list_page.listing), name="prices-desk"),
    path("new/", _view(one_page.add), name="price-list-new"),
    path("count/", _view(asking.count), name="price-count"),
    path("suggest/", _view(asking.suggest), name="price-suggest"),
    path("people/", _view(asking.people), name="price-people"),
    path("<int:list_id>/", _view(one_page.edit), name="price-list"),
    path("<int:list_id>/rows/", _view(acting.rows), name="price-rows"),
    path("<int:list_id>/upload/", _view(acting.upload), name="price-upload"),
    path("<int:list_id>/download/", _view(acting.download), name="price-download"),
    path("<int:list_id>/switch/", _view(acting.switch), name="price-switch"),
    path("<int:list_id>/restore/", _view(acting.restore), name="price-restore"),
    path("<int:list_id>/delete/", _view(acting.delete), name="price-delete"),
]
