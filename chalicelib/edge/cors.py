"""What pages of other origins may do: everything that a key in a header allows.

No cookie counts on these routes, so any origin may ask. The routes of operators,
where a session's cookie counts, send none of this.
https://fetch.spec.whatwg.org/#http-cors-protocol
"""

from __future__ import annotations

_EXPOSED = (
    "X-Request-Id",
    "X-Next-Cursor",
    "X-Resume-Cursor",
    "X-Skipped",
    "X-Cache-Updated-At",
    "X-Cache-Age-Seconds",
    "X-Cache-Stale",
    "ETag",
    "Link",
    "Content-Disposition",
    "X-TAXII-Date-Added-First",
    "X-TAXII-Date-Added-Last",
    "X-Effective-Added-After",
    "X-RateLimit-Limit",
    "X-RateLimit-Remaining",
    "X-RateLimit-Reset",
    "RateLimit-Limit",
    "RateLimit-Remaining",
    "RateLimit-Reset",
    "RateLimit-Policy",
    "Retry-After",
)

ANSWER = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": ", ".join(_EXPOSED),
}


def preflight(methods: str) -> dict[str, str]:
    """Say what a page may send."""
    return {
        "Access-Control-Allow-Methods": methods,
        "Access-Control-Allow-Headers": "Authorization, Content-Type, X-API-Key",
        "Access-Control-Max-Age": "3600",
    }
