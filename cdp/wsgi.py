"""The WSGI application that Granian serves: ingest, recommendations, decide and the
evaluation of carts on fast lanes; all else by Django.
"""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdp.settings")
_django = get_wsgi_application()

from decisions.api.wsgi import decide_first  # noqa: E402 - needs the apps that the line above loads
from events.api.wsgi import ingest_first  # noqa: E402
from offers.api.wsgi import evaluations_first  # noqa: E402
from recommendations.api.wsgi import recommendations_first  # noqa: E402

application = ingest_first(recommendations_first(decide_first(evaluations_first(_django))))
