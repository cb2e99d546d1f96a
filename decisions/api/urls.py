"""Routes of the decisions API."""

from django.urls import URLPattern, URLResolver, path

from decisions.api.views import ConversionsView, DecideView, ExposuresView

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/decide", DecideView.as_view(), name="decide"),
    path("v1/exposures", ExposuresView.as_view(), name="exposures"),
    path("v1/conversions", ConversionsView.as_view(), name="conversions"),
]
