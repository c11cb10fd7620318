"""What the documents say is what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from chalicelib.settings import VARIABLES

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(
    path
    for path in (
        *ROOT.glob("*.md"),
        *ROOT.glob("docs/**/*.md"),
        *ROOT.glob("taxiway/**/*.md"),
    )
)
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)(?:#[^)]*)?\)")


def test_every_setting_is_documented_in_its_own_words():
    text = (ROOT / "docs/operations/configuration.md").read_text()
    rows = re.findall(r"^\| `(TAXIWAY_\w+)` \| (.*) \|$", text, re.MULTILINE)
    assert dict(rows) == VARIABLES


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) < 150


@pytest.mark.parametrize(
    "document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT))
)
def test_every_link_to_a_file_leads_somewhere(document: Path):
    for target in LINK.findall(document.read_text()):
        if "://" not in target and not target.startswith("mailto:"):
            assert (document.parent / target).exists(), target


def test_nothing_needs_the_shared_folder_but_tests_and_bench():
    wanted = [
        *ROOT.glob("chalicelib/**/*.py"),
        *ROOT.glob("taxiway/**/*.py"),
        ROOT / "app.py",
    ]
    assert wanted
    assert [path for path in wanted if "../shared" in path.read_text()] == []
