"""The form of a source: whom it is believed for, kind by kind, and the country of its phone numbers."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminRadioSelectWidget, UnfoldAdminTextInputWidget

from events.cleaning.countries import country as named_country
from events.models import Source
from events.trust import BELIEVED, IGNORED, TOKEN_KINDS, WITH_TOKEN, choices_of, lists_of, trust_of

KINDS = ("anonymous_id", "user_id", "email", "phone", "device_id")
LABELS = {
    "anonymous_id": ("Anonymous id", "The random id an SDK gives a browser or app."),
    "user_id": (
        "User id",
        "Believed: whoever reads your page's source may claim to be any customer. With a token: nobody can, but your"
        " backend must hand out user tokens to signed-in customers.",
    ),
    "email": (
        "E-mail",
        "Joins this visitor to everything known of that address. Never believe a browser's word for it.",
    ),
    "phone": ("Phone", "As for e-mail."),
    "device_id": ("Device id", "Device ids of apps, from context.device."),
}
CHOICES = {
    BELIEVED: "Believed as it is",
    WITH_TOKEN: "Only with a user token that vouches for it",
    IGNORED: "Not believed",
}
WHY = (
    "A browser's write key is public: whoever reads your page may send events with it. What is not believed, or not"
    " vouched for by a user token, joins nobody: the event stays with what is left of it."
)
CHOSEN = tuple(f"trust_{kind}" for kind in KINDS)
COUNTRY_HELP = (
    "A name or two letters, e.g. DE: phone numbers without a country code are read as of this country where the event"
    " tells none."
)


def _field(kind: str) -> forms.ChoiceField:
    label, help_text = LABELS[kind]
    wanted = CHOICES if kind in TOKEN_KINDS else {key: text for key, text in CHOICES.items() if key != WITH_TOKEN}
    return forms.ChoiceField(
        label=label,
        help_text=help_text,
        choices=list(wanted.items()),
        required=False,
        widget=UnfoldAdminRadioSelectWidget(),
    )


class SourceForm(forms.ModelForm):  # type: ignore[type-arg]
    """What staff may change of a source. Choices left out are the default of the source's kind."""

    trust_anonymous_id = _field("anonymous_id")
    trust_user_id = _field("user_id")
    trust_email = _field("email")
    trust_phone = _field("phone")
    trust_device_id = _field("device_id")
    country = forms.CharField(
        required=False, max_length=80, help_text=COUNTRY_HELP, widget=UnfoldAdminTextInputWidget()
    )

    class Meta:
        model = Source
        fields = ("name", "kind", "enabled", "country")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            trust = trust_of(self.instance.kind, self.instance.asserts, self.instance.with_token)
            for kind, choice in choices_of(trust, KINDS).items():
                if (name := f"trust_{kind}") in self.fields:
                    self.initial[name] = choice

    def clean_country(self) -> str:
        """The two letters of the country that was named, or nothing."""
        given = str(self.cleaned_data.get("country") or "").strip()
        code = (
            (named_country(given) if len(given) > 1 else None) if given else ""
        )  # "ß" in capitals would be South Sudan
        if code is None:
            raise forms.ValidationError("No country is called this. Give its English name or its two letters, e.g. DE.")
        return code

    def clean(self) -> dict[str, Any]:
        """At least one kind must be believed as it is: else no event of a visitor could be kept."""
        cleaned: dict[str, Any] = super().clean() or {}
        chosen = self.chosen()
        if chosen and BELIEVED not in chosen.values():
            self.add_error("trust_anonymous_id", "Believe at least one kind as it is: events need somebody to hang on.")
        return cleaned

    def chosen(self) -> dict[str, str]:
        """{kind: choice} of the kinds that were shown."""
        given = {kind: self.cleaned_data.get(f"trust_{kind}") for kind in KINDS}
        return {kind: choice for kind, choice in given.items() if choice}

    def save(self, commit: bool = True) -> Any:
        """The choices as two lists; both empty where they are the default, so that a better default reaches it too."""
        chosen, source = self.chosen(), self.instance
        if "kind" in self.changed_data and set(CHOSEN).isdisjoint(self.changed_data):
            source.asserts, source.with_token = [], []  # another kind of source has its own default
        elif chosen:
            source.asserts, source.with_token = _lists(source, chosen)
        return super().save(commit)


def told(source: Source) -> list[tuple[str, str]]:
    """(kind, choice) in words."""
    choices = choices_of(trust_of(source.kind, source.asserts, source.with_token), KINDS)
    return [(LABELS[kind][0], CHOICES[choice]) for kind, choice in choices.items()]


def _lists(source: Source, chosen: dict[str, str]) -> tuple[list[str], list[str]]:
    """What stands for these choices, with the kinds that no choice is offered for as they were."""
    others = [kind for kind in source.asserts if kind not in KINDS]
    if not others and chosen == choices_of(trust_of(source.kind, (), ()), KINDS):
        return [], []
    asserts, with_token = lists_of(chosen)
    if source.kind != Source.Kind.BROWSER and not others and IGNORED not in chosen.values():
        return [], with_token  # every kind, also those of other systems
    return [*asserts, *others], with_token
