"""API keys: handing out, recognising, ending."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from chalicelib.access import keymint, networks
from chalicelib.access.tiers import Tiers
from chalicelib.core import windows
from chalicelib.core.apikey import ANY, ApiKey, Grant
from chalicelib.core.ports import Clock, KeyStore, Plans
from chalicelib.errors import (
    AppError,
    Conflict,
    ExpiredApiKey,
    InvalidApiKey,
    InvalidRequest,
    KeyLimitReached,
    MissingApiKey,
)
from chalicelib.observe import metrics
from chalicelib.observe.log import logger
from chalicelib.services.collections import Collections

_LONGEST_NAME = 100
LONGEST_REASON = 500
_TRIES = 5
MOST_DAYS = 365
"""Days after which a key that expires has expired at the latest."""

ADMIN_TIER = "internal"


@dataclass(frozen=True, slots=True)
class NewKey:
    """What a key is to be.

    `grants` maps a collection's id or alias, or `*`, to r, w or rw; `owner` is
    whose keys are counted together; `allowed_ips` are addresses and networks.
    """

    name: str
    tier: str = "free"
    grants: Mapping[str, str] = field(default_factory=dict)
    expires_in_days: int | None = None
    admin: bool = False
    owner: str | None = None
    allowed_ips: Sequence[str] = ()


class Keys:
    """The keys that there are, and whose request this is."""

    def __init__(
        self,
        store: KeyStore,
        collections: Collections,
        clock: Clock,
        tiers: Tiers,
        plans: Plans,
    ) -> None:
        """Read nothing yet."""
        self._store = store
        self._collections = collections
        self._clock = clock
        self._tiers = tiers
        self._plans = plans

    def create(self, wanted: NewKey, *, limited: bool = False) -> tuple[ApiKey, str]:
        """Make a key; gives what is kept of it and, this once, the secret.

        `limited` holds the owner to as many active keys as the tier allows.
        Raises InvalidRequest, KeyLimitReached, and NotFound for an unknown
        collection.
        """
        secret = keymint.make()
        key = self._draft(wanted, secret)
        if limited:
            self._check_number(key)
        # The twin first: what fails behind it leaves a key that nobody has.
        if not key.admin:
            self._plans.admit(key)
        digest = keymint.digest(secret)
        if limited:
            self._add_limited(digest, key)
        else:
            self._store.add(digest, key)
        return key, secret

    def _draft(self, wanted: NewKey, secret: str) -> ApiKey:
        now = self._clock.now()
        if wanted.admin and wanted.grants:
            raise InvalidRequest(
                "an admin key manages keys and reads nothing: it takes no grants",
                details={"field": "grants"},
            )
        tier = self._tiers.named(ADMIN_TIER if wanted.admin else wanted.tier)
        return ApiKey(
            id=str(uuid.uuid4()),
            name=_check_text(wanted.name, "name"),
            prefix=secret[: keymint.SHOWN],
            tier=tier.name,
            scopes=() if wanted.admin else tier.scopes,
            created=now,
            grants=self._check_grants(wanted.grants),
            admin=wanted.admin,
            owner=None if wanted.owner is None else _check_text(wanted.owner, "owner"),
            allowed_ips=networks.check(wanted.allowed_ips),
            expires=_expiry(now, wanted.expires_in_days),
        )

    def _add_limited(self, digest: str, key: ApiKey) -> None:
        for last in (*[False] * (_TRIES - 1), True):
            revision = self._store.revision(key)
            self._check_number(key)
            try:
                self._store.add(digest, key, revision=revision)
            except Conflict:
                if last:
                    raise
            else:
                return

    def _check_number(self, key: ApiKey) -> None:
        most = self._tiers.of(key.tier).keys
        active = [
            one
            for one in self._store.all()
            if (one.tier, one.owner, one.admin) == (key.tier, key.owner, key.admin)
            and one.is_active(key.created)
        ]
        if most is not None and len(active) >= most:
            raise KeyLimitReached(
                f"the tier {key.tier} allows {most} active keys: revoke one first",
                details={"tier": key.tier, "limit": most, "owner": key.owner},
            )

    def get(self, key_id: str) -> ApiKey:
        """Find a key by its id. Raises NotFound."""
        return self._store.get(key_id)

    def all(self) -> list[ApiKey]:
        """List the keys, oldest first."""
        return self._store.all()

    def revoke(self, key_id: str, reason: str | None = None) -> ApiKey:
        """End a key at once and for good. Raises NotFound."""
        if reason and len(reason) > LONGEST_REASON:
            raise InvalidRequest(
                f"a reason has at most {LONGEST_REASON} characters",
                details={"field": "reason"},
            )
        key = self._store.revoke(key_id, self._clock.now(), reason)
        try:
            self._plans.dismiss(key.id)
        except AppError as error:
            # The key opens nothing any more; its twin is `provision`'s to mend.
            metrics.count("twin_not_disabled")
            logger.warning("a twin was not disabled", exc_info=error)
        return key

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
        if not key.is_active(now):
            raise ExpiredApiKey("the API key has expired: ask for a new one")
        self._note_use(key, digest, now)
        return key

    def _note_use(self, key: ApiKey, digest: str, now: int) -> None:
        if key.last_used is not None and now - key.last_used < windows.HOUR:
            return
        # That a key was used is good to know, and whatever hinders its writing
        # is no reason to turn it away.
        with suppress(Exception):
            self._store.touch(digest, now)

    def _check_grants(self, grants: Mapping[str, str]) -> dict[str, Grant]:
        checked: dict[str, Grant] = {}
        for ref, what in grants.items():
            known = ref if ref == ANY else self._collections.find(ref).id
            try:
                grant = Grant(what)
            except ValueError:
                raise InvalidRequest(
                    f"a grant is r, w or rw, not {what[:16]!r}",
                    details={"field": "grants"},
                ) from None
            if checked.setdefault(known, grant) is not grant:
                raise InvalidRequest(
                    f"{ref[:64]!r} is granted twice, with other rights",
                    details={"field": "grants"},
                )
        return checked


def _check_text(text: str, name: str) -> str:
    checked = text.strip()
    if not checked or len(checked) > _LONGEST_NAME or not checked.isprintable():
        raise InvalidRequest(
            f"a key's {name} has 1 to {_LONGEST_NAME} printable characters",
            details={"field": name},
        )
    return checked


def _expiry(now: int, days: int | None) -> int | None:
    if days is None:
        return None
    if not 1 <= days <= MOST_DAYS:
        raise InvalidRequest(
            f"a key expires in 1 to {MOST_DAYS} days",
            details={"field": "expires_in_days"},
        )
    return now + days * windows.DAY
