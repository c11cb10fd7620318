"""Accept, read as RFC 9110 has it."""

from __future__ import annotations

import pytest

from chalicelib.edge.dialect import REST, TAXII
from chalicelib.edge.negotiate import parse
from chalicelib.errors import NotAcceptable


@pytest.mark.parametrize(
    "accept",
    [
        None,
        "",
        "*/*",
        "application/*",
        "application/taxii+json",
        "application/taxii+json;version=2.1",
        "application/taxii+json; version=2.1",
        'Application/TAXII+JSON;Version="2.1"',
        "text/html;q=0.5, application/taxii+json;version=2.1;q=0.9",
        "application/vnd.oasis.taxii+json; version=2.0, application/taxii+json",
        'text/plain; note="a,b;c", */*;q=0.1',
        "application/taxii+json;q=high",
    ],
)
def test_what_includes_taxii_is_served(accept: str | None):
    TAXII.check_accept(accept)


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "application/json",
        "application/taxii+json;version=2.0",
        "application/vnd.oasis.taxii+json; version=2.0",
        "application/taxii+json;q=0",
        'text/plain; note="*/*, application/taxii+json"',
        "nonsense",
    ],
)
def test_what_excludes_taxii_is_refused(accept: str):
    with pytest.raises(NotAcceptable):
        TAXII.check_accept(accept)


def test_rest_speaks_json():
    REST.check_accept("application/json")
    with pytest.raises(NotAcceptable):
        REST.check_accept("application/taxii+json")


def test_a_content_type_is_read_with_its_parameters():
    parsed = parse(' application/TAXII+json ; version="2.1" ;charset=UTF-8')
    assert parsed.name == "application/taxii+json"
    assert parsed.parameters == {"version": "2.1", "charset": "utf-8"}
