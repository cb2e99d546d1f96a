"""DKIM signatures (RFC 6376) of mails built here: relaxed headers, simple body, RSA-SHA256 or Ed25519. Pure.

Signed by OpenSSL: dkimpy's own arithmetic takes 14 ms a mail, which is all of a worker's time. Its verifier reads the
signatures in the tests.
"""

import base64
import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key

SIGNED = (
    "from", "to", "subject", "date", "message-id", "mime-version", "content-type", "reply-to",
    "list-unsubscribe", "list-unsubscribe-post", "feedback-id", "auto-submitted", "precedence",
)  # fmt: skip
BLANKS = re.compile(r"[ \t]+")
SMALLEST_KEY = 1024


class KeyUnusableError(ValueError):
    """A file that holds no key to sign with; the message says how to make one, and nothing of its content."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs: `selector._domainkey.domain` is where the public key stands."""

    domain: str
    selector: str
    key: RSAPrivateKey | Ed25519PrivateKey

    def sign(self, mail: bytes) -> bytes:
        """The mail with its signature in front."""
        head, _, body = mail.partition(b"\r\n\r\n")
        headers = _unfolded(head.decode("ascii"))
        names = [name for name in SIGNED if name in headers]
        algorithm = "rsa-sha256" if isinstance(self.key, RSAPrivateKey) else "ed25519-sha256"
        field = (
            f"v=1; a={algorithm}; c=relaxed/simple; d={self.domain}; s={self.selector}; h={':'.join(names)}; "
            f"bh={base64.b64encode(hashlib.sha256(_body(body)).digest()).decode()}; b="
        )
        signed = "".join(f"{name}:{headers[name]}\r\n" for name in names) + f"dkim-signature:{field}"
        value = base64.b64encode(self._signature(signed.encode("ascii"))).decode()
        folded = "\r\n ".join(value[start : start + 72] for start in range(0, len(value), 72))
        return f"DKIM-Signature: {field}{folded}\r\n".encode("ascii") + mail

    def _signature(self, signed: bytes) -> bytes:
        if isinstance(self.key, RSAPrivateKey):
            return self.key.sign(signed, PKCS1v15(), SHA256())
        return self.key.sign(hashlib.sha256(signed).digest())


def signer(domain: str, selector: str, key_file: str) -> Signer:
    """Reads the key, once: keep what this returns. Raises KeyUnusableError."""
    try:
        key = load_pem_private_key(Path(key_file).read_bytes(), password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise KeyUnusableError(_mend(key_file, type(error).__name__)) from error
    if isinstance(key, Ed25519PrivateKey) or (isinstance(key, RSAPrivateKey) and key.key_size >= SMALLEST_KEY):
        return Signer(domain.encode("idna").decode(), selector, key)
    raise KeyUnusableError(_mend(key_file, "neither RSA of 1,024 bits or more nor Ed25519"))


def _mend(key_file: str, why: str) -> str:
    return (
        f"DKIM_KEY_FILE {key_file!r} holds no key to sign with ({why}): make one with `openssl genrsa -out FILE 2048`"
    )


def _unfolded(head: str) -> dict[str, str]:
    """{lower-case name: relaxed value}; no header of ours stands twice."""
    found: dict[str, str] = {}
    for line in head.replace("\r\n ", " ").replace("\r\n\t", " ").split("\r\n"):
        name, _, value = line.partition(":")
        found[name.lower()] = BLANKS.sub(" ", value).strip()
    return found


def _body(body: bytes) -> bytes:
    """Simple: as it is, with exactly one line end after the last line."""
    return body.rstrip(b"\r\n") + b"\r\n"
