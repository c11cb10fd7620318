"""The mends fit one ministack: another is refused before anything is mended."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from tests.rehearsal.emulator.mending import KNOWN_VERSION, check_version

ROOT = Path(__file__).parents[2]
MENDS = sorted(
    path
    for path in Path(__file__).with_name("emulator").glob("*.py")
    if "\ndef mend(" in path.read_text()
)


def test_another_ministack_is_refused_and_the_known_one_named():
    check_version(KNOWN_VERSION)
    with pytest.raises(SystemExit, match=re.escape(KNOWN_VERSION)):
        check_version("1.5.34")


@pytest.mark.parametrize(
    "listed", ["requirements-dev.txt", "tests/rehearsal/emulator/requirements.txt"]
)
def test_what_is_pinned_is_what_the_mends_fit(listed: str):
    assert f"ministack=={KNOWN_VERSION}" in (ROOT / listed).read_text().splitlines()


@pytest.mark.parametrize("path", MENDS, ids=lambda path: path.stem)
def test_a_mend_says_where_aws_describes_what_it_restores(path: Path):
    words = ast.get_docstring(ast.parse(path.read_text()))
    assert words
    assert path.stem == "mending" or 'AWS: "' in words
