"""Routes of offers, below admin/offers/; each view asks for its rights itself."""

from django.contrib import admin
from django.urls import URLPattern, path

from cdp.admin_offer import acting, codes_page, figures_page, list_page, offer_page

_view = admin.site.admin_view

urlpatterns: list[URLPattern] = [
    path("", _view(list_page.listing), name="offers"),
    path("new/", _view(offer_page.add), name="offer-new"),
    path("<int:offer_id>/", _view(offer_page.edit), name="offer"),
    path("<int:offer_id>/figures/", _view(figures_page.page), name="offer-figures"),
    path("<int:offer_id>/codes/", _view(codes_page.page), name="offer-codes"),
    path("<int:offer_id>/codes/make/", _view(codes_page.make), name="offer-codes-make"),
    path("<int:offer_id>/codes/<int:pool_id>/", _view(codes_page.pool), name="offer-pool"),
    path("<int:offer_id>/codes/<int:pool_id>/file/", _view(codes_page.download), name="offer-pool-file"),
    path("<int:offer_id>/codes/<int:pool_id>/switch/", _view(codes_page.switch), name="offer-pool-switch"),
    path("<int:offer_id>/duplicate/", _view(acting.duplicate), name="offer-duplicate"),
    path("<int:offer_id>/restore/<int:number>/", _view(acting.restore), name="offer-restore"),
    path("<int:offer_id>/<slug:act>/", _view(acting.act), name="offer-act"),
]
