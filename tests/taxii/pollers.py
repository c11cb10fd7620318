"""Pollers that behave as products in the field do, faults included.

Each was written from what its code sends: see `reference/taxii-clients.md`, part 2.
A poller keeps its cursor between runs and gives back the objects of one run.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from tests.taxii.checks import LAST
from tests.taxii.client import TAXII, Client, Collection, Reply, Stix, basic

if TYPE_CHECKING:
    from tests.taxii.world import Key


@dataclass
class SekoiaPoller:
    """Follows `more` and keeps `next` of the last page, for days; no slash."""

    collection: Collection
    next: str | None = None
    limit: str = "2000"

    def poll(self) -> list[Stix]:
        """Read on from where the last run ended."""
        found: list[Stix] = []
        client = self.collection.client.saying({"Accept": "application/taxii+json"})
        while True:
            query = {"match[spec_version]": "2.1", "limit": self.limit}
            if self.next:
                query["next"] = self.next
            reply = client.get(self.collection.objects_path.rstrip("/"), query)
            assert reply.status == 200, reply
            data = reply.json()
            found += data["objects"]
            self.next = data["next"]
            if not data["more"]:
                return found


@dataclass
class ElasticPoller:
    """Ignores `more`; goes on with `next` and `limit` alone until a page is empty."""

    collection: Collection
    since: str = "2020-01-01T00:00:00Z"
    limit: str = "100"

    def poll(self) -> list[Stix]:
        """Run one period of the CEL program."""
        found: list[Stix] = []
        query = {"added_after": self.since, "limit": self.limit}
        while True:
            reply = self.collection.objects(query)
            assert reply.status == 200, reply
            page = reply.json()
            if not page["objects"]:
                return found
            found += page["objects"]
            self.since = reply.headers[LAST]
            if not page.get("next"):
                return found
            query = {"next": page["next"], "limit": self.limit}


@dataclass
class OpenCtiFeed:
    """The platform's TAXII feed: one page a tick, both cursors, dates cut to ms."""

    collection: Collection
    added_after: str | None = None
    next: str | None = None
    quiet: bool = False

    def tick(self) -> list[Stix]:
        """Read one page."""
        query = {"added_after": self.added_after, "next": self.next}
        asked = {name: value for name, value in query.items() if value}
        reply = self.collection.objects(asked)
        assert reply.status == 200, reply
        page = reply.json()
        if page["more"] and page["objects"]:
            self.next = page["next"]
        else:
            self.next = None
            self.added_after = cut_to_milliseconds(reply.headers[LAST])
        self.quiet = not page["more"]
        found: list[Stix] = page["objects"]
        return found

    def catch_up(self) -> list[Stix]:
        """Tick until nothing more is promised."""
        found = self.tick()
        while not self.quiet:
            found += self.tick()
        return found


def cut_to_milliseconds(time: str) -> str:
    """Do to a timestamp what JavaScript's Date does to it."""
    whole, _, decimals = time.rstrip("Z").partition(".")
    return f"{whole}.{decimals[:3]:0<3}Z"


@dataclass
class MispPull:
    """MISP's TaxiiServer: fixed discovery path, lower-case `basic`, no redirects."""

    base_url: str
    key: Key
    client: Client = field(init=False)

    def __post_init__(self) -> None:
        """Say on every GET what MISP says."""
        said = {
            "Accept": TAXII,
            "Content-Type": TAXII,
            "Authorization": basic("misp", self.key.secret, scheme="basic"),
        }
        self.client = Client(self.base_url, said)

    def roots(self) -> list[str]:
        """Return the last path segment of each API root."""
        found = self._json(f"{self.base_url}/taxii2/")["api_roots"]
        return [urlsplit(root).path.rstrip("/").split("/")[-1] for root in found]

    def collections(self, root: str) -> list[dict[str, Any]]:
        """Return the collections directly below the base URL."""
        found = self._json(f"{self.base_url}/{root}/collections/")
        listed: list[dict[str, Any]] = found["collections"]
        return listed

    def pull(self, root: str, collection: str) -> list[Stix]:
        """Read every page of 50, as a person who clicks `more` does."""
        found: list[Stix] = []
        path = f"{self.base_url}/{root}/collections/{collection}/objects/?limit=50"
        page = self._json(path)
        while True:
            found += page["objects"]
            if not page["more"]:
                return found
            page = self._json(f"{path}&next={page['next']}")

    def _json(self, url: str) -> dict[str, Any]:
        reply = self.client.get(url)
        assert reply.status == 200, reply
        return reply.json()


@dataclass
class MineMeld:
    """Takes the newest `modified` it saw for added_after; no paging."""

    collection: Collection
    added_after: str | None = None

    def poll(self) -> list[Stix]:
        """Read one page of 100."""
        query = {"limit": "100"}
        if self.added_after:
            query["added_after"] = self.added_after
        found: list[Stix] = self.collection.objects(query).json()["objects"]
        self.added_after = max(
            [one["modified"] for one in found], default=self.added_after
        )
        return found


@dataclass(frozen=True)
class CcEnvelope:
    """cc-taxii2-client builds this from the page: any other property is an error."""

    objects: list[Stix]
    more: bool = False
    next: str | None = None


def cc_taxii2_pages(collection: Collection, limit: int) -> list[CcEnvelope]:
    """Page as cc-taxii2-client does: the query built by hand, nothing encoded."""
    pages: list[CcEnvelope] = []
    query = f"limit={limit}&match[type]=indicator,malware"
    while True:
        page = CcEnvelope(**collection.objects(query).json())
        pages.append(page)
        if not page.more:
            return pages
        query = f"limit={limit}&match[type]=indicator,malware&next={page.next}"


def cytaxii2_get(client: Client, path: str, key: Key) -> Reply:
    """GET as cytaxii2 does: Content-Type too, and an empty user name."""
    said = {"Content-Type": TAXII, "Authorization": basic("", key.secret)}
    return client.saying(said).get(path)


def with_bearer(collection: Collection, key: Key) -> Collection:
    """Return a collection seen by a client that sends a Bearer token."""
    said = {"Authorization": f"Bearer {key.secret}"}
    return replace(collection, client=collection.client.saying(said))
