"""The platform's own address, as whoever asks has reached it."""

from django.conf import settings
from django.http import HttpRequest


def own_address(request: HttpRequest) -> str:
    """Scheme and host without a slash, e.g. https://cdp.example.com; https where BASE_URL says a proxy speaks it."""
    is_secure = request.is_secure() or settings.BASE_URL.startswith("https://")
    return f"{'https' if is_secure else 'http'}://{request.get_host()}"
