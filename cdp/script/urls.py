"""Routes of the script."""

from django.urls import URLPattern, URLResolver, path

from cdp.script import serving

urlpatterns: list[URLPattern | URLResolver] = [
    path("cdp/cdp.js", serving.latest, name="script"),
    path("cdp/script.json", serving.description, name="script-description"),
    path("cdp/<str:name>", serving.versioned, name="script-versioned"),
]
