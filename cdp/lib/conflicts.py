"""Whose fault a failure is: a conflict between workers is nobody's and tried again; an outage is the surroundings'."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

import psycopg
from django.db import OperationalError, connection
from psycopg import errors

Result = TypeVar("Result")
RETRYABLE = (errors.DeadlockDetected, errors.SerializationFailure)
BLAMELESS_STATES = ("08", "40", "53", "57P")
"""SQLSTATE classes: connection lost, conflict, resources used up, shut down by an operator."""


def is_conflict(error: BaseException) -> bool:
    """Whether doing the same again may well succeed."""
    return isinstance(error, RETRYABLE) or isinstance(error.__cause__, RETRYABLE)


def is_blameless(error: BaseException) -> bool:
    """Whether the surroundings failed and not the work: the connection is gone, or the server says so.

    The exception's class tells nothing: limits that only content can break are OperationalErrors too, and COPY raises
    the driver's own classes.
    """
    cause = error if isinstance(error, psycopg.Error) else error.__cause__
    if not isinstance(cause, psycopg.Error):
        return False
    if cause.sqlstate is not None:
        return cause.sqlstate.startswith(BLAMELESS_STATES)
    return connection.connection is None or connection.connection.closed


def retrying(work: Callable[[], Result], *, tries: int = 6) -> Result:
    """`work()`, again after a conflict, at most `tries` times. `work` must open its own transaction."""
    for attempt in range(1, tries):
        try:
            return work()
        except (OperationalError, *RETRYABLE) as error:  # COPY raises the driver's own
            if not is_conflict(error):
                raise
            time.sleep(random.uniform(0.005, 0.02) * attempt)
    return work()
