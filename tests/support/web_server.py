"""A server on the loopback address that is slow, cuts connections, or knows no ranges, as it is told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Server:
    """What it serves and how; ``asked`` are the ranges that were asked for, file by file."""

    files: dict[str, bytes]
    ranges: bool = True
    mark: str = '"one"'
    cut_at: int | None = None  # bytes of an answer after which the connection is closed
    cuts: int = 1
    go: threading.Event | None = None  # the second half of an answer waits for it
    length: bool = True
    status: int = 200
    asked: list[tuple[str, str]] = field(default_factory=list)
    url: str = ""


class Handler(BaseHTTPRequestHandler):
    server_of: Server

    def log_message(self, *_: object) -> None:
        pass

    def do_GET(self) -> None:
        server, name = self.server_of, self.path.lstrip("/")
        wanted = self.headers.get("Range") or ""
        server.asked.append((name, wanted))
        if server.status != 200 or name not in server.files:
            self.send_error(server.status if server.status != 200 else 404)
            return
        data, start = server.files[name], 0
        same = self.headers.get("If-Range") in (None, server.mark)
        if wanted and server.ranges and same:
            start = int(wanted.removeprefix("bytes=").rstrip("-"))
            if start >= len(data):
                self.send_error(416)
                return
            self.send_response(206)
            self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        else:
            self.send_response(200)
        if server.mark:
            self.send_header("ETag", server.mark)
        if server.length:
            self.send_header("Content-Length", str(len(data) - start))
        self.end_headers()
        with suppress(ConnectionError):  # who asked may have gone
            self._write(data[start:])

    def _write(self, body: bytes) -> None:
        server = self.server_of
        if server.cut_at is not None and server.cuts:
            server.cuts -= 1
            self.wfile.write(body[: server.cut_at])
            return
        half = len(body) // 2
        self.wfile.write(body[:half])
        if server.go is not None:
            server.go.wait(30)
        self.wfile.write(body[half:])


@contextmanager
def serving(made: Server) -> Iterator[Server]:
    """A server on the loopback address, as long as the block runs."""
    handler = type("Mine", (Handler,), {"server_of": made})
    listening = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    listening.daemon_threads = True
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    made.url = f"http://127.0.0.1:{listening.server_port}/"
    yield made
    if made.go is not None:
        made.go.set()
    listening.shutdown()
    listening.server_close()
    thread.join()
