"""How fast each format is read: made-up feeds, rows a second."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import BinaryIO

from chalicelib.core.iocs.ioc import Rejected
from chalicelib.ingest.formats import NotOpened, parse
from chalicelib.ingest.source import Source, load

ROWS = 50_000
_EVENT = 500
_UUID = "{:08d}-0000-4000-8000-000000000000"
_DATE = "2026-02-07 04:31:13"


@dataclass(frozen=True, slots=True)
class FormatFigure:
    """What reading one feed took."""

    format: str
    source: str
    rows: int
    megabytes: float
    seconds: float

    @property
    def per_second(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds


def measure_formats(rows: int = ROWS) -> list[FormatFigure]:
    """Read a feed of each format, made up on the spot."""
    sources = {source.id: source for source in load()}
    return [
        _measure(sources[name], make(rows), _opener(name))
        for name, make in _FEEDS.items()
    ]


def formats_table(figures: Iterable[FormatFigure]) -> list[str]:
    """Write a Markdown table."""
    lines = ["| format | source | rows | MB | rows/s |", "|---|---|--:|--:|--:|"]
    lines += [
        f"| {one.format} | {one.source} | {one.rows:,} | {one.megabytes:.1f} "
        f"| {one.per_second:,.0f} |"
        for one in figures
    ]
    return lines


def _measure(
    source: Source, body: bytes, more: Callable[[str], BinaryIO]
) -> FormatFigure:
    began = time.perf_counter()
    count = 0
    for row in parse(BytesIO(body), source, more):
        if isinstance(row, Rejected):
            raise TypeError(f"{source.id}: {row}")
        count += 1
    seconds = time.perf_counter() - began
    return FormatFigure(source.format, source.id, count, len(body) / 1e6, seconds)


def _opener(name: str) -> Callable[[str], BinaryIO]:
    def more(url: str) -> BinaryIO:
        last = url.rpartition("/")[2]
        if name == "circl-misp":
            return BytesIO(_misp_event(last.removesuffix(".json")))
        if name == "cisa-csaf-ot":
            return BytesIO(_csaf_document(last))
        raise NotOpened(url)

    return more


def _address(number: int) -> str:
    return f"198.{51 + number // 65_536}.{number // 256 % 256}.{number % 256}"


def _hash(number: int) -> str:
    return sha256(str(number).encode()).hexdigest()


def _lines(rows: int) -> bytes:
    return "".join(f"{_address(n)}\n" for n in range(rows)).encode()


def _table(rows: int) -> bytes:
    head = "# id,dateadded,url,url_status,last_online,threat,tags,urlhaus_link,reporter"
    lines = (
        f'"{n}","{_DATE}","http://{_address(n)}/bins/arm7","online","{_DATE}",'
        f'"malware_download","elf,ua-wget","https://urlhaus.abuse.ch/url/{n}/","A"'
        for n in range(rows)
    )
    return "\n".join((head, *lines)).encode()


def _records(rows: int) -> bytes:
    record = {
        "ioc_type": "ip:port",
        "threat_type": "botnet_cc",
        "malware_printable": "AsyncRAT",
        "first_seen_utc": _DATE,
        "last_seen_utc": None,
        "confidence_level": 100,
        "reference": None,
        "tags": "CobaltStrike,Example Ltd.",
        "reporter": "somebody",
    }
    found = {n: [{"ioc_value": f"{_address(n)}:80", **record}] for n in range(rows)}
    return json.dumps(found, indent=4).encode()


def _json_lines(rows: int) -> bytes:
    lines = (
        json.dumps({"cidr": f"{_address(n)}/32", "sblid": f"SBL{n}", "rir": "apnic"})
        for n in range(rows)
    )
    return "\n".join(lines).encode()


def _manifest(rows: int) -> bytes:
    names = range(min(50, max(1, rows // _EVENT)))
    return json.dumps({_UUID.format(n): {"timestamp": "1"} for n in names}).encode()


def _misp_event(uuid: str) -> bytes:
    attributes = [
        {
            "type": "sha256",
            "to_ids": True,
            "value": _hash(n),
            "timestamp": "1472480394",
            "category": "Payload delivery",
            "comment": "",
        }
        for n in range(_EVENT)
    ]
    tags = [{"name": "tlp:white"}, {"name": 'misp-galaxy:malpedia="Emotet"'}]
    event = {"uuid": uuid, "info": "An event", "date": "2026-02-07", "Tag": tags}
    return json.dumps({"Event": {**event, "Attribute": attributes}}).encode()


def _indicators(rows: int) -> list[dict[str, object]]:
    return [
        {
            "type": "indicator",
            "spec_version": "2.1",
            "id": f"indicator--{_UUID.format(n)}",
            "created": "2026-02-07T04:31:13.000Z",
            "modified": "2026-02-07T04:31:13.000Z",
            "pattern": f"[file:hashes.'SHA-256' = '{_hash(n)}']",
            "pattern_type": "stix",
            "valid_from": "2026-02-07T04:31:13Z",
            "labels": ["phishing"],
        }
        for n in range(rows)
    ]


def _bundle(rows: int) -> bytes:
    return json.dumps({"type": "bundle", "objects": _indicators(rows)}).encode()


def _page(rows: int) -> bytes:
    return json.dumps({"more": False, "objects": _indicators(rows)}).encode()


def _news(rows: int) -> bytes:
    text = "An actor used 192.0.2[.]5 and more. " * 60
    items = "".join(
        f"<item><title>Article {n}</title><link>https://example.org/{n}</link>"
        f"<pubDate>Thu, 24 Jul 2025 17:34:13 -0400</pubDate>"
        f"<description><![CDATA[<p>{text}</p>]]></description></item>"
        for n in range(max(1, rows // 100))
    )
    return f'<rss version="2.0"><channel>{items}</channel></rss>'.encode()


def _kev(rows: int) -> bytes:
    found = [
        {
            "cveID": f"CVE-2025-{n + 1_000}",
            "vendorProject": "Git",
            "product": "Git",
            "vulnerabilityName": "Git Link Following Vulnerability",
            "dateAdded": "2025-08-25",
            "shortDescription": "Git contains a link following vulnerability. " * 5,
            "cwes": ["CWE-59"],
        }
        for n in range(rows)
    ]
    return json.dumps({"count": rows, "vulnerabilities": found}).encode()


def _rolie(rows: int) -> bytes:
    entries = [
        {
            "updated": "2024-07-18T06:00:00Z",
            "content": {"src": f"https://example.org/{n}.json"},
        }
        for n in range(max(1, rows // 100))
    ]
    return json.dumps({"feed": {"entry": entries}}).encode()


def _csaf_document(name: str) -> bytes:
    score = {"cvss_v3": {"baseScore": 7.5, "baseSeverity": "HIGH"}}
    found = [{"cve": f"CVE-2024-{n + 1_000}", "scores": [score]} for n in range(5)]
    document = {"title": name, "tracking": {"id": name}}
    return json.dumps({"document": document, "vulnerabilities": found}).encode()


_FEEDS: dict[str, Callable[[int], bytes]] = {
    "et-compromised": _lines,
    "urlhaus": _table,
    "threatfox": _records,
    "spamhaus-drop-v4": _json_lines,
    "circl-misp": _manifest,
    "amnesty-cytrox": _bundle,
    "upstream-taxii": _page,
    "krebs": _news,
    "cisa-kev": _kev,
    "cisa-csaf-ot": _rolie,
}


if __name__ == "__main__":
    measure_formats()
