"""Every group at every admin page: a matrix made from the admin's own registry, so a new page without a row fails."""

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from cdp.admin_home.groups import RIGHTS, apply_rights

PAGES = sorted(
    model._meta.label_lower
    for model in admin.site._registry
    if model._meta.app_label not in {"admin", "sessions", "contenttypes"}
)
GROUPS = sorted(RIGHTS)


@pytest.fixture
def staff(db: None) -> dict[str, User]:
    """One member of staff a group, and one of none."""
    apply_rights()
    made = {}
    for name in (*GROUPS, "nobody"):
        made[name] = User.objects.create_user(f"{name}@example.com", is_staff=True)
        if name in RIGHTS:
            made[name].groups.add(Group.objects.get(name=name))
    return made


@pytest.mark.parametrize("page", PAGES)
def test_each_group_opens_exactly_the_pages_it_has_a_right_to(
    client: Client, staff: dict[str, User], page: str
) -> None:
    url = reverse(f"admin:{page.replace('.', '_')}_changelist")
    expected = {name: 200 if "view" in RIGHTS.get(name, {}).get(page, ()) else 403 for name in (*GROUPS, "nobody")}
    found = {}
    for name, user in staff.items():
        client.force_login(user)
        found[name] = client.get(url, follow=True).status_code  # some lists lead to pages of their own
    assert found == expected


def test_an_admin_has_a_right_to_every_page() -> None:
    assert [page for page in PAGES if page not in RIGHTS["admin"]] == []


def test_only_admin_support_and_privacy_officers_see_personal_data() -> None:
    may = {name for name in GROUPS if "view_personal" in RIGHTS[name].get("profiles.profile", ())}
    assert may == {"admin", "privacy officer", "support"}


def test_applying_rights_again_takes_back_what_was_added_and_leaves_other_groups_alone(staff: dict[str, User]) -> None:
    own = Group.objects.create(name="interns")
    extra = Group.objects.get(name="admin").permissions.first()
    assert extra is not None
    own.permissions.add(extra)
    Group.objects.get(name="analyst").permissions.add(*Group.objects.get(name="admin").permissions.all())
    before = sum(len(actions) for actions in RIGHTS["analyst"].values())
    apply_rights()
    assert Group.objects.get(name="analyst").permissions.count() == before
    assert list(own.permissions.all()) == [extra]


def test_a_stranger_is_sent_to_the_login_page(client: Client, db: None) -> None:
    answer = client.get(reverse("admin:index"))
    assert (answer.status_code, answer["Location"]) == (302, "/admin/login/?next=/admin/")
    assert client.get("/admin/login/").status_code == 200


@pytest.mark.parametrize("name", [*GROUPS, "nobody"])
def test_everybody_has_a_home_page_with_only_links_they_may_open(
    client: Client, staff: dict[str, User], name: str
) -> None:
    client.force_login(staff[name])
    answer = client.get(reverse("admin:index"))
    assert answer.status_code == 200
    menu = [item["link"] for group in answer.context["sidebar_navigation"] for item in group["items"]]
    cards = [url for _, url in answer.context["figures"]]
    steps = [step.url for step in answer.context["next_steps"]]
    assert {url: client.get(url).status_code for url in {*menu, *cards, *steps}} == dict.fromkeys(
        {*menu, *cards, *steps}, 200
    )
