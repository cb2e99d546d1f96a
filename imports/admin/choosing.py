"""The mapping form's fields read back into columns and options."""

from django.http import QueryDict

from imports.contracts import Column, MappingIncomplete, Options
from imports.models import Import
from imports.queries import options_of
from imports.services.choosing import options_with
from imports.targets import NAMED, type_of

TRI = {"": None, "day": True, "month": False}


def columns_in(job: Import, form: QueryDict) -> list[Column]:
    """Each column as chosen in the form."""
    found = []
    for place, name in enumerate(job.names):
        target = form.get(f"target-{place}", "ignore")
        field = form.get(f"field-{place}", "").strip() or (name if target in NAMED else "")
        column = Column(name, target, field if target in NAMED else "", form.get(f"type-{place}", "text"))
        found.append(Column(name, column.target, column.field, type_of(column)))
    return found


def options_in(job: Import, form: QueryDict) -> tuple[Options, list[str]]:
    """The options as chosen, and what of them cannot be used (those stay as they were)."""
    present = options_of(job)
    told: dict[str, object] = {
        name: str(form[name]).strip()
        for name in ("encoding", "sheet", "zone", "country", "currency", "event")
        if name in form
    }
    if "delimiter" in form:
        told["delimiter"] = str(form["delimiter"])
    chosen: dict[str, object] = {**told, "day_first": TRI.get(form.get("day_first", ""), present.day_first)}
    chosen["decimal_comma"] = form.get("decimal_comma") == "comma"
    if "has_header_field" in form:
        chosen["header"] = "header" in form
    if "has_rest_field" in form:
        chosen["keep_rest"] = "keep_rest" in form
    try:
        return options_with(present, chosen), []
    except MappingIncomplete as error:
        return present, [sentence for _, sentence in error.faults]
