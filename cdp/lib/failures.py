"""Failures told without personal data: an exception's text may quote a customer, its class and place cannot."""

import traceback


def describe(error: BaseException) -> str:
    """Class, violated constraint, innermost frame: `IntegrityError (once) in refold, commerce/services.py:12`."""
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {frames[-1].name}, {_short(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""
    return type(error).__name__ + (f" ({constraint})" if constraint else "") + place


def _short(filename: str) -> str:
    return "/".join(filename.rsplit("/", 2)[-2:])
