"""The optional estimator als: says what to install, and with `implicit` installed finds what taste finds."""

import importlib.util

import pytest

from recommendations.estimators import Als
from recommendations.estimators.als import ExtraMissingError
from recommendations.estimators.interactions import DAY_US
from tests.recommendations.rows import data_of, history, restored, same

HAS_EXTRA = importlib.util.find_spec("implicit") is not None
ROWS = [(person, item, 1.0) for person in range(20) for item in ((0, 1, 2) if person % 2 else (3, 4, 5))]


@pytest.mark.skipif(HAS_EXTRA, reason="implicit is installed")
def test_without_the_extra_learning_names_what_to_install() -> None:
    with pytest.raises(ExtraMissingError, match=r"pip install -r requirements-extras\.txt"):
        Als().fit(data_of(*ROWS, items=6), DAY_US)


@pytest.mark.skipif(not HAS_EXTRA, reason="needs implicit: pip install -r requirements-extras.txt")
def test_with_the_extra_it_has_the_face_of_the_others() -> None:
    fitted = Als(factors=4).fit(data_of(*ROWS, items=7), DAY_US)
    found = fitted.recommend(history((0, 1.0), (1, 1.0)), 3)
    assert 2 in found.codes.tolist()
    assert set(found.causes.tolist()) <= {0, 1}
    assert same(found, restored(fitted).recommend(history((0, 1.0), (1, 1.0)), 3))
    assert len(fitted.recommend(history((6, 1.0)), 2)) == 0
    assert len(Als().fit(data_of(items=3), DAY_US).recommend(history((0, 1.0)), 2)) == 0
