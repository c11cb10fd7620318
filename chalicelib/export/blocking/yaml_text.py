r"""YAML that every reader reads alike: texts in double quotes, as JSON has them.

What JSON and YAML 1.1 or 1.2 take differently is escaped: signs outside the basic
plane, C1 controls, the line ends that only Unicode knows, marks that turn or hide
text. Nothing is folded, so that no reader has to guess where a line ends.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

Node = str | Sequence["Node"] | Mapping[str, "Node"]

_PLAIN = re.compile(r"[a-z][a-z_]*(?:\.[a-z][a-z0-9._-]*)?", re.ASCII)
_NO_STRINGS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_ESCAPED = re.compile(r'["\\]|[^ -~\xa1-\u1fff\u2010-\u2027\u2030-\u205f\u2070-\ud7ff]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\r": "\\r", "\n": "\\n"}
_BASIC_PLANE = 0xFFFF


def document(content: Mapping[str, Node]) -> str:
    """Write a document of mappings, lists and texts; keys are plain words of ours."""
    return "".join(f"{line}\n" for line in _mapping(content, ""))


def scalar(text: str) -> str:
    """Write a text: bare where it is a plain word, else in double quotes."""
    if _PLAIN.fullmatch(text) and text not in _NO_STRINGS:
        return text
    return f'"{_ESCAPED.sub(_escape, text)}"'


def _mapping(content: Mapping[str, Node], indent: str) -> Iterator[str]:
    for key, node in content.items():
        if isinstance(node, str):
            yield f"{indent}{key}: {scalar(node)}"
        else:
            yield f"{indent}{key}:"
            yield from _block(node, f"{indent}    ")


def _block(node: Node, indent: str) -> Iterator[str]:
    if isinstance(node, Mapping):
        yield from _mapping(node, indent)
        return
    for one in node:
        if isinstance(one, str):
            yield f"{indent}- {scalar(one)}"
        else:
            first, *others = _block(one, f"{indent}  ")
            yield f"{indent}- {first.lstrip(' ')}"
            yield from others


def _escape(match: re.Match[str]) -> str:
    sign = match[0]
    if sign in _SHORT:
        return _SHORT[sign]
    code = ord(sign)
    return f"\\u{code:04x}" if code <= _BASIC_PLANE else f"\\U{code:08x}"
