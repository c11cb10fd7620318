"""Usage plans and the twins of keys, edited by hand and mended."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from taxiway.deploy import twins
from taxiway.trouble import Trouble
from tests.infra.conftest import World, by_hand, make_key


def other_rate(world: World):
    by_hand(world, "free")["throttle"]["rateLimit"] = 99.0


def other_quota(world: World):
    by_hand(world, "free")["quota"] = {"limit": 5, "period": "WEEK"}


def no_quota(world: World):
    del by_hand(world, "pro")["quota"]


def no_throttle(world: World):
    del by_hand(world, "pro")["throttle"]


def limits_for_internal(world: World):
    by_hand(world, "internal")["quota"] = {"limit": 5, "period": "DAY"}


def detached(world: World):
    by_hand(world, "pro")["apiStages"] = []


def method_limits(world: World):
    (stage,) = by_hand(world, "free")["apiStages"]
    stage["throttle"] = {"/taxii2/api/GET": {"rateLimit": 1.0, "burstLimit": 1}}


def described_otherwise(world: World):
    by_hand(world, "free")["description"] = "x"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (other_rate, "taxiway-dev-free: rate is 99.0, not 0.167"),
        (other_quota, "taxiway-dev-free: quota is 5 a week, not 1000 a day"),
        (no_quota, "taxiway-dev-pro: quota is missing, not 1000000 a day"),
        (no_throttle, "taxiway-dev-pro: rate is None, not 16.667; burst is None"),
        (limits_for_internal, "taxiway-dev-internal: has a quota"),
        (detached, "taxiway-dev-pro: not attached to the API"),
        (method_limits, "taxiway-dev-free: methods have limits of their own"),
        (described_otherwise, "taxiway-dev-free: other description"),
    ],
)
def test_a_plan_edited_by_hand_is_repaired_and_it_says_so(
    deployed: World, change: Callable[[World], None], words: str
):
    change(deployed)
    (said,) = deployed.provision()
    assert said.startswith("repair usage plan ")
    assert words in said
    assert deployed.account.writes() == ["update_usage_plan"]
    assert deployed.provision() == []


def test_the_plan_of_a_tier_that_is_gone_goes(deployed: World):
    ours = deployed.place
    gold = replace(ours.tiers.all[1], name="gold")
    deployed.place = replace(ours, tiers=replace(ours.tiers, all=(gold,)))
    deployed.keys = [make_key("a", "gold")]
    deployed.provision()
    deployed.place = ours
    said = deployed.provision()
    gone = "remove usage plan taxiway-dev-gold: its tier is not in tiers.toml"
    assert gone in said
    names = {one["name"] for one in deployed.gateway.plans.values()}
    assert names == {f"taxiway-dev-{one.name}" for one in ours.tiers.all}


def test_a_plan_that_is_there_twice_goes_detached_first(deployed: World):
    twice = dict(by_hand(deployed, "free"), id="id99")
    deployed.gateway.plans["id99"] = twice
    deployed.gateway.members["id99"] = set()
    said = deployed.provision()
    assert said == [
        "remove usage plan taxiway-dev-free: another plan has the same name"
    ]
    assert deployed.account.writes() == ["update_usage_plan", "delete_usage_plan"]


def test_each_key_gets_its_twin_in_its_plan(deployed: World):
    deployed.keys = [make_key("a"), make_key("b", "pro"), make_key("i", "internal")]
    deployed.provision()
    for key in deployed.keys:
        (twin,) = [
            one for one in deployed.gateway.keys.values() if one["value"] == key.id
        ]
        assert twin["name"] == f"taxiway-dev-{key.id}"
        assert twin["enabled"]
        plan = by_hand(deployed, key.tier)
        assert twin["id"] in deployed.gateway.members[plan["id"]]
    assert deployed.provision() == []


@pytest.mark.parametrize(
    "more",
    [{"revoked": 1}, {"expires": 1}, {"admin": True}],
    ids=["revoked", "expired", "admin"],
)
def test_a_key_that_opens_no_data_needs_no_twin(deployed: World, more: dict):
    deployed.keys = [make_key("a", **more)]
    assert deployed.provision() == []


def with_twin(world: World) -> dict:
    world.keys = [make_key("a")]
    world.provision()
    (twin,) = world.gateway.keys.values()
    return twin


def test_the_twin_of_a_revoked_key_is_disabled(deployed: World):
    twin = with_twin(deployed)
    deployed.keys = [make_key("a", revoked=1)]
    (said,) = deployed.provision()
    assert "is enabled and its key was revoked" in said
    assert twin["enabled"] is False
    assert deployed.provision() == []


def test_the_twin_of_a_key_that_expired_is_no_work(deployed: World):
    with_twin(deployed)
    deployed.keys = [make_key("a", expires=1)]
    assert deployed.provision() == []


def test_a_twin_disabled_by_hand_is_enabled(deployed: World):
    twin = with_twin(deployed)
    twin["enabled"] = False
    (said,) = deployed.provision()
    assert said == "repair gateway key taxiway-dev-a: is disabled"
    assert twin["enabled"]


@pytest.mark.parametrize("now_in", ["pro", None])
def test_a_twin_in_the_wrong_plan_is_moved(deployed: World, now_in: str | None):
    twin = with_twin(deployed)
    free = deployed.gateway.members[by_hand(deployed, "free")["id"]]
    free.clear()
    if now_in:
        deployed.gateway.members[by_hand(deployed, now_in)["id"]].add(twin["id"])
    (said,) = deployed.provision()
    was = f"taxiway-dev-{now_in}" if now_in else "no plan"
    assert said.endswith(f"is in {was}, not in taxiway-dev-free")
    assert free == {twin["id"]}
    assert deployed.provision() == []


@pytest.mark.parametrize(("minutes", "stays"), [(1, True), (60, False)])
def test_a_twin_without_a_key_goes_unless_it_is_just_being_made(
    deployed: World, minutes: int, stays
):
    made = datetime.fromtimestamp(time.time(), UTC) - timedelta(minutes=minutes)
    deployed.gateway.keys["id9"] = {
        "id": "id9",
        "name": "taxiway-dev-gone",
        "value": "gone",
        "enabled": True,
        "createdDate": made,
    }
    deployed.provision()
    assert ("id9" in deployed.gateway.keys) is stays


def test_keys_of_other_stages_and_programs_are_left_alone(deployed: World):
    for name in ("taxiway-dev-x-key", "taxiway-develop", "theirs"):
        key = {"id": name, "name": name, "value": "key", "enabled": True}
        deployed.gateway.keys[name] = key
    assert deployed.provision() == []


def test_a_twin_made_at_the_same_moment_is_taken_as_it_is(deployed: World):
    deployed.keys = [make_key("a")]
    changes = list(twins.plan(deployed.place))
    deployed.provision()
    for change in changes:
        assert change.apply
        change.apply()
    assert len(deployed.gateway.keys) == 1
    assert deployed.provision() == []


def test_a_key_of_a_tier_that_is_not_offered_is_told_and_stops_nothing(
    deployed: World,
):
    deployed.keys = [make_key("a", "gold"), make_key("b")]
    said = deployed.provision()
    assert said == [
        "keep key a (a): its tier gold is not in tiers.toml: the gateway refuses it",
        "create gateway key taxiway-dev-b: in plan taxiway-dev-free",
    ]


def test_a_value_that_is_taken_is_told(deployed: World):
    deployed.gateway.keys["x"] = {"id": "x", "name": "theirs", "value": "a"}
    deployed.keys = [make_key("a")]
    with pytest.raises(Trouble, match="under another name"):
        deployed.provision()
