"""A choice of columns and options put together from what a caller names: a JSON mapping, or --map column=target."""

from collections.abc import Mapping
from typing import Any

import msgspec

from cdp.lib.clock import known_zones
from imports.contracts import DELIMITERS, ENCODINGS, IGNORE, NEWLINES, Column, MappingIncomplete, Options
from imports.models import Import
from imports.queries import columns_of, options_of
from imports.targets import NAMED, TARGETS


def choice_of(job: Import, mapping: Mapping[str, Any], options: Mapping[str, Any]) -> tuple[list[Column], Options]:
    """The draft's columns and options with what is named instead. Raises MappingIncomplete for what there is not.

    A target is written `email`, `trait`, `trait:plan`, `property:price:money` (its type last), or `ignore`.
    """
    columns = columns_of(job)
    if unknown := [name for name in mapping if name not in job.names]:
        known = ", ".join(job.names[:30])
        raise MappingIncomplete([(name, f"The file has no column “{name}”. It has {known}.") for name in unknown])
    chosen = {name: column_of(job.kind, name, str(target)) for name, target in mapping.items()}
    taken = {(column.target, column.field) for column in chosen.values() if column.target not in NAMED}
    columns = [chosen.get(column.name) or _unless_taken(column, taken) for column in columns]
    return columns, options_with(options_of(job), options)


def column_of(kind: str, name: str, written: str) -> Column:
    """The column a written target means. Raises MappingIncomplete."""
    target, _, rest = written.strip().partition(":")
    field, _, type_name = rest.partition(":")
    if target != IGNORE and target not in TARGETS[kind]:
        raise MappingIncomplete([(name, f"“{target}” is no target of {kind}. There are {', '.join(TARGETS[kind])}.")])
    return Column(name, target, (field or name) if target in NAMED else "", type_name or "text")


def options_with(options: Options, told: Mapping[str, Any]) -> Options:
    """The options with what is told instead. Raises MappingIncomplete."""
    try:
        found = msgspec.convert({**msgspec.to_builtins(options), **told}, Options, strict=False)
    except msgspec.ValidationError as error:
        raise MappingIncomplete([("", f"An option cannot be used: {error}.")]) from None
    if unknown := told.keys() - set(Options.__struct_fields__):
        raise MappingIncomplete([("", f"There is no option {', '.join(sorted(unknown))}.")])
    if found.encoding not in ENCODINGS:
        raise MappingIncomplete([("", f"The encoding is one of {', '.join(ENCODINGS)}.")])
    if found.delimiter not in DELIMITERS or found.newline not in NEWLINES:
        raise MappingIncomplete([("", "Columns are set apart by a comma, a semicolon, a tab or a bar.")])
    if found.zone not in known_zones():
        raise MappingIncomplete([("", f"“{found.zone}” is no time zone; write it like Europe/Berlin.")])
    if found.country and not (len(found.country) == 2 and found.country.isascii() and found.country.isalpha()):
        raise MappingIncomplete([("", "The country is two letters, like DE.")])
    if found.currency and not (len(found.currency) == 3 and found.currency.isascii() and found.currency.isalpha()):
        raise MappingIncomplete([("", "The currency is three letters, like EUR.")])
    return msgspec.structs.replace(found, country=found.country.upper(), currency=found.currency.upper())


def _unless_taken(column: Column, taken: set[tuple[str, str]]) -> Column:
    """A guess gives way to what the caller says another column is."""
    return Column(column.name) if (column.target, column.field) in taken else column
