"""Control: a web server that acknowledges before it commits. It exists to show that the auditor catches it."""

import threading
import time
from typing import Any

from cdp.wsgi import application
from events import services
from events.contracts import Accepted

_accept = services.accept


def acknowledge_first(*args: Any, **kwargs: Any) -> Accepted:
    """Answer at once; write a little later, if still alive."""

    def later() -> None:
        time.sleep(0.5)
        _accept(*args, **kwargs)

    threading.Thread(target=later, daemon=True).start()
    return Accepted(inbox_id=0, received=0, rejected=())


services.accept = acknowledge_first

__all__ = ["application"]
