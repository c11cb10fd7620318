"""About the service itself."""

from __future__ import annotations

import base64
import re
from functools import cache
from hashlib import sha256
from pathlib import Path

from chalicelib.edge.conditional import cached, etag_of, unchanged
from chalicelib.edge.dialect import REST
from chalicelib.edge.operation import Context, Door
from chalicelib.edge.reply import Reply, to_json
from chalicelib.edge.router import Router

meta = Router(REST)

_DATA = Path(__file__).parents[1] / "data"
_JSON = "application/json"
_HTML = "text/html; charset=utf-8"


@meta.get("/health", door=Door.OPEN, returns="Health")
def get_health(ctx: Context) -> Reply:
    """Tell that the function runs; no table is asked."""
    return Reply(to_json({"status": "ok", "stage": ctx.container.settings.stage}))


@meta.get("/openapi.json", door=Door.OPEN, produces=(_JSON,), conditional=True)
def get_openapi(ctx: Context) -> Reply:
    """Describe all of this for machines.

    OpenAPI 3.1, the same file as in the repository.
    """
    text = _text("openapi.json")
    etag = etag_of(text)
    kept = Reply(text, headers=cached(etag), media_type=_JSON)
    return unchanged(ctx.request, etag) or kept


@meta.get("/docs", door=Door.OPEN, produces=(_HTML,), conditional=True)
def get_docs(ctx: Context) -> Reply:
    """Describe all of this for people, on one page that can ask too."""
    page = _text("docs.html")
    etag = etag_of(page)
    headers = cached(etag) | {
        "Content-Security-Policy": policy(page),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Frame-Options": "DENY",
    }
    return unchanged(ctx.request, etag) or Reply(page, 200, headers, _HTML)


@cache
def policy(page: str) -> str:
    """Let a page run the script and style that it holds, and ask this server."""
    hashes = {
        tag: " ".join(
            _hash(text) for text in re.findall(rf"(?s)<{tag}>(.*?)</{tag}>", page)
        )
        for tag in ("script", "style")
    }
    return (
        f"default-src 'none'; script-src {hashes['script']}; "
        f"style-src {hashes['style']}; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    )


def _hash(text: str) -> str:
    digest = base64.b64encode(sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


@cache
def _text(name: str) -> str:
    return (_DATA / name).read_text(encoding="utf-8")
