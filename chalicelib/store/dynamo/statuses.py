"""The StatusStore port: documents in chunks, with a time to live."""

from __future__ import annotations

from chalicelib.store.dynamo import schema
from chalicelib.store.dynamo.commitlog.limits import CHUNK
from chalicelib.store.dynamo.items import codec, segment
from chalicelib.store.dynamo.table import Table


class DynamoStatuses:
    """Status resources in the table of objects."""

    def __init__(self, table: Table) -> None:
        """Read nothing yet."""
        self._table = table

    def put(self, identifier: str, document: bytes, expires: int) -> None:
        """Keep a document; it is there once its first chunk is."""
        chunks = segment.to_chunks(document, CHUNK)
        pk = schema.status(identifier)
        for number in reversed(range(len(chunks))):
            item = codec.chunk_to_item(pk, number, chunks[number])
            item["n"] = {"N": str(len(chunks))}
            item[schema.TTL] = {"N": str(expires // 1_000_000)}
            self._table.put(item)

    def get(self, identifier: str, now: int) -> bytes | None:
        """Give a document; DynamoDB may remove what has expired days later."""
        if not schema.is_name(identifier):
            return None
        items = self._table.query_all(schema.status(identifier))
        if not items or len(items) != int(items[0]["n"]["N"]):
            return None
        if int(items[0][schema.TTL]["N"]) <= now // 1_000_000:
            return None
        return segment.from_chunks(map(codec.item_to_chunk, items))
