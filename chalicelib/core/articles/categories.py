"""What articles are about: the slugs that ingestion gives, and their names."""

from __future__ import annotations

LABELS = {
    "ransomware": "Ransomware",
    "data-breaches": "Data breaches",
    "vulnerabilities": "Vulnerabilities",
    "malware": "Malware",
    "threat-intelligence": "Threat intelligence",
    "attacks-breaches": "Attacks & breaches",
    "news": "News",
}
"""docs/api/articles.md has them too. An article that fits none has its source's."""


def label_of(slug: str) -> str:
    """Name a category."""
    return LABELS.get(slug) or slug.replace("-", " ").capitalize()
