"""How large things may be: what an item, a transaction and an answer carry."""

from __future__ import annotations

FULL_SEGMENT = 200_000
"""Bytes of objects after which a segment is closed."""

LONGEST_SEGMENT = 300_000
"""Packed bytes of the largest object that lies in a segment; others in chunks."""

CHUNK = 390_000
"""Bytes of a chunk: an item has at most 400 KB."""

LARGEST_PACKED = 2_900_000
"""Compressed bytes of the largest object: what one transaction carries."""

HEAVIEST = 5_500_000
"""Bytes of the largest object inside a JSON string: one Lambda answer."""

LARGEST_CARD = 100_000
"""Bytes of the versions of one object (some 1,500): they stand on one card."""

LARGEST_CARDS = 1_000_000
"""Bytes of the cards that one transaction changes."""

MOST_SPEC_VERSIONS = 4
"""STIX versions that one object may be there in: each has a first and a last
version, which may all stand otherwise when one is added or removed."""
