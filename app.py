"""Composition root: which router answers where. Nothing else."""

from __future__ import annotations

from chalice.app import Chalice

from chalicelib.api.feeds import feeds
from chalicelib.api.keys import keys
from chalicelib.api.meta import meta
from chalicelib.api.sessions import sessions
from chalicelib.edge.authorizer import authorizers
from chalicelib.jobs.ingest import ingestion
from chalicelib.jobs.upkeep import schedules
from chalicelib.taxii.routes import discovery, root

app = Chalice(app_name="taxiway")
app.register_blueprint(authorizers)
app.register_blueprint(ingestion)
app.register_blueprint(schedules)

for router, prefix in (
    (discovery, "/taxii2"),
    (root, "/taxii2/api"),
    # MISP joins its own base URL and the last segment of the API root.
    (root, "/api"),
    (feeds, "/v1"),
    (keys, "/v1"),
    (sessions, "/v1"),
    (meta, ""),
):
    router.register(app, prefix)
