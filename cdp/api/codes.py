"""The stable problem codes and what a client should do about each. A test holds this list equal to the code."""

from collections.abc import Mapping

CODES: Mapping[str, str] = {
    "bad_request": "The request cannot be understood. Mend it; the same again fails again.",
    "csrf_failed": "A form was sent without its token. Reload the page.",
    "database_unavailable": "Nothing was stored. Send the same request again after Retry-After seconds.",
    "error": "The request cannot be served; detail says why.",
    "forbidden": "The caller may not do this.",
    "internal_error": "A fault on our side, logged under X-Request-ID. Trying again may help.",
    "invalid": "Fields named in errors cannot be used. Mend them.",
    "malformed_json": "The body is not JSON that can be read.",
    "method_not_allowed": "The address exists, but not with this method.",
    "not_acceptable": "Only JSON is answered here.",
    "not_found": "There is nothing at this address.",
    "scope_missing": "The server key is good but lacks the scope named in detail.",
    "server_key_invalid": "The server key is unknown or revoked.",
    "server_key_missing": "The call takes a server key: `Authorization: Bearer sk_…`.",
    "too_many_requests": "Slow down; try again after Retry-After seconds.",
    "unsupported_media_type": "Send JSON.",
    "user_token_invalid": "The user token is refused; detail says why.",
}
