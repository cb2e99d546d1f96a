"""The WSGI application that Granian serves: ingest and recommendations on their fast lanes; all else by Django."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdp.settings")
_django = get_wsgi_application()

from events.api.wsgi import ingest_first  # noqa: E402 - needs the apps that the line above loads
from recommendations.api.wsgi import recommendations_first  # noqa: E402

application = ingest_first(recommendations_first(_django))
