"""Deploying again loses nothing, and whoever polls meanwhile does not notice."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.rehearsal.support.deployment import deployed_api
from tests.rehearsal.support.objects import indicator, post

if TYPE_CHECKING:
    from tests.rehearsal.support.deployment import Deployment, Key

pytestmark = pytest.mark.rehearsal


class Poller(threading.Thread):
    """Asks again and again, and counts what it is answered."""

    def __init__(self, deployed: Deployment, key: Key) -> None:
        super().__init__(daemon=True)
        self.statuses: Counter[int] = Counter()
        self._ask = lambda: deployed.collections(key)
        self._enough = threading.Event()

    def run(self) -> None:
        while not self._enough.wait(0.05):
            self.statuses[self._ask().status] += 1

    def stop(self) -> None:
        self._enough.set()
        self.join()


def test_a_poller_does_not_notice_a_deployment(deployed: Deployment):
    writer = deployed.writer()
    objects = f"/taxii2/api/collections/{deployed.collection}/objects/?limit=1000"
    post(deployed, writer, [indicator(number) for number in range(30)])
    before = deployed.ask(objects, **writer.bearer).json["objects"]
    plans = {tier: deployed.plan(tier) for tier in ("free", "pro", "internal")}
    poller = Poller(deployed, deployed.new_key("internal"))
    poller.start()
    try:
        edit_code(deployed)
        said = deployed.project.make("deploy")
    finally:
        poller.stop()
    assert set(poller.statuses) == {200}
    assert sum(poller.statuses.values()) > 20
    assert deployed_api(deployed.project) == deployed.api_id
    assert f"{deployed.url}/taxii2/" in said.out
    assert deployed.ask(objects, **writer.bearer).json["objects"] == before
    for tier, plan in plans.items():
        assert deployed.plan(tier) == plan
    # What is new is what answers.
    assert deployed.ask("/taxii2/", **writer.bearer).json["title"] == "Rehearsed"


def edit_code(deployed: Deployment) -> None:
    """Change a line that ships, so that there is something to deploy."""
    path = deployed.project.folder / "chalicelib/settings.py"
    text = path.read_text()
    changed = text.replace('or "Taxiway"', 'or "Rehearsed"')
    assert changed != text
    path.write_text(changed)
