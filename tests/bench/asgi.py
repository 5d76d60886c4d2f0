"""The gateway with an additional echo route."""

import os

from gateway.app import create_app
from gateway.config import GatewaySettings
from gateway.routes import ROUTES
from gateway.routes.table import Route

ECHO = Route("GET", "/bench/echo/{ident}", "echo.echo")
app = create_app(GatewaySettings.load(os.environ), (*ROUTES, ECHO))
