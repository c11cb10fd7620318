"""API keys over HTTP, for operators."""

from __future__ import annotations

from typing import Any

from chalicelib.access.tiers import Tier
from chalicelib.core import instants
from chalicelib.core.apikey import ApiKey
from chalicelib.edge.body import read_json
from chalicelib.edge.dialect import REST
from chalicelib.edge.operation import Context, Door
from chalicelib.edge.parameters import text, whole
from chalicelib.edge.reply import Reply, to_json
from chalicelib.edge.router import Router
from chalicelib.services.keys import LONGEST_REASON, NewKey
from chalicelib.services.usage import MOST_DAYS, USUAL_DAYS

keys = Router(REST)

_WARNING = "Store the key now: it is not shown again."
_HIDDEN = "•" * 8
_REASON = text(
    "reason", "Why, for the record; or in the body.", least=0, most=LONGEST_REASON
)
_DAYS = whole(
    "days", "How many days, today included.", 1, MOST_DAYS, default=USUAL_DAYS
)


@keys.get("/keys", door=Door.ADMIN, parameters=(), returns="KeyPage")
def list_keys(ctx: Context) -> Reply:
    """List all keys, oldest first, by their first characters."""
    found = ctx.container.keys.all()
    totals = ctx.container.usage.totals([key.id for key in found])
    listed = [_listed(key, totals[key.id]) for key in found]
    return Reply(to_json({"data": listed, "meta": {"total": len(listed)}}))


@keys.post(
    "/keys",
    door=Door.ADMIN,
    parameters=(),
    takes="CreateKey",
    returns="NewKeyResult",
    status=201,
)
def create_key(ctx: Context) -> Reply:
    """Make a key, and show it this once."""
    from chalicelib.api.models import CreateKey

    body = read_json(ctx.request, CreateKey)
    key, secret = ctx.container.keys.create(NewKey(**body.model_dump()), limited=True)
    data = _detailed(ctx, key, 0) | {"key_preview": key.prefix + _HIDDEN, "key": secret}
    return Reply(to_json({"data": data, "meta": {"warning": _WARNING}}), 201)


@keys.get("/keys/{key_id}", door=Door.ADMIN, parameters=(), returns="KeyResult")
def get_key(ctx: Context, key_id: str) -> Reply:
    """Tell all of a key but its secret."""
    key = ctx.container.keys.get(key_id)
    total = ctx.container.usage.totals([key.id])[key.id]
    return Reply(to_json({"data": _detailed(ctx, key, total)}))


@keys.delete(
    "/keys/{key_id}",
    door=Door.ADMIN,
    parameters=(_REASON,),
    takes="RevokeKey",
    returns="Done",
)
def revoke_key(ctx: Context, key_id: str) -> Reply:
    """Revoke a key, at once and for good.

    Some gateways drop the body of a DELETE, so the reason may be a parameter.
    """
    from chalicelib.api.models import RevokeKey

    reason = read_json(ctx.request, RevokeKey).reason or ctx.arguments["reason"]
    key = ctx.container.keys.revoke(key_id, reason)
    told = f"The key {key.prefix}… ({key.name}) is revoked."
    return Reply(to_json({"success": True, "message": told}))


@keys.get(
    "/keys/{key_id}/usage",
    door=Door.ADMIN,
    parameters=(_DAYS,),
    returns="UsageResult",
)
def get_key_usage(ctx: Context, key_id: str) -> Reply:
    """Tell what a key was used for, day by day."""
    key = ctx.container.keys.get(key_id)
    usage = ctx.container.usage.of(key.id, ctx.arguments["days"])
    return Reply(to_json({"data": usage}))


def _listed(key: ApiKey, total: int) -> dict[str, Any]:
    return {
        "id": key.id,
        "key_prefix": key.prefix,
        "name": key.name,
        "owner": key.owner,
        "tier": key.tier,
        "admin": key.admin,
        "scopes": list(key.scopes),
        "total_requests": total,
        "last_used_at": _instant(key.last_used),
        "created_at": _instant(key.created),
        "expires_at": _instant(key.expires),
        "revoked_at": _instant(key.revoked),
    }


def _detailed(ctx: Context, key: ApiKey, total: int) -> dict[str, Any]:
    known = {one.name: one for one in ctx.container.tiers.all}
    tier = known.get(key.tier, Tier(key.tier))
    return _listed(key, total) | {
        "rate_limit_per_minute": tier.per_minute,
        "rate_limit_per_day": tier.per_day,
        "grants": dict(key.grants),
        "allowed_ips": list(key.allowed_ips) or None,
        "revoked_reason": key.reason,
    }


def _instant(microseconds: int | None) -> str | None:
    return None if microseconds is None else instants.to_text(microseconds)
