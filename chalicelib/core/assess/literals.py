r"""String literals of query languages: the ONE place where values are quoted.

A value stays inside its quotes whatever it holds. Splunk's SPL escapes `"` and
`\`; a `*` is a wildcard of its search command even in quotes, and nothing escapes
it. KQL and ES|QL want no line to end inside a literal.
"""

from __future__ import annotations

import re

_KQL_ESCAPED = re.compile(r'["\\\x00-\x1f\x7f-\x9f\u2028\u2029]')
_ESQL_ESCAPED = re.compile(r'["\\\t\r\n]')
_SHORT = {'"': '\\"', "\\": "\\\\", "\t": "\\t", "\r": "\\r", "\n": "\\n"}


def spl(text: str) -> str:
    """Write a string of SPL."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def kql(text: str) -> str:
    """Write a string of Kusto."""
    return f'"{_KQL_ESCAPED.sub(_escape, text)}"'


def esql(text: str) -> str:
    """Write a string of Elastic's ES|QL, which knows these five escapes only."""
    return f'"{_ESQL_ESCAPED.sub(_escape, text)}"'


def _escape(match: re.Match[str]) -> str:
    sign = match[0]
    return _SHORT.get(sign) or f"\\u{ord(sign):04x}"
