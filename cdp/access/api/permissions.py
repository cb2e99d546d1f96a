"""Permissions: nobody by default; a view says which scope opens it."""

from typing import TYPE_CHECKING, ClassVar

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from cdp.access.contracts import SCOPES, ServerCaller, UnknownScope
from cdp.lib.problems import Problem

if TYPE_CHECKING:  # DRF's views import this module through its settings
    from rest_framework.views import APIView


class NobodyUnlessTheViewSays(BasePermission):
    """The default: a view that names no permission is closed."""

    message = "This view is open to nobody."

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """No."""
        return False


class ScopePermission(BasePermission):
    """Lets in server keys that carry `scope`."""

    scope: ClassVar[str]

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Raises Problem: 401 without a key, 403 without the scope."""
        if not isinstance(request.auth, ServerCaller):
            detail = f"This call takes a server key with the scope {self.scope} as `Authorization: Bearer sk_…`."
            headers = {"WWW-Authenticate": "Bearer"}
            raise Problem("server_key_missing", "Server key needed", 401, detail, headers=headers)
        if self.scope not in request.auth.scopes:
            detail = f"This server key lacks the scope {self.scope}. Make one that has it in the admin."
            raise Problem("scope_missing", "Scope missing", 403, detail)
        return True


def HasScope(scope: str) -> type[ScopePermission]:  # noqa: N802  # reads as a class where views list it
    """The permission class for `scope`. Raises UnknownScope when the module is imported, not when it is called."""
    if scope not in SCOPES:
        raise UnknownScope({scope})
    return type(f"HasScope_{scope.replace(':', '_')}", (ScopePermission,), {"scope": scope})
