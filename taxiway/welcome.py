"""What `taxiway run` says when it serves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

_ACCEPT = "application/taxii+json;version=2.1"
_CREATE = "python -m taxiway collections create --title Inbox --alias inbox"
_EXAMPLE = (
    '{"objects":[{"type":"domain-name","spec_version":"2.1",'
    '"id":"domain-name--bedb4899-d24b-5401-bc86-8f6b4cc18ec7","value":"example.com"}]}'
)
_IOC = "hmcrogenics.com"
"""A value that the demo's feeds list."""


@dataclass(frozen=True, slots=True)
class Served:
    """What a client needs to know of a running server."""

    base_url: str
    dynamodb_endpoint: str
    keys: Mapping[str, str]

    @property
    def discovery(self) -> str:
        """The URL that a TAXII client starts from."""
        return f"{self.base_url}/taxii2/"

    @property
    def api_root(self) -> str:
        """The URL of the only API root."""
        return f"{self.base_url}/taxii2/api/"

    def told(self) -> dict[str, Any]:
        """Return the content of the ready file."""
        return {
            "base_url": self.base_url,
            "discovery": self.discovery,
            "api_root": self.api_root,
            "dynamodb_endpoint": self.dynamodb_endpoint,
            "keys": dict(self.keys),
        }


def welcome(screen: Console, served: Served, state: Path, *, demo: bool) -> None:
    """Print the URLs, the keys and commands to copy."""
    lines = [
        "",
        f"  discovery    {served.discovery}",
        f"  API root     {served.api_root}",
        f"  IOC API      {served.base_url}/v1/   (to try: {served.base_url}/docs)",
        f"  reading key  {served.keys['read']}",
        f"  writing key  {served.keys['write']}",
        f"  database     {served.dynamodb_endpoint}   (--endpoint-url)",
        f"  state        {state}",
        "",
        *_commands(served, demo=demo),
        "",
        "Serving. Ctrl-C stops; nothing is lost.",
    ]
    for line in lines:
        screen.print(line, markup=False)


def _commands(served: Served, *, demo: bool) -> list[str]:
    collections = f"{served.api_root}collections/"
    discover = f"curl {served.discovery}"
    if not demo:
        return [
            discover,
            _curl(served.keys["read"], collections),
            f"{_CREATE} --endpoint-url {served.dynamodb_endpoint}",
        ]
    return [
        discover,
        _curl(served.keys["read"], f"{collections}tweetfeed/objects/?limit=2"),
        _curl(
            served.keys["write"],
            f"{collections}inbox/objects/",
            f"-H 'Content-Type: {_ACCEPT}' -d '{_EXAMPLE}'",
        ),
        f"curl -u 'any:{served.keys['read']}' '{served.base_url}/v1/lookup?ioc={_IOC}'",
    ]


def _curl(key: str, url: str, more: str = "") -> str:
    words = ["curl", f"-H 'Authorization: Bearer {key}'", f"-H 'Accept: {_ACCEPT}'"]
    return " ".join([*words, *([more] if more else []), f"'{url}'"])
