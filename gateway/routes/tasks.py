"""Routes of ``tasks``."""

from gateway.routes.table import data

ROUTES = (
)
