"""Composition root: which router answers where. Nothing else."""

from __future__ import annotations

from chalice.app import Chalice

from chalicelib.api.meta import meta
from chalicelib.api.routes import V1
from chalicelib.edge.authorizer import authorizers
from chalicelib.jobs.ingest import ingestion
from chalicelib.jobs.upkeep import schedules
from chalicelib.taxii.routes import discovery, root

app = Chalice(app_name="taxiway")
app.register_blueprint(authorizers)
app.register_blueprint(ingestion)
app.register_blueprint(schedules)

ROUTES = (
    (discovery, "/taxii2"),
    (root, "/taxii2/api"),
    # MISP joins its own base URL and the last segment of the API root.
    (root, "/api"),
    *((one, "/v1") for one in V1),
    (meta, ""),
)
for router, prefix in ROUTES:
    router.register(app, prefix)
