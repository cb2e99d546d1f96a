"""The one family of errors with which starting may end: each message says what is wrong and how to mend it."""


class StartFailure(Exception):
    """The service or its servers cannot start as asked."""
