"""Indicators of real size: the shipped TweetFeed ones with other values.

What makes real ones compress as they do is kept: the order of the feed, its
reporters, several indicators of one post side by side, lengths, top-level
domains. Letters and digits of values and posts are replaced, ids are random,
and each time round the file everything is two weeks later. A fixed seed makes
each run the same.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import string
import uuid
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from taxiway import demo

SEED = 20260805
_FILE = Path(demo.__file__).parent / "demo_data" / "tweetfeed.json.gz"
_ROUND = timedelta(days=14)
_VALUE = re.compile(r"(https?://)?([^/:]*)(.*)", re.DOTALL)
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]{32,}")
_ADDRESS = re.compile(r"\d+(\.\d+){3}")
_DATES = ("created", "modified", "valid_from")


@cache
def shipped() -> list[dict[str, Any]]:
    """The indicators in the repository, in their order."""
    with gzip.open(_FILE) as file:
        objects = json.load(file)["objects"]
    return [one for one in objects if one["type"] == "indicator"]


def texts(count: int, *, seed: int = SEED, version: int = 0) -> Iterator[str]:
    """Give some indicators as JSON; a later `version` of each is days younger."""
    templates = shipped()
    ids = random.Random(f"ids {seed}")
    for number in range(count):
        turn, place = divmod(number, len(templates))
        identifier = uuid.UUID(int=ids.getrandbits(128), version=4)
        made = _renewed(templates[place], f"{seed} {turn}", turn)
        made["id"] = f"indicator--{identifier}"
        made["modified"] = _later(made["modified"], timedelta(days=version))
        yield to_text(made)


def to_text(value: object) -> str:
    """Compact JSON, as feeds send it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _renewed(template: dict[str, Any], salt: str, turn: int) -> dict[str, Any]:
    made = dict(template)
    reference = dict(template["external_references"][0])
    # One alphabet for a post: what it repeats is repeated here.
    alphabet, chance = _alphabet(f"{salt} {reference['url']}")
    reference["url"] = reference["url"][:-9] + reference["url"][-9:].translate(alphabet)
    made["external_references"] = [reference]
    value = _other_value(made["name"], alphabet, chance)
    made["pattern"] = made["pattern"].replace(made["name"], value)
    made["name"] = value
    for name in _DATES:
        made[name] = _later(made[name], turn * _ROUND)
    return made


@cache
def _alphabet(salt: str) -> tuple[dict[int, int], random.Random]:
    chance = random.Random(salt)
    groups = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    mixed = ("".join(chance.sample(group, len(group))) for group in groups)
    return str.maketrans("".join(groups), "".join(mixed)), chance


def _other_value(value: str, alphabet: dict[int, int], chance: random.Random) -> str:
    if _HEXADECIMAL.fullmatch(value):
        return f"{chance.getrandbits(4 * len(value)):0{len(value)}x}"
    if _ADDRESS.fullmatch(value):
        return ".".join(str(chance.randrange(1, 255)) for _ in range(4))
    match = _VALUE.fullmatch(value)
    if match is None:
        return value.translate(alphabet)
    scheme, host, rest = match.groups(default="")
    labels, _, top = host.rpartition(".")
    if top.isdigit():
        return scheme + _other_value(host, alphabet, chance) + rest.translate(alphabet)
    return f"{scheme}{labels.translate(alphabet)}.{top}{rest.translate(alphabet)}"


def _later(text: str, by: timedelta) -> str:
    moment = datetime.fromisoformat(text) + by
    return moment.strftime("%Y-%m-%dT%H:%M:%S.000Z")
