"""Routes of a segment's page, below admin/segments/; each view asks for its rights itself."""

from collections.abc import Callable

from django.contrib import admin
from django.http import HttpResponse
from django.urls import path

from cdp.admin_segment import acting, audit_page, dates, members, overlaps, overview, sizes, versions, why


def _page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    return admin.site.admin_view(view)


ONE = "segment/<int:segment_id>"
urlpatterns = [
    path("sizes/", _page(sizes.sizes), name="segment-desk-sizes"),
    path("audit/", _page(audit_page.audit_page), name="segment-desk-audit"),
    path("audit/<str:what>/", _page(audit_page.audit_action), name="segment-desk-audit-action"),
    path("overlap/", _page(overlaps.chosen), name="segments-desk-overlap"),
    path("overlap/result/", _page(overlaps.result), name="segments-desk-overlap-result"),
    path(f"{ONE}/overview/", _page(overview.overview), name="segment-desk-overview"),
    path(f"{ONE}/part/<str:what>/", _page(overview.part), name="segment-desk-part"),
    path(f"{ONE}/members/", _page(members.members), name="segment-desk-members"),
    path(f"{ONE}/why/", _page(why.search), name="segment-desk-why"),
    path(f"{ONE}/why/<uuid:profile_id>/", _page(why.person), name="segment-desk-why-person"),
    path(f"{ONE}/dates/", _page(dates.dates), name="segment-desk-dates"),
    path(f"{ONE}/overlap/", _page(overlaps.of_segment), name="segment-desk-overlap"),
    path(f"{ONE}/versions/", _page(versions.versions), name="segment-desk-versions"),
    path(f"{ONE}/versions/<int:version>/", _page(versions.compared), name="segment-desk-version"),
    path(f"{ONE}/versions/<int:version>/restore/", _page(versions.restore), name="segment-desk-restore"),
    path(f"{ONE}/uses/", _page(acting.uses), name="segment-desk-uses"),
    path(f"{ONE}/state/<str:state>/", _page(acting.become), name="segment-desk-state"),
    path(f"{ONE}/duplicate/", _page(acting.duplicate), name="segment-desk-duplicate"),
]
