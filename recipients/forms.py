"""The form of a recipient: topics and fields to tick, the purpose with its meaning, an address that is checked."""

from collections.abc import Collection, Sequence
from typing import Any

from babel import Locale
from django import forms
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from consent.models import Purpose
from profiles.queries import identifier_kinds
from recipients.checking import address_problem
from recipients.contracts import IDENTIFIER, TOPICS, TRAIT
from recipients.models import Recipient
from segments.models import Segment

NO_COUNTRY = frozenset({"EA", "EU", "EZ", "IC", "QO", "UN", "XA", "XB", "ZZ"})
USUAL_KINDS = ("email", "phone", "user_id")


def countries() -> list[tuple[str, str]]:
    """(alpha-2 code, name) by name, without the regions and test codes that lists of territories hold besides."""
    known = Locale("en").territories.items()
    found = [(str(name), code) for code, name in known if len(code) == 2 and code.isalpha() and code not in NO_COUNTRY]
    return [(code, name) for name, code in sorted(found)]


class RecipientForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A recipient as staff think of it."""

    name = forms.CharField(widget=UnfoldAdminTextInputWidget(), help_text="As people read it in their data export.")
    url = forms.CharField(
        label="Address",
        widget=UnfoldAdminTextInputWidget(),
        help_text="https://… It is resolved and checked when you save, and again with each delivery.",
    )
    topics = forms.MultipleChoiceField(
        choices=[(topic, f"{topic}: {meaning}") for topic, meaning in TOPICS.items()],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        label="What it is told",
        help_text="Each one only while its purpose is allowed for that person. Erasures, corrections and restrictions"
        " are told in any case to whoever was given something.",
    )
    segments = forms.TypedMultipleChoiceField(
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Segments it hears of",
        help_text="Of which it is told who enters and leaves; none ticked: of every one. Of a person who enters it is"
        " told only while they allow what the segment is for, too.",
    )
    purpose = forms.ChoiceField(
        widget=UnfoldAdminSelectWidget(),
        help_text="Must be allowed for the person at the moment of sending. For a third party that is sharing; for a"
        " processor the purpose it works for.",
    )
    kinds = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        label="Identifiers it is given",
        help_text="None: it gets our profile id only. Give no more than it needs (GDPR Art. 5(1)(c)).",
    )
    traits = forms.CharField(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        label="Traits it is given",
        help_text="Names separated by commas, e.g. first_name, plan.",
    )
    country = forms.ChoiceField(
        required=False, widget=UnfoldAdminSelectWidget(), help_text="Where it processes the data."
    )
    safeguard = forms.CharField(
        required=False,
        widget=UnfoldAdminTextInputWidget(),
        label="Safeguard of the transfer",
        help_text="For a country outside the EEA: adequacy decision, standard contractual clauses (SCC), binding"
        " corporate rules (GDPR Art. 44–49).",
    )

    class Meta:
        model = Recipient
        fields = ("name", "role", "url", "enabled", "topics", "segments", "purpose", "country", "safeguard")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        purposes = Purpose.objects.order_by("position", "code").values_list("code", "label")
        self._choices("purpose", [(code, f"{label} ({code})") for code, label in purposes])
        self._choices("segments", _segments(self.instance.segments if self.instance.pk else ()))
        kinds = sorted({*USUAL_KINDS, *identifier_kinds(), *self._given(IDENTIFIER)})
        self._choices("kinds", [(kind, kind) for kind in kinds])
        self._choices("country", [("", "Not known"), *countries()])
        if self.instance.pk:
            self.initial["kinds"] = self._given(IDENTIFIER)
            self.initial["traits"] = ", ".join(self._given(TRAIT))

    def clean_url(self) -> str:
        """The address, or why nothing is ever sent there."""
        url: str = self.cleaned_data["url"].strip()
        if problem := address_problem(url):
            raise forms.ValidationError(problem)
        return url

    def clean(self) -> dict[str, Any]:
        """The fields, in one list."""
        cleaned = super().clean() or {}
        names = [name.strip() for name in cleaned.get("traits", "").split(",") if name.strip()]
        kinds = [IDENTIFIER + kind for kind in cleaned.get("kinds", ())]
        self.instance.fields = kinds + [TRAIT + name for name in dict.fromkeys(names)]
        if cleaned.get("role") == Recipient.Role.THIRD_PARTY and cleaned.get("purpose") != "third_party_sharing":
            self.add_error("purpose", "A third party is asked about sharing with third parties (third_party_sharing).")
        return cleaned

    def _choices(self, name: str, choices: Sequence[tuple[str | int, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = list(choices)

    def _given(self, prefix: str) -> list[str]:
        fields = self.instance.fields if self.instance.pk else []
        return [field.removeprefix(prefix) for field in fields if field.startswith(prefix)]


def _segments(chosen: Collection[int]) -> list[tuple[int, str]]:
    """(id, name) of the live segments and of those chosen before, by name."""
    rows = Segment.objects.order_by("name", "pk").values_list("pk", "name", "state")
    return [
        (pk, name if state == Segment.State.LIVE else f"{name} ({state})")
        for pk, name, state in rows
        if state == Segment.State.LIVE or pk in chosen
    ]
