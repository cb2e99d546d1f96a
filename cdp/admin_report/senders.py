"""Who sends, as reports know them: their names and pages, how steps are called, and whose holdout they have."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.urls import reverse

from automation.models import Enrollment, Journey
from automation.queries import experiment_key
from automation.queries.live_counts import skipped
from campaigns.models import Campaign, Recipient
from mailing.models import MailTemplate
from notices.models import Notice

JOURNEY, CAMPAIGN, NOTICE = "journey", "campaign", "notice"
KINDS = {JOURNEY: "Journey", CAMPAIGN: "Campaign", NOTICE: "Order mail"}
# Of the sender, whether written to or held out: whose money is held against whose.
MOST_PEOPLE = 500_000


@dataclass(frozen=True, slots=True)
class Reported:
    """One sender. `experiment`: the key of its holdout, empty where it has none."""

    kind: str
    id: int
    name: str
    url: str
    experiment: str = ""

    @property
    def report_url(self) -> str:
        """Its report."""
        return reverse("report", args=[self.kind, self.id])


def reported(kind: str, sender_id: int) -> Reported | None:
    """The sender; None where there is none of this kind and id."""
    if kind == JOURNEY:
        journey = Journey.objects.filter(pk=sender_id).first()
        return None if journey is None else _journey(journey)
    if kind == CAMPAIGN:
        campaign = Campaign.objects.filter(pk=sender_id).first()
        return None if campaign is None else _campaign(campaign)
    if kind == NOTICE:
        notice = Notice.objects.filter(pk=sender_id).first()
        return None if notice is None else _notice(notice)
    return None


def everybody() -> list[Reported]:
    """Every journey, the newest 200 campaigns, every order mail."""
    found = [_journey(one) for one in Journey.objects.order_by("name")]
    found += [_campaign(one) for one in Campaign.objects.order_by("-pk")[:200]]
    return found + [_notice(one) for one in Notice.objects.order_by("pk")]


def people_of(one: Reported) -> Sequence[int]:
    """Identifiers of everybody who may have met its holdout, the newest half million."""
    if one.kind == JOURNEY:
        met = Enrollment.objects.filter(journey_id=one.id).exclude(entered_at=None, held_out=False)
        ids = list(met.order_by("-pk").values_list("identifier_id", flat=True)[:MOST_PEOPLE])
    else:
        frozen = Recipient.objects.filter(campaign_id=one.id)
        ids = list(frozen.order_by("-pk").values_list("identifier_id", flat=True)[:MOST_PEOPLE])
    return list(dict.fromkeys(ids))


def step_names(one: Reported) -> dict[str, str]:
    """{step: what it is called}; a step that is not named here goes by its id."""
    if one.kind == JOURNEY:
        journey = Journey.objects.select_related("version").get(pk=one.id)
        graph = journey.version.graph if journey.version else journey.draft
        slugs = dict(_sends(graph.get("steps", [])))
        named = dict(MailTemplate.objects.filter(slug__in=slugs.values()).values_list("slug", "name"))
        return {step: named.get(slug, slug) for step, slug in slugs.items()}
    return {}


def held_back_by_step(one: Reported, since: datetime) -> dict[str, list[tuple[str, int]]]:
    """{step of a journey: (reason, how many) of who was passed over there}."""
    return {step: reasons for (_, step), reasons in skipped([one.id], since).items()}


def held_back(keys: Collection[tuple[str, int]], since: datetime) -> dict[tuple[str, int], list[tuple[str, int]]]:
    """{(kind, id) of a journey: (reason, how many) of who was passed over at any step}."""
    found: dict[tuple[str, int], list[tuple[str, int]]] = {}
    for (journey_id, _), reasons in skipped([pk for kind, pk in keys if kind == JOURNEY], since).items():
        found.setdefault((JOURNEY, journey_id), []).extend(reasons)
    return found


def _sends(steps: object) -> list[tuple[str, str]]:
    """(id, what it is called) of every step that sends, in their order."""
    found: list[tuple[str, str]] = []
    for step in steps if isinstance(steps, list) else []:
        if step.get("do") == "send":
            found.append((str(step.get("id")), str(step.get("template", step.get("id")))))
        for inner in (step.get("then"), step.get("else"), *(arm.get("steps") for arm in step.get("arms", []))):
            found += _sends(inner)
    return found


def _journey(journey: Journey) -> Reported:
    return Reported(JOURNEY, journey.pk, journey.name, reverse("journey", args=[journey.pk]), experiment_key(journey))


def _campaign(campaign: Campaign) -> Reported:
    key = campaign.experiment_key if campaign.holdout_share else ""
    return Reported(CAMPAIGN, campaign.pk, campaign.name, reverse("campaign", args=[campaign.pk]), key)


def _notice(notice: Notice) -> Reported:
    return Reported(NOTICE, notice.pk, str(notice), reverse("admin:notices_notice_change", args=[notice.pk]))
