"""What a step raises while something else has to happen first."""


class NotYet(Exception):
    """Not a failure: the step is tried again within seconds. The text says what is waited for."""
