"""Sources of our own: what the house itself says of people enters the log like everybody's events."""

from events.models import Source


def internal_source(name: str) -> Source:
    """The server source of this name, made when first needed; staff see it among the others."""
    known = Source.objects.filter(name=name, kind=Source.Kind.SERVER).order_by("pk").first()
    return known or Source.objects.create(name=name, kind=Source.Kind.SERVER)
