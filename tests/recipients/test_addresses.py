"""Where nothing is ever sent: our own network, however it is written, resolved, rebound or redirected to."""

import http.client
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from cdp.lib import outbound
from cdp.lib.clock import utc_now
from consent.contracts import GRANTED
from recipients import services
from recipients.checking import address_problem
from recipients.models import Delivery
from tests.recipients.receiver import Receiver
from tests.recipients.world import deliver, person, recipient, say, states, told

LOOPBACK_FORMS = (
    "http://127.0.0.1:{port}/",
    "https://127.0.0.1:{port}/",
    "http://localhost:{port}/",
    "http://2130706433:{port}/",
    "http://017700000001:{port}/",
    "http://0177.0.0.1:{port}/",
    "http://0x7f000001:{port}/",
    "http://0x7f.0.0.1:{port}/",
    "http://127.1:{port}/",
    "http://127.0.0.1.:{port}/",
    "http://0.0.0.0:{port}/",
    "http://0:{port}/",
    "http://[::1]:{port}/",
    "http://[::]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/",
    "http://[::ffff:7f00:1]:{port}/",
    "http://[::127.0.0.1]:{port}/",
    "http://[64:ff9b::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/",
    "http://user:pass@127.0.0.1:{port}/",
    "http://example.com@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@example.com/",
    "http://①②⑦.⓪.⓪.①:{port}/",
)
PRIVATE = (
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "fd00::1",
    "fe80::1",
    "ff02::1",
    "::ffff:10.0.0.1",
)
PUBLIC = "93.184.216.34"
Answers = Callable[..., None]


@pytest.fixture(autouse=True)
def _private_is_refused(settings: Settings) -> None:
    settings.RECIPIENTS_ALLOW_PRIVATE = False


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """`names("10.0.0.1", …)`: what the next look-ups of any name are answered; the last one from then on."""
    answers: list[tuple[str, ...]] = []
    real = socket.getaddrinfo

    def look_up(host: str, port: int, *rest: Any, **more: Any) -> list[Any]:
        if host != "hook.example":
            return list(real(host, port, *rest, **more))
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        return [
            (socket.AF_INET6 if ":" in one else socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in found
        ]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)

    def answer(*each: str | tuple[str, ...]) -> None:
        answers[:] = [(one,) if isinstance(one, str) else one for one in each]

    return answer


