"""Routes of the events API, each with and without a trailing slash: a POST cannot be redirected."""

from django.urls import URLPattern, URLResolver, path

from events.api.door import ROUTES
from events.api.views import ingest

urlpatterns: list[URLPattern | URLResolver] = [
    path(
        route[1:] + slash,
        ingest,
        {"path_type": path_type},
        name=f"ingest{route.replace('/', '-')}{'-slash' if slash else ''}",
    )
    for route, path_type in ROUTES.items()
    for slash in ("", "/")
]
