"""Migrate the schemas and create the first administrator, in a process of its own.

So the supervisor needn't load SQLAlchemy and alembic. Reads ``{"urls", "email", "password"}`` as
JSON from standard input and prints ``{"created"}``; without an e-mail it only migrates.
"""

from __future__ import annotations

import json
import sys

from services.auth.bootstrap import ensure_admin
from services.common.database.migrations import upgrade

if __name__ == "__main__":
    arguments = json.load(sys.stdin)
    for service, url in arguments["urls"].items():
        upgrade(service, url)
    created = bool(arguments["email"]) and ensure_admin(
        arguments["urls"]["auth"], arguments["email"], arguments["password"]
    )
    print(json.dumps({"created": created}))
