"""Bring the schemas up to date and make the first administrator, in a process of its own.

The supervisor stays small that way. Reads one JSON object from standard input, ``{"urls",
"email", "password"}``, and answers ``{"created"}``; with no e-mail it only migrates.
"""

from __future__ import annotations

import json
import sys

from services.auth.bootstrap import ensure_admin
from services.common.database.migrations import upgrade

if __name__ == "__main__":
    asked = json.load(sys.stdin)
    for service, url in asked["urls"].items():
        upgrade(service, url)
    created = bool(asked["email"]) and ensure_admin(
        asked["urls"]["auth"], asked["email"], asked["password"]
    )
    print(json.dumps({"created": created}))
