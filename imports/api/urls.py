"""Routes of the imports API."""

from django.urls import URLPattern, URLResolver, path, re_path

from imports.api.views import ImportsView, ImportView, RejectsView, RunView

urlpatterns: list[URLPattern | URLResolver] = [
    re_path(r"^v1/imports/?$", ImportsView.as_view(), name="imports"),
    path("v1/imports/<uuid:import_id>", ImportView.as_view(), name="import"),
    path("v1/imports/<uuid:import_id>/run", RunView.as_view(), name="import-run"),
    path("v1/imports/<uuid:import_id>/rejects.csv", RejectsView.as_view(), name="import-rejects"),
]
