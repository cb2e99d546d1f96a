"""Real worker processes that work the slices of campaigns and mail, forked at once from one that is ready.

`python -m tests.campaigns.worker` reads lines of "PORT SLICE [requeue]", answers each with the pid of a new worker: it
hands over SLICE mails together to the mail server on PORT. With `requeue` it is sabotaged: it puts back into the queue
what is in `sending`, as no worker may.
"""

import os
import signal
import sys
import time


def main() -> None:
    """Fork a worker for each line read; they are killed by whoever asked for them."""
    import django

    django.setup()
    from django.conf import settings

    import campaigns.services.running  # noqa: F401 - imported once, before the forks
    import mailing.services.sending
    from mailing.senders import sender

    settings.OUTBOX_WAKES = False
    sender("campaign")
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        port, size, *sabotage = line.split()
        pid = os.fork()
        if not pid:
            settings.EMAIL_PORT, mailing.services.sending.SLICE = int(port), int(size)
            work("requeue" in sabotage)
        print(pid, flush=True)


def work(is_sabotaged: bool) -> None:
    """Slices for ever."""
    from campaigns.services import run_slice
    from mailing.models import Message
    from mailing.services import send_slice

    if is_sabotaged:
        Message.objects.filter(state="sending").update(state="queued", sending_at=None)
    while True:
        if not run_slice() + send_slice():
            time.sleep(0.02)


if __name__ == "__main__":
    main()
