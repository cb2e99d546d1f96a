"""The form of a segment: its rule, as JSON under the builder, refused with the path to what is wrong."""

import json
import re
from collections.abc import Iterator
from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from consent.contracts import PERSONALIZATION
from segments.builder import RuleBuilder
from segments.models import Segment
from segments.queries.using import SegmentInUseError, check_uses
from segments.rules import RuleError, parse_rule

BLANK: dict[str, Any] = {"all": []}
LINE = 90
NO_TEXT = re.compile("[\x00\ud800-\udfff]")  # neither an event nor the database can hold these


def written(value: Any, indent: int = 0) -> str:
    """JSON for people: what fits in a line stands in one."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + indent <= LINE or not isinstance(value, dict | list) or not value:
        return line
    blanks = " " * (indent + 2)
    if isinstance(value, list):
        return "[\n" + ",\n".join(blanks + written(item, indent + 2) for item in value) + "\n" + " " * indent + "]"
    if len(value) == 1:
        ((key, item),) = value.items()
        return f"{{{json.dumps(key)}: {written(item, indent)}}}"
    members = (f"{blanks}{json.dumps(key)}: {written(item, indent + 2)}" for key, item in value.items())
    return "{\n" + ",\n".join(members) + "\n" + " " * indent + "}"


def read_json(text: str) -> Any:
    """What a text says, whether or not it is a rule. Raises ValidationError naming the line that is not JSON."""
    if not text or not text.strip():
        raise forms.ValidationError('A segment needs a rule. An empty all, {"all": []}, takes in everybody.')
    try:
        raw = json.loads(text, parse_constant=_refuse_constant)
        if any(map(NO_TEXT.search, _texts(raw))):
            raise ValueError("a text holds a character that is none (NUL, or half of a pair)")
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise forms.ValidationError(f"This is not JSON: {where}: {error.msg}.") from None
    except (ValueError, RecursionError) as error:
        raise forms.ValidationError(f"This is not JSON: {error}.") from None
    return raw


class RuleField(forms.JSONField):
    """JSON that is a rule. What was typed stays in the form, whatever is wrong with it."""

    def to_python(self, value: Any) -> Any:
        """The JSON value; errors name the line or the path."""
        raw = read_json(value)
        try:
            parse_rule(raw)
        except RuleError as error:
            raise forms.ValidationError(f"At {error.path}: {error.message}.") from None
        return raw

    def prepare_value(self, value: Any) -> str:
        """The rule on several lines; what was typed as it was typed."""
        return value if isinstance(value, str) else written(value)

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was typed, for the form to show again."""
        return data

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Whether the rule differs, however it is spaced."""
        try:
            return bool(json.loads(data) != initial)
        except (TypeError, ValueError, RecursionError):
            return True


class SegmentForm(forms.ModelForm):  # type: ignore[type-arg]  # generic in the stubs only
    """A segment as an editor sees it."""

    name = forms.CharField(max_length=120, widget=UnfoldAdminTextInputWidget)
    notes = forms.CharField(required=False, widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}))
    definition = RuleField(label="Rule", widget=RuleBuilder)

    class Meta:
        model = Segment
        fields = ("name", "slug", "state", "purpose", "notes", "definition")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.kind == Segment.Kind.STATIC:
            self.fields.pop("definition", None)
        if "definition" in self.fields:  # absent for those who may only look
            widget = self.fields["definition"].widget
            widget.segment_id = self.instance.pk
            widget.state = self.initial.get("state", self.instance.state) if self.instance.pk else ""
            if self.instance.pk is None:
                self.initial.setdefault("definition", BLANK)
                self.initial.setdefault("purpose", PERSONALIZATION)

    def rule(self) -> Any:
        """The rule as it is to be saved: of a list, that they are on it."""
        if self.instance.kind == Segment.Kind.STATIC:
            return {"in_list": self.cleaned_data["slug"]}
        return self.cleaned_data["definition"]

    def clean(self) -> dict[str, Any]:
        """Refuses what saving would refuse for the sake of other segments."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        is_whole = "definition" in cleaned or "definition" not in self.fields
        if is_whole and "slug" in cleaned and "state" in cleaned:
            try:
                check_uses(cleaned["slug"], self.rule(), cleaned["state"], segment_id=self.instance.pk)
            except RuleError as error:
                self.add_error("definition", f"At {error.path}: {error.message}.")
            except SegmentInUseError as error:
                self.add_error("slug" if cleaned["slug"] != self.initial.get("slug") else "state", f"{error}.")
        return cleaned


def _texts(raw: Any) -> Iterator[str]:
    """Every text in a JSON value, names included."""
    if isinstance(raw, str):
        yield raw
    elif isinstance(raw, dict | list):
        for each in [*raw, *raw.values()] if isinstance(raw, dict) else raw:
            yield from _texts(each)


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is not a JSON number")
