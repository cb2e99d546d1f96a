"""Routes of mail below admin/mail/; each view asks for its rights itself. `public` ones are for everybody."""

from django.contrib import admin
from django.urls import URLPattern, path

from cdp.admin_mail import (
    brand_page,
    editor_page,
    list_page,
    new_page,
    people,
    policy_page,
    preview_page,
    publish_page,
    sending_tests,
)

_view = admin.site.admin_view
_ONE = "admin/mail/templates/<int:template_id>"
_VERSION = f"{_ONE}/versions/<int:number>"

urlpatterns: list[URLPattern] = [
    path("admin/mail/templates/", _view(list_page.listing), name="mail-templates"),
    path("admin/mail/templates/new/", _view(new_page.add), name="mail-new"),
    path("admin/mail/people/", _view(people.find), name="mail-people"),
    path("admin/mail/products/", _view(editor_page.products), name="mail-products"),
    path("admin/mail/brand/", _view(brand_page.page), name="mail-brand"),
    path("admin/mail/brand/frame/", _view(brand_page.frame), name="mail-brand-frame"),
    path("admin/mail/policy/", _view(policy_page.page), name="mail-policy"),
    path("admin/mail/policy/stop/", _view(policy_page.stop), name="mail-stop"),
    path("admin/mail/policy/resume/", _view(policy_page.resume), name="mail-resume"),
    path(f"{_ONE}/", _view(editor_page.edit), name="mail-template"),
    path(f"{_ONE}/draft/", _view(editor_page.draft), name="mail-draft"),
    path(f"{_ONE}/check/", _view(preview_page.check), name="mail-check"),
    path(f"{_ONE}/frame/", _view(preview_page.frame), name="mail-frame"),
    path(f"{_ONE}/code/", _view(preview_page.code), name="mail-code"),
    path(f"{_ONE}/test/", _view(sending_tests.send), name="mail-test"),
    path(f"{_ONE}/publish/", _view(publish_page.publish), name="mail-publish"),
    path(f"{_ONE}/versions/", _view(publish_page.versions), name="mail-versions"),
    path(f"{_VERSION}/frame/", _view(publish_page.version_frame), name="mail-version-frame"),
    path(
        f"{_ONE}/versions/<int:number>/restore/",
        _view(publish_page.restore),
        name="mail-restore",
    ),
    path(f"{_ONE}/duplicate/", _view(list_page.duplicate), name="mail-duplicate"),
    path(f"{_ONE}/archive/", _view(list_page.archive), name="mail-archive"),
    path("test-mail/<slug:what>/", sending_tests.way_out, name="mail-test-link"),
]
