"""A server on 127.0.0.1 that answers as a test says, byte by byte if need be."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress
from email.utils import formatdate
from threading import Thread
from typing import Self

Answer = bytes | Callable[[socket.socket], None]


def answer(
    body: bytes = b"",
    status: str = "200 OK",
    *,
    length: int | None = None,
    **headers: str,
) -> bytes:
    """Write an answer; `Content_Type` becomes Content-Type."""
    lines = [
        f"HTTP/1.1 {status}",
        f"Content-Length: {len(body) if length is None else length}",
    ]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def bare(head: str, body: bytes = b"") -> bytes:
    """Write an answer whose head is all the test's."""
    return head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body


class FeedServer:
    """Answers requests by their path and keeps them; closes each connection."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        """Listen on a free port of 127.0.0.1."""
        self.answers: dict[str, Answer] = {}
        self.requests: list[str] = []
        self._tls = tls
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self._ends = False
        self._thread = Thread(target=self._serve, daemon=True)

    @property
    def port(self) -> int:
        """The port."""
        return int(self._socket.getsockname()[1])

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ends = True
        self._thread.join(10)
        self._socket.close()

    @property
    def paths(self) -> list[str]:
        """What was asked for."""
        return [text.split(" ")[1] for text in self.requests]

    def headers(self, number: int = -1) -> Mapping[str, str]:
        """The headers of a request, names in lower case."""
        lines = self.requests[number].split("\r\n")[1:]
        pairs = [line.partition(":") for line in lines if line]
        return {name.lower(): value.strip() for name, _, value in pairs}

    def _serve(self) -> None:
        while not self._ends:
            try:
                connection, _ = self._socket.accept()
            except TimeoutError:
                continue
            # Each on its own, lest one that lasts holds up those behind it.
            Thread(target=self._talk, args=[connection], daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        connection.settimeout(10)
        with suppress(OSError), connection:
            if self._tls is None:
                self._reply(connection)
                return
            with self._tls.wrap_socket(connection, server_side=True) as secured:
                self._reply(secured)
                secured.unwrap()

    def _reply(self, connection: socket.socket) -> None:
        text = b""
        while b"\r\n\r\n" not in text:
            piece = connection.recv(65_536)
            if not piece:
                return
            text += piece
            if not text.startswith(b"GET "[: len(text)]):
                connection.sendall(answer(status="400 Bad Request"))
                return
        request = text.decode("latin-1")
        self.requests.append(request)
        found = self.answers.get(request.split(" ")[1], answer(status="404 Not Found"))
        if callable(found):
            found(connection)
        else:
            connection.sendall(found)


def in_seconds(seconds: float) -> str:
    """Write a date of HTTP."""
    return formatdate(seconds, usegmt=True)
