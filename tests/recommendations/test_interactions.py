"""Interactions refuse columns that do not belong together."""

import numpy as np
import pytest

from recommendations.estimators import Interactions


def test_columns_of_different_lengths_are_refused() -> None:
    none = np.zeros(0, dtype=np.int64)
    with pytest.raises(ValueError, match="must have one length"):
        Interactions(np.zeros(1, np.int32), none.astype(np.int32), none, none.astype(np.int8), (), 1)


def test_codes_without_a_product_or_a_person_are_refused() -> None:
    code, at, kind = np.ones(1, np.int32), np.zeros(1, np.int64), np.zeros(1, np.int8)
    with pytest.raises(ValueError, match="an item code has no product"):
        Interactions(code, code, at, kind, ("p0",), 2)
    with pytest.raises(ValueError, match="beyond n_people"):
        Interactions(code, code, at, kind, ("p0", "p1"), 1)
