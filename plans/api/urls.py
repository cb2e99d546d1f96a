"""Routes of the tracking plan's API."""

from django.urls import URLPattern, URLResolver, re_path

from plans.api.views import PlanView

urlpatterns: list[URLPattern | URLResolver] = [re_path(r"^v1/plan/?$", PlanView.as_view(), name="plan-read")]
