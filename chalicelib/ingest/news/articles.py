"""Read an article: what it says of IOCs, CVEs, techniques, actors and malware."""

from __future__ import annotations

import re
from collections.abc import Collection
from uuid import UUID, uuid5

from chalicelib.core.invalid import InvalidValue
from chalicelib.core.iocs import techniques
from chalicelib.core.iocs.article import Article
from chalicelib.core.iocs.ioc import IocType, RawArticle, Said, Sighting
from chalicelib.core.iocs.values import HASHES
from chalicelib.core.lists.industries import of_text
from chalicelib.core.refanging import visible
from chalicelib.core.urls import to_url
from chalicelib.ingest.clean import tidy
from chalicelib.ingest.news import extract, names, page_text, severity
from chalicelib.ingest.news.extract import Found
from chalicelib.ingest.source import Source
from chalicelib.ingest.warninglists import VENDORS, WarningLists

NAMESPACE = UUID("5b1b7d5e-6f6c-5c0f-9d0e-0c5a2f6f3a61")
LONGEST_SUMMARY, LONGEST_TITLE = 500, 300
MOST_NAMES = 50

_SENTENCE = re.compile(r"(?<=[.!?\u3002])\s")
_HASHES = frozenset(HASHES.values())
_NAMING_HOSTS = frozenset({IocType.URL, IocType.DOMAIN, IocType.EMAIL})


def read_article(raw: RawArticle, source: Source, benign: WarningLists) -> Article:
    """Read all there is to read; what is not there is left empty."""
    text = page_text.to_text(raw.html)
    title = _title(raw.title)
    found = find_iocs(text, benign, (_host(raw.url), _host(source.url)))
    plain = _unlinked(f"{title}\n{text}")
    named = names.find(plain)
    cves = extract.find_cves(plain)
    ids = sorted({*techniques.find(plain), *named.techniques})[:MOST_NAMES]
    facts = severity.Facts(
        title=title,
        text=plain,
        iocs=len(found),
        hashes=sum(one.kind in _HASHES for one in found),
        cves=len(cves),
        techniques=len(ids),
        actors=len(named.actors),
        malware=len(named.malware),
    )
    rate = severity.severity_of(facts)
    tags = tidy((*source.tags, *raw.categories))
    said = Said(
        first_seen=raw.published,
        last_seen=raw.published,
        # An article on one family says what its IOCs are; one on several does not.
        malware=named.malware[0] if len(named.malware) == 1 else None,
        references=(raw.url,),
        context=title or None,
    )
    return Article(
        id=str(uuid5(NAMESPACE, raw.guid or raw.url)),
        url=raw.url,
        title=title,
        summary=summary_of(_unlinked(text)),
        source=source.id,
        published=raw.published,
        iocs=tuple(Sighting(one.kind, one.value, said) for one in found),
        cves=cves,
        techniques=tuple(ids),
        actors=named.actors[:MOST_NAMES],
        malware=named.malware[:MOST_NAMES],
        severity=rate,
        label=severity.label_of(rate),
        category=severity.category_of(facts, source.category or "news"),
        tags=tags,
        industries=of_text("\n".join((title, *tags)), plain),
    )


def find_iocs(
    text: str, benign: WarningLists, sites: Collection[str] = ()
) -> tuple[Found, ...]:
    """Find the IOCs that no list calls benign.

    What stands plainly is none if its host is the publisher's own or on any list: no
    author leaves a bad link to a well-known site undefanged.
    """
    own = frozenset(site for site in sites if site)
    return tuple(one for one in extract.find(text) if _is_meant(one, benign, own))


def _is_meant(one: Found, benign: WarningLists, own: frozenset[str]) -> bool:
    why = benign.why_benign(one.kind, one.value)
    if one.defanged:
        # Vendors' sites are abused like others, and then their names are defanged.
        return why is None or why == VENDORS
    if why is not None:
        return False
    if one.kind not in _NAMING_HOSTS:
        return True
    host = _host(one.value) or one.value.rpartition("@")[2]
    if any(f".{host}".endswith(f".{site}") for site in own):
        return False
    return one.kind is IocType.EMAIL or benign.why_benign(IocType.DOMAIN, host) is None


def summary_of(text: str) -> str:
    """Take whole sentences from the beginning, without headings and bullets."""
    lines = (line.strip("#-= \t") for line in text.split("\n"))
    told = " ".join(line for line in lines if len(line.split()) > 1)
    told = told[: 4 * LONGEST_SUMMARY]
    kept = ""
    for sentence in _SENTENCE.split(told):
        longer = f"{kept} {sentence}".strip()
        if len(longer) > LONGEST_SUMMARY:
            break
        kept = longer
    return kept or told[:LONGEST_SUMMARY].strip()


def _title(text: str) -> str:
    return " ".join(visible(_unlinked(page_text.to_text(text))).split())[:LONGEST_TITLE]


def _unlinked(text: str) -> str:
    return text.replace(page_text.LINK, "").replace(page_text.LINKED, "")


def _host(url: str) -> str:
    """Give the host that a URL is on, without www."""
    try:
        return to_url(url).host.removeprefix("www.")
    except InvalidValue:
        return ""
