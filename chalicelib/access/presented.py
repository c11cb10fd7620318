"""Finding the API key in a request, whichever way a client presents it.

Real clients: docs/clients. TAXII 2.1 section 8.2.2 asks for HTTP Basic; the
key is its password, with any user name or none.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence

from chalicelib.errors import InvalidApiKey

_WHOLE = {"bearer", "token", "apikey"}


def find_key(
    headers: Mapping[str, str], query: Mapping[str, Sequence[str]]
) -> str | None:
    """Give the key that a request presents, or None.

    Looks at Authorization (Bearer, Token, Basic; names in any case), then
    X-API-Key, then the parameter `api_key`. Raises InvalidApiKey where
    Authorization is there and says nothing that can be understood.
    """
    authorization = headers.get("authorization", "").strip()
    if authorization:
        return _from_authorization(authorization)
    header = headers.get("x-api-key", "").strip()
    if header:
        return header
    return next((value for value in query.get("api_key", ()) if value), None)


def _from_authorization(value: str) -> str:
    scheme, _, rest = value.partition(" ")
    credentials = rest.strip()
    if not credentials:
        raise InvalidApiKey("the Authorization header holds no credentials")
    if scheme.lower() in _WHOLE:
        return credentials
    if scheme.lower() == "basic":
        return _from_basic(credentials)
    raise InvalidApiKey(
        "the Authorization header must be Basic (the key as password), Bearer or Token"
    )


def _from_basic(credentials: str) -> str:
    try:
        decoded = base64.b64decode(credentials, validate=True).decode()
    except (binascii.Error, ValueError):
        raise InvalidApiKey("the Basic credentials are not base64 of UTF-8") from None
    user, _, password = decoded.partition(":")
    # Some clients have one field only, and put the key where the user goes.
    return password or user
