"""Routes of campaigns, below admin/campaigns/; each view asks for its rights itself."""

from django.contrib import admin
from django.urls import URLPattern, path

from cdp.admin_campaign import acting, campaign_page, deciding, form_page, list_page, parts, preview

_view = admin.site.admin_view

urlpatterns: list[URLPattern] = [
    path("", _view(list_page.listing), name="campaigns"),
    path("new/", _view(form_page.add), name="campaign-new"),
    path("count/", _view(parts.count), name="campaign-count"),
    path("<int:campaign_id>/", _view(campaign_page.page), name="campaign"),
    path("<int:campaign_id>/edit/", _view(form_page.edit), name="campaign-edit"),
    path("<int:campaign_id>/reach/", _view(parts.reached), name="campaign-reach"),
    path("<int:campaign_id>/progress/", _view(parts.progressed), name="campaign-progress"),
    path("<int:campaign_id>/mail/<str:key>/", _view(preview.frame), name="campaign-mail"),
    path("<int:campaign_id>/test/", _view(preview.test), name="campaign-test"),
    path("<int:campaign_id>/send/", _view(deciding.send), name="campaign-send"),
    path("<int:campaign_id>/approve/", _view(deciding.approve), name="campaign-approve"),
    path("<int:campaign_id>/refuse/", _view(deciding.refuse), name="campaign-refuse"),
    path("<int:campaign_id>/back/", _view(deciding.back), name="campaign-back"),
    path("<int:campaign_id>/choose/", _view(deciding.choose), name="campaign-choose"),
    path("<int:campaign_id>/pause/", _view(acting.pause), name="campaign-pause"),
    path("<int:campaign_id>/resume/", _view(acting.resume), name="campaign-resume"),
    path("<int:campaign_id>/cancel/", _view(acting.cancel), name="campaign-cancel"),
    path("<int:campaign_id>/duplicate/", _view(acting.duplicate), name="campaign-duplicate"),
    path("<int:campaign_id>/delete/", _view(acting.delete), name="campaign-delete"),
]