@pytest.fixture
def dialed(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """Where a connection was opened to; none is made."""
    found: list[tuple[str, int]] = []

    def dial(address: tuple[str, int], *rest: Any, **more: Any) -> socket.socket:
        found.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", dial)
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("form", LOOPBACK_FORMS)
def test_no_way_to_write_this_machine_reaches_it_on_save_test_or_delivery(form: str, receiver: Receiver) -> None:
    url = form.format(port=receiver.port)
    assert address_problem(url) != ""
    row = recipient(url=url)
    assert services.send_test(row, now=utc_now()).state == "failed"
    jane = person()
    say(jane, GRANTED)
    row.refresh_from_db()
    row.quiet_until = None
    row.save()
    told(jane)
    deliver()
    assert receiver.got == []
    assert states()[-1][0] == "waiting"


@pytest.mark.parametrize("address", PRIVATE)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_name_that_leads_inside_is_refused(address: str, scheme: str, names: Answers) -> None:
    names(address)
    with pytest.raises(outbound.AddressRefused):
        outbound.check(f"{scheme}://hook.example/", allow_private=False)


def test_one_private_address_among_public_ones_is_enough(names: Answers) -> None:
    names((PUBLIC, "10.0.0.1"))
    with pytest.raises(outbound.AddressRefused):
        outbound.check("https://hook.example/", allow_private=False)


@pytest.mark.parametrize(
    "address",
    [
        *("169.254.169.254", "fe80::1", "0.0.0.0", "224.0.0.1", "::ffff:169.254.169.254"),
        *("fec0::1", "fd00:ec2::254", "100.100.100.200", "168.63.129.16", "::ffff:100.100.100.200"),
    ],
)
def test_metadata_and_multicast_are_refused_even_where_private_ones_are_allowed(address: str, names: Answers) -> None:
    names(address)
    with pytest.raises(outbound.AddressRefused):
        outbound.check("https://hook.example/", allow_private=True)


@pytest.mark.django_db
def test_a_name_rebound_between_save_and_delivery_is_refused_at_delivery(
    names: Answers, dialed: list[tuple[str, int]]
) -> None:
    names(PUBLIC, "127.0.0.1")
    assert address_problem("https://hook.example/") == ""
    jane = person()
    say(jane)
    recipient(url="https://hook.example/")
    told(jane)
    deliver()
    assert dialed == []
    assert Delivery.objects.get().reason == "address_refused"


def test_a_name_is_resolved_once_a_call_and_connected_to_at_that_address(
    names: Answers, dialed: list[tuple[str, int]]
) -> None:
    names(PUBLIC, "127.0.0.1")
    with pytest.raises(outbound.Unreachable):
        outbound.post("https://hook.example/", b"{}", {})
    assert dialed == [(PUBLIC, 443)]


def test_resolving_only_at_save_would_be_caught(names: Answers, receiver: Receiver) -> None:
    """Negative control: a client that checks and then lets http.client resolve again reaches the canary."""
    names(PUBLIC, "127.0.0.1")
    outbound.check("https://hook.example/", allow_private=False)
    connection = http.client.HTTPConnection("hook.example", receiver.port, timeout=5)
    connection.request("POST", "/", b"{}")
    connection.getresponse().read()
    connection.close()
    assert len(receiver.got) == 1


@pytest.mark.parametrize("address", [PUBLIC, f"::ffff:{PUBLIC}", "2002:5db8:d822::1"])
def test_http_is_refused_for_public_addresses_however_they_are_wrapped(address: str, names: Answers) -> None:
    names(address)
    with pytest.raises(outbound.AddressRefused, match="https"):
        outbound.check("http://hook.example/", allow_private=True)
    outbound.check("https://hook.example/", allow_private=False)


@pytest.mark.parametrize(
    "url", ["ftp://x/", "file:///etc/passwd", "//x", "https://", "https://x:99999/", "https://x/#a"]
)
def test_what_is_no_web_address_is_refused(url: str) -> None:
    with pytest.raises(outbound.AddressRefused):
        outbound.endpoint(url)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="makes its certificate by openssl, which is not installed")
def test_a_certificate_of_somebody_else_is_not_accepted(tmp_path: Path) -> None:
    with _tls_server(tmp_path) as port, pytest.raises(outbound.Unreachable, match="bad_certificate"):
        outbound.post(f"https://localhost:{port}/", b"{}", {}, allow_private=True, timeout_s=5)


@pytest.mark.parametrize("slow", ["getaddrinfo", "create_connection"])
def test_nothing_is_sent_once_the_time_is_over(slow: str, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """The gate was asked before: what could only be sent much later is asked about again. And nobody would end it."""
    real = getattr(socket, slow)

    def late(*args: Any, **more: Any) -> Any:
        threading.Event().wait(0.4)
        return real(*args, **more)

    monkeypatch.setattr(socket, slow, late)
    with pytest.raises(outbound.Unreachable, match="timeout"):
        outbound.post(receiver.url, b"{}", {}, allow_private=True, timeout_s=0.2)
    assert receiver.got == []


def test_a_peer_that_never_ends_its_answer_is_cut_off() -> None:
    server = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        peer, _ = server.accept()
        with peer:
            peer.recv(4096)
            for _ in range(100):
                try:
                    peer.sendall(b"H")
                except OSError:
                    return
                threading.Event().wait(0.05)

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    with server, pytest.raises(outbound.Unreachable):
        outbound.post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {}, allow_private=True, timeout_s=0.4)
    thread.join(6)


class _tls_server:  # noqa: N801
    """A TLS server whose certificate nobody vouches for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __enter__(self) -> int:
        key, cert = self.folder / "key.pem", self.folder / "cert.pem"
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        command += ["-keyout", str(key), "-out", str(cert), "-days", "2", "-subj", "/CN=localhost"]
        subprocess.run(command, check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(cert, key)
        self.server = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self._serve, args=(context,), daemon=True)
        self.thread.start()
        return int(self.server.getsockname()[1])

    def _serve(self, context: ssl.SSLContext) -> None:
        peer, _ = self.server.accept()
        with peer:
            try:
                context.wrap_socket(peer, server_side=True).close()
            except OSError:
                return

    def __exit__(self, *_: object) -> None:
        self.server.close()
        self.thread.join(5)
