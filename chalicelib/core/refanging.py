"""Defanged text, such as hxxp://evil[.]example, made whole again.

What was defanged keeps a mark (characters of the private use area) until it is taken
off, so that a reader of articles can tell what its author defanged. Every rewriting
makes the text shorter or takes something away for good: repeating it ends.
"""

from __future__ import annotations

import re

DOT = "\ue000"
COLON = "\ue001"
AT = "\ue002"
SCHEME = "\ue003"
"""Marks: a defanged dot, colon, at sign and scheme (before its colon)."""

_INVISIBLE = re.compile(
    "[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff\ue000-\ue003]"
)
_BLANK = re.compile("[\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]")
_HXXP = r"h(?:xx|tx|xt|\*\*|__|--|##|@@|\^\^)p"
_MAY_BE_DEFANGED = re.compile(
    rf"[\[\](){{}}\\]|{_HXXP}|fxp|[\uff0e\u3002\uff61\u2024\uff1a]", re.IGNORECASE
)
_OPEN, _SHUT = r"[\[({]\s?", r"\s?[\])}]"
_RULES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern, re.IGNORECASE), mark)
    for pattern, mark in (
        # dots: [.] (.) {.} [dot] evil[.example evil.]example evil\.example
        (rf"(?<=[^\W_])\s{_OPEN}(?:[.{DOT}]|dot){_SHUT}\s(?=[^\W_])", DOT),
        (rf"{_OPEN}(?:[.{DOT}]|d[o0]t|punkt|punto|point){_SHUT}", DOT),
        (rf"(?<=[^\W_])[\[({{][.{DOT}](?=[^\W_])", DOT),
        (rf"(?<=[^\W_])[.{DOT}][\])}}](?=[^\W_])", DOT),
        (r"(?<=[^\W_])\\[.](?=[^\W_])", DOT),
        (r"(?<=[^\W_])[\uff0e\u3002\uff61\u2024](?=[^\W_])", DOT),
        # at signs
        (rf"\s?{_OPEN}(?:@|at|arroba){_SHUT}\s?", AT),
        # schemes: [:]// [://] [:/]/ :[//] [:]\\ and hxxp in its many ways
        (rf"{_OPEN}[:{COLON}]{_SHUT}(?=\s?(?:[/\\]|\[/))", COLON),
        (rf"{_OPEN}:(//?){_SHUT}", COLON + r"\1"),
        (rf"(?<=[:{COLON}]){_OPEN}(//?){_SHUT}", r"\1"),
        (r"(?<=[a-z])\uff1a(?=//)", COLON),
        (rf"(?<=[ps])\[\](?=[:{COLON}])", SCHEME),
        (
            rf"(?<![a-z0-9]){_HXXP}(s?)(?=[:{COLON}{SCHEME}]|//)",
            rf"http\1{SCHEME}",
        ),
        (rf"(?<![a-z0-9])fxp(s?)(?=[:{COLON}{SCHEME}])", rf"ftp\1{SCHEME}"),
        (rf"(?<=http{SCHEME})(?=//)|(?<=https{SCHEME})(?=//)", COLON),
        # brackets around a port or a scheme
        (rf"(?<=[\w\]]){_OPEN}[:{COLON}]{_SHUT}(?=[0-9a-f:])", COLON),
    )
)
_DEEPEST = 8
"""Layers of brackets that are taken off: nobody defangs so often, and a hostile text
could have thousands, each of which takes another look at all of it."""

_TAKE_OFF = str.maketrans({DOT: ".", COLON: ":", AT: "@", SCHEME: ""})
_LEFT = "\"'`<([{\u00ab\u2018\u201c \t\r\n"
_RIGHT = "\"'`>,;.!\u00bb\u2019\u201d\u2026 \t\r\n"
_PAIRS = {")": "(", "]": "[", "}": "{"}


def mark(text: str) -> str:
    """Make whole what is defanged, with a mark in each place.

    Invisible characters go; blanks of all kinds become plain ones.
    """
    text = visible(text)
    for _ in range(_DEEPEST):
        before = text
        if not _MAY_BE_DEFANGED.search(text):
            break
        for pattern, to in _RULES:
            text = pattern.sub(to, text)
        if text == before:
            break
    return text


def unmark(text: str) -> str:
    """Put plain characters where the marks are."""
    return text.translate(_TAKE_OFF)


def is_marked(text: str) -> bool:
    """Tell whether something in a marked text was defanged."""
    return text != unmark(text)


def visible(text: str) -> str:
    """Take out what cannot be seen, and our own marks if somebody wrote them."""
    if text.isascii():
        return text
    return _BLANK.sub(" ", _INVISIBLE.sub("", text))


def refang(text: str) -> str:
    """Make a text whole again and take off what stands around it.

    Quotes, brackets and the punctuation of a sentence at its ends go. Doing it again
    changes nothing.
    """
    before = None
    while text != before:
        before = text
        text = bare(unmark(mark(text)))
    return text


def bare(text: str) -> str:
    """Take quotes, brackets and the punctuation of a sentence off the ends."""
    before = None
    while text != before:
        before = text
        text = text.rstrip(_RIGHT)
        if text[-1:] in _PAIRS and text.count(text[-1]) > text.count(_PAIRS[text[-1]]):
            text = text[:-1]
        if text[:1] in _LEFT and not _closes_later(text):
            text = text[1:]
    return text


def _closes_later(text: str) -> bool:
    """Tell whether the bracket that begins a text is one of its own: [2001:db8::1]."""
    shut = {"(": ")", "[": "]", "{": "}"}.get(text[:1])
    return shut is not None and shut in text and text[-1] != shut
