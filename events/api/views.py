"""Ingest as plain Django views, for test clients and servers without the fast lane. Same door, same answers."""

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from events.api.door import answer


@csrf_exempt
def ingest(request: HttpRequest, path_type: str) -> HttpResponse:
    """POST events in the Segment format; the answer comes after the commit."""
    found = answer(path_type, request.method or "", request.META, request.read)
    return HttpResponse(found.body, status=found.status, headers=dict(found.headers))
