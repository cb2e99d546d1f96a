"""Admin of model runs: how good each is beside popularity, “Train now”, and going back to an older run."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin
from unfold.decorators import action

from cdp.lib.admin_parts import confirmed, pretty_json
from recommendations import services, training
from recommendations.model import ArtifactRefusedError
from recommendations.models import ModelRun

COLUMNS = (
    ("ndcg", "NDCG@20"),
    ("recall", "Recall@20"),
    ("hit_rate", "HR@20"),
    ("mrr", "MRR"),
    ("coverage", "Coverage"),
)
SLICES = {"all": "All products", "new": "New products only"}
NAMES = {
    "for_you": "For you (what is served)",
    "buy_again": "Buy again",
    "popularity": "Popularity, recent",
    "popularity_all_time": "Popularity, all time",
}
ROW = "<tr><td>{}</td>" + '<td class="h-number">{}</td>' * len(COLUMNS) + "</tr>"


@admin.register(ModelRun)
class ModelRunAdmin(ModelAdmin):  # type: ignore[misc]  # unfold ships no types
    """Runs, newest first. Nothing is edited: a run is a fact."""

    list_display = (
        "id",
        "is_live",
        "created_at",
        "lift",
        "ndcg",
        "people",
        "products",
        "interactions",
    )
    list_filter = ("is_live",)
    ordering = ("-id",)
    actions = ("make_live",)
    actions_list = ("train_now",)
    fields = (
        "is_live",
        "verdict",
        "quality",
        "trained_until",
        "people",
        "products",
        "interactions",
        "shown_params",
        "artifact",
        "checksum",
        "job_id",
        "created_at",
    )
    readonly_fields = fields

    @admin.display(description="params")
    def shown_params(self, run: ModelRun) -> SafeString | str:
        """What it was trained with."""
        return pretty_json(run.params)

    @admin.display(description="beside popularity")
    def lift(self, run: ModelRun) -> str:
        """NDCG@20 of for_you over popularity, on products the person had not bought."""
        value = training.lift(run.metrics)
        return "not measured" if value is None else f"×{value:.2f}"

    @admin.display(description="NDCG@20: ours / popularity")
    def ndcg(self, run: ModelRun) -> str:
        """Both figures of the same split."""
        marks = run.metrics.get("new", {})
        if "for_you" not in marks:
            return "–"
        return f"{marks['for_you']['ndcg']:.3f} / {marks['popularity']['ndcg']:.3f}"

    @admin.display(description="Quality on the time split")
    def quality(self, run: ModelRun) -> SafeString | str:
        """Every ranker beside popularity, by slice."""
        tables = [self._table(title, run.metrics[name]) for name, title in SLICES.items() if name in run.metrics]
        return format_html_join("", "{}", ((table,) for table in tables)) if tables else "too little history to judge"

    @action(description="Train now", url_path="train-now", permissions=["train"])  # type: ignore[untyped-decorator]
    def train_now(self, request: HttpRequest) -> HttpResponse:
        """Queue a training, once it was confirmed."""
        back = reverse("admin:recommendations_modelrun_changelist")
        asked = confirmed(
            request,
            title="Train now",
            consequence="A new model learns from all orders and product events and is measured beside popularity. "
            "It takes a few minutes in the background, and goes live unless it is worse than the live one.",
            button="Train now",
            back=back,
        )
        if asked is not None:
            return asked
        job = services.train_later(created_by=request.user)  # type: ignore[arg-type]  # staff only
        url = reverse("admin:jobs_job_change", args=[job.pk])
        messages.success(
            request, format_html('Training is queued: <a class="underline" href="{}">follow the job</a>.', url)
        )
        return HttpResponseRedirect(back)

    @admin.action(description="Make live", permissions=["promote"])
    def make_live(self, request: HttpRequest, runs: QuerySet[ModelRun]) -> None:
        """Serve the chosen run from now on."""
        chosen = list(runs)
        if len(chosen) != 1:
            messages.error(request, "Choose exactly one run.")
            return
        try:
            services.promote(chosen[0].pk, f"chosen by {request.user.get_username()}")
        except ArtifactRefusedError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"{chosen[0]} is live; every process follows within five seconds.")

    def has_train_permission(self, request: HttpRequest) -> bool:
        """Who may add runs may train."""
        return request.user.has_perm("recommendations.add_modelrun")

    def has_promote_permission(self, request: HttpRequest) -> bool:
        """Who may change runs may choose the live one."""
        return request.user.has_perm("recommendations.change_modelrun")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Runs come from training."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: ModelRun | None = None) -> bool:
        """A run is a fact; which one is live is an action of the list."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ModelRun | None = None) -> bool:
        """A run is a fact."""
        return False

    @staticmethod
    def _table(title: str, marks: dict[str, dict[str, float]]) -> SafeString:
        head = format_html(ROW.replace("td", "th"), title, *(label for _, label in COLUMNS))
        lines = ([NAMES.get(name, name), *(f"{mark[key]:.3f}" for key, _ in COLUMNS)] for name, mark in marks.items())
        rows = format_html_join("", ROW, lines)
        return format_html('<div class="mb-4 overflow-x-auto"><table class="text-left">{}{}</table></div>', head, rows)
