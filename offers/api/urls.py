"""Routes of the API of offers and prices."""

from django.urls import URLPattern, URLResolver, path

from offers.api.evaluate import EvaluateView
from offers.api.prices import PricesView

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/offers/evaluate", EvaluateView.as_view(), name="offers-evaluate"),
    path("v1/prices", PricesView.as_view(), name="prices"),
]
