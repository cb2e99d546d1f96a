"""GET /cdp/…: the script under its versioned name for a year, its alias and its description for five minutes.

Readable from every origin, packed where the browser takes gzip; a name nobody ever served is a 404 problem.
"""

from django.http import HttpRequest, HttpResponse, HttpResponseNotModified, JsonResponse

from cdp.lib.addresses import own_address
from cdp.lib.problems import Problem
from cdp.script.assembling import Script, current, served

FOR_EVER = "public, max-age=31536000, immutable"
FIVE_MINUTES = "public, max-age=300"
OPEN = {
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "X-Content-Type-Options": "nosniff",
}
PREFLIGHT = {**OPEN, "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS", "Access-Control-Max-Age": "86400"}


def versioned(request: HttpRequest, name: str) -> HttpResponse:
    """GET /cdp/cdp.<version>.<hash8>.js: these bytes, for ever."""
    script = served().get(name)
    if script is None:
        detail = "The present name stands in /cdp/script.json; /cdp/cdp.js always is the present version."
        raise Problem("not_found", "There is no script of this name", 404, detail, headers=OPEN)
    return _javascript(request, script, FOR_EVER)


def latest(request: HttpRequest) -> HttpResponse:
    """GET /cdp/cdp.js: the present version."""
    return _javascript(request, current(), FIVE_MINUTES)


def description(request: HttpRequest) -> HttpResponse:
    """GET /cdp/script.json: {url, integrity, version} of the present version."""
    if refusal := _other_method(request):
        return refusal
    script = current()
    told = {"url": own_address(request) + script.path, "integrity": script.integrity, "version": script.version}
    return JsonResponse(told, headers={**OPEN, "Cache-Control": FIVE_MINUTES, "Vary": "Host"})


def _javascript(request: HttpRequest, script: Script, cache: str) -> HttpResponse:
    if refusal := _other_method(request):
        return refusal
    packed = _takes_gzip(request.headers.get("Accept-Encoding", ""))
    etag = f'"{script.integrity[7:23]}{"-gzip" if packed else ""}"'
    headers = {**OPEN, "Cache-Control": cache, "ETag": etag, "Vary": "Accept-Encoding"}
    if etag in [tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")]:
        return HttpResponseNotModified(headers=headers)
    if packed:
        headers["Content-Encoding"] = "gzip"
    return HttpResponse(script.packed if packed else script.body, "text/javascript; charset=utf-8", headers=headers)


def _other_method(request: HttpRequest) -> HttpResponse | None:
    if request.method == "OPTIONS":
        return HttpResponse(status=204, headers=PREFLIGHT)
    if request.method not in ("GET", "HEAD"):
        raise Problem("method_not_allowed", "Only GET is taken here", 405, headers={**OPEN, "Allow": "GET, OPTIONS"})
    return None


def _takes_gzip(accepted: str) -> bool:
    for offer in accepted.lower().replace(" ", "").split(","):
        name, _, quality = offer.partition(";q=")
        if name == "gzip":
            return not quality or quality.strip("0.") != ""
    return False
