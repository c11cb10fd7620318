"""How well IOCs are found in texts, beside ioc-finder and iocextract.

The texts lie outside of the repository. For those of Talos and ESET the publisher's own
list is the truth, as far as it stands in the text. For the others a few plain regular
expressions made it (what has [.] or hxxp, hex of a hash's length, CVE numbers), with
additions and omissions by hand; it was compared with what we find while it was made, so
it is not independent of us. It is kept as digests: no live indicators lie here.
All values go through our canonical form, so that nobody loses by writing otherwise, and
peers are asked for every type that they know.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from chalicelib.core.iocs.ioc import IocType, key_of
from chalicelib.core.iocs.values import InvalidValue, detect, normalise
from chalicelib.core.refanging import refang
from chalicelib.ingest import warninglists
from chalicelib.ingest.news import extract, page_text
from chalicelib.ingest.news.articles import find_iocs

ARTICLES = Path(__file__).parents[2] / "shared" / "data" / "articles"
EVENTS = ARTICLES.parent / "feeds"
TRUTH = Path(__file__).parent / "extraction-truth.json"
PEERS = ("ioc_finder", "iocextract")

_ESET = {
    "adoc_eset_gelsemium.adoc": "misp_event_eset_misp.event_2021-06-09_"
    "gelsemium-when-threat-actors-go-gardening.json",
    "adoc_eset_machete.adoc": "misp_event_eset_misp-machete-event.json",
}
_HASHES = frozenset({IocType.MD5, IocType.SHA1, IocType.SHA256, IocType.SHA512})
_PATTERN = re.compile(r"= '((?:[^'\\]|\\.)*)'\]")
_LISTED = re.compile(r"^[*-] `([^`]+)`$", re.MULTILINE)
_CASES = "txt_extraction_all_cases.txt"
_LAST_CASE = "ASN15139"
Keys = frozenset[bytes]
Texts = Iterable[tuple[str, Mapping[str, Keys]]]
Tool = Callable[[str], Iterable[tuple[IocType, str]]]


@dataclass(frozen=True, slots=True)
class Score:
    """What one tool found of one type over all texts."""

    tool: str
    kind: str
    true: int
    found: int
    right: int

    @property
    def precision(self) -> float | None:
        return self.right / self.found if self.found else None

    @property
    def recall(self) -> float | None:
        return self.right / self.true if self.true else None


def is_possible() -> bool:
    """Tell whether texts and peers are here."""
    return ARTICLES.is_dir() and all(find_spec(peer) for peer in PEERS)


def measure_extraction(*, publishers_only: bool = False) -> list[Score]:
    """Score every tool for every type, and for all types that it knows together.

    With `publishers_only`, on the texts whose truth is not ours.
    """
    texts = [
        (file, truth)
        for file, truth in _truths()
        if not publishers_only or file.startswith(("txt_talos", "adoc_eset"))
    ]
    tools: dict[str, Tool] = {
        "taxiway, as it ships": _ours,
        "taxiway, without warning lists": _ours_bare,
        "ioc-finder 9.4.1": _ioc_finder,
        "ioc-finder 9.4.1, with all options": _ioc_finder_wide,
        "iocextract 1.16.1": _iocextract,
    }
    return [
        score for name, tool in tools.items() for score in _score(name, tool, texts)
    ]


def to_table(scores: Iterable[Score]) -> list[str]:
    """Write a Markdown table: precision and recall per type and tool."""
    many = list(scores)
    names = list(dict.fromkeys(one.tool for one in many))
    kinds = list(dict.fromkeys(one.kind for one in many))
    by = {(one.tool, one.kind): one for one in many}
    lines = [
        "| type | in the texts | " + " | ".join(names) + " |",
        "|---|--:|" + "--:|" * len(names),
    ]
    for kind in kinds:
        cells = [_cell(by[name, kind]) for name in names]
        lines.append(f"| {kind} | {by[names[0], kind].true} | {' | '.join(cells)} |")
    return lines


def _cell(score: Score) -> str:
    def show(part: float | None) -> str:
        return "-" if part is None else f"{part:.3f}"

    return f"{show(score.precision)} / {show(score.recall)}"


def _score(name: str, tool: Tool, texts: Texts) -> Iterator[Score]:
    true: Counter[str] = Counter()
    found: Counter[str] = Counter()
    right: Counter[str] = Counter()
    for file, truth in texts:
        if file == _CASES and tool is _ours:
            continue  # most of its cases are on the lists: google.com, 1.1.1.1
        said = {
            kind: frozenset(key_of(one, value) for one, value in values)
            for kind, values in _by_kind(tool(_text(file))).items()
        }
        for kind in {*said, *truth}:
            ours, theirs = said.get(kind, frozenset()), truth.get(kind, frozenset())
            true[kind] += len(theirs)
            found[kind] += len(ours)
            right[kind] += len(ours & theirs)
    unknown = {IocType.CVE.value} if tool is _iocextract else set()
    for kind in [one.value for one in IocType if one is not IocType.TECHNIQUE]:
        known = 0 if kind in unknown else true[kind]
        true[kind] = known
        yield Score(name, kind, known, found[kind], right[kind])
    yield Score(name, "all", true.total(), found.total(), right.total())


def _text(file: str) -> str:
    text = (ARTICLES / file).read_text(encoding="utf-8", errors="replace")
    return text.partition(_LAST_CASE)[0] if file == _CASES else text


# What is true ------------------------------------------------------------------------


def _truths() -> Iterator[tuple[str, Mapping[str, Keys]]]:
    for path in sorted(ARTICLES.glob("txt_talos_*.txt")):
        bundle = json.loads(path.with_suffix(".groundtruth-stix20.json").read_text())
        patterns = [one.get("pattern", "") for one in bundle["objects"]]
        said = [value for one in patterns for value in _PATTERN.findall(one)]
        yield path.name, _standing_in(path.name, said)
    for file, event in _ESET.items():
        inside = json.loads((EVENTS / event).read_text())
        inside = inside["response"][0] if "response" in inside else inside
        inside = inside.get("Event", inside)
        attributes = [
            *inside.get("Attribute", []),
            *(one for many in inside.get("Object", []) for one in many["Attribute"]),
        ]
        said = [
            part
            for one in attributes
            if one["type"] not in {"link", "text", "comment"}
            for part in str(one["value"]).split("|")
        ]
        # The event has the samples; hosts stand in the text only, marked as code.
        said += _LISTED.findall(_text(file))
        yield file, _standing_in(file, said)
    by_hand = json.loads(TRUTH.read_text())
    for file, kinds in by_hand.items():
        yield (
            file,
            {
                kind: frozenset(bytes.fromhex(key) for key in keys)
                for kind, keys in kinds.items()
            },
        )


def _standing_in(file: str, said: Iterable[str]) -> Mapping[str, Keys]:
    """Keep what stands in the text: an event knows more than its article says."""
    text = refang(_text(file)).lower()
    values = [detected for one in said if (detected := _detected(one))]
    kept = [
        (kind, value) for kind, value in values if value.lower().rstrip("/") in text
    ]
    return {
        kind: frozenset(key_of(one, value) for one, value in many)
        for kind, many in _by_kind(kept).items()
    }


def _detected(text: str) -> tuple[IocType, str] | None:
    try:
        return detect(text)
    except InvalidValue:
        return None


def _by_kind(
    values: Iterable[tuple[IocType, str]],
) -> dict[str, set[tuple[IocType, str]]]:
    kinds: dict[str, set[tuple[IocType, str]]] = {}
    for kind, value in values:
        kinds.setdefault(kind.value, set()).add((kind, value))
    return kinds


# Who finds ---------------------------------------------------------------------------


def _ours(text: str) -> Iterable[tuple[IocType, str]]:
    found = find_iocs(page_text.to_text(text), warninglists.load())
    return [(one.kind, one.value) for one in found] + _cves(text)


def _ours_bare(text: str) -> Iterable[tuple[IocType, str]]:
    found = extract.find(page_text.to_text(text))
    return [(one.kind, one.value) for one in found] + _cves(text)


def _cves(text: str) -> list[tuple[IocType, str]]:
    return [(IocType.CVE, one) for one in extract.find_cves(page_text.to_text(text))]


def _plain(text: str) -> str:
    """Peers read no HTML: they get the text that we made of it."""
    lines = page_text.to_text(text)
    return lines.replace(page_text.LINK, " ").replace(page_text.LINKED, " ")


_FINDER_KINDS = {
    "ipv4s": IocType.IPV4,
    "ipv4_cidrs": IocType.IPV4,
    "ipv6s": IocType.IPV6,
    "domains": IocType.DOMAIN,
    "urls": IocType.URL,
    "email_addresses": IocType.EMAIL,
    "md5s": IocType.MD5,
    "sha1s": IocType.SHA1,
    "sha256s": IocType.SHA256,
    "sha512s": IocType.SHA512,
    "cves": IocType.CVE,
}


def _ioc_finder(text: str) -> Iterable[tuple[IocType, str]]:
    """Ask it for what a text names, not for the parts of URLs."""
    return _finder(
        text,
        parse_domain_from_url=False,
        parse_from_url_path=False,
        parse_domain_from_email_address=False,
        parse_address_from_cidr=False,
        parse_urls_without_scheme=False,
    )


def _ioc_finder_wide(text: str) -> Iterable[tuple[IocType, str]]:
    return _finder(text)


def _finder(text: str, **options: bool) -> list[tuple[IocType, str]]:
    search = import_module("ioc_finder").find_iocs

    found = search(_plain(text), included_ioc_types=list(_FINDER_KINDS), **options)
    return _normal(
        (kind, value)
        for name, kind in _FINDER_KINDS.items()
        for value in found.get(name, ())
    )


def _iocextract(text: str) -> Iterable[tuple[IocType, str]]:
    peer = import_module("iocextract")
    plain = _plain(text)
    found: list[tuple[IocType, str]] = [
        *((IocType.IPV4, one) for one in peer.extract_ipv4s(plain, refang=True)),
        *((IocType.IPV6, one) for one in peer.extract_ipv6s(plain)),
        *((IocType.EMAIL, one) for one in peer.extract_emails(plain, refang=True)),
        *((IocType.MD5, one) for one in peer.extract_md5_hashes(plain)),
        *((IocType.SHA1, one) for one in peer.extract_sha1_hashes(plain)),
        *((IocType.SHA256, one) for one in peer.extract_sha256_hashes(plain)),
        *((IocType.SHA512, one) for one in peer.extract_sha512_hashes(plain)),
    ]
    # It gives bare hosts as URLs; unrefanged ones still show what they are.
    urls = (_detected(one) for one in peer.extract_urls(plain))
    return [*_normal(found), *(one for one in urls if one is not None)]


def _normal(values: Iterable[tuple[IocType, str]]) -> list[tuple[IocType, str]]:
    kept = []
    for kind, value in values:
        with suppress(InvalidValue):
            kept.append((kind, normalise(kind, value)))
    return kept


if __name__ == "__main__":
    print("\n".join(to_table(measure_extraction())))
    print("\n".join(to_table(measure_extraction(publishers_only=True))))
