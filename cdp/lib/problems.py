"""Problem: the one exception by which any app tells an API caller what is wrong and how to mend it (RFC 9457).

Apps raise it; the roof (`cdp.api.problems`) turns it into the answer. Codes are stable: clients may branch on them.
"""

from collections.abc import Mapping, Sequence
from typing import Any


class Problem(Exception):
    """A refusal with a stable `code`, a human `title`, an HTTP `status`, and what to do about it in `detail`.

    `errors` names single faults: `{"field" | "index": …, "reason": code, "detail": text}`. `headers` go with the answer
    (Retry-After, WWW-Authenticate).
    """

    def __init__(
        self,
        code: str,
        title: str,
        status: int,
        detail: str = "",
        errors: Sequence[Mapping[str, Any]] | None = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.title = title
        self.status = status
        self.detail = detail
        self.errors = list(errors or ())
        self.headers = dict(headers or {})

    def body(self) -> dict[str, Any]:
        """The members of the problem document: type, title, status, code, and detail and errors where there are any."""
        document: dict[str, Any] = {
            "type": f"/docs/problems#{self.code}",
            "title": self.title,
            "status": self.status,
            "code": self.code,
        }
        if self.detail:
            document["detail"] = self.detail
        if self.errors:
            document["errors"] = [dict(error) for error in self.errors]
        return document
