"""The words of the consent banner beside those of the purposes: as equal for a yes as for a no. Pure."""

from collections.abc import Mapping

from privacy.words import ENGLISH, Words, words


def words_for(language: str) -> Words:
    """The words of a language tag, of English where the banner is not translated into it."""
    found = words(language)
    return found if found("Refuse all") != "Refuse all" else words(ENGLISH)


def banner_words(say: Words, *, asks: bool) -> Mapping[str, str]:
    """{place in the banner: words}. `asks`: nothing happens without a yes; else it is a way to say no.

    cdp/script/parts/banner.js names the places.
    """
    of_law = _of_a_question(say) if asks else _of_a_way_out(say)
    return {
        **of_law,
        "close": say("Close"),
        "save": say("Save choices"),
        "notice": say("Privacy notice"),
        "gpc": say(
            "Your browser asks us not to sell or share your data (Global Privacy Control)."
            " We keep to it: sharing is off."
        ),
        "gpc_line": say("Off, as your browser asks (Global Privacy Control)."),
    }


def _of_a_question(say: Words) -> dict[str, str]:
    return {
        "title": say("May we use your data?"),
        "text": say(
            "With your yes we keep an identifier in this browser and use what you do here for the purposes you choose."
            " Without it the shop works just as well. You can change your choice at any time."
        ),
        "refuse": say("Refuse all"),
        "accept": say("Accept all"),
        "choose": say("Choose"),
        "settings": say("Cookie settings"),
    }


def _of_a_way_out(say: Words) -> dict[str, str]:
    return {
        "title": say("Your privacy choices"),
        "text": say(
            "Here you can say no to the sale or sharing of your personal data and to other uses of it."
            " You can change your choice at any time."
        ),
        "refuse": say("Opt out of all"),
        "accept": say("Allow all"),
        "choose": say("Choose"),
        "settings": say("Your privacy choices"),
    }
