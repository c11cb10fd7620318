"""THE key map: every table, every partition and sort key.

Table *objects* (`c` a collection's id, `T` a `date_added` of fixed width):

question                            item        pk                 sk     cost
may I, what is it, where does it    head        HEAD#{c}           -      1 RU
  end
which collections are there         listing     COLLECTIONS        T#{c}  1 Query
which collection has this alias     name        NAME#alias#{a}     -      1 RU
  (or title)                                    NAME#title#{t}     -
what came after T                   segment     LOG#{c}            T      1 Query
what came after T and was           history     HIST#{c}           T      1 Query
  replaced since
which of it stands otherwise now    mark        OLD#{c}            T      1 Query
what of this type came after T      facet       FACET#{c}#{facet}  T      1 Query
which versions has this object      card        CARD#{c}#{id}      -      1 RU
which IOCs sort next to this text   card        CARD#iocs#{t}:{2}  {id}   2 Query
  (t: type; 2: first characters)
the bytes of a large object         chunk       BLOB#{c}#{T}       n      1 Query
what became of my POST              status      STATUS#{id}        n      1 Query
what do we know of this value       ioc         IOC#{10 bytes}     -      1 RU
what may expire on this day         due         DUE#{day}          T#{h}  1 Query
until which day did we look         expiry      EXPIRY             -      1 RU
how many are there, by day          statistics  STATS              {day}  1 Query
what do articles name, by day       named       NAMED              {day}  1 Query
what does this article say          article     ARTICLE#{id}       -      1 RU
which articles came lately, with    article     ART#{facet}        t#{id} 1 Query
  this and that (t: by its time)      card
how do the sources do               feed        FEEDS              {id}   1 Query
what did a source's list say        base        SNAP#{id}          {s}#n  1 Query
  (slot s: 0 or 1), and since       delta       SNAP#{id}          +#n    1 Query

Table *keys*:

whose key is this                   key         KEY#{sha256}       -      1 RU
which keys are there                key name    KEYS               {id}   1 Query
was a key added for this owner      owner       OWNER#{tier}#{o}   -      1 RU
  and tier meanwhile

Table *counters*; items expire:

how much has this key taken today   rate        RATE#{id}          {day}  1 WU
what has it used day by day         usage       USE#{id}           {day}  1 Query

The sort key of a segment is the last `date_added` in it, so that `sk > T`
begins at the first segment with anything newer than T.
"""

from __future__ import annotations

from typing import Any, Protocol

from chalicelib.core.log.head import ROWS

PK = "pk"
SK = "sk"
TTL = "ttl"
ONLY = "-"

LONGEST_NAME = 1_000
"""Bytes of an id in a key; DynamoDB takes 2,048 for all of a partition key."""

Item = dict[str, Any]
Key = dict[str, Any]


class TableNames(Protocol):
    """What the tables are called at a stage."""

    @property
    def objects_table(self) -> str:
        """Name of the table of objects."""

    @property
    def keys_table(self) -> str:
        """Name of the table of API keys."""

    @property
    def counters_table(self) -> str:
        """Name of the table of rate counters and usage."""


def table_definitions(names: TableNames) -> list[dict[str, Any]]:
    """Give the arguments of CreateTable for each table."""
    tables = (names.objects_table, names.keys_table, names.counters_table)
    return [_definition(name) for name in tables]


def ttl_attribute() -> str:
    """Name the attribute by which DynamoDB lets items expire."""
    return TTL


def _definition(name: str) -> dict[str, Any]:
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [
            {"AttributeName": PK, "AttributeType": "S"},
            {"AttributeName": SK, "AttributeType": "S"},
        ],
        "KeySchema": [
            {"AttributeName": PK, "KeyType": "HASH"},
            {"AttributeName": SK, "KeyType": "RANGE"},
        ],
    }


def key(pk: str, sk: str = ONLY) -> Key:
    """Give the key of one item."""
    return {PK: {"S": pk}, SK: {"S": sk}}


def is_name(text: str) -> bool:
    """Tell whether an id or an alias can be part of a key at all."""
    return text.isprintable() and len(text.encode()) <= LONGEST_NAME


def place(microseconds: int) -> str:
    """Write a position so that text sorts as time does."""
    return f"{microseconds:018d}"


