"""The WSGI application that Granian serves: ingest first, on its fast lane; all else through Django's middleware."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdp.settings")
_django = get_wsgi_application()

from events.api.wsgi import ingest_first  # noqa: E402 - needs the apps that the line above loads

application = ingest_first(_django)
