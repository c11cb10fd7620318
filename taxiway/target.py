"""Which tables a command works on: a stage on AWS, or a local server."""

from __future__ import annotations

import ipaddress
import os
import socket
from typing import TYPE_CHECKING, Annotated
from urllib.parse import urlsplit

import typer

from taxiway.trouble import Trouble

if TYPE_CHECKING:
    from chalicelib.container import Container

EndpointUrl = Annotated[
    str | None,
    typer.Option(
        "--endpoint-url",
        envvar="AWS_ENDPOINT_URL_DYNAMODB",
        metavar="URL",
        help="DynamoDB of a local server, as `run` prints it; AWS without it.",
    ),
]
Stage = Annotated[
    str, typer.Option("--stage", envvar="TAXIWAY_STAGE", help="Which tables.")
]

_LOCAL_IDENTITY = {
    "AWS_ACCESS_KEY_ID": "taxiway",
    "AWS_SECRET_ACCESS_KEY": "taxiway",
    "AWS_DEFAULT_REGION": "us-east-1",
}
_UNPROXIED = "127.0.0.1,localhost,::1"


def connect(endpoint_url: str | None, stage: str) -> Container:
    """Return the services over the tables of a stage."""
    from chalicelib import container
    from chalicelib.settings import Settings

    prepare_environment(endpoint_url, stage)
    check_reachable(endpoint_url)
    return container.build(Settings.from_env(os.environ))


def prepare_environment(endpoint_url: str | None, stage: str) -> None:
    """Set what boto3 and the application read from the environment."""
    os.environ["TAXIWAY_STAGE"] = stage
    if endpoint_url:
        os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = endpoint_url
        os.environ.pop("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", None)
        if is_loopback(endpoint_url):
            # The embedded DynamoDB keeps the secrets of this machine too.
            os.environ["AWS_ENDPOINT_URL_SSM"] = endpoint_url
            _be_local()
    else:
        os.environ.setdefault("TAXIWAY_GATEWAY", "on")


def check_reachable(endpoint_url: str | None) -> None:
    """Ask a local endpoint for a connection; boto3 would try for 20 seconds."""
    if not endpoint_url or not is_loopback(endpoint_url):
        return
    parts = urlsplit(endpoint_url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=5).close()
    except OSError as error:
        raise Trouble(
            f"{endpoint_url} does not answer; is `taxiway run` running there?"
        ) from error


def is_loopback(url: str) -> bool:
    """Tell whether the URL is of this machine."""
    host = urlsplit(url).hostname or ""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _be_local() -> None:
    """Need no AWS configuration, and no proxy, to reach this machine."""
    for name, value in _LOCAL_IDENTITY.items():
        os.environ.setdefault(name, value)
    os.environ.pop("AWS_PROFILE", None)
    for name in ("NO_PROXY", "no_proxy"):
        before = os.environ.get(name)
        os.environ[name] = f"{before},{_UNPROXIED}" if before else _UNPROXIED
