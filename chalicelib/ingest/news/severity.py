"""How grave an article is, and what it is about, by rules that are published.

docs/architecture/ingestion-cleaning.md has them as tables. No model, no service: the
same article gets the same answer anywhere. Words are those that many languages share.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_CVSS = re.compile(
    r"CVSS\D{0,40}?(?:v?[234](?:\.[01])?\D{1,30}?)?\b(10(?:\.0)?|\d\.\d)\b",
    re.IGNORECASE,
)
_EXPLOITED = re.compile(
    r"exploited in|in[- ]the[- ]wild|actively exploit|active exploitation|zero[- ]day"
    r"|\b0-?day|known exploited|día cero|jour zéro|ausgenutzt|activement exploité",
    re.IGNORECASE,
)
_RANSOM = re.compile(r"ransom|rançon|lösegeld|erpressungstrojaner", re.IGNORECASE)
_BREACH = re.compile(
    r"data breach|data leak|breach(?:es|ed)?\b|leak(?:s|ed)? (?:data|of)|stolen data"
    r"|records exposed|datenleck|datenpanne|fuite de données|fuga de datos"
    r"|filtración de datos|утечк",
    re.IGNORECASE,
)
_ATTACK = re.compile(
    r"attack|hack(?:ed|ers?)|intrusion|compromis|phish|angriff|attaque|ataque|ddos"
    r"|campaign|botnet|кибератак",
    re.IGNORECASE,
)
_FLAW = re.compile(
    r"vulnerab|\bflaw|\bbugs?\b|patch|advisory|security update|schwachstelle"
    r"|sicherheitslücke|vulnérabilité|уязвимост|0-?day|zero[- ]day|\brce\b",
    re.IGNORECASE,
)
_MALWARE = re.compile(
    r"malware|trojan|stealer|backdoor|loader|botnet|\brat\b|spyware|worm|rootkit"
    r"|schadsoftware|maliciel",
    re.IGNORECASE,
)
_CRITICAL = re.compile(r"critical|kritisch|critique|crítica|критическ", re.IGNORECASE)
LABELS = ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low"))
MANY_IOCS, MANY_TECHNIQUES = 20, 3
OFTEN, PER_WORDS = 3, 150


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at."""

    title: str
    text: str
    iocs: int = 0
    hashes: int = 0
    cves: int = 0
    techniques: int = 0
    actors: int = 0
    malware: int = 0


def severity_of(facts: Facts) -> float:
    """Rate from 0 to 10: the highest CVSS score named, or what the facts add up to."""
    whole = f"{facts.title}\n{facts.text}"
    points = (
        (2.0, facts.cves > 0),
        (3.0, bool(_EXPLOITED.search(whole))),
        (2.0, _is_about(_RANSOM, facts)),
        (2.0, bool(_BREACH.search(facts.title))),
        (1.5, facts.actors > 0),
        (1.5, facts.malware > 0 or bool(_MALWARE.search(facts.title))),
        (2.0, facts.iocs > 0),
        (1.5, facts.iocs >= MANY_IOCS),
        (0.5, facts.techniques >= MANY_TECHNIQUES),
        (1.0, bool(_ATTACK.search(facts.title))),
        (1.0, bool(_FLAW.search(facts.title))),
        (3.0, bool(_CRITICAL.search(facts.title))),
    )
    added = sum(worth for worth, holds in points if holds)
    scores = [float(score) for score in _CVSS.findall(whole)]
    return min(10.0, max([added, *scores]))


def label_of(severity: float) -> str:
    """Name a severity as CVSS does."""
    return next((name for least, name in LABELS if severity >= least), "none")


def category_of(facts: Facts, otherwise: str) -> str:
    """Say what it is about: the first rule that holds, titles before texts."""
    title = facts.title
    rules = (
        ("ransomware", _is_about(_RANSOM, facts)),
        ("data-breaches", bool(_BREACH.search(title))),
        ("vulnerabilities", "CVE-" in title or bool(_FLAW.search(title))),
        ("malware", bool(_MALWARE.search(title)) or facts.hashes > 0),
        ("threat-intelligence", facts.actors > 0 or facts.iocs > 0),
        ("threat-intelligence", facts.techniques >= MANY_TECHNIQUES),
        ("malware", facts.malware > 0),
        ("vulnerabilities", facts.cves > 0),
        ("attacks-breaches", bool(_ATTACK.search(title))),
    )
    return next((name for name, holds in rules if holds), otherwise)


def _is_about(words: re.Pattern[str], facts: Facts) -> bool:
    """Tell whether a text is about something that others mention in passing."""
    often = max(OFTEN, len(facts.text.split()) // PER_WORDS)
    return bool(words.search(facts.title)) or len(words.findall(facts.text)) >= often
