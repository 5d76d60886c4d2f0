"""What gunicorn loads: ``gateway.asgi:app``."""

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
tracing.configure("gateway", settings.otel_exporter_otlp_endpoint)
app = create_app(settings)
