"""The Identity tab of a person's page: the graph, the journal with its undo, the tables of identifiers and links."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from cdp.identity_desk import journal, reading, separations
from cdp.identity_desk.people import reader_of
from cdp.identity_desk.words import kind_words
from profiles import page as tables
from profiles.contracts import IdentifierFacts
from profiles.models import Profile


def identity_tab(request: HttpRequest, profile: Profile, facts: Sequence[IdentifierFacts]) -> dict[str, Any]:
    """What the template admin/person/identity.html shows."""
    reader = reader_of(request)
    links = reading.links_of(facts, personal=reader.personal)
    return {
        "identifiers": [
            (fact, kind_words(fact.kind), tables.shown(fact.kind, fact.value, personal=reader.personal))
            for fact in facts
        ],
        "drawing": reading.drawing(facts, links, personal=reader.personal),
        "links": links[: reading.LISTED],
        "more_links": max(0, len(links) - reading.LISTED),
        "refused": sum(not link.joins for link in links),
        "journal": journal.rows_of_person(facts, personal=reader.personal),
        "separations": separations.around([fact.id for fact in facts], personal=reader.personal),
        "decides": reader.decides,
        "can_split": reader.decides and len(facts) > 1,
        "split_url": reverse("identity-split", args=[profile.pk]),
        "never_url": reverse("identity-never", args=[profile.pk]),
    }
