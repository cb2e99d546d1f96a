"""Routes of bandits, below admin/bandits/; each view asks for its rights itself."""

from django.contrib import admin
from django.urls import URLPattern, path

from cdp.admin_bandit import acting, list_page, page

_view = admin.site.admin_view

urlpatterns: list[URLPattern] = [
    path("", _view(list_page.listing), name="bandits"),
    path("<int:placement_id>/", _view(page.page), name="bandit"),
    path("<int:placement_id>/progress/", _view(page.progress_part), name="bandit-progress"),
    path("<int:placement_id>/judge/", _view(acting.judge), name="bandit-judge"),
    path("<int:placement_id>/reset/", _view(acting.reset), name="bandit-reset"),
    path("<int:placement_id>/take-back/<int:reset_id>/", _view(acting.take_back), name="bandit-take-back"),
    path("<int:placement_id>/switch/<str:key>/", _view(acting.switch), name="bandit-switch"),
]
