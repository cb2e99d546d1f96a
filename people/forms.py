"""The form of a computed trait: filters as lines, and faults said by field before the database has to."""

from collections.abc import Mapping
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from people import condition_lines, figures
from people.models import ComputedTrait, conditions

EVENTS_LIST, PROPERTIES_LIST = "people-events", "people-properties"
MOST_FILTERS = 10


class FilterLines(forms.CharField):
    """Lines `property = value`, as {property: value}."""

    def prepare_value(self, value: Any) -> str:
        """As lines; what was typed stays as it was typed."""
        return "\n".join(f"{name} = {said}" for name, said in value.items()) if isinstance(value, Mapping) else value

    def clean(self, value: Any) -> dict[str, str]:
        """{property: value}. Raises ValidationError with the line that cannot be read."""
        found: dict[str, str] = {}
        for line in str(super().clean(value) or "").splitlines():
            if not line.strip():
                continue
            name, sign, said = (part.strip() for part in line.partition("="))
            if not (name and sign and said):
                raise forms.ValidationError(f"“{line[:60]}” is no condition: write it like category = Shoes.")
            found[name] = said
        if len(found) > MOST_FILTERS:
            raise forms.ValidationError(f"At most {MOST_FILTERS} conditions.")
        return found


class ConditionLines(forms.CharField):
    """Lines like `price >= 20`, as conditions in the language of segments."""

    def prepare_value(self, value: Any) -> Any:
        """As lines; what was typed stays as it was typed."""
        return "\n".join(map(condition_lines.line_of, value)) if isinstance(value, list) else value

    def clean(self, value: Any) -> list[dict[str, Any]]:
        """The conditions. Raises ValidationError with the line that cannot be read."""
        try:
            found = condition_lines.conditions_of(str(super().clean(value) or ""))
            conditions(found)
        except ValueError as error:
            raise forms.ValidationError(str(error)) from None
        return found


class ComputedTraitForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """What is computed, over what, and for how long back."""

    filters = FilterLines(
        required=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="Only those where all of these hold, one a line: category = Shoes.",
    )

    where = ConditionLines(
        required=False,
        label="Further conditions",
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text="As segments compare, one a line: price >= 20 · category in Shoes, Hats · name contains sale · "
        "discount is known.",
    )

    class Meta:
        model = ComputedTrait
        fields = (
            "label",
            "name",
            "description",
            "enabled",
            "kind",
            "over",
            "event",
            "property",
            "by_currency",
            "filters",
            "where",
            "window_days",
            "how_many",
        )
        widgets = {
            "event": UnfoldAdminTextInputWidget(attrs={"list": EVENTS_LIST, "autocomplete": "off"}),
            "property": UnfoldAdminTextInputWidget(attrs={"list": PROPERTIES_LIST, "autocomplete": "off"}),
        }

    def clean_name(self) -> str:
        """A name programs can use."""
        name = str(self.cleaned_data["name"]).strip()
        if not figures.NAME.fullmatch(name):
            raise forms.ValidationError("Use small letters, digits and _, beginning with a letter: favorite_category.")
        return name

    def clean(self) -> dict[str, Any]:
        """What belongs together."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        kind, over = data.get("kind", ""), data.get("over", "")
        if over == figures.EVENTS and kind != figures.SESSIONS and not data.get("event"):
            self.add_error("event", "Say which events it is about: choose one of the list, or orders above.")
        if kind in figures.NEEDS_PROPERTY and not data.get("property"):
            self.add_error("property", f"“{figures.KINDS[kind]}” needs a property.")
        if over == figures.ORDERS and kind == figures.SESSIONS:
            self.add_error("over", "Sessions are runs of events: choose events.")
        where = [one["property"] for one in data.get("where") or ()]
        if where and kind == figures.SESSIONS:
            self.add_error("where", "Sessions are runs of any events: they take no conditions.")
        if over == figures.ORDERS and (unknown := sorted(set(where) - set(figures.ORDER_FIELDS))):
            self.add_error("where", f"An order has no {unknown[0]}; it has {', '.join(figures.ORDER_FIELDS)}.")
        if over == figures.ORDERS and data.get("property") and data["property"] not in figures.ORDER_FIELDS:
            self.add_error("property", f"An order has {', '.join(figures.ORDER_FIELDS)}.")
        if data.get("by_currency") and kind not in figures.NUMERIC:
            self.add_error("by_currency", "Only a sum, an average, a least and a most can be told by currency.")
        if over == figures.ORDERS or kind == figures.SESSIONS:
            data["event"] = ""
        if data.get("window_days") is not None and not 1 <= data["window_days"] <= 3650:
            self.add_error("window_days", "From 1 to 3,650 days; empty for all time.")
        if data.get("how_many") is not None and not 1 <= data["how_many"] <= figures.LONGEST_LIST:
            self.add_error("how_many", f"From 1 to {figures.LONGEST_LIST}.")
        return data
