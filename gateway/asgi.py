"""The module that gunicorn loads: ``gateway.asgi:app``."""

import logging
import os
import sys

from gateway.app import create_app
from gateway.config import GatewaySettings
from services.common.config import ConfigError
from services.common.observability import tracing
from services.common.observability.log import configure

try:
    settings = GatewaySettings.load(os.environ)
except ConfigError as error:
    sys.exit(f"gateway: {error}")
configure("gateway", settings.log_level, settings.log_format)
# uvicorn logs through our handler, but not its warning for each malformed request: a metric counts
# them.
uvicorn_log = logging.getLogger("uvicorn.error")
uvicorn_log.handlers.clear()
uvicorn_log.propagate = True
uvicorn_log.setLevel(logging.ERROR)
tracing.configure("gateway", settings.otel_exporter_otlp_endpoint)
app = create_app(settings)
