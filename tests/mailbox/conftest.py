"""A running sink, a mail handed to it as the service does, and the box's pages."""

import asyncio
import smtplib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from aiosmtpd.smtp import SMTP
from django.core.mail import EmailMultiAlternatives, get_connection
from pytest_django import Settings

from cdp.demo.mail_sink import Mailbox


@pytest.fixture
def box(settings: Settings, tmp_path: Path) -> Path:
    """The folder of an empty mailbox."""
    settings.VAR_DIR = tmp_path
    folder = tmp_path / "mail"
    folder.mkdir()
    return folder


@pytest.fixture
def sink_port(box: Path) -> Iterator[int]:
    """The port of a sink that keeps its mails in the box."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)  # a browser test has a loop running in this one
    thread.start()
    server = asyncio.run_coroutine_threadsafe(_begin(Mailbox(box)), loop).result(10)
    yield int(server.sockets[0].getsockname()[1])
    asyncio.run_coroutine_threadsafe(_end(server), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)
    loop.close()


async def _begin(handler: Mailbox) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    return await loop.create_server(lambda: SMTP(handler, loop=loop), "127.0.0.1", 0)


async def _end(server: asyncio.Server) -> None:
    server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


@pytest.fixture
def deliver(sink_port: int) -> Callable[..., None]:
    """`deliver(to, subject, text, html, headers)` over SMTP by Django's backend; `deliver(raw=bytes)` as it is."""

    def hand_over(
        to: str = "ada@example.com",
        subject: str = "Your cart",
        text: str = "Hello",
        html: str = "",
        headers: dict[str, str] | None = None,
        raw: bytes = b"",
    ) -> None:
        if raw:
            with smtplib.SMTP("127.0.0.1", sink_port) as client:
                client.sendmail("shop@example.com", [to], raw)
            return
        backend = "django.core.mail.backends.smtp.EmailBackend"
        connection = get_connection(backend, host="127.0.0.1", port=sink_port, username="", use_tls=False)
        mail = EmailMultiAlternatives(
            subject, text, "Nord <shop@example.com>", [to], connection=connection, headers=headers
        )
        if html:
            mail.attach_alternative(html, "text/html")
        mail.send()

    return hand_over
