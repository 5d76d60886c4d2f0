"""Migrate the schemas and create what a system starts with, in a process of its own.

So the supervisor needn't load SQLAlchemy and alembic. Reads ``{"urls", "email", "password",
"starter_set"}`` as JSON from standard input and prints ``{"created"}``; no administrator is
created without an e-mail.
"""

from __future__ import annotations

import json
import os
import sys

from deploy.local.starter_set import ensure_starter_set
from services.auth.bootstrap import ensure_admin
from services.common.database.migrations import upgrade

if __name__ == "__main__":
    arguments = json.load(sys.stdin)
    for service, url in arguments["urls"].items():
        upgrade(service, url)
    # Before the administrator: a system with people is not empty.
    ensure_starter_set(arguments["urls"], arguments["starter_set"])
    created = bool(arguments["email"]) and ensure_admin(
        arguments["urls"]["auth"], arguments["email"], arguments["password"], os.environ
    )
    print(json.dumps({"created": created}))
