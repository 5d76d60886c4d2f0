"""Routes of ``assets``."""

from gateway.routes.table import data

PATHS = ("asset-instances", "entities", "entity-links", "entity-types", "metadata-descriptors")

ROUTES = tuple(route for path in PATHS for route in data(path, service="assets"))
