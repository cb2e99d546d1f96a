"""Routes of the script, and of what it reads before it asks anybody."""

from django.urls import URLPattern, URLResolver, path

from cdp.script import consent_config, serving

urlpatterns: list[URLPattern | URLResolver] = [
    path("cdp/cdp.js", serving.latest, name="script"),
    path("cdp/script.json", serving.description, name="script-description"),
    path("cdp/<str:name>", serving.versioned, name="script-versioned"),
    path("v1/consent/config", consent_config.config, name="consent-config"),
    path("v1/consent/config/", consent_config.config),
]
