"""Real worker processes that work the slices of campaigns and mail, forked at once from one that is ready.

`python -m tests.campaigns.worker SLICE [requeue]` answers each line of its input with the pid of a new worker, which
hands over SLICE mails together. With `requeue` workers are sabotaged: one that starts puts back into the queue what is
in `sending`, as no worker may.
"""

import os
import signal
import sys
import time


def main(size: int, sabotage: str) -> None:
    """Fork a worker for each line read; they are killed by whoever asked for them."""
    import django

    django.setup()
    from django.conf import settings

    import campaigns.services.running  # noqa: F401 - imported once, before the forks
    import mailing.services.sending
    from mailing.senders import sender

    settings.OUTBOX_WAKES = False
    mailing.services.sending.SLICE = size
    sender("campaign")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in sys.stdin:
        pid = os.fork()
        if not pid:
            work(sabotage)
        print(pid, flush=True)


def work(sabotage: str) -> None:
    """Slices for ever."""
    from campaigns.services import run_slice
    from mailing.models import Message
    from mailing.services import send_slice

    if sabotage == "requeue":
        Message.objects.filter(state="sending").update(state="queued", sending_at=None)
    while True:
        if not run_slice() + send_slice():
            time.sleep(0.02)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
