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

urlpatterns: list[URLPattern] = [
    path("admin/mail/", _view(list_page.listing), name="mail-templates"),
    path("admin/mail/new/", _view(new_page.add), name="mail-new"),
    path("admin/mail/people/", _view(people.find), name="mail-people"),
    path("admin/mail/products/", _view(editor_page.products), name="mail-products"),
    path("admin/mail/brand/", _view(brand_page.page), name="mail-brand"),
    path("admin/mail/brand/frame/", _view(brand_page.frame), name="mail-brand-frame"),
    path("admin/mail/policy/", _view(policy_page.page), name="mail-policy"),
    path("admin/mail/policy/stop/", _view(policy_page.stop), name="mail-stop"),
    path("admin/mail/policy/resume/", _view(policy_page.resume), name="mail-resume"),
    path("admin/mail/<int:template_id>/", _view(editor_page.edit), name="mail-template"),
    path("admin/mail/<int:template_id>/draft/", _view(editor_page.draft), name="mail-draft"),
    path("admin/mail/<int:template_id>/check/", _view(preview_page.check), name="mail-check"),
    path("admin/mail/<int:template_id>/frame/", _view(preview_page.frame), name="mail-frame"),
    path("admin/mail/<int:template_id>/code/", _view(preview_page.code), name="mail-code"),
    path("admin/mail/<int:template_id>/test/", _view(sending_tests.send), name="mail-test"),
    path("admin/mail/<int:template_id>/publish/", _view(publish_page.publish), name="mail-publish"),
    path("admin/mail/<int:template_id>/versions/", _view(publish_page.versions), name="mail-versions"),
    path(
        "admin/mail/<int:template_id>/versions/<int:number>/frame/",
        _view(publish_page.version_frame),
        name="mail-version-frame",
    ),
    path(
        "admin/mail/<int:template_id>/versions/<int:number>/restore/", _view(publish_page.restore), name="mail-restore"
    ),
    path("admin/mail/<int:template_id>/duplicate/", _view(list_page.duplicate), name="mail-duplicate"),
    path("admin/mail/<int:template_id>/archive/", _view(list_page.archive), name="mail-archive"),
    path("test-mail/<slug:what>/", sending_tests.way_out, name="mail-test-link"),
]
