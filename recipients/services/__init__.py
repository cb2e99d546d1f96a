"""Writes of recipients: what happened becomes deliveries, which are sent by what holds when they are sent."""

from recipients.services.consuming import consume_changes
from recipients.services.duties import tell_erasure, tell_opt_out, tell_rectification, tell_restriction
from recipients.services.managing import replay, retry, rotate_secret
from recipients.services.presenting import NotTold, present_job, start_presenting
from recipients.services.sending import deliver_slice, forget_hanging, send_test
from recipients.services.telling import tell, tell_all

__all__ = [
    "NotTold",
    "consume_changes",
    "deliver_slice",
    "forget_hanging",
    "present_job",
    "replay",
    "retry",
    "rotate_secret",
    "send_test",
    "start_presenting",
    "tell",
    "tell_all",
    "tell_erasure",
    "tell_opt_out",
    "tell_rectification",
    "tell_restriction",
]
