"""Routes of the privacy pages and APIs."""

from django.urls import URLPattern, URLResolver, path

from privacy.api.preference_page import PreferencesView

urlpatterns: list[URLPattern | URLResolver] = [
    path("p/<str:token>", PreferencesView.as_view(), name="preferences"),
    path("p/<str:token>/", PreferencesView.as_view()),
]
