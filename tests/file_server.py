"""A web server on this machine that shows a folder to the tests of remote data."""

from __future__ import annotations

import functools
import threading
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Handler(SimpleHTTPRequestHandler):
    """Shows files; whether folders, and what is answered instead, the server says."""

    def log_message(self, format: str, *args: Any) -> None:
        self.server.requests.append(self.path)  # type: ignore[attr-defined]

    def do_GET(self) -> None:
        status = self.server.status  # type: ignore[attr-defined]
        if status is not None:
            self.send_error(status)
        else:
            super().do_GET()

    def list_directory(self, path: Any) -> Any:
        if self.server.lists_folders:  # type: ignore[attr-defined]
            return super().list_directory(path)
        self.send_error(403)
        return None


class FileServer(ThreadingHTTPServer):
    """Shows a folder; sends whole files, whatever range is asked for.

    Attributes
    ----------
    requests : list of str
        Paths asked for.
    lists_folders : bool
        Whether folders are shown as index pages.
    status : int or None
        Answered to everything instead.
    """

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, folder: Path) -> None:
        super().__init__(
            ("127.0.0.1", 0), functools.partial(Handler, directory=str(folder))
        )
        self.requests: list[str] = []
        self.lists_folders = True
        self.status: int | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


@contextmanager
def serving(folder: Path) -> Iterator[FileServer]:
    """Show `folder` until the block ends."""
    server = FileServer(folder)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
