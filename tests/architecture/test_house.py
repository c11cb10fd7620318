"""The rules of the house that no linter knows."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "chalicelib").rglob("*.py"))
ROOMS = sorted({path.parent for path in MODULES})
LONGEST = 300
FULLEST = 15
FULLER = {"ingest/formats"}
MAY_ASK_THE_WORLD = {"container.py", "observe/log.py"}
WORLD = {
    ("os", "environ"),
    ("time", "time"),
    ("time", "time_ns"),
    ("time", "sleep"),
    ("datetime", "now"),
    ("datetime", "utcnow"),
}


def name(path: Path) -> str:
    return str(path.relative_to(ROOT / "chalicelib"))


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_a_module_is_of_a_size_to_be_read(path: Path):
    assert len(path.read_text().splitlines()) <= LONGEST


@pytest.mark.parametrize("room", ROOMS, ids=name)
def test_a_room_is_of_a_size_to_be_overseen(room: Path):
    modules = [path for path in room.glob("*.py") if path.name != "__init__.py"]
    assert (len(modules) > FULLEST) == (name(room) in FULLER)


@pytest.mark.parametrize("path", MODULES, ids=name)
def test_time_and_environment_are_asked_in_one_place(path: Path):
    if name(path) in MAY_ASK_THE_WORLD:
        return
    asked = {
        (node.value.id, node.attr)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    assert asked & WORLD == set()


def test_key_texts_are_made_in_the_schema_only():
    store = ROOT / "chalicelib/store/dynamo"
    prefixes = ("HEAD#", "LOG#", "OLD#", "CARD#", "FACET#", "HIST#", "BLOB#", "STATUS#")
    prefixes += ("KEY#", "OWNER#", "RATE#", "USE#", "SNAP#", "IOC#", "DUE#", "STAT#")
    prefixes += ("ARTICLE#", "ART#")
    for path in store.rglob("*.py"):
        if path.name != "schema.py":
            text = path.read_text()
            assert [one for one in prefixes if one in text] == [], path.name


def test_the_composition_root_composes_and_nothing_more():
    assert len((ROOT / "app.py").read_text().splitlines()) <= 40
