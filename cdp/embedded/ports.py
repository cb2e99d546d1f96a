"""Whether the web's port is free, asked before anything is started."""

import errno
import socket

from cdp.embedded.failures import StartFailure


class PortTaken(StartFailure):
    """The port cannot be listened on. The message names PORT."""


def refuse_taken_port(host: str, port: int) -> None:
    """Raises PortTaken where `host:port` cannot be listened on."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortTaken(
                    f"Port {port} on {host} is in use: stop what listens there, or choose another with PORT=8001."
                ) from None
            raise PortTaken(
                f"Cannot listen on {host}:{port} ({error.strerror}): set HOST and PORT to an address of this machine."
            ) from None
