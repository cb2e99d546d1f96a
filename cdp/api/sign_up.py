"""POST /v1/consent/signup: the door for a shop's public forms, opened by a write key as the ingest door is.

The answer is the same whether the address is known, signed up already, or silenced: nobody learns who is a customer.
It stands on the roof since it needs sources and consent both.
"""

import msgspec
from django.core.cache import cache
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from cdp.lib.clock import utc_now
from cdp.lib.hashing import address_hash, keyed_hash
from cdp.lib.problems import Problem
from consent import services as consent
from events import queries as events
from events.api import incoming
from events.api.door import CORS, OPEN, READABLE
from events.contracts import SourceFacts

MOST_BYTES = 16_384
MOST_PURPOSES = 20
MOST_A_MINUTE = 20
DONE = b'{"success":true,"message":"If the address can be written to, a mail with a button to confirm is on its way."}'


class Form(msgspec.Struct, rename="camel"):
    """What a form sends. Unknown fields are ignored."""

    email: str
    purposes: list[str] = msgspec.field(default_factory=lambda: ["email_marketing"])
    locale: str = ""
    form: str = ""
    url: str = ""
    write_key: str = ""


_decoder = msgspec.json.Decoder(Form)
_encode = msgspec.json.Encoder().encode


@csrf_exempt
def sign_up(request: HttpRequest) -> HttpResponse:
    """{email, purposes?, locale?, form?, url?} → 202 and always the same words, or a problem with the form itself."""
    if request.method == "OPTIONS":
        return _answer(204, b"", CORS)
    try:
        if request.method != "POST":
            raise Problem("method_not_allowed", "Only POST is taken here", 405, headers={"Allow": "POST, OPTIONS"})
        _take_in(request)
    except Problem as problem:
        headers = (("Content-Type", "application/problem+json"), *OPEN, *READABLE, *problem.headers.items())
        return _answer(problem.status, _encode(problem.body()), headers)
    return _answer(202, DONE, (("Content-Type", "application/json"), *OPEN))


def _take_in(request: HttpRequest) -> None:
    body = incoming.read_body(request.META, request.read, limit=MOST_BYTES)
    form = _read(body)
    source = _source([*incoming.head_keys(request.META), form.write_key, *incoming.query_keys(request.META)])
    ip = str(request.META.get("REMOTE_ADDR", ""))
    _check_rate(ip)
    now = utc_now()
    page = {"url": form.url.partition("?")[0][:500]} if form.url else {}
    purposes = tuple(dict.fromkeys(form.purposes[:MOST_PURPOSES]))
    wish = consent.SignUp(form.email, purposes, form.locale[:35], ip, source.id, form.form[:100], page)
    consent.sign_up(wish, now=now)
    email = consent.canonical_email(form.email)
    if email is not None:
        consent.note_gpc(request.META, now=now, address_hash=address_hash(email), source_id=source.id)


def _read(body: bytes) -> Form:
    try:
        form = _decoder.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Problem("malformed_json", "The form cannot be read", 400, f"Send a JSON object: {error}.") from error
    texts = (form.email, form.locale, form.form, form.url, *form.purposes)
    if not form.purposes or any("\0" in text or not _is_text(text) for text in texts):
        raise Problem("invalid_consent", "The form cannot be used", 422, "Send email, and purposes as a list of codes.")
    return form


def _is_text(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _source(keys: list[str]) -> SourceFacts:
    found = next((one for key in keys if key and (one := events.source_by_write_key(key)) is not None), None)
    if found is None:
        detail = "Send a source's write key as X-Write-Key, Basic user, or writeKey in the body."
        raise Problem("unknown_write_key", "The write key is unknown", 401, detail)
    if not found.enabled:
        raise Problem("source_disabled", "The source is disabled", 403, "Enable it in the admin under Sources.")
    return found


def _check_rate(ip: str) -> None:
    """At most 20 forms a minute from one address of the internet."""
    key = f"sign_up:{keyed_hash('sign_up_ip', ip).hex()}"
    if cache.add(key, 1, timeout=60):
        return
    try:
        count = cache.incr(key)
    except ValueError:  # it ended between the two
        return
    if count > MOST_A_MINUTE:
        raise Problem("rate_limited", "Too many sign-ups", 429, "Try again in a minute.", headers={"Retry-After": "60"})


def _answer(status: int, body: bytes, headers: tuple[tuple[str, str], ...]) -> HttpResponse:
    response = HttpResponse(body, status=status)
    for name, value in headers:
        response[name] = value
    return response
