"""What docs/operations/backup.md says: a restored table under another name goes on."""

from __future__ import annotations

from typing import Any

from chalicelib import container as containers
from chalicelib.container import Container, Outside
from chalicelib.settings import Settings
from tests.doubles.dynamo import FakeDynamo, client_of
from tests.doubles.outside import FakeSecrets
from tests.http.conftest import Service

RESTORED = "taxiway-dev-objects-restored"


def indicator(number: int) -> dict[str, Any]:
    return {
        "type": "indicator",
        "spec_version": "2.1",
        "id": f"indicator--00000000-0000-4000-8000-{number:012}",
        "created": "2026-01-01T00:00:00.000Z",
        "modified": "2026-01-01T00:00:00.000Z",
        "pattern": f"[domain-name:value = 'n{number}.example']",
        "pattern_type": "stix",
        "valid_from": "2026-01-01T00:00:00Z",
    }


def restore(service: Service) -> Container:
    """Copy all items, as DynamoDB restores them, and switch as the document says."""
    copy = FakeDynamo(seconds=service.clock.seconds)
    own = service.container.settings.objects_table
    for (table, *_), item in service.dynamo.items.items():
        copy.put_item(TableName=RESTORED if table == own else table, Item=item)
    settings = Settings.from_env({"TAXIWAY_OBJECTS_TABLE": RESTORED})
    client = client_of(copy)
    world = Outside(service.clock, client, client, FakeSecrets(), service.plans)
    return containers.build(settings, world)


def test_a_client_goes_on_in_a_restored_table_from_where_it_was(service: Service):
    collection = service.collection()
    key = service.key(grants={collection.id: "rw"})
    objects = f"/taxii2/api/collections/{collection.id}/objects/"
    service.add(collection, key, indicator(1), indicator(2))
    first = service.call("GET", f"{objects}?limit=1", key).json_body

    container = restore(service)
    containers.install(container)
    try:
        service.add(collection, key, indicator(3))
        rest = service.call(
            "GET", f"{objects}?limit=9&next={first['next']}", key
        ).json_body
    finally:
        container.recorder.close()
        containers.install(service.container)

    seen = [one["id"] for one in first["objects"] + rest["objects"]]
    assert seen == [indicator(number)["id"] for number in (1, 2, 3)]
    assert {table for table, *_ in service.dynamo.items}.isdisjoint({RESTORED})
