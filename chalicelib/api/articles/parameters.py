"""What may be asked of articles, and what it means. docs/api/articles.md has it too."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.access import tiers
from chalicelib.access.tiers import Tier
from chalicelib.api.articles import documents
from chalicelib.api.iocs.listing import check_format
from chalicelib.core import instants
from chalicelib.core.articles.query import ArticleQuery
from chalicelib.core.articles.stored import Order, actor_key
from chalicelib.core.invalid import InvalidValue
from chalicelib.core.iocs import techniques
from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.lists import cursor
from chalicelib.core.lists.industries import ALIASES, SECTORS
from chalicelib.edge.operation import Context
from chalicelib.edge.parameters import (
    choice,
    flag,
    instant,
    number,
    text,
    whole,
    words,
)
from chalicelib.edge.reply import to_json
from chalicelib.errors import Forbidden, invalid
from chalicelib.services.articles import Place

EXPORT = "read:articles:export"
"""The scope of tables and JSON lines."""

MOST_JSON, MOST_LINES, MOST_PASSED = 1_000, 5_000, 1_000

_SHORTEST_PART = 3
_TIMES = {"published_at": Order.PUBLISHED, "modified_at": Order.MODIFIED}
_FIELD_OF = {order: name for name, order in _TIMES.items()}
_RANKED = "severity:desc"
_SORTS = {"published:desc": "published_at", "modified:desc": "modified_at"}
_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,63}", re.ASCII)
_PLACE = re.compile(r"\d{18}#[\w-]{1,64}", re.ASCII)
_BEYOND = ": further on, use the `cursor` of an answer"
_EXPANSIONS = (*documents.EXPANSIONS, documents.ALWAYS)


_FIELDS = words(
    "fields", "Only these fields.", choices=documents.names(), most=60, example="id,url"
)

LIST = (
    text("q", "Words that all occur in title, summary or tags.", most=200),
    words("category", "What it is about: any of these slugs.", example="ransomware"),
    words(
        "severity",
        "How grave it is: any of these.",
        choices=("critical", "high", "medium", "low", "none"),
    ),
    number("min_severity", "The least severity.", 0, 10, example="7"),
    instant("since", "Not before, by `time_field`."),
    instant("modified_since", "Not modified before; by `modified_at`."),
    choice("time_field", "The time that counts.", tuple(_TIMES)),
    choice("sort", "What comes first.", (*_SORTS, _RANKED)),
    flag("has_iocs", "With IOCs, or without.", default=None),
    words("threat_actor", "Names any.", most=10, longest=100, example="lazarus,apt28"),
    words(
        "industry_tags",
        "Is about any of these.",
        choices=SECTORS,
        spellings=ALIASES,
        most=16,
        aliases=("industry",),
    ),
    text("mitre_technique", "Names it or one below it.", most=20, example="T1566"),
    text(
        "cve_text_search",
        "Names this CVE, or one with this in its id.",
        least=_SHORTEST_PART,
        most=30,
        example="CVE-2026-1234",
    ),
    words("source", "Is from any of these: ids of /v1/feeds.", most=10),
    words("expand", "What to add.", choices=_EXPANSIONS),
    _FIELDS,
    choice("format", "How to write it.", ("json", "ndjson", "csv"), default="json"),
    whole("limit", "Articles of a page.", 1, MOST_LINES, default=30),
    text("cursor", "Where to go on: `meta.next_cursor`.", most=4_096),
    whole(
        "offset",
        f"Articles to pass over, from the beginning{_BEYOND}.",
        0,
        MOST_PASSED,
        beyond=_BEYOND,
        default=0,
    ),
)

ONE = (
    words("expand", "What to add; all without.", choices=_EXPANSIONS),
    _FIELDS,
    flag(
        "include_archived", "Without effect: there is no archive here.", default=False
    ),
)

_BEGINNINGS = frozenset({"since", "modified_since"})
_OF_PAGE = frozenset({"expand", "fields", "format", "limit", "cursor", "offset"})


@dataclass(frozen=True, slots=True)
class Asked:
    """A page that is asked for.

    `ranked` is by severity; `of` names the list for its cursors, `filters` tells
    what was understood.
    """

    query: ArticleQuery
    ranked: bool
    place: Place
    limit: int
    format: str
    fields: tuple[str, ...]
    of: str
    filters: dict[str, Any]


def read(ctx: Context) -> Asked:
    """Make sense of the arguments of a list.

    Raises InvalidRequest, Forbidden and TierRequired.
    """
    given = ctx.arguments
    _check_format(ctx, given["format"])
    field = _time_field(given)
    ranked = given["sort"] == _RANKED
    query = _query(given, _TIMES[field], tiers.earliest_article(ctx.tier, ctx.now))
    wanted = {name: one for name, one in given.items() if name not in _OF_PAGE}
    of = f"articles {field} {to_json(wanted)}"
    since = max(query.since, query.published_since)
    return Asked(
        query=query,
        ranked=ranked,
        place=_place(given, of),
        limit=_limit(given, ctx.tier),
        format=given["format"],
        fields=fields_of(given, ()),
        of=of,
        filters={
            **{
                name: one
                for name, one in wanted.items()
                if one is not None and name not in _BEGINNINGS
            },
            "time_field": field,
            "since": instants.to_text(since) if since else None,
            "sort": given["sort"] or f"{field.removesuffix('_at')}:desc",
        },
    )


def fields_of(
    given: Mapping[str, Any], expand: tuple[str, ...] = _EXPANSIONS
) -> tuple[str, ...]:
    """Name the fields of an answer; `expand` is what is added where nothing is said."""
    said = given["expand"]
    added = {documents.EXPANSIONS.get(one, one) for one in said or expand}
    if given["fields"]:
        wanted = {*given["fields"], *(added if said else ())}
    elif given.get("format") == "csv":
        wanted = {*documents.COLUMNS, *added}
    else:
        wanted = {*documents.names()} - {*documents.EXPANSIONS.values()} | added
    if given.get("format") == "csv":
        order = dict.fromkeys((*documents.COLUMNS, *documents.names()))
    else:
        order = dict.fromkeys(documents.names())
    return tuple(name for name in order if name in wanted)


def _time_field(given: Mapping[str, Any]) -> str:
    field: str | None = given["time_field"]
    if given["modified_since"] is not None:
        if given["since"] is not None:
            raise invalid("modified_since", "and `since` are two beginnings: give one")
        if field == "published_at":
            raise invalid("modified_since", "asks for `time_field=modified_at`")
        field = "modified_at"
    sorted_by = _SORTS.get(given["sort"] or "")
    if sorted_by and field not in (None, sorted_by):
        raise invalid("sort", f"by another time than `{field}` is not possible")
    return field or sorted_by or "published_at"


def _query(given: Mapping[str, Any], order: Order, earliest: int) -> ArticleQuery:
    since = given["since"] if given["since"] is not None else given["modified_since"]
    return ArticleQuery(
        order=order,
        since=max(since or 0, earliest),
        published_since=earliest,
        words=_words(given["q"]),
        categories=_slugs("category", given["category"]),
        severities=given["severity"] or (),
        sources=_slugs("source", given["source"]),
        least=given["min_severity"] or 0.0,
        has_iocs=given["has_iocs"],
        actors=_actors(given["threat_actor"]),
        industries=given["industry_tags"] or (),
        technique=_technique(given["mitre_technique"]),
        **_cve(given["cve_text_search"]),
    )


def _words(given: str | None) -> tuple[str, ...]:
    found = tuple((given or "").casefold().split())
    if given is not None and not found:
        raise invalid("q", "has at least one word")
    return found


def _slugs(name: str, given: tuple[str, ...] | None) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(one.casefold() for one in given or ()))
    if not all(map(_SLUG.fullmatch, found)):
        raise invalid(name, "is made of letters, digits and -, several with commas")
    return found


def _actors(given: tuple[str, ...] | None) -> tuple[str, ...]:
    if not all(map(actor_key, given or ())):
        raise invalid("threat_actor", "is made of letters and digits")
    return given or ()


def _technique(given: str | None) -> str | None:
    if given is None:
        return None
    found = techniques.to_technique(given)
    if found is None:
        raise invalid(
            "mitre_technique", "is the id of a technique such as T1566 or T1566.001"
        )
    return found


def _cve(given: str | None) -> dict[str, str]:
    from chalicelib.core.iocs.values import normalise

    if given is None:
        return {}
    try:
        return {"cve": normalise(IocType.CVE, given)}
    except InvalidValue:
        part = given.strip().upper()
    if len(part) < _SHORTEST_PART:
        raise invalid("cve_text_search", f"has at least {_SHORTEST_PART} characters")
    return {"cve_part": part}


def _check_format(ctx: Context, wanted: str) -> None:
    if wanted == "json":
        return
    if EXPORT not in ctx.key.scopes:
        raise Forbidden(
            f"this key is for JSON: {wanted} asks for the scope {EXPORT}",
            details={"required": EXPORT},
        )
    check_format(ctx, wanted)


def _limit(given: Mapping[str, Any], tier: Tier) -> int:
    most = MOST_JSON if given["format"] == "json" else MOST_LINES
    most = min(most, tier.results or most)
    limit: int = given["limit"]
    if limit > most:
        raise invalid(
            "limit",
            f"is from 1 to {most:,} for {given['format']} in the tier {tier.name}: "
            "the rest comes by `cursor`",
        )
    return limit


def _place(given: Mapping[str, Any], of: str) -> Place:
    if given["cursor"] is None:
        return Place(given["offset"])
    if given["offset"]:
        raise invalid("offset", "and `cursor` are two beginnings: give one")
    match cursor.decode(given["cursor"], of):
        case [int(passed), str(at)] if passed >= 0 and _PLACE.fullmatch(at):
            return Place(passed, at)
    raise cursor.unknown()
