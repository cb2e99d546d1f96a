"""What differs between two contents of a mail, in words: what is about to be published, what a version was. Pure."""

import re
from collections.abc import Iterator, Mapping
from html import unescape
from typing import Any

from mailing.blocks import BLOCKS

LONGEST = 80
TAGS = re.compile(r"<[^>]*+>")


def changes(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> list[str]:
    """Sentences; [] where nothing differs. `before` None: nothing was published."""
    if before is None:
        languages = ", ".join(after.get("locales", {}))
        return [f"It is published for the first time ({languages})."]
    old, new = before.get("locales", {}), after.get("locales", {})
    found = [f"{locale}: a new language" for locale in new if locale not in old]
    found += [f"{locale}: this language is gone" for locale in old if locale not in new]
    if before.get("default") != after.get("default"):
        found.append(f"The default language is {after.get('default')} instead of {before.get('default')}")
    for locale in new:
        if locale in old:
            found += [f"{locale}: {words}" for words in _of_variant(old[locale], new[locale])]
    return found


def _of_variant(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name, words in (("subject", "subject"), ("preheader", "preheader")):
        if (old.get(name) or "") != (new.get(name) or ""):
            yield f"{words} “{_short(new.get(name))}” instead of “{_short(old.get(name))}”"
    if (old.get("mode") or "blocks") != (new.get("mode") or "blocks"):
        yield "written as code now" if new.get("mode") == "code" else "arranged of blocks again"
        return
    if new.get("mode") == "code":
        if old.get("code") != new.get("code"):
            yield "its code"
    else:
        yield from _of_blocks(old.get("blocks") or [], new.get("blocks") or [])
    if (old.get("text") or "") != (new.get("text") or ""):
        yield "its text part"


def _of_blocks(old: list[Any], new: list[Any]) -> Iterator[str]:
    before, after = dict(_flat(old)), dict(_flat(new))
    for key, block in after.items():
        if key not in before:
            yield f"{_called(block)} is new"
        elif _own(before[key]) != _own(block):
            yield f"{_called(block)} was changed"
    yield from (f"{_called(block)} is gone" for key, block in before.items() if key not in after)
    kept = [key for key in before if key in after]
    if kept != [key for key in after if key in before]:
        yield "blocks stand in another order"


def _flat(blocks: list[Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for block in blocks:
        if isinstance(block, Mapping):
            yield str(block.get("id")), block
            for side in ("left", "right"):
                inner = block.get(side)
                yield from _flat(inner if isinstance(inner, list) else [])


def _own(block: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in block.items() if name not in ("left", "right")}


def _called(block: Mapping[str, Any]) -> str:
    """`Heading “Still thinking?”`."""
    kind = BLOCKS.get(str(block.get("type")))
    name = kind.label if kind else str(block.get("type"))
    words = next((block[key] for key in ("text", "html", "label", "title", "alt") if block.get(key)), "")
    short = _short(unescape(TAGS.sub(" ", str(words))))
    return f"{name} “{short}”" if short else name


def _short(text: object) -> str:
    words = " ".join(str(text or "").split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 1]}…"
