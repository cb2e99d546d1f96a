"""Where the lake's files are, and how they are reached: a folder, or object storage by URL.

For `s3://` the AWS_* variables of the settings count; what they leave out is looked for where AWS's own programs look
(its files, the machine's role). Other URLs go to Arrow and Delta as they are.
"""

import os
from functools import lru_cache

import pyarrow.fs as pafs
from django.conf import settings

S3 = "s3://"
PATIENCE_SECONDS = 10.0
RETRIES = 3


def filesystem(uri: str) -> tuple[pafs.FileSystem, str]:
    """The file system of a path or URL, and the path on it."""
    if uri.startswith(S3):
        return _s3(os.getpid(), _endpoint(), settings.AWS_REGION, *_keys()), uri.removeprefix(S3)
    if "://" in uri:
        files, path = pafs.FileSystem.from_uri(uri)
        return files, path
    return pafs.LocalFileSystem(), uri


def is_folder(files: pafs.FileSystem) -> bool:
    """Whether folders exist of their own there; object storage knows only objects."""
    return isinstance(files, pafs.LocalFileSystem)


def delta_options(uri: str) -> dict[str, str] | None:
    """The same place for Delta Lake's own client."""
    if not uri.startswith(S3):
        return None
    names = ("aws_access_key_id", "aws_secret_access_key", "aws_session_token")
    options = {"max_retries": str(RETRIES)}
    options |= {name: value for name, value in zip(names, _keys(), strict=True) if value}
    options |= {"aws_region": settings.AWS_REGION} if settings.AWS_REGION else {}
    if endpoint := _endpoint():
        options |= {"aws_endpoint": endpoint, "allow_http": str(endpoint.startswith("http://")).lower()}
    return options


def _endpoint() -> str:
    return str(settings.AWS_ENDPOINT_URL).rstrip("/")


def _keys() -> tuple[str, str, str]:
    return settings.AWS_ACCESS_KEY_ID, settings.AWS_SECRET_ACCESS_KEY, settings.AWS_SESSION_TOKEN


@lru_cache(maxsize=8)
def _s3(_pid: int, endpoint: str, region: str, key: str, secret: str, token: str) -> pafs.S3FileSystem:
    """One client a process: its threads do not outlive a fork."""
    scheme, _, host = endpoint.rpartition("://")
    return pafs.S3FileSystem(
        access_key=key or None,
        secret_key=secret or None,
        session_token=token or None,
        region=region or None,
        endpoint_override=host or None,
        scheme=scheme or None,
        connect_timeout=PATIENCE_SECONDS,
    )
