"""Routes of the automation API."""

from django.urls import URLPattern, URLResolver, path

from automation.api.journeys import CancelView, EnrollmentsView, EnrollView, TriggerView

urlpatterns: list[URLPattern | URLResolver] = [
    path("v1/journeys/enrollments/<str:key>", EnrollmentsView.as_view(), name="journeys-enrollments"),
    path("v1/journeys/enrollments/<str:key>/", EnrollmentsView.as_view()),
    path("v1/journeys/<slug:slug>/trigger", TriggerView.as_view(), name="journeys-trigger"),
    path("v1/journeys/<slug:slug>/trigger/", TriggerView.as_view()),
    path("v1/journeys/<slug:slug>/enroll", EnrollView.as_view(), name="journeys-enroll"),
    path("v1/journeys/<slug:slug>/enroll/", EnrollView.as_view()),
    path("v1/journeys/<slug:slug>/cancel", CancelView.as_view(), name="journeys-cancel"),
    path("v1/journeys/<slug:slug>/cancel/", CancelView.as_view()),
]
