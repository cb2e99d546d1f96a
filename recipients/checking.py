"""Whether an address may be given to a recipient: asked when it is saved; the delivery asks again for itself."""

from django.conf import settings

from cdp.lib import outbound


def address_problem(url: str) -> str:
    """Why nothing could be sent to `url`, and how to mend it; empty if it may be saved."""
    try:
        outbound.check(url, allow_private=bool(settings.RECIPIENTS_ALLOW_PRIVATE))
    except outbound.AddressRefused as refusal:
        return str(refusal)
    except outbound.Unreachable:
        return "This host name is not known. Check its spelling."
    return ""
