"""System checks of a deployment: what must not reach the outside is refused by `manage.py check --deploy`."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register


@register(Tags.security, deploy=True)
def no_demo_outside(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """DEMO=1 opens development views and sends mail to a sink."""
    if not settings.DEMO:
        return []
    hint = "Start without DEMO (or DEMO=0)."
    return [
        Error(
            "DEMO=1 must not be deployed: it opens views that show what is known of visitors.", hint=hint, id="cdp.E001"
        )
    ]


@register(Tags.security, deploy=True)
def hosts_are_named(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Any Host header would be believed in links of mails and pages."""
    if "*" not in settings.ALLOWED_HOSTS:
        return []
    return [Error("ALLOWED_HOSTS holds *.", hint="Name the hosts, e.g. ALLOWED_HOSTS=cdp.shop.example", id="cdp.E002")]
