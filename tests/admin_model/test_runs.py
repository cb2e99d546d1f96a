"""Runs and one run: what is said of each, training, cancelling, and making one live with or without a reason."""

import pytest
from django.test import Client

from cdp.access.models import AuditEntry
from cdp.jobs.models import Job
from cdp.lib.clock import utc_now
from recommendations.models import ModelRun
from tests.admin_model import world
from tests.recommendations import world as shop

pytestmark = pytest.mark.django_db
PAGE = "/admin/model/"
RUNS = f"{PAGE}runs/"


def words(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, path
    return answer.text.replace("\xa0", " ")


def test_without_a_run_the_page_teaches_and_offers_a_training_to_who_may_begin_one() -> None:
    page = words(world.staff("marketer"), RUNS)
    assert "No model yet: everybody is shown what is popular" in page
    assert 'href="/admin/model/runs/train/"' in page
    assert "/admin/model/runs/train/" not in words(world.staff("analyst"), RUNS)


def test_the_headline_says_how_good_how_old_and_from_what() -> None:
    world.run(live=True, days_ago=3.1)
    page = words(world.staff("analyst"), RUNS)
    assert (
        "The live model finds 1.93 × what popularity finds, on the mean of 4 tasks; 3 days old; "
        "trained from 1.2 M interactions"
    ) in page
    assert "For a person (NDCG@20): 1.93 ×, more than noise; During a visit (MRR@20): 1.93 ×, more than noise;" in page
    assert page.count("Went live because: better than the live model.") == 1
    assert "Show as table" in page


def test_the_list_tells_of_each_run_what_it_is_worth_what_it_cost_and_why_it_is_not_live() -> None:
    world.run(live=True, days_ago=9)
    held = world.run(days_ago=1, sampled=0.5, kept=False)
    staff_choice = world.run(days_ago=2, was_live=True, override_reason="the shop moved")
    page = words(world.staff("analyst"), RUNS)
    assert "kept back: not better than the live model" in page
    assert "50 % of people" in page
    assert "42.5 s" in page
    assert "812 MB" in page
    assert "the shop moved" in page
    assert "files gone" in page
    assert f"/admin/model/runs/{held.pk}/" in page
    assert f"/admin/model/runs/{staff_choice.pk}/live/" not in page


def test_the_chart_has_model_popularity_and_knn_and_a_gap_where_a_run_was_not_measured() -> None:
    world.run(days_ago=3, metrics_={})
    world.run(live=True, days_ago=2)
    chart = world.staff("analyst").get(RUNS).context["chart"]
    assert [one.name for one in chart.series] == ["The model", "Popularity", "Item kNN (cosine)"]
    assert chart.series[0].values == [None, 0.112]
    assert chart.rows[1][1][0] == "0.112 (0.102 to 0.122)"
    assert chart.payload["decimals"] == 3


def test_older_runs_stand_on_further_pages_and_more_runs_take_no_more_statements(
    django_assert_max_num_queries: object,
) -> None:
    world.run(live=True)
    client = world.staff("analyst")
    client.get(RUNS)
    with django_assert_max_num_queries(40) as first:  # type: ignore[operator]
        client.get(RUNS)
    for _ in range(30):
        world.run(kept=False)
    with django_assert_max_num_queries(len(first.captured_queries)):  # type: ignore[operator]
        page = words(client, RUNS)
    assert "Older runs" in page
    oldest = ModelRun.objects.order_by("pk").first()
    assert oldest is not None
    before = ModelRun.objects.order_by("-pk")[24].pk
    assert f"Model #{oldest.pk}<" in words(client, f"{RUNS}?before={before}")
    assert client.get(f"{RUNS}?before=x").status_code == 404
    assert client.get(f"{RUNS}?task=nonsense").status_code == 404


def test_a_run_shows_every_task_and_slice_beside_what_it_has_to_beat_with_intervals() -> None:
    run = world.run(live=True)
    client = world.staff("analyst")
    page = words(client, f"{RUNS}{run.pk}/")
    assert f"Model #{run.pk} finds 1.93 × what popularity finds, on the mean of 4 tasks; it is live" in page
    for text in ("Products new to the person", "New people", "Item kNN (cosine)", "± 0.010", "31.0 %", "6.4", "0.62"):
        assert text in page, text
    assert "this may be noise, the intervals overlap" in page  # of new people
    assert "Products of the visit" in words(client, f"{RUNS}{run.pk}/?task=session")
    for text in ("Parameters", "taste.top_k", "ease, cosine", "What was tuned: 2 settings", "chosen", "31.5"):
        assert text in page, text
    assert "Every second person was drawn" in page
    assert "5,000 of 10,000" in page
    assert "12 people were left out who do not allow the training of models (12: they took it back)." in page
    assert "may be learned from and still be shown what everybody is (docs/consent.md)" in page
    assert "Learned on 900 validation cases: NDCG@20 0.1100, with the shipped weights 0.1050." in page
    assert "reading orders and events" in page


def test_a_run_is_held_against_the_live_one_in_words() -> None:
    first = world.run(live=True)
    better = world.run(metrics_=world.metrics(against_live=world.against(first.pk)))
    noise = world.run(metrics_=world.metrics(against_live=world.against(first.pk, -0.001, -0.004, 0.002)))
    client = world.staff("analyst")
    page = words(client, f"{RUNS}{better.pk}/")
    assert f"Against model #{first.pk}, which was live: better, by +0.0040" in page
    assert "(+0.0010 to +0.0070): more than noise." in page
    page = words(client, f"{RUNS}{noise.pk}/")
    assert "worse, by −0.0010 over its tasks (−0.0040 to +0.0020): this may be noise, the interval holds 0." in page


def test_a_rerun_that_is_worse_says_that_it_is_live_by_rule() -> None:
    first = world.run()
    against = {**world.against(first.pk, -0.01, -0.02, -0.005), "same_recipe": True}
    rerun = world.run(live=True, metrics_=world.metrics(against_live=against))
    client = world.staff("analyst")
    rule = "By rule, learning the live recipe anew goes live even where it is not better"
    assert rule in words(client, RUNS)
    assert rule in words(client, f"{RUNS}{rerun.pk}/")


def test_of_fewer_than_30_cases_only_that_is_said() -> None:
    few = {"model": world.marks(0.5, 0.0, 29), "popularity": world.marks(0.1, 0.0, 29)}
    against = {**world.against(1), "tasks": {"person": {**world.against(1)["tasks"]["person"], "cases": 29}}}
    found = {**world.metrics(against_live=against), "tasks": {"person": {"new": few, "all": few}}}
    run = world.run(live=True, metrics_=found)
    client = world.staff("analyst")
    front, page = words(client, RUNS), words(client, f"{RUNS}{run.pk}/")
    assert "The live model was tried on fewer than 30 cases, too few to judge it" in front
    assert "Only 29 cases: too few to say anything by; 30 are needed." in page
    assert "Against model #1, which was live: too few cases to say." in page
    for text in ("5.00 ×", "± 0.000", "0.500"):
        assert text not in front, text
        assert text not in page, text


def test_runs_of_before_intervals_still_show_and_say_so() -> None:
    old = world.run(live=True, metrics_=world.OLD_METRICS, params={}, log=[])
    client = world.staff("analyst")
    assert "finds 2.40 × what popularity finds" in words(client, RUNS)
    page = words(client, f"{RUNS}{old.pk}/")
    assert "measured the older way" in page
    assert "0.120" in page
    assert "how much of that is noise was not measured" in page


@pytest.mark.parametrize("metrics", [{}, {"new": {}}, {"tasks": {}}, {"tasks": {"person": {}}, "tuning": None}])
def test_a_run_without_marks_says_that_nothing_was_measured(metrics: dict[str, object]) -> None:
    run = world.run(live=True, metrics_=metrics)
    client = world.staff("analyst")
    assert "The live model could not be measured: there was too little history" in words(client, RUNS)
    assert "Nothing was measured" in words(client, f"{RUNS}{run.pk}/")


def test_lists_and_links_of_the_admin_lead_to_these_pages() -> None:
    run = world.run(live=True)
    client = world.staff("analyst")
    assert client.get("/admin/recommendations/modelrun/").headers["Location"] == RUNS
    change = client.get(f"/admin/recommendations/modelrun/{run.pk}/change/")
    assert change.headers["Location"] == f"{RUNS}{run.pk}/"
    home = client.get("/admin/")
    figures = {figure.title: url for figure, url in home.context["figures"]}
    assert figures["Recommendations"] == RUNS
    assert f'href="{PAGE}earnings/"' in home.text


def test_pages_take_the_right_to_see_runs_and_a_run_that_is_not_there_is_not_found() -> None:
    client = world.staff("support")
    runs = ("runs/", "runs/training/", "runs/1/", "runs/compare/")
    paths = (*runs, "earnings/", "coverage/", "coverage/counted/", "coverage/never-shown/")
    assert [client.get(PAGE + path).status_code for path in paths] == [403] * len(paths)
    assert client.post(f"{PAGE}coverage/measure/").status_code == 403
    assert "/admin/model/" not in client.get("/admin/").text
    assert world.staff("analyst").get(f"{RUNS}99/").status_code == 404


def test_a_training_is_asked_for_once_confirmed_shows_how_far_it_is_and_can_be_cancelled() -> None:
    world.run(live=True)
    client = world.staff("marketer")
    assert "The last one took 42.5 s and 812 MB of memory." in words(client, f"{RUNS}train/")
    assert not Job.objects.exists()
    page = client.post(f"{RUNS}train/", follow=True).text
    job = Job.objects.get()
    assert job.kind == "recommendations.train"
    assert "A training waits" in page
    assert f"/admin/model/runs/cancel/{job.pk}/" in page
    Job.objects.update(state=Job.State.RUNNING, started_at=utc_now(), done=30, total=100, note="judging task person")
    part = words(client, f"{RUNS}training/")
    assert "judging task person" in part
    assert 'value="0.300"' in part
    assert client.get(f"{RUNS}cancel/{job.pk}/").status_code == 405
    client.post(f"{RUNS}cancel/{job.pk}/")
    assert Job.objects.get().cancel_requested_at is not None
    assert "Stops at its next step." in words(client, f"{RUNS}training/")
    assert [entry.action for entry in AuditEntry.objects.order_by("pk")] == [
        "asked for a training",
        "cancelled a training",
    ]


def test_a_training_that_failed_is_told_until_a_newer_run_is_there() -> None:
    Job.objects.create(kind="recommendations.train", state=Job.State.FAILED, error="there is no order yet")
    client = world.staff("analyst")
    assert "there is no order yet" in words(client, RUNS)
    world.run(live=True, days_ago=-0.01)
    assert "there is no order yet" not in words(client, RUNS)


def test_who_may_only_look_cannot_train_cancel_or_promote() -> None:
    run = world.run()
    job = Job.objects.create(kind="recommendations.train")
    client = world.staff("analyst")
    assert client.post(f"{RUNS}train/").status_code == 403
    assert client.post(f"{RUNS}cancel/{job.pk}/").status_code == 403
    assert client.post(f"{RUNS}{run.pk}/live/", {"reason": "because"}).status_code == 403
    assert Job.objects.get().state == Job.State.QUEUED
    assert not ModelRun.objects.filter(is_live=True).exists()


def test_only_trainings_are_cancelled_here() -> None:
    job = Job.objects.create(kind="lake.verify")
    assert world.staff("marketer").post(f"{RUNS}cancel/{job.pk}/").status_code == 404
    assert Job.objects.get().state == Job.State.QUEUED


def test_against_its_verdict_a_run_goes_live_with_a_reason_only() -> None:
    live, held = world.run(live=True), world.run()
    client = world.staff("marketer")
    page = words(client, f"{RUNS}{held.pk}/live/")
    assert "Why, against the verdict" in page
    refused = client.post(f"{RUNS}{held.pk}/live/", {"reason": "  "})
    assert refused.status_code == 422
    assert "Say why, against the verdict" in refused.text
    assert ModelRun.objects.get(is_live=True) == live
    assert not AuditEntry.objects.exists()


def test_a_run_whose_files_are_gone_is_not_offered() -> None:
    world.run(live=True)
    gone = world.run(kept=False)
    client = world.staff("marketer")
    assert "Its files are gone" in words(client, f"{RUNS}{gone.pk}/live/")
    client.post(f"{RUNS}{gone.pk}/live/", {"reason": "because"})
    assert not ModelRun.objects.get(pk=gone.pk).is_live


def test_with_a_reason_it_does_and_the_reason_stands_on_its_page_and_in_the_audit_log() -> None:
    held = shop.go_live(shop.small_model(("a",), [1], {}))
    ModelRun.objects.update(is_live=False, promoted_at=None, verdict="kept back: not better than the live model")
    live = shop.go_live(shop.small_model(("a", "b"), [1, 2], {}))
    client = world.staff("marketer")
    page = client.post(f"{RUNS}{held.pk}/live/", {"reason": "it suits the season"}, follow=True).text
    assert f"Model #{held.pk} is live." in page
    assert "it suits the season" in page
    assert ModelRun.objects.get(is_live=True) == held
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.subject, entry.reason) == (
        "made a model live", f"model:{held.pk}", "it suits the season"
    )  # fmt: skip
    back = words(client, f"{RUNS}{live.pk}/live/")
    assert "Why (if you like)" in back
    client.post(f"{RUNS}{live.pk}/live/")
    assert ModelRun.objects.get(is_live=True) == live


def test_a_run_whose_files_were_changed_stays_out_and_says_why() -> None:
    live = shop.go_live(shop.small_model(("a",), [1], {}))
    broken = world.run(was_live=True)
    page = world.staff("marketer").post(f"{RUNS}{broken.pk}/live/", follow=True).text
    assert "It stays as it was" in page
    assert ModelRun.objects.get(is_live=True) == live
    assert not AuditEntry.objects.exists()
