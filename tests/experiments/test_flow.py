"""An experiment as a shop runs it, over HTTP alone: made on the page, decided, seen, bought, computed, read."""

import json
from typing import Any
from uuid import uuid4

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import Group, User
from django.test import Client

from cdp.access.services import make_server_key
from cdp.admin_home.groups import apply_rights
from cdp.jobs.services import run_slice
from cdp.outbox.services import drain_all
from events.models import Source
from experiments.models import Experiment
from tests.admin_experiment.test_pages import FORM
from tests.decisions.deciding_world import place
from tests.segments.pages import words
from tests.segments.world import PIPELINE

pytestmark = pytest.mark.django_db(transaction=True)
YES, NO = ({"consent": {"categoryPreferences": {"analytics": x, "personalization": x}}} for x in (True, False))
PLAIN = FORM | {"traffic": "100", "layer": "", "goals_within": ["7", "7"], "what": "start"}


class Store:
    """A shop with a page, a server, and somebody in its marketing."""

    def __init__(self) -> None:
        apply_rights()
        user = User.objects.create_user("mara", is_staff=True)
        user.groups.add(Group.objects.get(name="marketer"))
        self.staff = Client()
        self.staff.force_login(user)
        self.write_key = Source.objects.create(name="page", kind="browser").write_key
        self.server_write_key = Source.objects.create(name="server", kind="server").write_key
        scopes = ["decisions:read", "decisions:write", "experiments:read"]
        self.server_key = make_server_key("shop", scopes)[1]

    def post(self, path: str, body: dict[str, Any], *, key: str = "") -> Any:
        headers = {"X-Write-Key": key or self.write_key}
        if key == self.server_key:
            headers = {"Authorization": f"Bearer {key}"}
        return Client().post(f"/v1/{path}", json.dumps(body), content_type="application/json", headers=headers)

    def experiment(self) -> Experiment:
        assert self.staff.post("/admin/experiments/new/", PLAIN).status_code == 302
        outcomes = {"control": {"data": {"hero": "old"}}, "big": {"data": {"hero": "new"}}}
        place("home", {"by": "experiment", "experiment": "hero", "outcomes": outcomes})
        return Experiment.objects.get(key="hero")

    def visit(self, name: str) -> str:
        """The variant a browser sees."""
        found = self.post("decide", {"anonymous_id": name, "placements": ["home"]}).json()["decisions"][0]
        seen = {"anonymous_id": name, "exposures": [{"decision_id": found["decision_id"]}]}
        assert self.post("exposures", seen).json()["taken"] == 1
        return str(found["arm"])

    def of_user(self, user: str) -> tuple[str, str]:
        """(variant, reason) as the shop's server is told."""
        asked = {"user_id": user, "placements": ["home"]}
        found = self.post("decide", asked, key=self.server_key).json()["decisions"][0]
        return str(found["arm"]), str(found["reason"])

    def send(self, *items: dict[str, Any]) -> None:
        batch = [{"messageId": str(uuid4()), **one} for one in items]
        assert self.post("batch", {"batch": batch}, key=self.server_write_key).status_code == 200
        drain_all(only=PIPELINE | {"commerce.refold"})

    def results(self) -> dict[str, Any]:
        """Computed by the page's button, read by the API."""
        row = Experiment.objects.get(key="hero")
        self.staff.post(f"/admin/experiments/{row.pk}/compute/")
        while run_slice():
            pass
        headers = {"Authorization": f"Bearer {self.server_key}"}
        found = Client().get("/v1/experiments/hero/results", headers=headers)
        assert found.status_code == 200, found.content
        return dict(found.json())

    def page(self) -> str:
        return words(self.staff.get(f"/admin/experiments/{Experiment.objects.get(key='hero').pk}/"))


def order(name: str, context: dict[str, Any] | None = None) -> dict[str, Any]:
    bought = {"order_id": f"o-{name}", "revenue": 40, "currency": "EUR", "products": []}
    more = {"context": context} if context else {}
    return {"type": "track", "anonymousId": name, "event": "Order Completed", "properties": bought, **more}


def look(name: str, context: dict[str, Any] | None = None) -> dict[str, Any]:
    more = {"context": context} if context else {}
    return {"type": "track", "anonymousId": name, "event": "Product Viewed", "properties": {}, **more}


def test_a_planted_effect_is_found_by_the_calls_the_documents_name_and_variants_stay_though_nobody_was_asked(
    settings: LazySettings,
) -> None:
    settings.CONSENT_DEFAULT_REGIME = "gdpr"
    store = Store()
    store.experiment()
    variants = {f"v{n}": store.visit(f"v{n}") for n in range(100)}
    sides = {key: [name for name, found in variants.items() if found == key] for key in ("control", "big")}
    assert min(map(len, sides.values())) > 30
    first = next(iter(variants))
    other = next(name for name, found in variants.items() if found != variants[first])
    # Nobody said anything of consent: a first event, a sign-in and a merge change nothing, and nobody is measured.
    store.send(*(look(name) for name in variants))
    assert store.visit(first) == variants[first]
    store.send(*({"type": "identify", "anonymousId": one, "userId": "ada", "traits": {}} for one in (first, other)))
    assert store.of_user("ada") == (variants[first], "met")
    assert store.visit(other) == variants[other]
    told = store.results()
    assert (told["people"], told["left_out"]) == (0, {"crossed": 1, "unasked": 98})
    assert "98 never asked about analytics" in next(
        one["text"] for one in told["verdict"]["checks"] if one["code"] == "people"
    )
    page = store.page()
    assert "Nobody is counted: all 99 who met it are left out" in page
    assert "98 were never asked about analytics" in page
    # They are asked: who says yes counts from their first meeting on, who says no keeps the control from then on.
    buyers = {*sides["control"][:2], *sides["big"][:30]}
    said = {name: NO if name == "v99" else YES for name in variants if name not in (first, other)}
    store.send(*(order(name, yes) if name in buyers else look(name, yes) for name, yes in said.items()))
    assert store.visit("v99") == "control"
    told = store.results()
    assert (told["people"], told["left_out"]) == (97, {"crossed": 1, "refused": 1})
    control, big = told["metrics"][0]["variants"]
    bought = buyers & set(said) - {"v99"}
    assert [control["doers"], big["doers"]] == [len(bought & set(sides[key])) for key in ("control", "big")]
    assert big["is_better"]
    assert big["absolute"]["low"] > 0
    assert (told["verdict"]["state"], told["verdict"]["winner"]) == ("undecided", "")
    page = store.page()
    assert "surely better" in page
    assert "Too early to say: 7 more days at least" in page
