"""Routes of the privacy pages and APIs."""

from django.urls import URLPattern, URLResolver, path

from privacy.api import confirm_page, preference_api, preference_page, request_pages, requests, seen_pages
from privacy.api.unsubscribe import UnsubscribeView

urlpatterns: list[URLPattern | URLResolver] = [
    path("u/<str:token>", UnsubscribeView.as_view(), name="unsubscribe"),
    path("u/<str:token>/", UnsubscribeView.as_view()),
    path("p/<str:token>", preference_page.PreferencesView.as_view(), name="preferences"),
    path("p/<str:token>/", preference_page.PreferencesView.as_view()),
    path("privacy/held/<str:token>", seen_pages.HeldView.as_view(), name="privacy-held"),
    path("privacy/held/<str:token>/", seen_pages.HeldView.as_view()),
    path("privacy/why/<str:token>", seen_pages.WhyView.as_view(), name="privacy-why"),
    path("privacy/why/<str:token>/", seen_pages.WhyView.as_view()),
    path("v1/preferences", preference_api.PreferencesView.as_view(), name="preferences-api"),
    path("v1/preferences/", preference_api.PreferencesView.as_view()),
    path("privacy/confirm/<str:token>", confirm_page.ConfirmView.as_view(), name="privacy-confirm"),
    path("privacy/confirm/<str:token>/", confirm_page.ConfirmView.as_view()),
    path("privacy/r/<str:token>", request_pages.VerifyView.as_view(), name="privacy-verify"),
    path("privacy/r/<str:token>/", request_pages.VerifyView.as_view()),
    path("privacy/delete/<str:token>", request_pages.DeleteView.as_view(), name="privacy-delete"),
    path("privacy/delete/<str:token>/", request_pages.DeleteView.as_view()),
    path("privacy/download/<str:token>", request_pages.DownloadView.as_view(), name="privacy-download"),
    path("privacy/download/<str:token>/", request_pages.DownloadView.as_view()),
    path("v1/privacy/requests", requests.RequestsView.as_view(), name="privacy-requests"),
    path("v1/privacy/requests/", requests.RequestsView.as_view()),
    path("v1/privacy/requests/<uuid:request_id>", requests.RequestView.as_view(), name="privacy-request"),
    path("v1/privacy/requests/<uuid:request_id>/", requests.RequestView.as_view()),
    path("v1/privacy/requests/<uuid:request_id>/verify", requests.VerifyView.as_view(), name="privacy-attest"),
    path("v1/privacy/requests/<uuid:request_id>/verify/", requests.VerifyView.as_view()),
]
