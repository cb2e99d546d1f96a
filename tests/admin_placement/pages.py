"""Filling the form of a placement as a browser does: repeated fields in the order of the page."""

from typing import Any

from django.test import Client

from cdp.admin_placement import typed as forms
from cdp.admin_placement.typed import RULE_FIELDS
from recommendations.placements import PlacementSpec

LOOKER = ("view_placement",)
MARKETER = ("view_placement", "add_placement", "change_placement", "delete_placement", "view_profile")


def fields(spec: PlacementSpec, *, is_active: bool = True, **changes: Any) -> dict[str, Any]:
    """What the form of this spec sends, with some fields typed otherwise."""
    form = forms.of_spec(spec, is_active=is_active)
    sent: dict[str, Any] = dict(form.texts) | dict.fromkeys(form.ticks, "yes")
    sent |= {name: values for name, values in form.lists.items() if values}
    sent["strategy"], sent["weight"] = [a for a, _ in form.strategies], [b for _, b in form.strategies]
    sent["boost_by"] = [row[0] for row in form.boosts]
    sent["boost_weight"] = [row[1] for row in form.boosts]
    sent["boost_value"] = [row[2] for row in form.boosts]
    for name in RULE_FIELDS:
        sent[f"rule_{name}"] = [row[name] for row in form.rules]
    return {name: value for name, value in (sent | changes).items() if value is not None}


def shown(client: Client, address: str, spec: PlacementSpec, **changes: Any) -> Any:
    """The preview as the page's script asks for it."""
    return client.post(address, fields(spec, what="preview", **changes), headers={"X-Preview": "yes"})
