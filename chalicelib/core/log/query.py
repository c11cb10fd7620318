"""What of a collection is asked for (TAXII 2.1 section 3.4)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from chalicelib.core import instants
from chalicelib.core.log.entry import (
    ALONE,
    SPEC_FACET,
    USUAL_SPEC_VERSION,
    CardVersion,
    Entry,
    Standing,
    newest_spec_version,
)

Texts = frozenset[str] | None


@dataclass(frozen=True, slots=True)
class Versions:
    """One `match[version]`: keywords, and exact versions in canonical form."""

    every: bool = False
    first: bool = False
    last: bool = False
    exact: frozenset[str] = frozenset()

    @property
    def is_current(self) -> bool:
        """Whether only versions can be meant that none of their kind follows."""
        return self.last and not (self.every or self.first or self.exact)


LAST = Versions(last=True)
EVERY = Versions(every=True)


@dataclass(frozen=True, slots=True)
class Query:
    """Filters that must all hold; None lets everything through.

    `versions` holds several where a cursor and a request both name some.
    Without any, the latest version is meant.
    """

    ids: Texts = None
    types: Texts = None
    spec_versions: Texts = None
    versions: tuple[Versions, ...] = ()

    @property
    def wants_history(self) -> bool:
        """Whether versions may be meant that a later one has replaced."""
        return bool(self.versions) and not any(v.is_current for v in self.versions)

    def narrow(self, other: Query) -> Query:
        """Join two queries: what both ask for."""
        return Query(
            ids=_both(self.ids, other.ids),
            types=_both(self.types, other.types),
            spec_versions=_both(self.spec_versions, other.spec_versions),
            versions=tuple(dict.fromkeys(self.versions + other.versions)),
        )

    def default_versions(self, versions: Versions) -> Query:
        """Give the query other versions than the latest where it names none."""
        return self if self.versions else replace(self, versions=(versions,))

    def takes(self, entry: Entry, standing: Standing) -> bool:
        """Tell whether an entry is asked for, by how it stands now."""
        if self.ids is not None and entry.id not in self.ids:
            return False
        return self.takes_version(entry, standing)

    def takes_version(self, version: Entry | CardVersion, standing: Standing) -> bool:
        """Tell whether a version is asked for, whatever the id of its object."""
        if self.types is not None and self.types.isdisjoint(version.facets):
            return False
        wanted = self.spec_versions
        if wanted is not None and version.spec_version not in wanted:
            return False
        if standing is ALONE and not self.versions:
            # Nearly every entry of nearly every page.
            return True
        asked = self.versions or (LAST,)
        return all(self._selects(v, version, standing) for v in asked)

    def facets(self) -> frozenset[str] | None:
        """Name the chains of which one must lead to each entry, or None."""
        if self.types is not None:
            return self.types
        versions = self.spec_versions
        if versions is None or USUAL_SPEC_VERSION in versions:
            return None
        return frozenset(SPEC_FACET + version for version in versions)

    def _selects(
        self, asked: Versions, version: Entry | CardVersion, standing: Standing
    ) -> bool:
        if asked.every:
            return True
        if asked.exact and instants.to_canonical(version.version) in asked.exact:
            return True
        return self._is_edge(asked, version.spec_version, standing)

    def _is_edge(self, asked: Versions, spec_version: str, standing: Standing) -> bool:
        rivals = self.spec_versions
        if rivals is None:
            # Asked for no STIX version, the server gives the newest of each object.
            known = standing.later | standing.earlier | {spec_version}
            if len(known) > 1 and newest_spec_version(known) != spec_version:
                return False
            rivals = frozenset({spec_version})
        is_last = asked.last and standing.later.isdisjoint(rivals)
        return is_last or (asked.first and standing.earlier.isdisjoint(rivals))


EVERYTHING = Query()


def _both(one: Texts, other: Texts) -> Texts:
    if one is None:
        return other
    return one if other is None else one & other
