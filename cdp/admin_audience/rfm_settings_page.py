"""How people are scored: method, window, currency and thresholds, with the sizes they would make before saving."""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from audiences.queries.rfm import latest_run, settings_now
from audiences.rfm import FIXED, GROUPS, QUANTILE, Settings, cells_of
from audiences.services import rfm as service
from cdp.admin_audience.parts import around
from cdp.admin_audience.rfm_page import CHANGE, LOOK, sentence
from cdp.lib.admin_parts import require
from cdp.lib.clock import utc_now
from lake.contracts import QueryError

METHODS = (
    (QUANTILE, "Fifths of all buyers: every score has about as many people"),
    (FIXED, "Fixed thresholds: as given below"),
)


class Numbers(forms.CharField):
    """Four numbers on one line, each larger than the one before."""

    def prepare_value(self, value: Any) -> Any:
        """As typed, or as numbers with spaces."""
        return ", ".join(f"{each:g}" for each in value) if isinstance(value, tuple | list) else value

    def clean(self, value: Any) -> tuple[float, ...]:
        """The four. Raises ValidationError."""
        parts = str(super().clean(value) or "").replace(";", ",").split(",")
        try:
            found = tuple(float(part) for part in parts)
        except ValueError:
            raise forms.ValidationError("Four numbers with commas between them, like 2, 3, 5, 10.") from None
        if len(found) != 4 or any(a >= b for a, b in pairwise(found)) or found[0] < 0:
            raise forms.ValidationError("Four numbers from 0 on, each larger than the one before.")
        return found


class RfmForm(forms.Form):
    """The settings."""

    method = forms.ChoiceField(choices=METHODS, widget=UnfoldAdminSelectWidget(), label="Scores by")
    window_days = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=3650,
        label="Days looked back",
        widget=UnfoldAdminIntegerFieldWidget(),
        help_text="Only orders of so many days count. Empty: all time.",
    )
    currency = forms.RegexField(
        r"^[A-Z]{3}$",
        label="Currency",
        widget=UnfoldAdminTextInputWidget(),
        help_text="Money in other currencies is not counted; their orders are.",
        error_messages={"invalid": "Three capital letters, like EUR."},
    )
    recency_days = Numbers(
        label="Days since the last order",
        widget=UnfoldAdminTextInputWidget(),
        help_text="At most so many score 5, 4, 3 and 2; more scores 1.",
    )
    orders = Numbers(
        label="Orders", widget=UnfoldAdminTextInputWidget(), help_text="At least so many score 2, 3, 4 and 5."
    )
    revenue = Numbers(
        label="Money", widget=UnfoldAdminTextInputWidget(), help_text="At least so much scores 2, 3, 4 and 5."
    )

    def settings(self) -> Settings:
        """What was typed."""
        data = self.cleaned_data
        whole = {name: tuple(int(each) for each in data[name]) for name in ("recency_days", "orders")}
        return Settings.from_json({**data, **whole})


def page(request: HttpRequest) -> HttpResponse:
    """The form; its two buttons show what it would make, and save it."""
    require(request, LOOK)
    form = RfmForm(request.POST or None, initial=settings_now().as_json())
    context: dict[str, Any] = {"form": form, "back": reverse("rfm")}
    if request.method == "POST":
        require(request, CHANGE)
        if form.is_valid():
            settings = _settings(form)
            if settings is not None and "save" in request.POST:
                service.save_settings(settings, by=request.user)  # type: ignore[arg-type]  # staff only
                messages.success(request, f"{sentence(settings.as_json())} A refresh is queued.")
                return HttpResponseRedirect(reverse("rfm"))
            if settings is not None:
                context |= _preview(settings)
    return TemplateResponse(request, "admin/audience/rfm_settings.html", around(request, "How RFM scores", **context))


def _settings(form: RfmForm) -> Settings | None:
    try:
        return form.settings()
    except ValueError as error:
        form.add_error(None, f"{error}.")
        return None


def _preview(settings: Settings) -> dict[str, Any]:
    try:
        grid = service.preview(settings, utc_now())
    except QueryError as error:
        return {"problem": str(error)}
    run = latest_run()
    before = _sizes(run.cells) if run else {}
    rows = [(GROUPS[key][0], size, size - before[key] if before else None) for key, size in grid.groups.items()]
    return {"preview": rows, "people": grid.people, "sentence": sentence(settings.as_json())}


def _sizes(cells: Mapping[str, Mapping[str, float]]) -> dict[str, int]:
    return {group: int(sum(cells[f"{r}-{fm}"]["people"] for r, fm in cells_of(group))) for group in GROUPS}
