"""The HTTP server of `taxiway run`: what API Gateway does, on one machine."""

from __future__ import annotations

import gzip
import re
import socket
import socketserver
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any

from taxiway.access_log import log, shown
from taxiway.gateway import STAGE, Answer, StageGateway, refusal
from taxiway.request_body import RefusedBody, declared_length, read_body

if TYPE_CHECKING:
    from chalice.app import Chalice

_SMALLEST_COMPRESSED = 1024
_FASTEST = 1
_NO_BODY = frozenset({204, 304})
_WITHOUT_GZIP = re.compile(r"gzip\s*;\s*q=0(\.0*)?\s*(,|$)", re.IGNORECASE)
_SCHEME_AND_HOST = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?]*")
_OURS = frozenset(
    {"connection", "content-length", "date", "server", "transfer-encoding"}
)
_REACHED_AT = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104
_LINGER_SECONDS = 2.0
_DRAIN_SECONDS = 10.0


class LocalServer(socketserver.ThreadingMixIn, HTTPServer):
    """Binds at once, so that a taken port is known early; listens when started."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, host: str, port: int) -> None:
        """Bind to the address. Raises OSError."""
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler, bind_and_activate=False)
        self.gateway: StageGateway
        self._busy = 0
        self._idle = threading.Condition()
        try:
            self.server_bind()
        except OSError:
            self.server_close()
            raise

    def server_bind(self) -> None:
        """Bind without asking the DNS for the machine's name."""
        socketserver.TCPServer.server_bind(self)
        host, self.server_port = self.server_address[:2]
        self.server_name = str(host)

    @property
    def url(self) -> str:
        """The URL of the stage, for clients on this machine."""
        host = _REACHED_AT.get(self.server_name, self.server_name)
        shown = f"[{host}]" if ":" in host else host
        return f"http://{shown}:{self.server_port}/{STAGE}"

    def start(self, application: Chalice) -> None:
        """Listen, and serve the application in threads."""
        self.gateway = StageGateway(application)
        self.server_activate()
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Take no more connections; wait for the requests being answered."""
        self.shutdown()
        self.server_close()
        with self._idle:
            self._idle.wait_for(lambda: not self._busy, _DRAIN_SECONDS)

    def enter(self) -> None:
        """Count a request that is being answered."""
        with self._idle:
            self._busy += 1

    def leave(self) -> None:
        """Count it as answered."""
        with self._idle:
            self._busy -= 1
            self._idle.notify_all()

    def handle_error(self, _request: Any, client_address: Any) -> None:
        """Log what went wrong in a thread; a client that left is nothing wrong."""
        if not isinstance(sys.exception(), OSError):
            log.exception("fault in the server, client %s", client_address[0])


class _Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    server: LocalServer
    protocol_version = "HTTP/1.1"
    timeout = 65
    # A small answer in two writes waits 40 ms for the client's acknowledgement.
    disable_nagle_algorithm = True
    wbufsize = -1

    def __getattr__(self, name: str) -> Callable[[], None]:
        """Take every method: the gateway knows which ones a path has."""
        if name.startswith("do_"):
            return self._handle
        raise AttributeError(name)

    def _handle(self) -> None:
        self.server.enter()
        try:
            self._serve()
        finally:
            self.server.leave()

    def _serve(self) -> None:
        began = time.monotonic()
        target, headers = self._target(), self._told()
        try:
            body = read_body(self.headers, self.rfile)
        except RefusedBody as refused:
            self._refuse(refused.status)
            return
        try:
            answer = self.server.gateway.answer(self.command, target, headers, body)
        except Exception:  # noqa: BLE001 - the client must have an answer
            log.exception("fault while answering %s %s", self.command, shown(target))
            answer = refusal(500, target, headers)
        self._send(answer)
        milliseconds = (time.monotonic() - began) * 1000
        log.info(
            "%s %s %s %d %d bytes %.1f ms",
            self.client_address[0],
            self.command,
            shown(target),
            answer.status,
            len(answer.body),
            milliseconds,
        )

    def _target(self) -> str:
        target = getattr(self, "path", "/")
        return (
            _SCHEME_AND_HOST.sub("", target, count=1) if target[:1] != "/" else target
        )

    def _told(self) -> dict[str, str]:
        """Return the headers as API Gateway passes them on: the last one of a name."""
        given = getattr(self, "headers", None) or {}
        headers = {
            "x-forwarded-port": str(self.server.server_port),
            "x-forwarded-proto": "http",
            **{name.lower(): value for name, value in given.items()},
        }
        passed = [headers.get("x-forwarded-for"), self.client_address[0]]
        return headers | {"x-forwarded-for": ", ".join(filter(None, passed))}

    def _send(self, answer: Answer) -> None:
        headers, body = self._compressed(answer)
        self.send_response(answer.status)
        for name, value in headers.items():
            for one in [value] if isinstance(value, str) else value:
                self.send_header(name, one)
        if answer.status not in _NO_BODY:
            self.send_header("Content-Length", str(len(body)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and answer.status not in _NO_BODY:
            self.wfile.write(body)
        self.wfile.flush()

    def _compressed(self, answer: Answer) -> tuple[dict[str, str | list[str]], bytes]:
        headers = {
            name: value
            for name, value in answer.headers.items()
            if name.lower() not in _OURS
        }
        names = {name.lower() for name in headers}
        if len(answer.body) < _SMALLEST_COMPRESSED or "content-encoding" in names:
            return headers, answer.body
        said = headers.get("Vary")
        headers["Vary"] = f"{said}, Accept-Encoding" if said else "Accept-Encoding"
        if not self._takes_gzip():
            return headers, answer.body
        headers["Content-Encoding"] = "gzip"
        return headers, gzip.compress(answer.body, _FASTEST, mtime=0)

    def _takes_gzip(self) -> bool:
        accepted = (getattr(self, "headers", None) or {}).get("Accept-Encoding", "")
        return "gzip" in accepted.lower() and not _WITHOUT_GZIP.search(accepted)

    def _refuse(self, status: int) -> None:
        """Answer and hang up: what follows on this connection is no request."""
        self.close_connection = True
        self.request_version = self.protocol_version
        target = self._target()
        self._send(refusal(status, target, self._told()))
        log.info("%s refused %d %s", self.client_address[0], status, shown(target))
        self._linger()

    def _linger(self) -> None:
        """Let the client finish sending, or the answer is lost with the connection."""
        deadline = time.monotonic() + _LINGER_SECONDS
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            while (left := deadline - time.monotonic()) > 0:
                self.connection.settimeout(left)
                if not self.connection.recv(1 << 16):
                    return

    def handle_expect_100(self) -> bool:
        """Ask for the body, unless it would be refused anyway."""
        try:
            declared_length(self.headers)
        except RefusedBody as refused:
            self._refuse(refused.status)
            return False
        self.send_response_only(100)
        self.end_headers()
        self.wfile.flush()
        return True

    def send_error(self, *_: object) -> None:
        """Answer what is no HTTP; `http.server` calls this before any method."""
        self._refuse(HTTPStatus.BAD_REQUEST)

    def version_string(self) -> str:
        """Name the server without versions."""
        return "taxiway"

    def log_message(self, *_: object) -> None:
        """Write nothing: the lines of `http.server` hold whole query strings."""
