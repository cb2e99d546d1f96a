"""Routes of the events API. Ingest stands with and without a trailing slash: a POST cannot be redirected."""

from django.urls import URLPattern, URLResolver, path

from events.api import posthog_startup, startup
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
urlpatterns += [
    path("v1/projects/<str:write_key>/settings", startup.segment_settings, name="segment-settings"),
    path("sourceConfig", startup.rudder_configuration, name="rudder-configuration"),
    path("sourceConfig/", startup.rudder_configuration, name="rudder-configuration-slash"),
    path("array/<str:write_key>/config", posthog_startup.configuration, name="posthog-configuration"),
    path("array/<str:write_key>/config.js", posthog_startup.configuration_script, name="posthog-configuration-script"),
]
urlpatterns += [
    path(f"{name}{slash}", posthog_startup.flags, name=f"posthog-{name}{'-slash' if slash else ''}")
    for name in ("flags", "decide")
    for slash in ("", "/")
]
