"""Model folders and their swap: whole or not at all, refused when anything differs, a promoted one is picked up."""

import hashlib
import json
import logging
from pathlib import Path

import numpy as np
import pytest
from django.db import IntegrityError, transaction

from recommendations import model as artifacts
from recommendations import queries, services
from recommendations.blending import ask
from recommendations.estimators.facing import Context
from recommendations.model import ArtifactRefusedError, Model
from recommendations.models import ModelRun
from recommendations.queries import live_model, model_path
from recommendations.queries.live import AGAIN_AFTER_S, ASK_EVERY_S
from tests.recommendations import world
from tests.recommendations.world import NOW, small_model

MODEL = small_model(("é", "b"), [1, 2], {("é", "b"): 0.5})


def test_a_model_read_back_equals_what_was_written(tmp_path: Path) -> None:
    folder = tmp_path / "models" / "one"
    read = artifacts.read(folder, artifacts.write(MODEL, folder))
    assert (tuple(read.products), dict(read.codes)) == (("é", "b"), {"é": 0, "b": 1})
    assert (read.trained_until_us, read.half_life_days, read.method) == (MODEL.trained_until_us, 180.0, "ease")
    assert read.blends == MODEL.blends
    assert read.parts.keys() == MODEL.parts.keys()
    for name, part in MODEL.parts.items():
        assert read.parts[name].params() == part.params()
        for key, array in part.arrays().items():
            np.testing.assert_array_equal(read.parts[name].arrays()[key], array)
    assert [path.name for path in folder.parent.iterdir()] == ["one"]


def test_what_is_read_is_mapped_and_cannot_be_written_to(tmp_path: Path) -> None:
    read = artifacts.read(tmp_path / "one", artifacts.write(MODEL, tmp_path / "one"))
    weights = read.parts["taste"].arrays()["data"]
    with pytest.raises(ValueError, match="read-only"):
        weights[0] = 1.0
    front = Context(now_us=0, product=0)
    for model in (read, MODEL):
        assert ask(model, "product", front, 5, excluded={0}).codes.tolist() == [1]


def test_a_folder_in_which_anything_is_missing_or_changed_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "one"
    checksum = artifacts.write(MODEL, folder)
    for file in sorted(folder.iterdir()):
        content = file.read_bytes()
        file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        with pytest.raises(ArtifactRefusedError, match=r"train again \(manage\.py train_recommendations\)"):
            artifacts.read(folder, checksum)
        file.unlink()
        with pytest.raises(ArtifactRefusedError, match="cannot be read"):
            artifacts.read(folder, checksum)
        file.write_bytes(content)
    assert artifacts.read(folder, checksum).products == ("é", "b")


def test_a_manifest_of_another_format_or_with_a_part_of_no_known_kind_is_refused(tmp_path: Path) -> None:
    def changed(**fields: object) -> str:
        folder = tmp_path / "one"
        artifacts.remove(folder)
        artifacts.write(MODEL, folder)
        path = folder / artifacts.MANIFEST
        path.write_text(json.dumps(json.loads(path.read_text()) | fields))
        return hashlib.sha256(path.read_bytes()).hexdigest()

    with pytest.raises(ArtifactRefusedError, match="has format 3, not 2"):
        artifacts.read(tmp_path / "one", changed(format=3))
    with pytest.raises(ArtifactRefusedError, match=r"a part of kind 'os\.system'"):
        artifacts.read(tmp_path / "one", changed(parts={"taste": {"kind": "os.system", "params": {}}}))
    for strange in ({"kind": "Taste", "params": {"was_there_before": 1}}, {"kind": "VStan", "params": {}}):
        with pytest.raises(ArtifactRefusedError, match="the part taste of the model one is of another version"):
            artifacts.read(tmp_path / "one", changed(parts={"taste": strange}, blends={}))


def test_a_file_of_the_version_before_is_refused_with_what_to_do(tmp_path: Path) -> None:
    old = tmp_path / "recommendations-1.npz"
    old.write_bytes(b"PK")
    with pytest.raises(ArtifactRefusedError, match="the format of an older version: train again"):
        artifacts.read(old, "0" * 64)


def test_a_folder_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    class Breaking:
        name = "taste"

        def arrays(self) -> dict[str, object]:
            raise OSError("no space left on device")

    broken = Model(MODEL.products, {"taste": Breaking()}, {}, 0, 180.0)  # type: ignore[dict-item]
    with pytest.raises(OSError, match="no space left"):
        artifacts.write(broken, tmp_path / "models" / "one")
    assert list((tmp_path / "models").iterdir()) == []


def test_a_blend_of_a_part_that_is_not_there_is_no_model() -> None:
    with pytest.raises(ValueError, match="the blend of person names 'magic'"):
        Model(("a",), {}, {"person": {"magic": 1.0}}, 0, 180.0)


@pytest.mark.django_db
def test_promoting_moves_the_one_live_mark_and_refuses_a_broken_folder() -> None:
    first = world.go_live(MODEL)
    checksum = artifacts.write(MODEL, model_path("second"))
    second = ModelRun.objects.create(
        trained_until=NOW, artifact="second", checksum=checksum, verdict="kept back: worse"
    )
    found = services.promote(second.pk, reason="the shop asked for it")
    assert (found.override_reason, found.verdict) == ("the shop asked for it", "kept back: worse")
    assert list(ModelRun.objects.filter(is_live=True)) == [second]
    artifacts.remove(model_path(first.artifact))
    with pytest.raises(ArtifactRefusedError):
        services.promote(first.pk)
    assert queries.live_run() == second


@pytest.mark.django_db
def test_the_database_allows_one_live_model() -> None:
    world.go_live(MODEL)
    with pytest.raises(IntegrityError, match="recommendations_one_live_model"), transaction.atomic():
        ModelRun.objects.create(trained_until=NOW, artifact="x", checksum="x", is_live=True)


@pytest.mark.django_db
def test_a_refused_folder_is_logged_once_and_the_service_stands_without_a_model(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = [1000.0]
    monkeypatch.setattr("recommendations.queries.live.time.monotonic", lambda: clock[0])
    old = model_path("old.npz")
    old.parent.mkdir(parents=True, exist_ok=True)
    old.write_bytes(b"PK")
    ModelRun.objects.create(trained_until=NOW, artifact="old.npz", checksum="0" * 64, is_live=True)
    queries.forget_model()
    with caplog.at_level(logging.ERROR):
        for _ in range(3):
            assert live_model() is None
            clock[0] += ASK_EVERY_S
    assert len([record for record in caplog.records if "cannot be served" in record.message]) == 1


@pytest.mark.django_db
def test_a_folder_that_is_back_is_served_without_a_restart(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [1000.0]
    monkeypatch.setattr("recommendations.queries.live.time.monotonic", lambda: clock[0])
    run = world.go_live(MODEL)
    folder = model_path(run.artifact)
    away = folder.rename(folder.with_name("away"))
    queries.forget_model()
    assert live_model() is None
    away.rename(folder)
    clock[0] += ASK_EVERY_S
    assert live_model() is None
    clock[0] += AGAIN_AFTER_S
    found = live_model()
    assert found is not None
    assert found.run_id == run.pk
