"""How long back-tests are kept: they tell what a journey would have done for whom, and grow old quickly."""

from automation.models import BackTest
from cdp.lib.retention import DataClass, Timed

_RUNS = Timed(BackTest, "created_at", tells=("state",))

CLASSES = (
    DataClass(
        code="back_tests",
        title="Back-tests of journeys",
        kept_for="to compare what a journey would have done before and after a change",
        what="the runs are deleted with their lines; journeys and what was really sent stay",
        default_days=90,
        measure=_RUNS.measure,
        delete=_RUNS.delete,
        models=("automation.BackTest", "automation.BackTestLine"),
    ),
)
