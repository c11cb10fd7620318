"""Sigma rules: a YAML document each, by logsource or one per IOC.

docs/formats/sigma.md has the map of fields.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from chalicelib.core import instants
from chalicelib.core.iocs import marking, stix, techniques
from chalicelib.core.lists.row import Row
from chalicelib.export.about import About
from chalicelib.export.blocking.actionable import is_actionable
from chalicelib.export.blocking.sigma_logsources import (
    LOGSOURCES,
    Item,
    Logsource,
    hash_text,
    selection,
)
from chalicelib.export.blocking.yaml_text import Node, document
from chalicelib.export.type_names import LABELS

MOST_VALUES = 250
"""IOCs in one rule: what SIEMs still take as one query."""

_LEVELS = {"high": "high", "medium": "medium"}
_LONGEST_TITLE = 120
_LONGEST_SHOWN = 64
_LONGEST_CONTEXT = 500
_MOST_REFERENCES = 20
_MOST_FEEDS = 10


def render(rows: Sequence[Row], about: About) -> str:
    """Write the rules of rows; what has no logsource is left out."""
    found = [row for row in rows if _fits(row)]
    rules = _by_ioc(found, about) if is_alone(about) else _by_logsource(found, about)
    return "---\n".join(map(document, rules))


def skipped(rows: Sequence[Row], _about: About) -> int:
    """Count the rows that no rule looks for."""
    return sum(not _fits(row) for row in rows)


def is_alone(about: About) -> bool:
    """Tell whether each rule is of one IOC."""
    return about.options.get("grouping") == "ioc"


def _fits(row: Row) -> bool:
    return row.type in LOGSOURCES and is_actionable(row)


def _by_ioc(rows: Sequence[Row], about: About) -> Iterator[Mapping[str, Node]]:
    for row in rows:
        name = stix.uuid_of(f"sigma:{row.type}:{row.value}")
        shown = hash_text(row)
        if len(shown) > _LONGEST_SHOWN:
            # The id keeps the titles of long URLs apart.
            shown = f"{shown[:_LONGEST_SHOWN]}… {name[:8].upper()}"
        context = f" {row.context[:_LONGEST_CONTEXT]}" if row.context else ""
        yield _rule(
            [row],
            about,
            id=name,
            title=f"Malicious {LABELS[row.type]} {shown}",
            description=f"{row.feed} lists this with {row.confidence} confidence,"
            f" {row.score} of 100.{context}",
        )


def _by_logsource(rows: Sequence[Row], about: About) -> Iterator[Mapping[str, Node]]:
    groups: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        key = (LOGSOURCES[row.type].category, _level(row))
        groups.setdefault(key, []).append(row)
    for (category, level), group in sorted(groups.items()):
        rest = iter(group)
        while part := list(islice(rest, MOST_VALUES)):
            # Of its first IOC: the parts of all pages of an export have other ids.
            first = f"{part[0].type}:{part[0].value}"
            name = stix.uuid_of(f"sigma:{category}:{level}:{first}")
            feeds = sorted({row.feed for row in part})
            listed = "; ".join(feeds[:_MOST_FEEDS])
            more = " and others" if len(feeds) > _MOST_FEEDS else ""
            what = LOGSOURCES[part[0].type].what
            yield _rule(
                part,
                about,
                id=name,
                title=f"{what}, {level.title()} Confidence, {name[:8].upper()}",
                description=f"IOCs of {level} confidence ({len(part)} in this rule)"
                f" from: {listed}{more}",
            )


def _rule(rows: Sequence[Row], about: About, **words: str) -> Mapping[str, Node]:
    source = LOGSOURCES[rows[0].type]
    references = _references(rows)
    date = instants.to_date(min(row.created for row in rows))
    modified = instants.to_date(max(row.modified for row in rows))
    return {
        "title": f"{about.product} IOC - {words['title']}"[:_LONGEST_TITLE].strip(),
        "id": words["id"],
        "status": "experimental",
        "description": words["description"],
        **({"references": references} if references else {}),
        "author": about.vendor,
        "date": date,
        **({"modified": modified} if modified > date else {}),
        "tags": _tags(rows),
        "logsource": source.named(alone=is_alone(about)),
        "detection": {"selection": _selection(source, rows), "condition": "selection"},
        "falsepositives": [source.doubts],
        "level": _level(rows[0]),
    }


def _selection(source: Logsource, rows: Sequence[Row]) -> Node:
    # Sigma compares without regard to case, so that some are the same to it.
    items: dict[Item, Item] = {}
    for row in rows:
        for field, value in source.items(row):
            items.setdefault((field, value.lower()), (field, value))
    return selection(list(items.values()))


def _tags(rows: Sequence[Row]) -> list[str]:
    named = {techniques.to_technique(one) for row in rows for one in row.techniques}
    attack = sorted(f"attack.{one.lower()}" for one in named if one)
    level = marking.strictest(row.tlp for row in rows)
    return [*attack, f"tlp.{level.replace('+', '-')}"]


def _references(rows: Sequence[Row]) -> list[str]:
    found = dict.fromkeys(
        url
        for row in rows
        for url in ((row.article.url,) if row.article else ()) + row.references
    )
    return list(found)[:_MOST_REFERENCES]


def _level(row: Row) -> str:
    return _LEVELS.get(row.confidence, "low")
