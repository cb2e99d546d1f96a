"""Routes of the tracking plan's API."""

from django.urls import URLPattern, URLResolver, path

from plans.api.views import PlanView

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/plan", PlanView.as_view(), name="plan-read"),
    path("v1/plan/", PlanView.as_view()),
]
