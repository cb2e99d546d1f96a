"""The identity desk's pages, below the admin; each checks the rights of who asks."""

from collections.abc import Callable

from django.contrib import admin
from django.http import HttpResponse
from django.urls import path

from cdp.identity_desk import lists, pages


def _page(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    return admin.site.admin_view(view)


urlpatterns = [
    path("journal/", _page(lists.merge_journal), name="identity-journal"),
    path("apart/", _page(lists.kept_apart), name="identity-apart"),
    path("apart/<int:separation_id>/", _page(pages.separation), name="identity-separation"),
    path("apart/<int:separation_id>/lift/", _page(pages.lift), name="identity-lift"),
    path("split/<uuid:profile_id>/", _page(pages.split), name="identity-split"),
    path("never/<uuid:profile_id>/", _page(pages.never), name="identity-never"),
    path("evidence/<int:link_id>/", _page(lists.evidence), name="identity-evidence"),
]
