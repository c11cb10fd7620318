"""API keys: handing out, recognising, ending."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from contextlib import suppress

from chalicelib.access import keymint
from chalicelib.access.scopes import SCOPES
from chalicelib.core.apikey import ANY, ApiKey, Grant, Tier
from chalicelib.core.ports import Clock, KeyStore
from chalicelib.errors import (
    AppError,
    ExpiredApiKey,
    InvalidApiKey,
    InvalidRequest,
    MissingApiKey,
)
from chalicelib.services.collections import Collections

_DAY = 86_400_000_000
_HOUR = 3_600_000_000
_LONGEST_NAME = 100
_LONGEST_REASON = 500
MOST_DAYS = 365
"""Days after which a key that expires has expired at the latest."""


class Keys:
    """The keys that there are, and whose request this is."""

    def __init__(self, store: KeyStore, collections: Collections, clock: Clock) -> None:
        """Read nothing yet."""
        self._store = store
        self._collections = collections
        self._clock = clock

    def create(
        self,
        name: str,
        *,
        tier: str = Tier.FREE,
        grants: Mapping[str, str] | None = None,
        expires_in_days: int | None = None,
    ) -> tuple[ApiKey, str]:
        """Make a key; gives what is kept of it and, this once, the secret.

        `grants` maps a collection's id or alias, or `*`, to r, w or rw.
        Raises InvalidRequest, and NotFound for an unknown collection.
        """
        now = self._clock.now()
        known = _check_tier(tier)
        secret = keymint.make()
        key = ApiKey(
            id=str(uuid.uuid4()),
            name=_check_name(name),
            prefix=secret[: keymint.SHOWN],
            tier=known,
            scopes=SCOPES[known],
            created=now,
            grants=self._check_grants(grants or {}),
            expires=_expiry(now, expires_in_days),
        )
        self._store.add(keymint.digest(secret), key)
        return key, secret

    def all(self) -> list[ApiKey]:
        """List the keys, oldest first."""
        return self._store.all()

    def revoke(self, key_id: str, reason: str | None = None) -> ApiKey:
        """End a key at once and for good. Raises NotFound."""
        if reason and len(reason) > _LONGEST_REASON:
            raise InvalidRequest(
                f"a reason has at most {_LONGEST_REASON} characters",
                details={"field": "reason"},
            )
        return self._store.revoke(key_id, self._clock.now(), reason)

    def authenticate(self, secret: str | None) -> ApiKey:
        """Tell whose key this is. Raises what is wrong with it."""
        if not secret:
            raise MissingApiKey(
                "send your API key: as the password of HTTP Basic, as "
                "`Authorization: Bearer KEY`, or as `X-API-Key: KEY`"
            )
        if not keymint.is_well_formed(secret):
            raise InvalidApiKey("this is not an API key of this server")
        digest = keymint.digest(secret)
        key = self._store.find(digest)
        if key is None or key.revoked is not None:
            raise InvalidApiKey("the API key is unknown or was revoked")
        now = self._clock.now()
        if key.expires is not None and key.expires <= now:
            raise ExpiredApiKey("the API key has expired: ask for a new one")
        self._note_use(key, digest, now)
        return key

    def _note_use(self, key: ApiKey, digest: str, now: int) -> None:
        if key.last_used is not None and now - key.last_used < _HOUR:
            return
        # That a key was used is good to know, and no reason to turn it away.
        with suppress(AppError):
            self._store.touch(digest, now)

    def _check_grants(self, grants: Mapping[str, str]) -> dict[str, Grant]:
        checked: dict[str, Grant] = {}
        for ref, what in grants.items():
            known = ref if ref == ANY else self._collections.find(ref).id
            try:
                checked[known] = Grant(what)
            except ValueError:
                raise InvalidRequest(
                    f"a grant is r, w or rw, not {what[:16]!r}",
                    details={"field": "grants"},
                ) from None
        return checked


def _check_name(name: str) -> str:
    checked = name.strip()
    if not checked or len(checked) > _LONGEST_NAME or not checked.isprintable():
        raise InvalidRequest(
            f"a key's name has 1 to {_LONGEST_NAME} printable characters",
            details={"field": "name"},
        )
    return checked


def _check_tier(tier: str) -> Tier:
    try:
        return Tier(tier)
    except ValueError:
        raise InvalidRequest(
            f"a tier is one of {', '.join(Tier)}, not {tier[:32]!r}",
            details={"field": "tier"},
        ) from None


def _expiry(now: int, days: int | None) -> int | None:
    if days is None:
        return None
    if not 1 <= days <= MOST_DAYS:
        raise InvalidRequest(
            f"a key expires in 1 to {MOST_DAYS} days",
            details={"field": "expires_in_days"},
        )
    return now + days * _DAY
