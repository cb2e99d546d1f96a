"""Results of experiments held against what was planted; a result that misses the truth turns it red."""

import json
from pathlib import Path

import pytest

from cdp.demo.deals.places import EXPERIMENT
from cdp.demo.simulate.tried import check_experiments
from tests.admin_experiment.test_pages import result
from tests.experiments.world import started

pytestmark = pytest.mark.django_db


def test_an_interval_must_hold_the_truth_of_a_campaign_and_of_what_has_no_effect(tmp_path: Path) -> None:
    rows = [("free-shipping", 0.06, 0.90), ("free-shipping", 0.34, 0.70)]
    lines = [json.dumps({"campaign": key, "p_control": low, "p_treated": high}) for key, low, high in rows]
    (tmp_path / "campaigns.ndjson").write_text("\n".join(lines) + "\n")
    assert list(check_experiments(tmp_path)) == []
    result(started("free-shipping"))  # 60 points, from 30 to 90
    result(started(EXPERIMENT))
    lift, null = check_experiments(tmp_path)
    assert lift.sentence == "experiment free-shipping: +60.0% [+30.0%, +90.0%] of 1,000 people, planted +60.0%"
    assert (lift.is_good, null.is_good) == (True, False)
