"""ATT&CK enterprise, whole: the objects with the most to carry."""

from __future__ import annotations

import gzip
from pathlib import Path

from bench.figures import Figures
from bench.loading import Load, Progress, objects
from bench.reading import add_crawl, count_of
from bench.rig import Rig, to_row
from bench.writing import kinds

GROUP = "ATT&CK enterprise"
OBJECTS = 24_772
_FOLDER = Path(__file__).parent.parent.parent / "shared" / "data" / "stix-bench"


def files() -> list[Path]:
    """Find the files of ATT&CK enterprise; empty when they are not here."""
    return sorted(_FOLDER.glob("attack-enterprise-*.json.gz"))


def measure_attack(rig: Rig, figures: Figures, progress: Progress) -> None:
    """Load it as `taxiway load` does, crawl it, and read it."""
    collection = rig.new_collection(GROUP)
    load = Load(rig, collection)
    for path in files():
        with gzip.open(path, "rt", encoding="utf-8") as file:
            load.take(file.read, progress)
    figures.speeds.append(load.speed(f"load {GROUP}"))
    name, note = (GROUP, "whole load"), kinds(load.tally.writes)
    figures.rows.append(to_row(name, load.count, load.tally, 0, note))
    crawl = add_crawl(rig, figures, GROUP, collection, progress)
    if not load.count == crawl.count == OBJECTS:
        raise RuntimeError(f"{GROUP}: {load.count} in, {crawl.count} out")
    poll = rig.read(objects(collection, added_after=crawl.newest))
    figures.rows.append(poll.row(GROUP, "empty poll", 0))
    page = rig.read(objects(collection))
    figures.rows.append(page.row(GROUP, "first page, cut by its bytes", count_of(page)))
    rare = rig.read(objects(collection, match_type="intrusion-set"))
    count = count_of(rare)
    figures.rows.append(rare.row(GROUP, "match[type]=intrusion-set", count))
