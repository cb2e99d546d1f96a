"""What each staff group may do: least rights, on one page. `apply_rights` makes the database say the same.

`admin` runs the deployment; `marketer` makes segments, journeys and mails and sees people masked; `analyst` sees
figures and no person; `support` sees persons, their messages and consent, and changes nothing; `privacy officer`
decides privacy requests, and looks after purposes, notices, suppressions, recipients and retention.
"""

from collections.abc import Iterable, Mapping

from django.apps import apps
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from django.db.models import Q

OUR_APPS = (
    *("automation", "recommendations", "experiments", "audiences", "segments", "people", "imports", "commerce"),
    *("events", "plans", "consent", "profiles", "access", "alarms", "jobs", "outbox", "recipients", "privacy"),
    *("mailing", "campaigns", "notices", "offers", "decisions"),
)
ALL = ("view", "add", "change", "delete")
VIEW = ("view",)

# group → model → actions. Actions beyond the four are custom permissions of that model.
RIGHTS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "admin": {
        **{model._meta.label_lower: ALL for label in OUR_APPS for model in apps.get_app_config(label).get_models()},
        "profiles.profile": (*ALL, "view_personal", "decide_identity"),
        "segments.memberexport": (*ALL, "export_members"),
        "campaigns.campaign": (*ALL, "approve_campaign"),
        "offers.offer": (*ALL, "approve_offer"),
        "auth.user": ALL,
        "auth.group": ALL,
    },
    "marketer": {
        "segments.segment": ALL,
        "segments.segmentversion": VIEW,
        "segments.membership": VIEW,
        "segments.memberexport": ("view", "export_members"),
        "audiences.rfmrun": VIEW,
        "audiences.rfmsettings": ("view", "change"),
        "audiences.proposal": ("view", "change"),
        "experiments.upliftrun": ALL,
        "experiments.upliftupload": ("view", "add"),
        "automation.journey": ("view", "add", "change"),
        "mailing.mailtemplate": ("view", "add", "change"),
        "mailing.templateversion": ("view", "add"),
        "mailing.brand": ("view", "change"),
        "mailing.policy": VIEW,
        "automation.enrollment": VIEW,
        "notices.notice": ("view", "change"),
        "notices.reached": VIEW,
        "mailing.message": VIEW,
        "campaigns.campaign": (*ALL, "approve_campaign"),
        "recommendations.modelrun": ("view", "add", "change"),
        "recommendations.placement": ALL,
        "experiments.experiment": ("view", "add", "change"),
        "offers.pricelist": ALL,
        "decisions.contentblock": ALL,
        "decisions.decisionplacement": ("view", "add", "change"),
        "offers.offer": ("view", "add", "change", "approve_offer"),
        "offers.redemption": VIEW,
        "commerce.product": ("view", "change"),
        "commerce.catalogfeed": ("view", "add", "change"),
        "commerce.feedrun": VIEW,
        "commerce.cart": VIEW,
        "commerce.order": VIEW,
        "commerce.orderline": VIEW,
        "profiles.profile": VIEW,
        "people.computedtrait": ("view", "add", "change"),
        "plans.eventtype": VIEW,
        "events.source": VIEW,
        "imports.import": ALL,
        "imports.importreject": VIEW,
        "consent.purpose": VIEW,
        "jobs.job": VIEW,
        "recipients.recipient": VIEW,
        "privacy.retentionrule": VIEW,
    },
    "analyst": {
        "segments.segment": VIEW,
        "segments.segmentversion": VIEW,
        "audiences.rfmrun": VIEW,
        "audiences.proposal": VIEW,
        "experiments.upliftrun": VIEW,
        "automation.journey": VIEW,
        "mailing.mailtemplate": VIEW,
        "mailing.templateversion": VIEW,
        "mailing.brand": VIEW,
        "mailing.policy": VIEW,
        "campaigns.campaign": VIEW,
        "recommendations.modelrun": VIEW,
        "recommendations.placement": VIEW,
        "offers.pricelist": VIEW,
        "decisions.contentblock": VIEW,
        "decisions.decisionplacement": VIEW,
        "experiments.experiment": VIEW,
        "people.computedtrait": VIEW,
        "offers.offer": VIEW,
        "commerce.product": VIEW,
        "commerce.catalogfeed": VIEW,
        "commerce.feedrun": VIEW,
        "commerce.order": VIEW,
        "commerce.orderline": VIEW,
        "plans.eventtype": VIEW,
        "events.source": VIEW,
        "events.sourceday": VIEW,
        "consent.purpose": VIEW,
        "jobs.job": VIEW,
        "recipients.recipient": VIEW,
        "privacy.retentionrule": VIEW,
    },
    "privacy officer": {
        "privacy.request": ("view", "add", "change"),
        "privacy.retentionrule": ("view", "change"),
        "privacy.retentionrun": VIEW,
        "consent.purpose": ("view", "add", "change"),
        "consent.purposerule": ("view", "add", "change", "delete"),
        "consent.notice": ("view", "add"),
        "consent.wording": ("view", "add"),
        "consent.entry": VIEW,
        "consent.suppression": ("view", "add", "change", "delete"),
        "recipients.recipient": ("view", "add", "change"),
        "recipients.delivery": VIEW,
        "profiles.profile": ("view", "view_personal"),
        "profiles.identifier": VIEW,
        "events.source": VIEW,
        "mailing.message": VIEW,
        "commerce.order": VIEW,
        "access.auditentry": VIEW,
        "alarms.alarm": VIEW,
    },
    "support": {
        "profiles.profile": ("view", "view_personal", "decide_identity"),
        "profiles.identifier": VIEW,
        "profiles.account": VIEW,
        "people.computedtrait": VIEW,
        "profiles.link": VIEW,
        "segments.segment": VIEW,
        "segments.membership": VIEW,
        "automation.journey": VIEW,
        "mailing.mailtemplate": VIEW,
        "mailing.policy": VIEW,
        "automation.enrollment": VIEW,
        "mailing.message": VIEW,
        "offers.offer": VIEW,
        "commerce.product": VIEW,
        "commerce.cart": VIEW,
        "commerce.order": VIEW,
        "commerce.orderline": VIEW,
        "consent.purpose": VIEW,
        "consent.entry": VIEW,
        "consent.suppression": ("view", "add"),
        "privacy.request": VIEW,
        "recipients.recipient": VIEW,
        "recipients.delivery": VIEW,
        "events.source": VIEW,
    },
}


def apply_rights() -> None:
    """Makes these groups hold exactly RIGHTS; other groups are left alone. Raises LookupError."""
    with transaction.atomic():
        for name, rights in RIGHTS.items():
            group, _ = Group.objects.get_or_create(name=name)
            group.permissions.set(_permissions(rights))


def _permissions(rights: Mapping[str, Iterable[str]]) -> list[Permission]:
    wanted = {(model, _codename(model, action)) for model, actions in rights.items() for action in actions}
    condition = Q()
    for model, codename in wanted:
        app, name = model.split(".")
        condition |= Q(content_type__app_label=app, content_type__model=name, codename=codename)
    found = {
        (f"{row.content_type.app_label}.{row.content_type.model}", row.codename): row
        for row in Permission.objects.filter(condition).select_related("content_type")
    }
    if missing := sorted(wanted - found.keys()):
        raise LookupError(
            f"RIGHTS names permissions that do not exist: {missing}. Run migrate, or mend cdp/admin_home/groups.py."
        )
    return list(found.values())


def _codename(model: str, action: str) -> str:
    return f"{action}_{model.split('.')[1]}" if action in ALL else action
