"""Model files and their swap: a changed file is refused, a promoted one is picked up."""

import logging

import numpy as np
import pytest
from django.db import IntegrityError, transaction

from recommendations import model as artifacts
from recommendations import queries, services
from recommendations.model import ArtifactRefusedError
from recommendations.models import ModelRun
from recommendations.queries import live_model, model_path
from recommendations.queries.live import ASK_EVERY_S
from tests.recommendations import world
from tests.recommendations.world import NOW, small_model

MODEL = small_model(("é", "b"), [1, 2], {("é", "b"): 0.5})


def test_a_model_read_back_equals_what_was_written(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "models" / "one.npz"
    read = artifacts.read(path, artifacts.write(MODEL, path))
    assert read.products == ("é", "b")
    assert (read.trained_until_us, read.half_life_days, read.method) == (MODEL.trained_until_us, 180.0, "ease")
    for name in ("popularity", "indptr", "indices", "data"):
        np.testing.assert_array_equal(getattr(read, name), getattr(MODEL, name))
    assert [file.name for file in path.parent.iterdir()] == ["one.npz"]


def test_a_changed_or_missing_file_is_refused(tmp_path) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path / "one.npz"
    checksum = artifacts.write(MODEL, path)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(ArtifactRefusedError, match="does not have the checksum of its run"):
        artifacts.read(path, checksum)
    path.unlink()
    with pytest.raises(ArtifactRefusedError, match="cannot be read"):
        artifacts.read(path, checksum)


@pytest.mark.django_db
def test_a_promoted_model_is_served_after_at_most_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("recommendations.queries.live.time.monotonic", lambda: clock[0])
    first = world.go_live(MODEL)
    assert live_model().run_id == first.pk  # type: ignore[union-attr]
    ModelRun.objects.update(is_live=False)
    path = model_path("second.npz")
    second = ModelRun.objects.create(
        trained_until=NOW, artifact="second.npz", checksum=artifacts.write(MODEL, path), is_live=True
    )
    assert live_model().run_id == first.pk  # type: ignore[union-attr]
    clock[0] += ASK_EVERY_S
    assert live_model().run_id == second.pk  # type: ignore[union-attr]


@pytest.mark.django_db
def test_a_refused_file_leaves_the_old_model_serving_and_is_logged_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = [1000.0]
    monkeypatch.setattr("recommendations.queries.live.time.monotonic", lambda: clock[0])
    first = world.go_live(MODEL)
    assert live_model().run_id == first.pk  # type: ignore[union-attr]
    ModelRun.objects.update(is_live=False)
    ModelRun.objects.create(trained_until=NOW, artifact=first.artifact, checksum="0" * 64, is_live=True)
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            clock[0] += ASK_EVERY_S
            assert live_model().run_id == first.pk  # type: ignore[union-attr]
    assert len([record for record in caplog.records if "cannot be served" in record.message]) == 1


@pytest.mark.django_db
def test_promoting_moves_the_one_live_mark_and_refuses_a_broken_file() -> None:
    first = world.go_live(MODEL)
    path = model_path("second.npz")
    second = ModelRun.objects.create(trained_until=NOW, artifact="second.npz", checksum=artifacts.write(MODEL, path))
    assert services.promote(second.pk, "better").verdict == "better"
    assert list(ModelRun.objects.filter(is_live=True)) == [second]
    path.write_bytes(b"broken")
    model_path(first.artifact).write_bytes(b"broken")
    with pytest.raises(ArtifactRefusedError):
        services.promote(first.pk, "back")
    assert queries.live_run() == second


@pytest.mark.django_db
def test_the_database_allows_one_live_model() -> None:
    world.go_live(MODEL)
    with pytest.raises(IntegrityError, match="recommendations_one_live_model"), transaction.atomic():
        ModelRun.objects.create(trained_until=NOW, artifact="x", checksum="x", is_live=True)
