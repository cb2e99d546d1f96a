"""Draft, running, stopped, archived: what each step asks for, and what the database refuses whoever asks."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from importlib import import_module

import pytest
from django.apps import apps
from django.db import IntegrityError, transaction

from cdp.access.models import AuditEntry
from cdp.outbox.models import TopicRow
from experiments.drafts import VariantDraft, faults
from experiments.layering import free_range, widest_gap
from experiments.models import Experiment, Layer
from experiments.services import ensure_experiment
from experiments.services.drafting import ExperimentRefusedError, retell, save_draft
from experiments.services.life import (
    archive,
    change_traffic,
    declare_winner,
    set_global_holdout,
    start,
    stop,
    undo_stop,
)
from segments.models import Segment
from tests.experiments.world import draft, given, started

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
pytestmark = pytest.mark.django_db


def refusal(error: pytest.ExceptionInfo[ExperimentRefusedError]) -> dict[str, str]:
    return dict(error.value.faults)


def test_a_draft_is_told_everything_that_is_wrong_with_it_at_once() -> None:
    shares = (VariantDraft("control", Decimal("0.5")), VariantDraft("b", Decimal("0.4")))
    bad = draft(
        "Hero!", variants=shares, control="c", goals=({"name": "x", "kind": "conversion"},), traffic=2.0, name=" "
    )
    assert [field for field, _ in faults(bad)] == ["name", "key", "variants", "control", "goals.0", "traffic"]
    assert ("variants", "The shares must make 100 % together, not 90 %.") in faults(bad)
    assert [field for field, _ in faults(draft(goals=(), variants=(shares[0], shares[0])))] == ["variants.1", "goals"]
    with pytest.raises(ExperimentRefusedError) as error:
        save_draft(draft(audience={"did": ""}))
    assert list(refusal(error)) == ["audience"]
    assert not Experiment.objects.exists()


def test_keys_of_programs_and_of_others_are_taken() -> None:
    save_draft(draft("hero"))
    for key in ("hero", "placement-home", "global-holdout"):
        with pytest.raises(ExperimentRefusedError) as error:
            save_draft(draft(key))
        assert list(refusal(error)) == ["key"]


def test_started_it_keeps_its_audience_exact_and_only_its_words_and_traffic_change() -> None:
    row = started(audience={"did": "Product Viewed"})
    assert (row.state, row.version) == ("running", 2)
    kept = Segment.objects.get(slug=row.audience_slug)
    assert (kept.used_for, kept.definition) == ("experiment:hero", {"did": "Product Viewed"})
    with pytest.raises(ExperimentRefusedError) as error:
        save_draft(draft(min_effect=0.2), experiment_id=row.pk)
    assert list(refusal(error)) == ["state"]
    assert retell(row.pk, name="Bolder hero", hypothesis="It sells", labels={"b": "Bold"}).name == "Bolder hero"
    assert change_traffic(row.pk, 0.2).traffic == 0.2
    stop(row.pk, NOW)
    kept.refresh_from_db()
    assert kept.state == "archived"
    done = list(AuditEntry.objects.filter(subject="experiment:hero").order_by("pk").values_list("action", flat=True))
    assert done == [
        f"{each} experiment"
        for each in (*("made an", "started an", "changed the words of an"), "changed the traffic of an", "stopped an")
    ]


def test_a_winner_that_the_results_do_not_allow_takes_a_written_reason_and_everybody_gets_it() -> None:
    row = started()
    with pytest.raises(ExperimentRefusedError, match="do not allow to call it yet"):
        stop(row.pk, NOW, winner="b", note="because")
    row.refresh_from_db()
    assert row.state == "running"
    stop(row.pk, NOW, winner="b", note="The old page breaks on phones.")
    assert TopicRow.objects.get(topic="experiment.stopped").payload == {"experiment": "hero", "winner": "b"}
    for person in (None, ("anonymous_id", "a1"), ("user_id", "u1")):
        assert (given(person).variant, given(person).reason) == ("b", "winner")
    with pytest.raises(ExperimentRefusedError, match="none of its variants"):
        declare_winner(row.pk, "c", "A long enough reason.")
    assert declare_winner(row.pk, "").winner == ""
    assert archive(row.pk).state == "archived"


def test_a_stop_is_undone_within_a_day_only() -> None:
    row = started()
    stop(row.pk, NOW)
    assert undo_stop(row.pk, NOW + timedelta(hours=24)).state == "running"
    stop(row.pk, NOW)
    with pytest.raises(ExperimentRefusedError, match="24 hours"):
        undo_stop(row.pk, NOW + timedelta(hours=25))


def test_a_layer_is_shared_out_until_it_is_full_and_a_stop_is_not_undone_into_anothers_part() -> None:
    first = started("first", layer="Home", layer_share=0.5)
    started("second", layer="Home", layer_share=0.4)
    assert [(one.layer_from, one.layer_to) for one in Experiment.objects.order_by("pk")] == [(0, 0.5), (0.5, 0.9)]
    third = save_draft(draft("third", layer="Home", layer_share=0.2))
    with pytest.raises(ExperimentRefusedError) as error:
        start(third.pk, NOW)
    assert refusal(error) == {
        "layer_share": "Only 10% of “Home” is free in one piece: take less, or wait until another experiment ends."
    }
    stop(first.pk, NOW)
    assert start(third.pk, NOW).layer_to == 0.2
    with pytest.raises(ExperimentRefusedError, match="another experiment's by now"):
        undo_stop(first.pk, NOW)
    assert Layer.objects.count() == 1
    assert free_range([(0.1, 0.3), (0.6, 1.0)], 0.3) == (0.3, 0.6)
    assert free_range([(0.1, 0.3), (0.6, 1.0)], 0.31) is None
    assert widest_gap([(0.1, 0.3)]) == 0.7


def test_the_database_refuses_overlapping_parts_a_winner_of_what_runs_and_running_without_a_control() -> None:
    first = started("first", layer="Home", layer_share=0.5)
    second = started("second", layer="Home", layer_share=0.5)
    for name, row, change in (
        ("experiments_layer_shared_out", second, {"layer_from": 0.499999}),
        ("experiments_winner_once_stopped", first, {"winner": "b"}),
        ("experiments_running_has_control", first, {"control": ""}),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            Experiment.objects.filter(pk=row.pk).update(**change)
    Experiment.objects.filter(pk=second.pk).update(state="stopped", layer_from=0.4)  # control: one that runs no more


def test_the_holdout_of_everything_is_half_at_most_and_starts_and_ends_by_its_share() -> None:
    with pytest.raises(ExperimentRefusedError, match="From 0 to 50%"):
        set_global_holdout(0.6, NOW)
    row = set_global_holdout(0.05, NOW)
    assert (row.state, row.variants, row.started_at) == ("running", {"holdout": 0.05, "treated": 0.95}, NOW)
    salt = row.salt
    assert set_global_holdout(0, NOW).state == "stopped"
    assert set_global_holdout(0.1, NOW).salt == salt


def test_splits_that_programs_keep_have_an_owner_also_those_of_before() -> None:
    assert ensure_experiment("journey-cart", "Holdout", {"holdout": 0.1, "treated": 0.9}, owner="journey:cart").id
    ensure_experiment("other", "Other", {"a": 1})
    wanted = {"journey-cart": "journey:cart", "campaign-3": "campaign:3", "placement-home": "placement:home"}
    for key in list(wanted)[1:]:
        ensure_experiment(key, key, {"a": 1}, owner="x")
    Experiment.objects.update(owner="", state="stopped")  # before there were owners; running ones need a control now
    import_module("experiments.migrations.0004_owners_of_splits").give_owners(apps, None)
    assert dict(Experiment.objects.values_list("key", "owner")) == wanted | {"other": "split:other"}
