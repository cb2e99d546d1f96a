"""The form of a purpose: what it is, and the words in which it is put to people, language by language."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from consent.contracts import PROCESSING, WordingFacts
from consent.models import Purpose
from consent.purposes_in_force import purposes_now
from consent.services.words import LONGEST_TEXT, LONGEST_TITLE
from consent.words_in_force import words_now

ALWAYS = ("en", "de")
LOCALES: Mapping[str, str] = {
    "en": "English", "de": "German", "fr": "French", "it": "Italian", "es": "Spanish", "pt": "Portuguese",
    "nl": "Dutch", "pl": "Polish", "sv": "Swedish", "da": "Danish", "cs": "Czech", "tr": "Turkish",
}  # fmt: skip
ADDED = "added"


def words_of(code: str) -> dict[str, WordingFacts]:
    """{locale: the newest words}, English and German first."""
    found = {locale: words for (purpose, locale), words in words_now().items() if purpose == code}
    return {locale: found[locale] for locale in sorted(found, key=lambda one: (_place(one), one))}


def locales_of(code: str) -> list[str]:
    """The languages a purpose's page has fields for."""
    return [*ALWAYS, *(locale for locale in words_of(code) if locale not in ALWAYS)]


def form_class(code: str) -> type["PurposeForm"]:
    """The form with fields for every language this purpose has words in, and for one more."""
    held = words_of(code)
    fields: dict[str, Any] = {}
    for locale in locales_of(code):
        name, words = LOCALES.get(locale, locale), held.get(locale)
        fields[f"title_{locale}"] = _title(f"Title in {name}", words.title if words else "")
        fields[f"text_{locale}"] = _text(f"Text in {name}", words.text if words else "")
    others = [(locale, name) for locale, name in LOCALES.items() if locale not in locales_of(code)]
    fields[f"locale_{ADDED}"] = forms.ChoiceField(
        label="One more language",
        required=False,
        choices=[("", "None"), *others],
        widget=UnfoldAdminSelectWidget,
        help_text="People whose language has no words of its own read the English ones.",
    )
    fields[f"title_{ADDED}"] = _title("Title in it", "")
    fields[f"text_{ADDED}"] = _text("Text in it", "")
    return type("PurposeFormInTheseLanguages", (PurposeForm,), fields)


def word_fields(code: str) -> list[str]:
    """The names of the words' fields, in the order of the page."""
    named = [field for locale in locales_of(code) for field in (f"title_{locale}", f"text_{locale}")]
    return [*named, f"locale_{ADDED}", f"title_{ADDED}", f"text_{ADDED}"]


class PurposeForm(forms.ModelForm):  # type: ignore[type-arg]  # generic only in the stubs
    """What would contradict itself is refused here."""

    categories = SimpleArrayField(
        forms.CharField(max_length=80),
        required=False,
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "C0002, Performance"}),
        help_text="What consent managers (OneTrust, Segment, RudderStack …) call it: names and ids, with commas"
        " between. Their yes and no then counts for this purpose.",
    )

    class Meta:
        model = Purpose
        fields = "__all__"
        labels = {
            "parent": "Belongs to",
            "channel": "Stated for",
            "shown": "People meet it",
            "legal_basis": "Legal basis",
            "allowed_by_default": "Allowed until somebody objects",
            "double_opt_in": "Confirm by mail (double opt-in)",
            "denied_event": "An event that itself says no",
        }
        help_texts = {
            "code": "Short and for ever: it stands in the ledger, in the API and in journeys. E.g. email_birthday.",
            "allowed_by_default": "Off: nothing happens before they say yes.",
            "double_opt_in": "Whether a yes counts only once the owner of the address pressed the button in a mail.",
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "parent" in self.fields:
            below = {self.instance.pk, PROCESSING, *_below(self.instance.pk)}
            self.fields["parent"].queryset = Purpose.objects.exclude(pk__in=below)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """A topic goes by the channel of what it belongs to; words come whole; a category means one purpose."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        parent, channel = cleaned.get("parent"), cleaned.get("channel", self.instance.channel)
        if parent is not None and parent.channel != channel:
            told = parent.get_channel_display()
            self.add_error("parent", f"It must have the channel of what it belongs to. {parent.label}: {told}.")
        self._check_words(cleaned)
        self._check_categories(cleaned.get("categories") or [])
        return cleaned

    def texts(self) -> dict[str, tuple[str, str]]:
        """{locale: (title, text)} as typed, those that are filled in."""
        given = self.cleaned_data
        chosen = {locale: locale for locale in locales_of(self.instance.pk or "")}
        if given.get(f"locale_{ADDED}"):
            chosen[ADDED] = given[f"locale_{ADDED}"]
        return {
            locale: (given[f"title_{name}"].strip(), given[f"text_{name}"].strip())
            for name, locale in chosen.items()
            if given.get(f"title_{name}", "").strip()
        }

    def _check_words(self, cleaned: Mapping[str, Any]) -> None:
        names = [name.removeprefix("title_") for name in self.fields if name.startswith("title_")]
        for name in names:
            title, text = cleaned.get(f"title_{name}", "").strip(), cleaned.get(f"text_{name}", "").strip()
            if bool(title) != bool(text):
                self.add_error(f"{'text' if title else 'title'}_{name}", "Words have a title and a text, or neither.")
            elif name == ADDED and bool(title) != bool(cleaned.get(f"locale_{ADDED}")):
                self.add_error(f"locale_{ADDED}", "Choose the language, and write a title and a text in it.")
            elif not title and name in words_of(self.instance.pk or ""):
                self.add_error(f"title_{name}", "Words that people were shown cannot be taken back: write other ones.")

    def _check_categories(self, names: list[str]) -> None:
        for name in names:
            other = purposes_now().of_category(name)
            if other is not None and other != self.instance.pk:
                self.add_error("categories", f"{name} means {other} already: take it from there first.")


def _below(code: str | None) -> set[str]:
    """Everything that belongs to this purpose: none of it can be what it belongs to."""
    pairs = list(Purpose.objects.exclude(parent=None).values_list("pk", "parent_id"))
    found: set[str] = set()
    wanted = {code} if code else set()
    while wanted:
        wanted = {child for child, parent in pairs if parent in wanted} - found
        found |= wanted
    return found


def _place(locale: str) -> int:
    return ALWAYS.index(locale) if locale in ALWAYS else len(ALWAYS)


def _title(label: str, initial: str) -> forms.CharField:
    return forms.CharField(
        label=label, initial=initial, required=False, max_length=LONGEST_TITLE, widget=UnfoldAdminTextInputWidget
    )


def _text(label: str, initial: str) -> forms.CharField:
    return forms.CharField(
        label=label,
        initial=initial,
        required=False,
        max_length=LONGEST_TEXT,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
    )
