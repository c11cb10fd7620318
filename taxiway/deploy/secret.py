"""The secret that session cookies are signed with. It is never shown."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from chalicelib.store.parameters import make_secret
from taxiway.deploy.aws import found
from taxiway.deploy.change import Action, Change
from taxiway.deploy.place import Place


def plan(place: Place) -> Iterator[Change]:
    """Make the secret where there is none."""
    name = place.names.session_secret
    thing = f"secret {name}"
    told = found(place.aws.ssm.get_parameter, Name=name)
    if told is None:
        why = "signs session cookies; encrypted, never shown"
        yield Change(Action.CREATE, thing, why, partial(_create, place))
    elif told["Parameter"].get("Type") != "SecureString":
        why = "is not encrypted: a new one replaces it and ends all sessions"
        replace = partial(_create, place, replace=True)
        yield Change(Action.REPAIR, thing, why, replace)


def _create(place: Place, *, replace: bool = False) -> None:
    ssm, name = place.aws.ssm, place.names.session_secret
    if replace:
        ssm.delete_parameter(Name=name)
    try:
        ssm.put_parameter(
            Name=name,
            Value=make_secret(),
            Type="SecureString",
            Description="Taxiway signs session cookies with it",
            Tags=[{"Key": k, "Value": v} for k, v in place.names.tags().items()],
        )
    except ssm.exceptions.ParameterAlreadyExists:
        return  # another provision was faster, and its secret is as good
