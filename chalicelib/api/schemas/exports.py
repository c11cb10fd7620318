"""Exports that are JSON, as far as it is ours to say; the rest is the format's."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, RootModel

from chalicelib.api.schemas.shape import Date, Shape, Uuid, sparse

StixObject = dict[str, Any]


class Bundle(Shape):
    """A STIX 2.1 bundle."""

    type: Literal["bundle"]
    id: Annotated[str, Field(pattern="^bundle--")]
    objects: list[StixObject] = Field(min_length=1)


class StixBundle(RootModel[Bundle | list[StixObject]]):
    """A STIX 2.1 bundle or, with `format=objects`, its objects."""


class MispOrg(Shape):
    """Who makes the events."""

    name: str
    uuid: Uuid


class MispTag(Shape):
    """A tag; a marking by TLP has its colour."""

    model_config = sparse("name")

    name: str
    colour: str


class MispAttribute(Shape):
    """One IOC."""

    uuid: Uuid
    type: str = Field(examples=["ip-src"])
    category: str = Field(examples=["Network activity"])
    value: str
    to_ids: bool
    comment: str
    timestamp: str
    first_seen: str
    last_seen: str
    distribution: str
    Tag: list[MispTag]


class MispEventBody(Shape):
    """An event; one of the feed is published, another has a distribution."""

    model_config = sparse(
        "uuid", "info", "date", "timestamp", "threat_level_id", "analysis", "Attribute"
    )

    uuid: Uuid
    info: str
    date: Date
    timestamp: str
    threat_level_id: Literal["1", "2", "3", "4"]
    analysis: str
    distribution: str
    published: bool
    publish_timestamp: str
    Orgc: MispOrg
    Tag: list[MispTag]
    Attribute: list[MispAttribute]


class MispEvent(Shape):
    """An event, as MISP takes it."""

    Event: MispEventBody


class MispManifestEntry(Shape):
    """What the manifest says of an event."""

    info: str
    date: Date
    timestamp: str
    threat_level_id: str
    analysis: str
    Orgc: MispOrg
    Tag: list[MispTag]


class MispManifest(RootModel[dict[str, MispManifestEntry]]):
    """The events of the feed, by their UUIDs."""
