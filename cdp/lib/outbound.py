"""HTTP to addresses that people typed in: resolved once, checked, and connected to at that very address.

A name that leads into our own network, or only does so when it is asked a second time, is refused. No redirect is
followed, no proxy asked, no cookie kept; every call ends within its time, and of an answer only the start is read.
"""

import http.client
import ipaddress
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
MOST_ANSWER_BYTES = 2_048
LONGEST_URL = 2_000
# What inet_aton reads as an address besides 1.2.3.4: 2130706433, 0x7f000001, 0177.0.0.1, 127.1.
NUMERIC = re.compile(r"(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+))*\.?", re.IGNORECASE)
# Where clouds keep what a machine may know of itself, besides link-local addresses (AWS by IPv6, Alibaba, Azure).
METADATA = frozenset(map(ipaddress.ip_address, ("fd00:ec2::254", "100.100.100.200", "168.63.129.16")))
NAT64 = (ipaddress.ip_network("64:ff9b::/96"), ipaddress.ip_network("64:ff9b:1::/48"))


class AddressRefused(ValueError):
    """An address nothing is sent to. The text says why and how to mend it."""


class Unreachable(Exception):
    """Nobody answered in time, or not in HTTP. To be tried again; the text is a short code, e.g. "timeout"."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A URL taken apart. `host` as it is named (for SNI, the certificate and the Host header)."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """The Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.scheme == "https" else 80) else f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: the status, and the start of the body."""

    status: int
    start: bytes


def endpoint(url: str) -> Endpoint:
    """The parts of a URL that may be called, without resolving its name. Raises AddressRefused."""
    if len(url) > LONGEST_URL or any(ord(char) <= 32 or ord(char) > 126 or char == "\\" for char in url):
        raise AddressRefused("Write the address in ASCII without blanks and backslashes.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise AddressRefused("This is no URL: write it as https://host/path.") from None
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise AddressRefused("Write the address as https://host/path.")
    if parts.username is not None or parts.password is not None:
        raise AddressRefused("Take user and password out of the address: deliveries are signed instead.")
    if parts.fragment:
        raise AddressRefused("Take the part after # out of the address: it is never sent.")
    host = parts.hostname
    if NUMERIC.fullmatch(host) and not _is_plain_ipv4(host):
        raise AddressRefused("Write the host as a name, or as four numbers without leading zeros.")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Endpoint(parts.scheme, host, port or (443 if parts.scheme == "https" else 80), path)


def resolve(to: Endpoint, *, allow_private: bool, setting: str = "RECIPIENTS_ALLOW_PRIVATE") -> str:
    """The one address to connect to. Every address of the name must be fit. Raises AddressRefused, Unreachable.

    `setting` is the environment variable that allows private addresses: whoever is refused is told of it."""
    try:
        found = socket.getaddrinfo(to.host, to.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise Unreachable("name_not_found") from None
    addresses = [ipaddress.ip_address(str(row[4][0]).partition("%")[0]) for row in found]
    for address in addresses:
        _check(address, allow_private=allow_private, setting=setting)
    if to.scheme != "https" and any(_is_public(one) for address in addresses for one in _meant(address)):
        raise AddressRefused("Use https: what goes over the internet must not be read or changed on its way.")
    return str(addresses[0])


def check(url: str, *, allow_private: bool) -> Endpoint:
    """Refuse what could never be called: the form of the URL, and where its name leads now."""
    to = endpoint(url)
    resolve(to, allow_private=allow_private)
    return to


def post(
    url: str, body: bytes, headers: Mapping[str, str], *, timeout_s: float = 10.0, allow_private: bool = False
) -> Answer:
    """POST `body`; whatever status comes back is an Answer (a redirect, too: it is not followed).

    Nothing is sent once `timeout_s` is over, looking up the name included. Raises AddressRefused, or Unreachable: then
    it may have arrived all the same.
    """
    began = time.monotonic()
    to = endpoint(url)
    address = resolve(to, allow_private=allow_private)
    left_s = timeout_s - (time.monotonic() - began)
    if left_s <= 0:
        raise Unreachable("timeout")
    connection = connection_to(to, address, left_s)
    # A peer that sends a byte now and then would never time out: this ends it.
    over = threading.Event()
    ender = threading.Timer(left_s, _end, [connection, over])
    ender.daemon = True
    ender.start()
    try:
        connection.connect()
        if over.is_set():  # it came while there was nothing to shut, and will not come again
            raise TimeoutError
        connection.request("POST", to.path, body, {"Host": to.authority, "Connection": "close", **headers})
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(MOST_ANSWER_BYTES))
    except TimeoutError:
        raise Unreachable("timeout") from None
    except ssl.SSLCertVerificationError:
        raise Unreachable("bad_certificate") from None
    except ssl.SSLError:
        raise Unreachable("tls_failed") from None
    except ConnectionRefusedError:
        raise Unreachable("connection_refused") from None
    except (OSError, http.client.HTTPException, ValueError):
        raise Unreachable("timeout" if over.is_set() else "connection_broken") from None
    finally:
        ender.cancel()
        connection.close()


def connection_to(to: Endpoint, address: str, timeout_s: float) -> http.client.HTTPConnection:
    """One that connects to `address` and nowhere else, and shows itself as asking for the name."""

    def dial(_: tuple[str, int], timeout: float, source: object = None) -> socket.socket:
        return socket.create_connection((address, to.port), timeout)

    if to.scheme == "https":
        context = ssl.create_default_context()
        connection: http.client.HTTPConnection = http.client.HTTPSConnection(
            to.host, to.port, timeout=timeout_s, context=context
        )
    else:
        connection = http.client.HTTPConnection(to.host, to.port, timeout=timeout_s)
    creator: Callable[..., socket.socket] = dial
    connection._create_connection = creator  # type: ignore[attr-defined]  # the one seam http.client has for this
    return connection


def _end(connection: http.client.HTTPConnection, over: threading.Event) -> None:
    over.set()
    shut(connection)


def shut(connection: http.client.HTTPConnection) -> None:
    """End a connection that another thread reads from."""
    try:
        if connection.sock is not None:
            connection.sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return  # it ended by itself meanwhile


def _check(address: IpAddress, *, allow_private: bool, setting: str) -> None:
    for one in _meant(address):
        if _is_no_servers(one):
            raise AddressRefused("This name leads to an address that is no server's of yours: nothing is sent there.")
        if not _is_public(one) and not allow_private:
            raise AddressRefused(f"This name leads into a private network. Use a public address, or set {setting}=1.")


def _is_no_servers(address: IpAddress) -> bool:
    if address.is_link_local or address.is_multicast or address.is_unspecified or address in METADATA:
        return True
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return True
    return address.is_reserved and not address.is_loopback


def _meant(address: IpAddress) -> list[IpAddress]:
    """The address, and any IPv4 address wrapped in it (mapped, compatible, 6to4, Teredo, NAT64)."""
    if isinstance(address, ipaddress.IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]
    meant: list[IpAddress] = [address]
    if address.sixtofour is not None:
        meant.append(address.sixtofour)
    if address.teredo is not None:
        meant += address.teredo
    if any(address in network for network in NAT64) or (int(address) >> 32 == 0 and int(address) > 1):
        meant.append(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return meant


def _is_public(address: IpAddress) -> bool:
    return address.is_global and not address.is_multicast


def _is_plain_ipv4(host: str) -> bool:
    try:
        return str(ipaddress.IPv4Address(host)) == host
    except ValueError:
        return False
