"""`taxiway keys`: create, list and revoke API keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from taxiway.output import Json, console, print_json, print_table
from taxiway.target import EndpointUrl, Stage, connect
from taxiway.trouble import Trouble

if TYPE_CHECKING:
    from chalicelib.core.apikey import ApiKey

app = typer.Typer(no_args_is_help=True, help="Create, list and revoke API keys.")

_RIGHTS = ("r", "w", "rw")
_INSTANTS = ("created", "expires", "revoked", "last_used")


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Whose key it is, or what for.")],
    *,
    tier: Annotated[
        str,
        typer.Option(help="free, pro, or internal: for own systems, never limited."),
    ] = "free",
    admin: Annotated[
        bool,
        typer.Option("--admin", help="Manages keys over HTTP, and reads no data."),
    ] = False,
    owner: Annotated[
        str | None,
        typer.Option(help="Whose keys are counted together, such as a customer."),
    ] = None,
    allowed_ip: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-ip",
            metavar="ADDRESS|NETWORK",
            help="Where it may be used from; everywhere if not given. Repeatable.",
        ),
    ] = None,
    grant: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLLECTION=r|w|rw",
            help="Give exactly these rights; `*` is every collection. Repeatable. "
            "Without it the key reads what its tier may read.",
        ),
    ] = None,
    expires_in_days: Annotated[
        int | None, typer.Option(metavar="N", min=1, help="Ends after N days.")
    ] = None,
    endpoint_url: EndpointUrl = None,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """Create a key and print it, this once."""
    from chalicelib.services.keys import NewKey
    from chalicelib.services.sessions import SECRET

    wanted = NewKey(
        name,
        tier=tier,
        grants=parse_grants(grant or []),
        expires_in_days=expires_in_days,
        admin=admin,
        owner=owner,
        allowed_ips=allowed_ip or [],
    )
    services = connect(endpoint_url, stage)
    key, secret = services.keys.create(wanted)
    if admin:
        # Sessions are signed with it; whoever makes the first operator makes it.
        services.secrets.ensure(SECRET)
    if as_json:
        told = _told(key)
        print_json({"id": told.pop("id"), "key": secret, **told})
        return
    console(stderr=True).print("Keep it now; it is not shown again.", markup=False)
    console().print(secret, markup=False)


@app.command("list")
def list_keys(
    *,
    endpoint_url: EndpointUrl = None,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """List the keys, by their first characters."""
    found = [_told(each) for each in connect(endpoint_url, stage).keys.all()]
    if as_json:
        print_json(found)
        return
    columns = ("id", "name", "prefix", "tier", "grants", "expires", "revoked")
    for each in found:
        each["tier"] = "admin" if each["admin"] else each["tier"]
        each["grants"] = " ".join(f"{c}={r}" for c, r in each["grants"].items())
    print_table(columns, ([each[name] for name in columns] for each in found))


@app.command()
def revoke(
    key_id: Annotated[str, typer.Argument(metavar="ID", help="The key's id.")],
    *,
    reason: Annotated[str | None, typer.Option(help="Kept with the key.")] = None,
    endpoint_url: EndpointUrl = None,
    stage: Stage = "dev",
    as_json: Json = False,
) -> None:
    """Revoke a key, at once and for good."""
    key = connect(endpoint_url, stage).keys.revoke(key_id, reason)
    if as_json:
        print_json(_told(key))
    else:
        console().print(f"Revoked {key.id} ({key.name}).", markup=False)


def parse_grants(texts: list[str]) -> dict[str, str]:
    """Read `COLLECTION=r|w|rw`, the right after the last `=`."""
    grants: dict[str, str] = {}
    for text in texts:
        collection, _, rights = text.rpartition("=")
        if not collection or rights not in _RIGHTS:
            raise Trouble(f"--grant {text}: write COLLECTION=r, =w or =rw")
        if grants.setdefault(collection, rights) != rights:
            raise Trouble(f"--grant {collection} is given twice, with other rights")
    return grants


def _told(key: ApiKey) -> dict[str, Any]:
    from chalicelib.core.instants import to_text

    names = ("id", "name", "owner", "prefix", "tier", "admin", *_INSTANTS, "reason")
    told = {name: getattr(key, name) for name in names}
    told["allowed_ips"] = list(key.allowed_ips)
    told["scopes"] = list(key.scopes)
    told["grants"] = dict(key.grants or {})
    for name in _INSTANTS:
        told[name] = None if told[name] is None else to_text(told[name])
    return told
