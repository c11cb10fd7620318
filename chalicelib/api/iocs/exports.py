"""Exports for other systems: the list of IOCs in the formats that they read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from chalicelib.api.iocs import listing
from chalicelib.api.iocs.downloads import download
from chalicelib.core.iocs import marking
from chalicelib.edge.dialect import REST
from chalicelib.edge.operation import Context, View
from chalicelib.edge.parameters import Parameter, choice, flag
from chalicelib.edge.reply import Reply
from chalicelib.edge.router import Router
from chalicelib.errors import invalid
from chalicelib.export import EXPORTERS
from chalicelib.services.catalogue import Asked

exports = Router(REST)

STIX_MEDIA_TYPE = EXPORTERS["stix"].media_type
BLOCK_LISTS = ("txt", "edl-ip", "edl-domain", "edl-url", "guardduty", "rpz", "suricata")
_ENDINGS = {"rpz": "rpz", "suricata": "rules"}


def _get(
    name: str, scope: str, *options: Parameter, most: int = listing.MOST, **traits: Any
) -> Callable[[View], View]:
    """Register an export: filters, its options, its row of costs and of tiers."""
    return exports.get(
        f"/iocs/{name}",
        scope=scope,
        counts=f"iocs_{name}",
        needs=f"iocs_{name}",
        parameters=(*listing.FILTERS, *options, *listing.paging(most=most)),
        conditional=True,
        **traits,
    )


@_get(
    "stix",
    "read:stix",
    choice(
        "format",
        "A bundle, or its objects in an array",
        ("bundle", "objects"),
        default="bundle",
    ),
    choice(
        "tlp", "Mark as this at least; never looser than the source", marking.LEVELS
    ),
    flag("include_identity", "Whether who made the objects is one", default=True),
    flag("include_markings", "Whether the markings are objects", default=True),
    most=1_000,
    produces=(STIX_MEDIA_TYPE, "application/json"),
    returns="StixBundle",
)
def export_stix(ctx: Context) -> Reply:
    """Export as STIX 2.1, the same objects as TAXII has.

    Oldest change first, so that the last cursor goes on with what is new.
    """
    return _export(ctx, "stix", ctx.prefers(STIX_MEDIA_TYPE, "application/json"))


@_get(
    "misp",
    "read:misp",
    choice("ip_role", "Which end an address is of", ("src", "dst"), default="src"),
    produces=("application/json",),
    returns="MispEvent",
)
def export_misp(ctx: Context) -> Reply:
    """Export as one MISP event, for `POST /events/add`.

    For MISP to read by itself there is a feed: /v1/misp/manifest.json.
    """
    return _export(ctx, "misp")


@_get(
    "cef",
    "read:cef",
    choice(
        "format",
        "CEF lines, or RFC 5424 with structured data",
        ("cef", "syslog"),
        default="cef",
    ),
    produces=("text/plain",),
)
def export_cef(ctx: Context) -> Reply:
    """Export as CEF or as RFC 5424 syslog, one line for each IOC."""
    return _export(ctx, ctx.arguments["format"])


@_get(
    "openioc",
    "read:openioc",
    choice("version", "Version of OpenIOC", ("1.0", "1.1"), default="1.0"),
    produces=("application/xml",),
)
def export_openioc(ctx: Context) -> Reply:
    """Export as OpenIOC: one definition that any of the values fulfils."""
    return _export(ctx, "openioc")


@_get(
    "sigma",
    "read:iocs",
    choice(
        "grouping",
        "One rule for each log source, or for each IOC",
        ("logsource", "ioc"),
        default="logsource",
    ),
    produces=("text/yaml", "application/yaml"),
)
def export_sigma(ctx: Context) -> Reply:
    """Export as Sigma rules, several in one YAML stream."""
    offered = (EXPORTERS["sigma"].media_type, "application/yaml")
    return _export(ctx, "sigma", ctx.prefers(*offered))


@exports.get(
    "/iocs/blocklist",
    scope="read:iocs",
    needs="iocs_blocklist",
    parameters=(
        *listing.FILTERS,
        choice("format", "Who reads it", BLOCK_LISTS, default="txt"),
        *listing.paging(default=listing.MOST, sort=listing.NEWEST),
    ),
    conditional=True,
    produces=("text/plain",),
)
def export_blocklist(ctx: Context) -> Reply:
    """Export as a plain list for a firewall, a resolver, GuardDuty or Suricata.

    Newest first: those devices do not page, and what does not fit is the oldest.
    """
    form = ctx.arguments["format"]
    listing.check_format(ctx, "txt")
    asked = _narrowed(listing.asked(ctx, f"blocklist {form}"), form)
    return download(ctx, asked, "blocklist", extension=_ENDINGS.get(form))


def _export(ctx: Context, form: str, media_type: str | None = None) -> Reply:
    """Answer with the format of the same name, if the tier has it."""
    listing.check_format(ctx, form)
    return download(ctx, listing.asked(ctx, form), form, media_type=media_type)


def _narrowed(asked: Asked, form: str) -> Asked:
    """Keep to the types that a list holds: what else there is would take their room."""
    from chalicelib.export.blocking.blocklist import BLOCK_LISTS

    kinds = BLOCK_LISTS[form].kinds
    wanted = asked.filters.types or kinds
    types = tuple(one for one in kinds if one in wanted)
    if not types:
        raise invalid("type", f"has in this list any of {', '.join(kinds)}")
    return replace(asked, filters=replace(asked.filters, types=types))
