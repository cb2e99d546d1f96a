"""Sizes of large segments for the list, which does not wait for them: counted when the page's script asks."""

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from cdp.admin_segment.frame import SEE, must, week_of
from cdp.lib.clock import utc_now
from segments.models import Segment

MOST = 100


@require_safe
def sizes(request: HttpRequest) -> JsonResponse:
    """{id: {size, change}} of the segments named by `id`, in words; each counted at most once in ten minutes."""
    must(request, SEE)
    asked = [int(one) for one in request.GET.getlist("id")[:MOST] if one.isascii() and one.isdigit() and len(one) < 19]
    now = utc_now()
    found = {}
    for segment in Segment.objects.filter(pk__in=asked, state=Segment.State.LIVE):
        moves = week_of(segment, now)
        if moves is not None:
            found[segment.pk] = {"size": f"{moves.size:,}", "change": moves.words}
    return JsonResponse(found)
