"""Routes of experiments, below admin/experiments/; each view asks for its rights itself."""

from django.contrib import admin
from django.urls import URLPattern, path

from cdp.admin_experiment import aa_page, acting, edit_page, experiment_page, kept_page, list_page

_view = admin.site.admin_view

urlpatterns: list[URLPattern] = [
    path("", _view(list_page.listing), name="experiments"),
    path("holdout/", _view(list_page.holdout), name="experiments-holdout"),
    path("kept/", _view(kept_page.page), name="experiments-kept"),
    path("trust/", _view(aa_page.page), name="experiments-aa"),
    path("new/", _view(edit_page.add), name="experiment-new"),
    path("suggest/", _view(edit_page.suggest), name="experiment-suggest"),
    path("<int:experiment_id>/", _view(experiment_page.page), name="experiment"),
    path("<int:experiment_id>/edit/", _view(edit_page.edit), name="experiment-edit"),
    path("<int:experiment_id>/start/", _view(acting.start), name="experiment-start"),
    path("<int:experiment_id>/traffic/", _view(acting.traffic), name="experiment-traffic"),
    path("<int:experiment_id>/stop/", _view(acting.stop), name="experiment-stop"),
    path("<int:experiment_id>/undo/", _view(acting.undo), name="experiment-undo"),
    path("<int:experiment_id>/archive/", _view(acting.archive), name="experiment-archive"),
    path("<int:experiment_id>/words/", _view(acting.words), name="experiment-words"),
    path("<int:experiment_id>/compute/", _view(acting.compute), name="experiment-compute"),
]
