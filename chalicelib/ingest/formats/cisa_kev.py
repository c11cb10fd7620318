"""CISA's catalogue of known exploited vulnerabilities, as JSON or as CSV."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from chalicelib.core.iocs.ioc import IocType, Raw, Rejected
from chalicelib.ingest.formats import csv_columns, json_records
from chalicelib.ingest.formats.reading import Body, Opener
from chalicelib.ingest.source import Source

_COLUMNS = {
    "value": "cveID",
    "first_seen": "dateAdded",
    "tags": ["vendorProject", "product", "cwes"],
    "context": "vulnerabilityName",
}


def parse(stream: BinaryIO, source: Source, more: Opener) -> Iterator[Raw | Rejected]:
    """Read the catalogue. Raises FormatError."""
    start = stream.tell()
    is_json = Body(stream, source.max_bytes).begins_with == "{"
    stream.seek(start)
    options = {
        "records": "vulnerabilities.[]",
        "reference": "https://nvd.nist.gov/vuln/detail/{cveID}",
        **source.options,
    }
    row = replace(source, kind=IocType.CVE, columns=_COLUMNS, options=options)
    yield from (json_records if is_json else csv_columns).parse(stream, row, more)
