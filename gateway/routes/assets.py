"""Routes of ``assets``."""

from gateway.routes.table import data

ROUTES = (
)
