"""Taxiway as it stands on the emulated AWS, and what tests ask of it."""

from __future__ import annotations

import base64
import json
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.rehearsal.support.http import Answer, ask
from tests.rehearsal.support.project import STAGE

if TYPE_CHECKING:
    from tests.rehearsal.support.aws import Aws
    from tests.rehearsal.support.project import Project

TAXII = "application/taxii+json;version=2.1"
PREFIX = f"taxiway-{STAGE}"


@dataclass(frozen=True)
class Key:
    """A key of ours, and the id of its twin at the gateway comes by name."""

    id: str
    secret: str

    @property
    def bearer(self) -> dict[str, str]:
        """The header that presents it."""
        return {"Authorization": f"Bearer {self.secret}"}

    @property
    def basic(self) -> dict[str, str]:
        """The header that presents it as TAXII clients do."""
        pair = base64.b64encode(f"anyone:{self.secret}".encode()).decode()
        return {"Authorization": f"Basic {pair}"}


@dataclass(frozen=True)
class Deployment:
    """A deployed stage, its operator's key and a collection.

    `aws` may do all; the project's commands may do what their user may.
    """

    project: Project
    aws: Aws
    api_id: str
    admin: Key
    collection: str

    @property
    def url(self) -> str:
        """What clients see before `/taxii2/`."""
        return self.aws.url(self.api_id)

    @property
    def api_root(self) -> str:
        """Where TAXII's collections are."""
        return f"{self.url}/taxii2/api"

    def ask(
        self, path: str, method: str = "GET", body: bytes | None = None, **headers: str
    ) -> Answer:
        """Ask for a path below the URL."""
        return ask(self.url + path, method, body, **headers)

    def manage(
        self, path: str, method: str = "GET", body: dict[str, Any] | None = None
    ) -> Answer:
        """Ask as the operator."""
        raw = None if body is None else json.dumps(body).encode()
        more = {} if body is None else {"Content_Type": "application/json"}
        return self.ask(path, method, raw, **more, **self.admin.bearer)

    def new_key(self, tier: str, **wanted: Any) -> Key:
        """Make a key over HTTP, for an owner of its own: tiers limit an owner's keys."""
        name = f"{tier} {uuid.uuid4().hex[:8]}"
        body = {"name": name, "owner": name, "tier": tier, **wanted}
        made = self.manage("/v1/keys", "POST", body)
        assert made.status == 201, made.body
        return Key(made.json["data"]["id"], made.json["data"]["key"])

    def writer(self) -> Key:
        """Make a key that reads and writes the collection."""
        return self.new_key("pro", grants={self.collection: "rw"})

    def collections(self, key: Key) -> Answer:
        """Ask for the collections: a request that counts one."""
        return ask(f"{self.api_root}/collections/", "GET", None, **key.bearer)

    def twins(self, key: Key) -> list[dict[str, Any]]:
        """Find the gateway's keys for a key of ours."""
        gateway = self.aws.client("apigateway")
        name = f"{PREFIX}-{key.id}"
        return list(gateway.get_api_keys(nameQuery=name, includeValues=True)["items"])

    def plan(self, tier: str) -> dict[str, Any]:
        """Find the usage plan of a tier."""
        plans = self.aws.client("apigateway").get_usage_plans(limit=500)["items"]
        return next(one for one in plans if one["name"] == f"{PREFIX}-{tier}")

    def patch_plan(self, tier: str, op: str, path: str, value: str = "") -> None:
        """Edit a plan by hand."""
        patch = {"op": op, "path": path} | ({"value": value} if value else {})
        self.aws.client("apigateway").update_usage_plan(
            usagePlanId=self.plan(tier)["id"], patchOperations=[patch]
        )

    def plan_keys(self, tier: str) -> set[str]:
        """List the gateway's keys in a plan, by their names."""
        found = self.aws.client("apigateway").get_usage_plan_keys(
            usagePlanId=self.plan(tier)["id"], limit=500
        )
        return {one["name"] for one in found["items"]}


def deploy(project: Project, aws: Aws) -> Deployment:
    """Run `make deploy`, then make an operator and a collection."""
    project.make("deploy")
    api_id = deployed_api(project)
    collection = project.taxiway(
        "collections", "create", "--title", "Rehearsal", "--json"
    ).json
    admin = Key(*project.key("operator", "--admin"))
    return Deployment(project, aws, api_id, admin, collection["id"])


def deployed_api(project: Project) -> str:
    """Read which REST API Chalice has made."""
    path = project.folder / f".chalice/deployed/{STAGE}.json"
    resources = json.loads(path.read_text())["resources"]
    return next(str(one["rest_api_id"]) for one in resources if "rest_api_id" in one)
