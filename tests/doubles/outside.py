"""Secrets and usage plans in this process."""

from __future__ import annotations

from chalicelib.core.apikey import ApiKey
from chalicelib.errors import Unavailable


class FakeSecrets:
    """Secrets that are what they are called; `away` makes them unreadable."""

    def __init__(self) -> None:
        self.away = False

    def get(self, name: str) -> bytes:
        if self.away:
            raise Unavailable("the parameter can't be read")
        return name.encode()

    def ensure(self, name: str) -> bool:
        return bool(name)

    def text(self, name: str) -> str:
        return self.get(name).decode()


class FakePlans:
    """Twins by the id of their key: the tier, or None once dismissed."""

    def __init__(self) -> None:
        self.twins: dict[str, str | None] = {}
        self.away = False

    def admit(self, key: ApiKey) -> None:
        self._check()
        self.twins[key.id] = key.tier

    def dismiss(self, key_id: str) -> None:
        self._check()
        self.twins[key_id] = None

    def _check(self) -> None:
        if self.away:
            raise Unavailable("API Gateway takes no changes now")
