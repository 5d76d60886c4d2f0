"""Routes of ``chat``."""

from gateway.routes.table import data

ROUTES = (
)
