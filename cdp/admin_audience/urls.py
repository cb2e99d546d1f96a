"""Routes of what is computed of everybody; each view asks for its right itself."""

from django.contrib import admin
from django.urls import URLPattern, path

from cdp.admin_audience import discovery_page, rfm_page, rfm_settings_page, traits_page

_view = admin.site.admin_view

urlpatterns: list[URLPattern] = [
    path("rfm/", _view(rfm_page.page), name="rfm"),
    path("rfm/refresh/", _view(rfm_page.refresh), name="rfm-refresh"),
    path("rfm/settings/", _view(rfm_settings_page.page), name="rfm-settings"),
    path("traits/", _view(traits_page.page), name="trait-values"),
    path("traits/refresh/", _view(traits_page.refresh), name="trait-values-refresh"),
    path("discovery/", _view(discovery_page.page), name="discovery"),
    path("discovery/<str:what>/", _view(discovery_page.act), name="discovery-act"),
    path("discovery/<str:what>/<int:pk>/", _view(discovery_page.act), name="discovery-act"),
]
