"""Content in the admin: written, previewed as anybody, published, taken back; faults beside their fields."""

from typing import Any

import pytest

from decisions.models import ContentBlock, ContentVersion
from segments.models import Membership, Segment
from tests.recommendations import world
from tests.segments.pages import staff, words

pytestmark = pytest.mark.django_db
MARKETER = ("view_contentblock", "add_contentblock", "change_contentblock", "view_profile")
BANNER: dict[str, Any] = {
    "kind": "banner", "name": "Winter sale", "fallback-title": "Winter sale", "fallback-href": "/sale",
    "fallback-button": "Shop now", "variant": ["n1", "n2"],
    "n1-name": "VIPs", "n1-segment": "vip", "n1-title": "For you first",
    "n2-name": "German", "n2-locale": "de", "n2-title": "Winterschlussverkauf",
}  # fmt: skip


@pytest.fixture
def segment() -> Segment:
    rule = {"trait": "vip", "is": "is_set"}
    return Segment.objects.create(slug="vip", name="VIPs", state=Segment.State.LIVE, definition=rule)


def test_a_banner_is_published_changed_and_taken_back(segment: Segment) -> None:
    client = staff(*MARKETER)
    assert "No content yet" in words(client.get("/admin/content/"))
    page = client.post("/admin/content/new/", BANNER | {"what": "publish"}, follow=True)
    assert "“Winter sale” is published" in words(page)
    row = ContentBlock.objects.get()
    assert (row.key, row.state) == ("winter-sale", "live")
    assert [one["id"] for one in row.draft["variants"]] == ["v1", "v2"]
    changed = BANNER | {"fallback-title": "Sale", "variant": ["n2"], "n2-id": "v2", "what": "save"}
    page = client.post(f"/admin/content/{row.pk}/", changed, follow=True)
    assert "what is shown stays as it is" in words(page)
    assert "Changes not published" in words(client.get("/admin/content/"))
    assert "1 block is shown Places" in words(client.get("/admin/content/"))
    client.post(f"/admin/content/{row.pk}/", changed | {"what": "publish"})
    client.post(f"/admin/content/{row.pk}/restore/", {"number": "1"})
    row.refresh_from_db()
    assert row.version is not None
    assert (row.version.number, row.version.content["fallback"]["title"]) == (3, "Winter sale")
    assert "taken down" in words(client.post(f"/admin/content/{row.pk}/switch/", {"on": "no"}, follow=True))
    page = client.post(f"/admin/content/{row.pk}/duplicate/", follow=True)
    assert "is a copy that is not published" in words(page)
    assert ContentBlock.objects.get(name="Copy of Winter sale").state == "draft"


def test_publishing_names_every_fault_and_keeps_what_was_typed(segment: Segment) -> None:
    client = staff(*MARKETER)
    wrong = BANNER | {
        "fallback-href": "javascript:x()",
        "n1-segment": "gone",
        "n2-starts_at": "soon",
        "what": "publish",
    }
    page = client.post("/admin/content/new/", wrong)
    said = words(page)
    for sentence in (
        "An address like https://shop.example/sale",
        "There is no live segment “gone”",
        "A day and a time",
    ):
        assert sentence in said
    assert 'value="Winterschlussverkauf"' in page.text
    assert not ContentBlock.objects.exists()
    page = client.post("/admin/content/new/", {"kind": "data", "name": "D", "fallback-data": "{", "what": "save"})
    assert "No JSON: Expecting property name" in words(page)


def test_the_preview_shows_the_variant_of_a_person_and_why_none_of_the_others(segment: Segment) -> None:
    ann = world.identifier("email", "ann@example.com")
    Membership.objects.create(segment=segment, profile_id=ann.profile_id, version=1, entered_at=world.NOW)
    client = staff(*MARKETER)

    def shown(**fields: Any) -> str:
        return words(client.post("/admin/content/new/", BANNER | fields, headers={"X-Preview": "yes"}))

    assert "Somebody who is not known sees the fallback, since no variant fits" in shown()
    assert "sees “German”, since it is in their language" in shown(at_locale="de-AT")
    seen = shown(at_locale="de", who="person", profile=str(ann.profile_id))
    assert "This person sees “VIPs”, since they are in its segment For you first" in seen
    assert "German : another one fits better" in seen
    assert not ContentBlock.objects.exists()


def test_html_is_shown_in_a_frame_that_runs_nothing(segment: Segment) -> None:
    client = staff(*MARKETER)
    sent = {"kind": "html", "name": "Note", "fallback-html": '<b class="a">Hi</b><script>x()</script>'}
    page = client.post("/admin/content/new/", sent, headers={"X-Preview": "yes"})
    assert 'sandbox=""' in page.text
    assert "&lt;b class=&quot;a&quot;&gt;Hi&lt;/b&gt;&lt;/body&gt;" in page.text
    client.post("/admin/content/new/", sent | {"what": "publish"})
    assert ContentVersion.objects.get().content["fallback"] == {"html": '<b class="a">Hi</b>'}


def test_who_may_only_look_changes_nothing(segment: Segment) -> None:
    staff(*MARKETER).post("/admin/content/new/", BANNER | {"what": "publish"})
    row, client = ContentBlock.objects.get(), staff("view_contentblock", name="otto")
    assert client.get(f"/admin/content/{row.pk}/").status_code == 200
    assert client.post(f"/admin/content/{row.pk}/", BANNER | {"what": "publish"}).status_code == 403
    for path in ("switch/", "restore/", "duplicate/"):
        assert client.post(f"/admin/content/{row.pk}/{path}").status_code == 403
    assert ContentVersion.objects.count() == 1
