"""Routes of the commerce API."""

from django.urls import URLPattern, URLResolver, re_path

from commerce.api.views import AvailabilityView, ProductsView

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(r"^v1/catalog/products/?$", ProductsView.as_view(), name="catalog-products"),
    re_path(r"^v1/catalog/availability/?$", AvailabilityView.as_view(), name="catalog-availability"),
]
