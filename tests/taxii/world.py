"""The collections and keys that the suite works with, made by the command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from tests.taxii.client import TAXII, Client, Collection, basic

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.live import CommandLine, Ready

SPARES = [f"Spare {number}" for number in range(12)]


@dataclass(frozen=True)
class Key:
    """One API key as `keys create` gave it."""

    id: str
    secret: str


@dataclass(frozen=True)
class World:
    """Four collections and three keys.

    The owner may do everything, the visitor what the collections' names say, and the
    stranger only read the one that does not exist for the visitor.
    """

    ready: Ready
    commands: CommandLine
    rw: str
    ro: str
    wo: str
    none: str
    alias: str
    pool: list[str]
    owner_key: Key
    visitor_key: Key
    stranger_key: Key

    @property
    def owner(self) -> Client:
        """Return a client that may do everything."""
        return self.client(self.owner_key)

    @property
    def visitor(self) -> Client:
        """Return a client with a read-write, a read-only and a write-only collection."""
        return self.client(self.visitor_key)

    @property
    def stranger(self) -> Client:
        """Return a client with no grant to any of these three."""
        return self.client(self.stranger_key)

    def client(self, key: Key) -> Client:
        """Return a client of the API root that sends this key by Basic."""
        return client_of(self.ready.api_root, key)

    def fresh(self) -> Collection:
        """Hand out a collection that nobody has used; make more when all are gone."""
        if not self.pool:
            self.pool.extend(_make_collections(self.commands, SPARES))
        return Collection(self.owner, self.pool.pop())

    def make_key(self, *grants: str) -> Key:
        """Make one more key, by a command in a process of its own."""
        line = _key_command("extra", grants)
        made = self.commands.run(*line)
        return Key(made["id"], made["key"])


def client_of(root: str, key: Key) -> Client:
    """Return a client that behaves as the standard asks, with a key."""
    headers = {
        "Accept": TAXII,
        "User-Agent": "taxiway-tests",
        "Authorization": basic("anyone", key.secret),
    }
    return Client(root if root.endswith("/") else f"{root}/", headers)


def build(ready: Ready, commands: CommandLine) -> World:
    """Make all collections, then the keys, whose grants name them."""
    titles = ["Shelf", "Window", "Letterbox", "Cellar"]
    titles += SPARES
    alias = f"shelf-{uuid4().hex[:8]}"
    made = _make_collections(commands, titles, alias)
    (rw, ro, wo, none), pool = made[:4], made[4:]
    grants = (["*=rw"], [f"{rw}=rw", f"{ro}=r", f"{wo}=w"], [f"{none}=r"])
    keys = _make_keys(commands, grants)
    return World(ready, commands, rw, ro, wo, none, alias, pool, *keys)


def _make_collections(
    commands: CommandLine, titles: Sequence[str], alias: str = ""
) -> list[str]:
    chosen = [str(uuid4()) for _ in titles]
    lines = [
        ["collections", "create", "--title", f"{title} {own[:8]}", "--id", own]
        for title, own in zip(titles, chosen, strict=True)
    ]
    if alias:
        lines[0] += ["--alias", alias, "--description", "What the tests work on"]
    answers = commands.run_all(lines)
    assert [answer["id"] for answer in answers] == chosen
    assert [answer["title"] for answer in answers] == [line[3] for line in lines]
    return chosen


def _make_keys(commands: CommandLine, grants: Sequence[Sequence[str]]) -> list[Key]:
    lines = [_key_command(f"key {n}", wanted) for n, wanted in enumerate(grants)]
    return [Key(made["id"], made["key"]) for made in commands.run_all(lines)]


def _key_command(name: str, grants: Sequence[str]) -> list[str]:
    line = ["keys", "create", name, "--tier", "internal"]
    for grant in grants:
        line += ["--grant", grant]
    return line
