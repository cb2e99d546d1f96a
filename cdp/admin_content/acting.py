"""What is done with a block as a whole: shown or taken down, copied, an older version restored."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST

from cdp.admin_content.rights import ADD, CHANGE, LOOK, actor, found, require
from decisions.models import ContentBlock, ContentVersion
from decisions.services import content as services
from decisions.services.content import ContentRefusedError


@require_POST
def switch(request: HttpRequest, block_id: int) -> HttpResponse:
    """Shown or taken down: `on` says which. Undone by the same button."""
    require(request, LOOK, CHANGE)
    row, on = found(block_id), request.POST.get("on") == "yes"
    try:
        services.switch(row.pk, on=on, by=actor(request))
    except ContentRefusedError as error:
        messages.error(request, str(error))
        return _back(row)
    said = "is shown again" if on else "is taken down: places that name it show their fallback"
    messages.info(request, f"“{row.name}” {said}, within three seconds.")
    return _back(row)


@require_POST
def duplicate(request: HttpRequest, block_id: int) -> HttpResponse:
    """A copy of the draft, not published, opened to be changed."""
    require(request, LOOK, ADD)
    made = services.duplicate(found(block_id).pk, by=actor(request))
    messages.info(request, f"“{made.name}” is a copy that is not published: change it, then publish it.")
    return _back(made)


@require_POST
def restore(request: HttpRequest, block_id: int) -> HttpResponse:
    """What version `number` said is shown again, as a version of its own."""
    require(request, LOOK, CHANGE)
    row, number = found(block_id), request.POST.get("number", "")
    try:
        made = services.restore(row.pk, int(number) if number.isdecimal() and len(number) < 9 else 0, by=actor(request))
    except ContentVersion.DoesNotExist:
        messages.error(request, "There is no such version.")
        return _back(row)
    messages.info(request, f"Version {number} is shown again, as version {made.number}. This can be undone, too.")
    return _back(row)


def _back(row: ContentBlock) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("content-block", args=[row.pk]))
