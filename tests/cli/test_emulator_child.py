from __future__ import annotations

import asyncio

import pytest

from taxiway import emulator_child
from taxiway.emulator_child import SAVE_PATH, Keeper, watched


class Tables:
    """Stands for ministack's DynamoDB: a state that changes with each look."""

    def __init__(self) -> None:
        self.looks = 0

    def get_state(self):
        self.looks += 1
        return {"look": self.looks}


class Disk(list):
    """Notes what is saved."""

    on_save = staticmethod(lambda: None)

    def __call__(self, service, state) -> None:
        self.append((service, state))
        self.on_save()


async def nothing(*_) -> None:
    """Stand for a part that is not looked at."""


def asked(action="", method="POST", path="/", **headers):
    told = [(b"x-amz-target", f"DynamoDB_20120810.{action}".encode())] if action else []
    told += [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "method": method, "path": path, "headers": told}


def saved_after(*actions) -> list:
    disk = Disk()

    async def play() -> None:
        keeper = Keeper(Tables(), disk)
        application = watched(nothing, keeper)
        for action in actions:
            await application(asked(action), nothing, nothing)
        await keeper.save()
        await keeper.save()

    asyncio.run(play())
    return disk


@pytest.mark.parametrize(
    "action",
    ["PutItem", "BatchWriteItem", "TransactWriteItems", "UpdateItem", "CreateTable"],
)
def test_what_writes_is_saved_once(action):
    assert saved_after("GetItem", action, "Query") == [("dynamodb", {"look": 1})]


@pytest.mark.parametrize(
    "action",
    ["GetItem", "BatchGetItem", "Query", "Scan", "DescribeTable", "ListTables", ""],
)
def test_what_only_reads_is_not_saved(action):
    assert saved_after(action) == []


def test_changes_are_saved_between_start_and_end(monkeypatch):
    monkeypatch.setattr(emulator_child, "SAVE_EVERY", 0.001)
    disk = Disk()

    async def play() -> None:
        stop, loop = asyncio.Event(), asyncio.get_running_loop()
        disk.on_save = lambda: loop.call_soon_threadsafe(stop.set)
        keeper = Keeper(Tables(), disk)
        saving = asyncio.create_task(keeper.save_until(stop))
        keeper.note(asked("PutItem"))
        async with asyncio.timeout(20):
            await saving

    asyncio.run(play())
    assert disk == [("dynamodb", {"look": 1})]


def test_saving_on_demand_answers_when_it_is_done():
    disk, sent = Disk(), []

    async def send(message) -> None:
        sent.append((message.get("status"), len(disk)))

    async def play() -> None:
        keeper = Keeper(Tables(), disk)
        keeper.note(asked("PutItem"))
        await watched(nothing, keeper)(asked(path=SAVE_PATH), nothing, send)

    asyncio.run(play())
    assert sent == [(204, 1), (None, 1)]


def test_every_region_and_account_sees_the_same_tables():
    seen = []

    async def application(scope, *_) -> None:
        seen.append(dict(scope["headers"])[b"authorization"])

    signed = "AWS4-HMAC-SHA256 Credential={}/20261121/{}/dynamodb/aws4_request, Signed"
    for key, region in (("AKIAX", "eu-west-1"), ("123456789012", "us-east-2")):
        scope = asked("GetItem", authorization=signed.format(key, region))
        keeper = object.__new__(Keeper)
        asyncio.run(watched(application, keeper)(scope, nothing, nothing))
    assert set(seen) == {signed.format("taxiway", "us-east-1").encode()}
