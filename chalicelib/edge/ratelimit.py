"""What a caller has left, in headers and in the refusal.

`X-RateLimit-*` as the products do whose API we offer, with Unix seconds;
`RateLimit-*` as drafts 3 to 6 of the IETF's "RateLimit header fields for HTTP",
with seconds from now.
"""

from __future__ import annotations

from chalicelib.access.allowance import Allowance
from chalicelib.errors import RateLimited


def headers(allowance: Allowance) -> dict[str, str]:
    """Say what is left, of the tightest window."""
    window = allowance.tightest
    return {
        "X-RateLimit-Limit": str(window.limit),
        "X-RateLimit-Remaining": str(window.remaining),
        "X-RateLimit-Reset": str(window.reset),
        "RateLimit-Limit": str(window.limit),
        "RateLimit-Remaining": str(window.remaining),
        "RateLimit-Reset": str(allowance.wait),
        "RateLimit-Policy": ", ".join(one.policy for one in allowance.windows),
    }


def refusal(allowance: Allowance) -> RateLimited:
    """Say that it is enough for now."""
    window = allowance.tightest
    return RateLimited(
        f"too few of the {window.limit:,} requests of this {window.name} are left: "
        f"try again in {allowance.wait} seconds",
        details={
            "window": window.name,
            "limit": window.limit,
            "reset": window.reset,
        },
        headers={"Retry-After": str(allowance.wait)},
    )
