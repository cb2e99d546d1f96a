"""The words in which purposes are put to people, and the privacy notice they stand in."""

from consent.contracts import NoticeFacts, WordingFacts
from consent.words_in_force import newest_notice, words_now

FALLBACK = "en"


def wording(purpose: str, locale: str) -> WordingFacts | None:
    """The newest words of a purpose: in this locale, else its language, else English, else any; None: it has none."""
    known = words_now()
    tag = locale.replace("_", "-")
    for one in (tag, tag.partition("-")[0].lower(), FALLBACK):
        found = known.get((purpose, one))
        if found is not None:
            return found
    return next((found for (code, _), found in sorted(known.items()) if code == purpose), None)


def notice_now() -> NoticeFacts | None:
    """The newest privacy notice; None: none was published."""
    return newest_notice()
