"""Why something would not happen, in words: the codes of runs through a journey, then those of mail."""

from automation.reasons import words

RUN = {
    "goal_reached": "They reached the goal",
    "exit_rule": "It ended early",
    "exit_step": "They came to “End here”",
    "not_in_audience": "They are not among those it is for",
    "held_out": "In the comparison group: never written to",
    "on_way": "Still on the way",
    "already_inside": "They were on the way through it already",
    "entered_before": "They had been in it before",
    "entered_lately": "They had been in it too lately",
    "nothing_new": "Nothing new was put into the cart since the last time",
    "archived": "The journey was archived",
    "": "They came to the end",
}


def reason_words(code: str) -> str:
    """The sentence for a code."""
    return RUN[code] if code in RUN else words(code)
