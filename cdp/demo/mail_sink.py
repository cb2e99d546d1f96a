"""`python -m cdp.demo.mail_sink PORT FOLDER`: a real SMTP server on loopback that keeps every mail as an .eml file.

The mail's bytes are kept as they came; above them stand, as on any mail server, the lines that tell the SMTP
conversation: Return-Path, Delivered-To, Received.
"""

import asyncio
import itertools
import signal
import sys
import time
from email.utils import formatdate
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

HOST_NAME = "mail-sink.local"
MAX_MAIL_BYTES = 30_000_000


class Mailbox:
    """aiosmtpd's handler: one file a mail, named so that they sort by arrival. A mail is whole or absent."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._numbers = itertools.count(1)
        folder.mkdir(parents=True, exist_ok=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        """Keeps one mail."""
        content = envelope.content or b""
        name = f"{time.time_ns() // 1_000_000}-{next(self._numbers):05d}"
        draft = self.folder / f".{name}"
        draft.write_bytes(_trace(session, envelope) + (content if isinstance(content, bytes) else content.encode()))
        draft.rename(self.folder / f"{name}.eml")
        return "250 kept"


def _trace(session: Session, envelope: Envelope) -> bytes:
    """What a mail server writes above a mail: who handed it over, and to whom."""
    peer = session.peer[0] if session.peer else "unknown"
    lines = (
        f"Return-Path: <{envelope.mail_from or ''}>",
        f"Delivered-To: {', '.join(envelope.rcpt_tos)}",
        f"Received: from {session.host_name or 'unknown'} ([{peer}]) by {HOST_NAME} with ESMTP; {formatdate()}",
    )
    return "".join(f"{' '.join(line.split())}\r\n" for line in lines).encode("utf-8", "surrogateescape")


async def serve(port: int, folder: Path) -> None:
    """Serves until SIGINT or SIGTERM."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    mailbox = Mailbox(folder)
    server = await loop.create_server(
        lambda: SMTP(mailbox, hostname=HOST_NAME, data_size_limit=MAX_MAIL_BYTES), "127.0.0.1", port
    )
    await stop.wait()
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2])))
