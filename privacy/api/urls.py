"""Routes of the privacy pages and APIs."""

from django.urls import URLPattern, URLResolver, path

from privacy.api import preference_api, preference_page

urlpatterns: list[URLPattern | URLResolver] = [
    path("p/<str:token>", preference_page.PreferencesView.as_view(), name="preferences"),
    path("p/<str:token>/", preference_page.PreferencesView.as_view()),
    path("v1/preferences", preference_api.PreferencesView.as_view(), name="preferences-api"),
    path("v1/preferences/", preference_api.PreferencesView.as_view()),
]
