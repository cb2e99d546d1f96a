"""What each kind of step does of many people at once. A test holds this table equal to `automation.graph.STEPS`."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from automation.graph import (
    AddToList,
    Branch,
    Exit,
    GiveOffer,
    NotifyStaff,
    Send,
    SetTrait,
    Split,
    Step,
    Wait,
    WaitFor,
    WaitUntil,
    Webhook,
)
from automation.queries.ways import Way
from automation.services.steps.acting import add_to_list, give_offer, leave, set_trait
from automation.services.steps.forking import branch, split
from automation.services.steps.sending import send
from automation.services.steps.telling import notify_staff, webhook
from automation.services.steps.waiting import wait, wait_for, wait_until

Doer = Callable[[Sequence[Way], datetime], None]
DOERS: Mapping[type[Step], Doer] = {
    Send: send,
    Wait: wait,
    WaitUntil: wait_until,
    WaitFor: wait_for,
    Branch: branch,
    Split: split,
    SetTrait: set_trait,
    AddToList: add_to_list,
    GiveOffer: give_offer,
    Webhook: webhook,
    NotifyStaff: notify_staff,
    Exit: leave,
}
"""Each moves every way it is given: on, to a wait, or to its end. All stand at a step of its kind."""
