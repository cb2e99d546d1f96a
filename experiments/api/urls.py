"""Routes of the experiments API; each is served with and without a slash at its end."""

from django.urls import URLPattern, URLResolver, re_path

from experiments.api import views

ONE = r"^v1/experiments/(?P<key>[-a-zA-Z0-9_]{1,50})"

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(r"^v1/experiments/?$", views.ListView.as_view(), name="experiments-api"),
    re_path(rf"{ONE}/results/?$", views.ResultsView.as_view(), name="experiment-results-api"),
]
