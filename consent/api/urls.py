"""Routes of the consent API."""

from django.urls import URLPattern, URLResolver, path

from consent.api.lifting import SuppressionLiftView
from consent.api.statements import BulkView, StatementView, StateView
from consent.api.suppressions import SuppressionCheckView, SuppressionsView

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/consent", StatementView.as_view(), name="consent-state"),
    path("v1/consent/", StatementView.as_view()),
    path("v1/consent/bulk", BulkView.as_view(), name="consent-bulk"),
    path("v1/consent/bulk/", BulkView.as_view()),
    path("v1/consent/state", StateView.as_view(), name="consent-state-of"),
    path("v1/consent/state/", StateView.as_view()),
    path("v1/suppressions", SuppressionsView.as_view(), name="suppressions"),
    path("v1/suppressions/", SuppressionsView.as_view()),
    path("v1/suppressions/lift", SuppressionLiftView.as_view(), name="suppressions-lift"),
    path("v1/suppressions/lift/", SuppressionLiftView.as_view()),
    path("v1/suppressions/check", SuppressionCheckView.as_view(), name="suppressions-check"),
    path("v1/suppressions/check/", SuppressionCheckView.as_view()),
]
