"""Identity rules in the admin: one page to change them, try them out, put them in force, and bring former ones back."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from django.contrib import admin, messages
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from cdp.jobs import queries as job_queries
from cdp.jobs import services as jobs
from cdp.jobs.models import Job
from cdp.lib.admin_parts import ReadOnlyAdmin, confirmed
from cdp.lib.clock import utc_now
from profiles import drafting, queries, rule_figures, rules_form
from profiles.contracts import DecisionRefused
from profiles.drafting import NUMBERS
from profiles.identifiers import always_blocked, masked
from profiles.identity import DEFAULT_RULES, IdentityRules
from profiles.models import Identifier, RuleSet
from profiles.recognizing import recognized
from profiles.rules_in_force import from_json, to_json
from profiles.services import ruling, simulation_job

MOST_VERSIONS = 30
MOST_SIMULATIONS = 5
MOST_SHARED = 200
HOME = "admin:profiles_ruleset_changelist"
WHYS = {
    "shared": "one of the two belongs to nobody: seen with too many people, or blocked",
    "separated": "staff keep the two apart",
}


@admin.register(RuleSet)
class RuleSetAdmin(ReadOnlyAdmin):
    """Versions of the rules. Nothing is edited: a change is a new version."""

    def get_urls(self) -> list[URLPattern]:
        """The page, a simulation's result, and what may be done with them."""
        wrap = self.admin_site.admin_view
        return [
            path("", wrap(self.rules_view), name="profiles_ruleset_changelist"),
            path("shared/", wrap(self.shared_view), name="profiles_ruleset_shared"),
            path("restore/<int:number>/", wrap(self.restore_view), name="profiles_ruleset_restore"),
            path("simulation/<uuid:job_id>/", wrap(self.simulation_view), name="profiles_ruleset_simulation"),
            path("simulation/<uuid:job_id>/activate/", wrap(self.adopt_view), name="profiles_ruleset_adopt"),
            path("simulation/<uuid:job_id>/cancel/", wrap(self.cancel_view), name="profiles_ruleset_cancel"),
        ]

    def rules_view(self, request: HttpRequest) -> HttpResponse:
        """The rules as they are, or as typed and not yet right; POST tries them out or puts them in force."""
        self._check(request, may_change=request.method == "POST")
        current = RuleSet.objects.filter(is_current=True).first()
        rules = _rules_of(current)
        wrong: list[drafting.Mistake] = []
        reason = ""
        if request.method == "POST":
            rules, wrong = rules_form.draft_of(request.POST)
            reason = request.POST.get("reason", "")
            if not wrong:
                done = self._act(request, rules, reason)
                if done is not None:
                    return done
        elif "block" in request.GET:
            rules = self._with_blocked(request, rules)
        context = self._rules_context(request, rules, current) | {"problems": wrong, "reason": reason}
        context["wrong_fields"] = {one.field for one in wrong}
        return TemplateResponse(request, "profiles/rules.html", context, status=400 if wrong else 200)

    def shared_view(self, request: HttpRequest) -> HttpResponse:
        """Identifiers that belong to nobody, those of most people first."""
        self._check(request)
        rows = list(Identifier.objects.filter(is_shared=True).order_by("-degree", "pk")[:MOST_SHARED])
        rules = _rules_of(RuleSet.objects.filter(is_current=True).first())
        shown = [(row, _shown(request, row.kind, row.value), rules.is_blocked(row.kind, row.value)) for row in rows]
        return self._page(
            request, "profiles/shared.html", "Shared identifiers", shown=shown, is_cut=len(rows) == MOST_SHARED
        )

    def restore_view(self, request: HttpRequest, number: int) -> HttpResponse:
        """Put a former version in force again, as a new one; 0 are the rules the product ships with."""
        self._check(request, may_change=True)
        former = (
            DEFAULT_RULES if number == 0 else _rules_of(RuleSet.objects.filter(number=number).first() or _missing())
        )
        asked = confirmed(
            request,
            title=f"Restore version {number}" if number else "Restore the shipped rules",
            consequence="They become a new version, and everybody is recomputed under them in the background.",
            button="Restore",
            back=reverse(HOME),
        )
        return asked or self._activate(request, former, f"version {number} restored")

    def simulation_view(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        """How far it is, then what the rules would do."""
        self._check(request)
        job, rules = _simulation(job_id)
        current = RuleSet.objects.filter(is_current=True).first()
        base = current.number if current else 0
        found = job.result if job.state == Job.State.DONE else None
        context: dict[str, Any] = {
            "job": job,
            "is_open": job.state in (Job.State.QUEUED, Job.State.RUNNING),
            "pace": job_queries.pace(job, utc_now()),
            "share": job_queries.share_done(job),
            "changes": drafting.differences(_rules_of(current), rules),
            "may_change": self._may_change(request),
        }
        if found:
            context |= _told(request, found)
            context["is_stale"] = found["base"] != base
        return self._page(request, "profiles/simulation.html", "Try out identity rules", **context)

    def adopt_view(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        """Put the rules that were tried out in force, unless others came meanwhile."""
        self._check(request, may_change=True)
        job, rules = _simulation(job_id)
        if request.method != "POST" or job.state != Job.State.DONE:
            raise PermissionDenied("Only a finished simulation can be put in force, with its button.")
        back = reverse("admin:profiles_ruleset_simulation", args=[job.pk])
        return self._activate(request, rules, request.POST.get("reason", ""), back=back, instead_of=job.result["base"])

    def cancel_view(self, request: HttpRequest, job_id: UUID) -> HttpResponse:
        """Stop a simulation."""
        self._check(request, may_change=True)
        if request.method == "POST":
            jobs.cancel([_simulation(job_id)[0].pk])
        return HttpResponseRedirect(reverse("admin:profiles_ruleset_simulation", args=[job_id]))

    def has_module_permission(self, request: HttpRequest) -> bool:
        """For those who may look at rules."""
        return request.user.has_perm("profiles.view_ruleset")

    def _act(self, request: HttpRequest, rules: IdentityRules, reason: str) -> HttpResponse | None:
        if request.POST.get("action") == "try":
            job = jobs.enqueue(simulation_job.KIND, {"rules": to_json(rules)}, created_by=_actor(request))
            return HttpResponseRedirect(reverse("admin:profiles_ruleset_simulation", args=[job.pk]))
        try:
            ruling.activate(rules, reason, _actor(request), instead_of=int(request.POST.get("instead_of") or 0))
        except DecisionRefused as refused:
            messages.error(request, str(refused))
            return None
        messages.success(request, "In force. Everybody is being recomputed in the background.")
        return HttpResponseRedirect(reverse(HOME))

    def _activate(
        self, request: HttpRequest, rules: IdentityRules, reason: str, *, back: str = "", instead_of: int | None = None
    ) -> HttpResponse:
        try:
            ruling.activate(rules, reason, _actor(request), instead_of=instead_of)
        except DecisionRefused as refused:
            messages.error(request, str(refused))
            return HttpResponseRedirect(back or reverse(HOME))
        messages.success(request, "In force. Everybody is being recomputed in the background.")
        return HttpResponseRedirect(reverse(HOME))

    def _rules_context(self, request: HttpRequest, rules: IdentityRules, current: RuleSet | None) -> dict[str, Any]:
        in_use = rule_figures.kinds_in_use()
        placed, unplaced = rules_form.places_of(rules, in_use)
        applying = None
        if current is not None and current.applied_at is None:
            applying = (
                Job.objects.filter(kind=ruling.KIND, params__number=current.number).order_by("-created_at").first()
            )
        context: dict[str, Any] = self.admin_site.each_context(request) | {
            "title": "Identity rules",
            "current": current,
            "applying": applying,
            "pace": job_queries.pace(applying, utc_now()) if applying else "",
            "numbers": [(name, words, getattr(rules, name)) for name, words in NUMBERS.items()],
            "kinds": rules_form.rows_of(rules, in_use),
            "placed": placed,
            "unplaced": unplaced,
            "blocked": drafting.text_of(rules.blocked),
            "hits": [(drafting.text_of([one]), count) for one, count in rule_figures.hits(rules.blocked).items()],
            "always_blocked": always_blocked(),
            "versions": _versions(),
            "simulations": Job.objects.filter(kind=simulation_job.KIND).order_by("-created_at")[:MOST_SIMULATIONS],
            "may_change": self._may_change(request),
        }
        return context

    def _with_blocked(self, request: HttpRequest, rules: IdentityRules) -> IdentityRules:
        """The rules with one more value blocked, as a link from the shared identifiers asks: not yet in force."""
        found = Identifier.objects.filter(pk=request.GET["block"]).first() if request.GET["block"].isdigit() else None
        if found is None or rules.is_blocked(found.kind, found.value):
            return rules
        more, _ = drafting.blocked_of(f"{found.kind}: {found.value}")
        return from_json(
            to_json(rules) | {"blocked": to_json(IdentityRules(blocked=(*rules.blocked, *more)))["blocked"]}
        )

    def _page(self, request: HttpRequest, template: str, title: str, **context: Any) -> HttpResponse:
        return TemplateResponse(request, template, self.admin_site.each_context(request) | {"title": title} | context)

    def _may_change(self, request: HttpRequest) -> bool:
        return request.user.has_perm("profiles.add_ruleset")

    def _check(self, request: HttpRequest, *, may_change: bool = False) -> None:
        if not self.has_module_permission(request) or (may_change and not self._may_change(request)):
            raise PermissionDenied("Identity rules are for administrators.")


def _rules_of(version: RuleSet | None) -> IdentityRules:
    return DEFAULT_RULES if version is None else from_json(version.rules, version.number)


def _missing() -> RuleSet:
    raise Http404


def _simulation(job_id: UUID) -> tuple[Job, IdentityRules]:
    job = Job.objects.filter(pk=job_id, kind=simulation_job.KIND).first()
    if job is None:
        raise Http404
    return job, from_json(job.params["rules"])


def _versions() -> list[tuple[RuleSet, list[str]]]:
    """The latest versions, each with what it changed."""
    found = list(RuleSet.objects.select_related("made_by").order_by("-number")[: MOST_VERSIONS + 1])
    before = [*(_rules_of(row) for row in found[1:]), DEFAULT_RULES][: len(found)]
    pairs = [(row, drafting.differences(old, _rules_of(row))) for row, old in zip(found, before, strict=True)]
    return pairs[:MOST_VERSIONS]


def _actor(request: HttpRequest) -> AbstractBaseUser:
    return cast(AbstractBaseUser, request.user)


def _shown(request: HttpRequest, kind: str, value: str) -> str:
    return value if request.user.has_perm("profiles.view_personal") else masked(kind, value)


def _told(request: HttpRequest, found: dict[str, Any]) -> dict[str, Any]:
    """A simulation's result for its reader: people by name, identifiers by value, both as they may see them."""
    people = _People(request)
    merged, split = found["merges"]["rows"], found["splits"]["rows"]
    parts = {i for row in split for i in row[3]} | {i for row in found["refusals"] for i in row[:2]}
    parts |= {*found["shared"]["ids"], *found["unshared"]["ids"], *(i for i, _ in found["oversized"])}
    people.read({UUID(p) for row in merged for p in row[2]} | {UUID(row[2]) for row in split}, parts)
    at = datetime.fromisoformat(found["at"])
    return {
        "found": found,
        "at": at,
        "age_min": round((utc_now() - at).total_seconds() / 60),
        "newer": Identifier.objects.filter(created_at__gt=at).count(),
        "merges": [(n, size, [people.link(UUID(p)) for p in ids], n - len(ids)) for n, size, ids in merged],
        "splits": [
            (n, size, people.link(UUID(p)), [people.identifier(i) for i in ids], n - len(ids))
            for n, size, p, ids in split
        ],
        "refused": [(_why(why), count) for why, count in found["refused"].items()],
        "refusals": [(people.identifier(a), people.identifier(b), _why(why)) for a, b, why in found["refusals"]],
        "shared": [people.identifier(i) for i in found["shared"]["ids"]],
        "unshared": [people.identifier(i) for i in found["unshared"]["ids"]],
        "oversized": [(people.identifier(i), size) for i, size in found["oversized"]],
    }


def _why(why: str) -> str:
    word, _, kind = why.partition(":")
    said = {
        "limit": f"more {kind.replace('_', ' ')} than one person may have",
        "undeclared": f"a further {kind} joins a person with a user id only by a link with that user id",
    }
    return said.get(word) or WHYS.get(word, why)


class _People:
    """Names of people and values of identifiers, read at once and shown as this reader may see them."""

    def __init__(self, request: HttpRequest) -> None:
        self._request, self._personal = request, request.user.has_perm("profiles.view_personal")
        self._names: dict[UUID, str] = {}
        self._facts: dict[int, Any] = {}

    def read(self, profile_ids: Iterable[UUID], identifier_ids: Iterable[int]) -> None:
        """Everything the page names."""
        ids = list(profile_ids)
        states, known = queries.profile_states(ids), queries.identifiers_of(ids)
        for profile_id in ids:
            state = states.get(profile_id)
            called = recognized(
                profile_id, state.traits if state else {}, known[profile_id][:50], personal=self._personal
            )
            self._names[profile_id] = f"{called.name}, {called.detail}" if called.detail else called.name
        self._facts = queries.identifier_facts(list(identifier_ids))

    def link(self, profile_id: UUID) -> str:
        """A person's name, leading to their page."""
        url = reverse("admin:profiles_profile_change", args=[profile_id])
        return format_html('<a class="h-link" href="{}">{}</a>', url, self._names[profile_id])

    def identifier(self, identifier_id: int) -> str:
        """An identifier's kind and value, leading to whose it is now."""
        fact = self._facts.get(identifier_id)
        if fact is None:
            return "erased"
        url = reverse("admin:profiles_profile_change", args=[fact.profile_id])
        shown = _shown(self._request, fact.kind, fact.value)
        return format_html('<a class="h-link" href="{}">{} {}</a>', url, fact.kind.replace("_", " "), shown)
