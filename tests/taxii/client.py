"""A raw HTTP client: it sends what it is told, odd paths and headers included.

Nothing here knows what a right answer is; that is in `checks.py`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.client import HTTPConnection, HTTPMessage
from typing import Any, TypeAlias
from urllib.parse import quote, urlencode, urlsplit

Stix: TypeAlias = dict[str, Any]
Query: TypeAlias = Mapping[str, str] | Sequence[tuple[str, str]] | str | None
Headers: TypeAlias = Mapping[str, str | bytes | None] | None

TAXII = "application/taxii+json;version=2.1"
SECONDS = 120.0


@dataclass(frozen=True)
class Reply:
    """One answer, read whole."""

    status: int
    headers: HTTPMessage
    body: bytes

    def header(self, name: str) -> str | None:
        """Return a header by its name in any case."""
        return self.headers.get(name)

    @property
    def content_type(self) -> str | None:
        """Return Content-Type as it was sent."""
        return self.headers.get("Content-Type")

    def json(self) -> dict[str, Any]:
        """Return the body, which must be strict JSON: NaN is not."""
        found = json.loads(self.body, parse_constant=_refuse_constant)
        assert isinstance(found, dict), self
        return found

    def __repr__(self) -> str:
        """Show the head of the body only: some bodies are megabytes."""
        return f"<{self.status} {self.content_type} {self.body[:600]!r}>"


@dataclass(frozen=True)
class Client:
    """A root URL and the headers that go with every request to it."""

    root: str
    headers: Mapping[str, str | bytes | None] = field(default_factory=dict)

    def saying(self, headers: Mapping[str, str | bytes | None]) -> Client:
        """Return this client with other headers; None leaves one out."""
        return replace(self, headers={**self.headers, **headers})

    def at(self, root: str) -> Client:
        """Return this client for another root URL."""
        return replace(self, root=root)

    def get(self, path: str, query: Query = None, headers: Headers = None) -> Reply:
        """GET a path below the root."""
        return self.send("GET", target(path, query), headers)

    def send(
        self, method: str, path: str, headers: Headers = None, body: bytes = b""
    ) -> Reply:
        """Send one request on a connection of its own."""
        url = urlsplit(self.root)
        connection = HTTPConnection(url.hostname or "", url.port, timeout=SECONDS)
        try:
            return self.send_on(connection, method, path, headers, body)
        finally:
            connection.close()

    def send_on(
        self,
        connection: HTTPConnection,
        method: str,
        path: str,
        headers: Headers = None,
        body: bytes = b"",
    ) -> Reply:
        """Send one request on an open connection, so that it can be used again."""
        asked = self._target(path)
        sent = {**self.headers, **(headers or {})}
        if method in {"POST", "PUT"} or body:
            sent.setdefault("Content-Length", str(len(body)))
        connection.putrequest(
            method, asked, skip_accept_encoding=True, skip_host="Host" in sent
        )
        for name, value in sent.items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders(body or None)
        answer = connection.getresponse()
        return Reply(answer.status, answer.headers, answer.read())

    def _target(self, path: str) -> str:
        """Return what stands in the request line; nothing is tidied up."""
        if path.startswith("/"):
            return path
        if path.startswith(("http://", "https://")):
            return "/" + path.split("/", 3)[3]
        return urlsplit(self.root).path + path


@dataclass(frozen=True)
class Collection:
    """One collection, seen by one client."""

    client: Client
    id: str

    @property
    def path(self) -> str:
        """Return where it is below the API root."""
        return f"collections/{self.id}/"

    @property
    def objects_path(self) -> str:
        """Return where its objects are below the API root."""
        return f"{self.path}objects/"

    def object_path(self, stix_id: str) -> str:
        """Return where one of its objects is below the API root."""
        return f"{self.objects_path}{stix_id}/"

    def seen_by(self, client: Client) -> Collection:
        """Return the same collection for another client."""
        return replace(self, client=client)

    def objects(self, query: Query = None) -> Reply:
        """GET objects."""
        return self.client.get(self.objects_path, query)

    def manifest(self, query: Query = None) -> Reply:
        """GET manifest."""
        return self.client.get(f"{self.path}manifest/", query)

    def object(self, stix_id: str, query: Query = None) -> Reply:
        """GET one object."""
        return self.client.get(self.object_path(stix_id), query)

    def versions(self, stix_id: str, query: Query = None) -> Reply:
        """GET the versions of one object."""
        return self.client.get(f"{self.object_path(stix_id)}versions/", query)

    def delete(self, stix_id: str, query: Query = None) -> Reply:
        """DELETE one object."""
        return self.client.send("DELETE", target(self.object_path(stix_id), query))

    def post(self, *objects: Any) -> Reply:
        """POST an envelope of objects."""
        return self.post_body(json.dumps({"objects": objects}).encode())

    def post_body(self, body: bytes, headers: Headers = None) -> Reply:
        """POST any bytes."""
        said = {"Content-Type": TAXII, **(headers or {})}
        return self.client.send("POST", self.objects_path, said, body)


def target(path: str, query: Query = None) -> str:
    """Join path and query; a query given as text is sent as it is."""
    if not query:
        return path
    if isinstance(query, str):
        return f"{path}?{query}"
    return f"{path}?{urlencode(query, quote_via=quote, safe='')}"


def basic(user: str, password: str, scheme: str = "Basic") -> str:
    """Return an Authorization header."""
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    return f"{scheme} {pair}"


def _refuse_constant(name: str) -> None:
    raise AssertionError(f"{name} is not JSON")
