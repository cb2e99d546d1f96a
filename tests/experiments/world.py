"""Experiments of staff as tests make them, and people who ask, through the real events and the real callers."""

import uuid
from decimal import Decimal
from typing import Any

from cdp.lib.clock import utc_now
from experiments.contracts import Assigned, SeenAnswer
from experiments.drafts import ExperimentDraft, VariantDraft
from experiments.models import Experiment
from experiments.queries.askers import Asker, asker_of
from experiments.services.assigning import assign_now
from experiments.services.drafting import save_draft
from experiments.services.exposing import note_seen
from experiments.services.life import start
from people.queries.callers import BROWSER, SERVER, Caller, Named, whose
from segments.queries.standing import known_of

ORDERS = {"name": "Orders", "kind": "conversion", "event": "Order Completed"}


def draft(key: str = "hero", **changes: Any) -> ExperimentDraft:
    """Half and half, decided by orders."""
    given: dict[str, Any] = {
        "key": key,
        "name": f"The {key}",
        "variants": (VariantDraft("control", Decimal("0.5")), VariantDraft("b", Decimal("0.5"), "Bigger picture")),
        "control": "control",
        "goals": (ORDERS,),
    }
    return ExperimentDraft(**(given | changes))


def started(key: str = "hero", **changes: Any) -> Experiment:
    """One that runs."""
    return start(save_draft(draft(key, **changes)).pk, utc_now())


def asker(person: Named | None, *, by: str = SERVER) -> Asker:
    """Whoever this names, as a request would find them."""
    caller, now = Caller(by), utc_now()
    found = whose(caller, person)
    return asker_of(caller, person, found, known_of(found, now, is_browser=by == BROWSER))


def given(person: Named | None, key: str = "hero", *, by: str = SERVER) -> Assigned:
    """What they get."""
    return assign_now(key, asker(person, by=by), utc_now())


def seen(person: Named | None, key: str = "hero", *, by: str = SERVER) -> Assigned:
    """What they get, and see."""
    got = given(person, key, by=by)
    note_seen([SeenAnswer(key, got.variant, got.reason, got.unit_hash, utc_now(), got.identifier_id)])
    return got


def browser(want: str, key: str = "hero") -> str:
    """An anonymous id nobody has seen, whom this experiment would give `want`."""
    while True:
        name = f"anon-{uuid.uuid4()}"
        if given(("anonymous_id", name), key, by=BROWSER).variant == want:
            return name
