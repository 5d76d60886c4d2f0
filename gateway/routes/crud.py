"""Routes of ``crud``: the studio's records."""

from gateway.routes.table import data

ROUTES = (
    *data("softwares", service="crud"),
)
