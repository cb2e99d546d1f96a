"""What mails are filled with beside what their senders give: the person, the shop, recommendations. In batches."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from mailing.models import Message
from mailing.rendering import Compiled


def fill(
    messages: Sequence[Message],
    own: Sequence[Mapping[str, Any]],
    now: datetime,
    *,
    compiled: Sequence[Compiled | None] | None = None,
) -> list[dict[str, Any]]:
    """The values of each message: `own` (what its sender gives) with `person`, `shop`, `agreed` and what its blocks
    ask for (`compiled`: each message's, so that nothing is looked up that it does not show; None: person and shop only).

    About a dozen statements, however many messages. The ways out are not among them: `Compiled.render` takes `Links`.
    """
    raise NotImplementedError
