"""Routes of the recommendations API."""

from django.urls import URLPattern, URLResolver, path

from recommendations.api.views import RecommendationsView

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/recommendations", RecommendationsView.as_view(), name="recommendations"),
]
