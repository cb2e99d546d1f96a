"""Routes: every app's API under one roof, and the admin."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("", include("events.api.urls")),
    path("", include("commerce.api.urls")),
    path("", include("recommendations.api.urls")),
    path("", include("consent.api.urls")),
    path("", include("automation.api.urls")),
]
