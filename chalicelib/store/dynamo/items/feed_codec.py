"""States of sources to items and back.

One text holds all but the number of the lease, with short names and without what
is as in a blank state: DynamoDB bills each kilobyte that a state begins.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import astuple
from typing import Any

from chalicelib.core.feeds.snapshot import Manifest
from chalicelib.core.feeds.state import Counts, FeedState, Held, Seen
from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.schema import Item

_SHORT = {
    "owner": "o",
    "leased_until": "u",
    "run_at": "r",
    "done": "p",
    "seen": "v",
    "last_run": "lr",
    "last_success": "ls",
    "next_due": "nd",
    "failures": "n",
    "last_error": "e",
    "warning": "w",
    "last": "c",
    "totals": "t",
    "listed": "l",
    "oldest": "d",
    "held": "h",
    "snapshot": "m",
}
_MAKERS: dict[str, Callable[..., Any]] = {
    "done": Counts,
    "seen": Seen,
    "last": Counts,
    "totals": Counts,
    "held": Held,
    "snapshot": Manifest,
}
_BLANK = FeedState("")


def state_to_values(state: FeedState) -> dict[str, Any]:
    """Give what the two attributes are set to."""
    kept: dict[str, Any] = {}
    for name, short in _SHORT.items():
        value = getattr(state, name)
        if value != getattr(_BLANK, name):
            kept[short] = astuple(value) if name in _MAKERS else value
    text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    # Half a surrogate pair, in a message from outside, can't be stored.
    clean = text.encode(errors="replace").decode()
    return {":f": {"N": str(state.fence)}, ":s": {"S": clean}}


def item_to_state(item: Item) -> FeedState:
    """Read a state."""
    kept = json.loads(item["s"]["S"])
    fields: dict[str, Any] = {}
    for name, short in _SHORT.items():
        if short in kept:
            make = _MAKERS.get(name)
            fields[name] = make(*kept[short]) if make else kept[short]
    return FeedState(item[schema.SK]["S"], fence=int(item["f"]["N"]), **fields)
