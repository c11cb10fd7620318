"""Text for formats in which a line is a record: nothing in it may end the line."""

from __future__ import annotations

_LINE_ENDS_OF_UNICODE = (0x2028, 0x2029)
_NO_CHARACTERS = (0xFFFE, 0xFFFF)

BLANKS = dict.fromkeys(
    (*range(0x20), *range(0x7F, 0xA0), *_LINE_ENDS_OF_UNICODE, *_NO_CHARACTERS), " "
)
"""For str.translate: control characters, line ends and no characters to blanks.

XML 1.0 has no form for any of them but tab and line ends (section 2.2).
"""


def flat(text: str) -> str:
    """Write text so that it stays in its line."""
    return text.translate(BLANKS)


def is_flat(text: str) -> bool:
    """Tell whether text is the same in one line; an indicator's value has to be."""
    return flat(text) == text
