"""Routes of uplift, below admin/uplift/; each view asks for its rights itself."""

from django.contrib import admin
from django.urls import URLPattern, path

from cdp.admin_uplift import acting, list_page, new_pages, run_page

_view = admin.site.admin_view

urlpatterns: list[URLPattern] = [
    path("", _view(list_page.listing), name="uplift"),
    path("new/", _view(new_pages.of_experiment), name="uplift-new"),
    path("upload/", _view(new_pages.upload), name="uplift-upload"),
    path("uploads/<int:upload_id>/", _view(new_pages.of_upload), name="uplift-columns"),
    path("<int:run_id>/", _view(run_page.page), name="uplift-run"),
    path("<int:run_id>/progress/", _view(run_page.progress_part), name="uplift-progress"),
    path("<int:run_id>/cancel/", _view(acting.cancel), name="uplift-cancel"),
    path("<int:run_id>/again/", _view(acting.again), name="uplift-again"),
    path("<int:run_id>/score/", _view(acting.score), name="uplift-score"),
    path("<int:run_id>/withdraw/", _view(acting.withdraw), name="uplift-withdraw"),
    path("<int:run_id>/remove/", _view(acting.remove), name="uplift-remove"),
]
