"""Filters, labels and search texts."""

from __future__ import annotations

import pytest

from chalicelib.core.iocs.ioc import IocType
from chalicelib.core.lists.listing import Filters, labels_of, search_text
from tests.factories import make_row

ROW = make_row(
    category="malware",
    confidence="high",
    sources=("urlhaus", "feodo"),
    tags=("Botnet", "c2"),
    malware=("Mirai",),
    industries=("energy",),
)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(), True),
        (Filters(types=(IocType.IPV4,)), True),
        (Filters(types=(IocType.IPV6,)), False),
        (Filters(types=(IocType.IPV6, IocType.IPV4)), True),
        (Filters(categories=("malware",)), True),
        (Filters(categories=("phishing",)), False),
        (Filters(confidences=("high", "low")), True),
        (Filters(confidences=("low",)), False),
        (Filters(sources=("feodo",)), True),
        (Filters(sources=("openphish",)), False),
        (Filters(tags=("botnet",)), True),
        (Filters(tags=("mirai",)), True),
        (Filters(tags=("Botnet",)), False),
        (Filters(industries=("energy", "water")), True),
        (Filters(industries=("water",)), False),
        (Filters(types=(IocType.IPV4,), tags=("c2",)), True),
        (Filters(types=(IocType.IPV6,), tags=("c2",)), False),
        (Filters(types=(IocType.IPV4,), tags=("c3",)), False),
    ],
    ids=str,
)
def test_all_filters_must_hold_and_one_word_of_each(filters: Filters, expected):
    assert filters.takes(ROW) is expected


def test_tags_and_families_are_labels_in_lower_case():
    assert labels_of(ROW) == {"botnet", "c2", "mirai"}


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (IocType.URL, "https://Bad.Example/A?b=://c", "bad.example/a?b=://c"),
        (IocType.DOMAIN, "BAD.example", "bad.example"),
        (IocType.CVE, "CVE-2025-1", "cve-2025-1"),
        (IocType.EMAIL, "a://b@bad.example", "a://b@bad.example"),
        (IocType.DOMAIN, "STRASSE.straße", "strasse.strasse"),
    ],
)
def test_people_remember_no_case_and_no_scheme(
    kind: IocType, value: str, expected: str
):
    assert search_text(kind, value) == expected
