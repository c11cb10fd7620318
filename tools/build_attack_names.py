"""Build chalicelib/data/attack-*.json.gz from STIX bundles of MITRE ATT&CK.

    python -m tools.build_attack_names BUNDLE...

Groups, malware and tools with their other names, and techniques of two words or more.
What ordinary words would be taken for is left out: see AMBIGUOUS. The titles are those
of all techniques and tactics, by id.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[1] / "chalicelib" / "data"
FILE = DATA / "attack-names.json.gz"
TITLES = DATA / "attack-titles.json.gz"
NOTICE = (
    "(c) 2025 The MITRE Corporation. This work is reproduced and distributed with the "
    "permission of The MITRE Corporation. https://attack.mitre.org/resources/"
    "legal-and-branding/terms-of-use/"
)
KINDS = {
    "intrusion-set": "actor",
    "malware": "malware",
    "tool": "tool",
    "attack-pattern": "technique",
}
_AMBIGUOUS = """
    agenda anchor apostle armageddon arp at attor attrib aurora avenger axiom bazar
    bitter bonadan boss briba buckeye bumblebee calisto cannon canopy carbon certutil
    chaos chimera cicada cleaver cmd confucius covenant crimson crutch cuba
    curium denis disco donut dragonfly dsquery dust elise elmer embargo emissary empire
    epic equation esentutl expand explosive ferocious fgdump flame flamer forfiles ftp
    gazer gold gomir havoc helminth hexane httpclient ifconfig inception ipconfig james
    javali kaba karae kevin komplex krypton leviathan lucifer lurid lv mafalda mango
    mantis matryoshka maze meteor meek milan mirage mori mosquito mythic medusa nbtstat
    nebulae net netsh netstat netui newscaster nickel ninja nltest octopus orz page
    pandora patchwork phosphorus photo ping play plead pony prestige proton pacu radium
    raindrop rancor reaper reaver reg responder rocke route rover royal ruler samurai
    scorpion schtasks shark silence skid snake solar soldier spark strider swallowtail
    systeminfo tasklist thrip tick tor trinity triton tunnus umbreon vermin viper
    warzone waterbug wevtutil whitefly windigo wiper zinc zox rclone sqlmap ngrok
    psexec winrar mivast expand
"""
AMBIGUOUS = frozenset(_AMBIGUOUS.split())
"""Words, first names, commands and elements: never taken for the thing of that name.

Another name of the same thing is still found: PHOSPHORUS is Magic Hound, APT35.
"""
SHORTEST = 4


def main() -> int:
    """Build the file; the same bundles make the same bytes."""
    parser = argparse.ArgumentParser(prog="python -m tools.build_attack_names")
    parser.add_argument("bundles", nargs="+", type=Path)
    bundles = parser.parse_args().bundles
    rows = sorted({row for path in bundles for row in names(path)})
    _write(FILE, {"notice": NOTICE, "names": _grouped(rows)})
    named = dict(sorted(one for path in bundles for one in titles(path)))
    _write(TITLES, {"notice": NOTICE, "titles": named})
    print(f"{len(rows):,} names, {len(named):,} titles")
    return 0


def titles(path: Path) -> Iterator[tuple[str, str]]:
    """Read the ids and names of techniques and tactics, also of those that are over."""
    for item in _objects(path):
        if item["type"] in ("attack-pattern", "x-mitre-tactic"):
            yield _id(item), item["name"]


def names(path: Path) -> Iterator[tuple[str, str, str, str]]:
    """Read kind, id, the name that ATT&CK uses, and a name it goes by."""
    for item in _objects(path):
        if item["type"] in KINDS and not _is_over(item):
            kind = KINDS[item["type"]]
            for alias in {item["name"], *_aliases(item)}:
                if _is_telling(kind, alias):
                    yield kind, _id(item), item["name"], alias


def _objects(path: Path) -> list[dict[str, Any]]:
    data = path.read_bytes()
    bundle = json.loads(gzip.decompress(data) if path.suffix == ".gz" else data)
    found: list[dict[str, Any]] = bundle["objects"]
    return found


def _write(path: Path, document: dict[str, Any]) -> None:
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    print(f"{path.name}: {path.stat().st_size:,} bytes")


def _is_over(item: dict[str, Any]) -> bool:
    return bool(item.get("revoked") or item.get("x_mitre_deprecated"))


def _aliases(item: dict[str, Any]) -> list[str]:
    return [*item.get("aliases", []), *item.get("x_mitre_aliases", [])]


def _id(item: dict[str, Any]) -> str:
    for reference in item["external_references"]:
        if reference["source_name"].startswith("mitre-"):
            return str(reference["external_id"])
    raise ValueError(f"{item['name']} has no id")


def _is_telling(kind: str, name: str) -> bool:
    if kind == "technique":
        return " " in name
    if any(sign.isdigit() for sign in name):
        return len(name) >= SHORTEST
    is_short = len(name) < SHORTEST and " " not in name
    return not is_short and name.lower().removesuffix(".exe") not in AMBIGUOUS


def _grouped(rows: list[tuple[str, str, str, str]]) -> list[list[Any]]:
    groups: dict[tuple[str, str, str], list[str]] = {}
    for kind, identifier, name, alias in rows:
        groups.setdefault((kind, identifier, name), []).append(alias)
    return [[*key, aliases] for key, aliases in groups.items()]


if __name__ == "__main__":
    sys.exit(main())
