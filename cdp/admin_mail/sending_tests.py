"""A test mail of what is typed, and the page its ways out lead to, which says what they would do and does nothing."""

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST

from cdp.admin_mail.asking import BadAskError, asked_of, refused
from cdp.admin_mail.list_page import found
from cdp.admin_mail.previewing import links_to_nowhere, preview
from cdp.admin_mail.rights import CHANGE, LOOK, require
from cdp.lib.admin_parts import actor
from cdp.lib.clock import utc_now
from mailing.services.sending_tests import TestMailError, send_test_mail
from mailing.services.templates import subject_of

WORDS = {
    "unsubscribe": ("Unsubscribe", "In a real mail this link unsubscribes whoever got it, with one click."),
    "preferences": ("E-mail preferences", "In a real mail this link leads to the preferences of whoever got it."),
    "browser": ("View in browser", "In a real mail this link shows the very mail in the browser."),
}


@require_POST
def send(request: HttpRequest, template_id: int) -> HttpResponse:
    """Sends what is typed, as the chosen person, to `to`: {said}."""
    require(request, LOOK, CHANGE)
    row = found(template_id)
    now = utc_now()
    try:
        asked = asked_of(request)
        shown = preview(request, row, asked, now)
        if shown.rendered is None:
            raise TestMailError("This mail cannot be rendered yet: mend what is listed above, then send it.")
        line = send_test_mail(
            shown.rendered, asked.to, links_to_nowhere(request), subject=subject_of(row), by=actor(request), now=now
        )
    except (BadAskError, TestMailError) as error:
        return refused(error)
    return JsonResponse({"said": f"Sent to {asked.to} as “{line}”. It may take a moment to arrive."})


@csrf_exempt  # mailbox providers post here when somebody tries the unsubscribe button of a test mail; nothing changes
@require_http_methods(["GET", "HEAD", "POST"])
def way_out(request: HttpRequest, what: str) -> HttpResponse:
    """For everybody, since test mails go to people without an account; the same for all, and it changes nothing."""
    if what not in WORDS:
        raise Http404("There is no such page.")
    title, words = WORDS[what]
    return render(request, "admin/mail/way_out.html", {"title": title, "words": words})
