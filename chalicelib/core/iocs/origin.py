"""What the rules have to know of a source."""

from __future__ import annotations

from typing import Protocol


class Origin(Protocol):
    """A source as the records and the published objects see it.

    `reliability` goes from 0 to 100. An `authoritative` source is a complete
    list: what it no longer has is over. `valid_days` stands in for what the
    type of the value is good for.
    """

    @property
    def id(self) -> str:
        """Short name, for ever the same."""

    @property
    def name(self) -> str:
        """Name for people."""

    @property
    def url(self) -> str:
        """Where it is read."""

    @property
    def category(self) -> str:
        """What it lists, such as `phishing`."""

    @property
    def reliability(self) -> int:
        """How far it is trusted."""

    @property
    def tags(self) -> tuple[str, ...]:
        """Tags that all it lists has."""

    @property
    def attribution(self) -> str | None:
        """The credit that its licence asks for."""

    @property
    def tlp(self) -> str:
        """How far what it says may go."""

    @property
    def enabled(self) -> bool:
        """Whether it is read at all."""

    @property
    def authoritative(self) -> bool:
        """Whether its list is complete."""

    @property
    def valid_days(self) -> int | None:
        """Days that its word is good for."""
