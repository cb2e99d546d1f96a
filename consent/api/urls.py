"""Routes of the consent API and of the unsubscribe pages."""

from django.urls import URLPattern, URLResolver, path

from consent.api.statements import StatementView
from consent.api.unsubscribe import UnsubscribeView

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/consent", StatementView.as_view(), name="consent-state"),
    path("v1/consent/", StatementView.as_view()),
    path("u/<str:token>", UnsubscribeView.as_view(), name="unsubscribe"),
    path("u/<str:token>/", UnsubscribeView.as_view()),
]
