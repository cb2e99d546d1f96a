"""Addresses of the model's pages, below /admin/model/."""

from django.contrib import admin
from django.urls import URLPattern, path

from cdp.admin_model import acting, compare_page, coverage_page, earnings_page, never_page, run_page, runs_page

_view = admin.site.admin_view

urlpatterns: list[URLPattern] = [
    path("runs/", _view(runs_page.runs_page), name="models"),
    path("runs/training/", _view(runs_page.training_part), name="model-training-part"),
    path("runs/train/", _view(acting.train), name="model-train"),
    path("runs/cancel/<uuid:job_id>/", _view(acting.cancel), name="model-cancel"),
    path("runs/compare/", _view(compare_page.compare_page), name="model-compare"),
    path("runs/<int:run_id>/", _view(run_page.run_page), name="model-run"),
    path("runs/<int:run_id>/live/", _view(acting.promote), name="model-promote"),
    path("earnings/", _view(earnings_page.earnings_page), name="model-earnings"),
    path("coverage/", _view(coverage_page.coverage_page), name="model-coverage"),
    path("coverage/counted/", _view(coverage_page.coverage_part), name="model-coverage-part"),
    path("coverage/measure/", _view(coverage_page.measure), name="model-coverage-measure"),
    path("coverage/never-shown/", _view(never_page.never_page), name="model-never-shown"),
]
