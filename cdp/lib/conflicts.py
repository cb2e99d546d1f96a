"""Conflicts between workers: a deadlock or serialization failure is nobody's fault; the slice is tried again."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError
from psycopg import errors

Result = TypeVar("Result")
RETRYABLE = (errors.DeadlockDetected, errors.SerializationFailure)


def is_conflict(error: BaseException) -> bool:
    """Whether doing the same again may well succeed."""
    return isinstance(error, RETRYABLE) or isinstance(error.__cause__, RETRYABLE)


def retrying(work: Callable[[], Result], *, tries: int = 6) -> Result:
    """`work()`, again after a conflict, at most `tries` times. `work` must open its own transaction."""
    for attempt in range(1, tries):
        try:
            return work()
        except OperationalError as error:
            if not is_conflict(error):
                raise
            time.sleep(random.uniform(0.005, 0.02) * attempt)
    return work()
