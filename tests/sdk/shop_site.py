"""The pages a shop's browser SDK stands on: tests/sdk/pages and the npm packages, from our own origin or another."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from tests.sdk.packages import HERE

PREFIX = "/static/sdk"


def folders(packages: Path) -> list[tuple[str, Path]]:
    """What stands below /static/ on either origin."""
    return [("sdk/pages", HERE / "pages"), ("sdk/packages", packages)]


@contextmanager
def another_origin(packages: Path) -> Iterator[str]:
    """A file server on a port of its own, knowing nothing of the service; yields its address."""
    below = {f"/static/{name}/": folder for name, folder in folders(packages)}

    class Files(SimpleHTTPRequestHandler):
        def translate_path(self, path: str) -> str:
            asked = unquote(urlsplit(path).path)
            for prefix, folder in below.items():
                if asked.startswith(prefix):
                    return str(folder / asked.removeprefix(prefix))
            return str(HERE / "pages" / "none")

        def log_message(self, *args: object) -> None:
            """Nothing: the browser's console tells what was not found."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Files)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