def head(collection: str) -> str:
    """Partition of a collection's head."""
    return f"HEAD#{collection}"


LISTING = "COLLECTIONS"


def listed(created: int, collection: str) -> str:
    """Sort key of a collection in the listing: oldest first, for ever."""
    return f"{place(created)}#{collection}"


def alias(text: str) -> str:
    """Partition of the name that leads from an alias to a collection."""
    return f"NAME#alias#{text}"


def title(text: str) -> str:
    """Partition of the name that keeps a title to one collection."""
    return f"NAME#title#{text.casefold()}"


def log(collection: str) -> str:
    """Partition of the segments."""
    return f"LOG#{collection}"


def history(collection: str) -> str:
    """Partition of what compaction has moved out of the segments."""
    return f"HIST#{collection}"


def marks(collection: str) -> str:
    """Partition of the marks on entries that stand otherwise than written."""
    return f"OLD#{collection}"


def facet(collection: str, name: str) -> str:
    """Partition of the chain of one facet."""
    return f"FACET#{collection}#{name}"


def card(collection: str, object_id: str) -> Key:
    """Key of an object's card.

    Those of the IOC log stand in order, some together: what is near a text is
    found by them.
    """
    if collection == ROWS:
        kind, _, place = object_id.partition(":")
        return key(cards(kind, place), place)
    return key(f"CARD#{collection}#{object_id}")


def cards(kind: str, text: str) -> str:
    """Partition of the cards of IOCs of a type that begin as a text does."""
    return f"CARD#{ROWS}#{kind}:{text[:2]}"


def card_object(item: Item) -> str:
    """Tell which object a card is of."""
    _, collection, name = str(item[PK]["S"]).split("#", 2)
    if collection == ROWS:
        return f"{name.partition(':')[0]}:{item[SK]['S']}"
    return name


def blob(collection: str, date_added: int) -> str:
    """Partition of the chunks of one large object."""
    return f"BLOB#{collection}#{place(date_added)}"


def chunk(number: int) -> str:
    """Sort key of a chunk."""
    return f"{number:04d}"


def ioc(key: bytes) -> str:
    """Partition of the record of an IOC."""
    return f"IOC#{key.hex()}"


def due(number: int) -> str:
    """Partition of what may expire on a day."""
    return f"DUE#{day(number)}"


def batch(microseconds: int, digest: str) -> str:
    """Sort key of some IOCs that expire together."""
    return f"{place(microseconds)}#{digest}"


EXPIRY = "EXPIRY"
"""Partition of the day up to which everything due was looked at."""

STATISTICS = "STATS"
"""Partition of the counts, day by day and in all."""

NAMED = "NAMED"
"""Partition of what articles name, day by day: many names, few readers."""

TOTALS = "total"
"""Sort key of the counts in all; behind every day."""


def status(identifier: str) -> str:
    """Partition of a status resource."""
    return f"STATUS#{identifier}"


def article(identifier: str) -> str:
    """Partition of an article."""
    return f"ARTICLE#{identifier}"


def articles(facet: str) -> str:
    """Partition of the cards of the articles that have something in common.

    Their sort keys are places in a list: core.articles.stored.place_of.
    """
    return f"ART#{facet}"


FEEDS = "FEEDS"


def snapshot(source_id: str) -> str:
    """Partition of what a source's list said."""
    return f"SNAP#{source_id}"


def base_chunk(slot: int, number: int) -> str:
    """Sort key of a chunk of the base in one of the two slots."""
    return f"{slot}#{number:04d}"


def delta_chunk(number: int) -> str:
    """Sort key of a delta."""
    return f"+#{number:04d}"


def api_key(digest: str) -> str:
    """Partition of an API key."""
    return f"KEY#{digest}"


KEY_LISTING = "KEYS"


def owner(text: str) -> str:
    """Partition of what keeps the keys of one owner to a number."""
    return f"OWNER#{text}"


def rate(key_id: str) -> str:
    """Partition of what a key has taken."""
    return f"RATE#{key_id}"


def day(number: int) -> str:
    """Sort key of a day, by its number since 1970."""
    return f"{number:06d}"


def usage(key_id: str) -> str:
    """Partition of what a key has used, day by day."""
    return f"USE#{key_id}"
