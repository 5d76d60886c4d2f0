"""Generates a migration from the models: ``make migration s=tasks m="add x"``."""

from __future__ import annotations

import sys
import tempfile

from deploy.local.parts import backing
from deploy.local.settings import SERVICES, LocalSettings
from services.common.database.migrations import revision

if __name__ == "__main__":
    service, message = [*sys.argv[1:], "", ""][:2]
    if service not in SERVICES or not message:
        sys.exit(f'usage: make migration s=<{"|".join(SERVICES)}> m="what changes"')
    # The models are compared with a fresh database at the newest migration. No broker is needed:
    # with a URI, even one that leads nowhere, none is started.
    with tempfile.TemporaryDirectory(prefix="callboard-") as folder:
        settings = LocalSettings(
            run_dir=folder, amqp_uri="amqp://unused/", admin_email="", starter_set="none"
        )
        with backing(settings) as parts:
            print(revision(service, parts.urls[service], message))
