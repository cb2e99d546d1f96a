"""Routes of the recommendations API."""

from django.urls import URLPattern, URLResolver, path

from recommendations.api.views import BatchView, FeedbackView, RecommendationsView

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/recommendations", RecommendationsView.as_view(), name="recommendations"),
    path("v1/recommendations/feedback", FeedbackView.as_view(), name="recommendations-feedback"),
    path("v1/recommendations/batch", BatchView.as_view(), name="recommendations-batch"),
]
