"""Bring the schemas up to date and make what a studio starts with, in a process of its own.

The supervisor stays small that way. Reads one JSON object from standard input, ``{"urls", "email",
"password", "starter_set"}``, and answers ``{"created"}``; with no e-mail no administrator is made.
"""

from __future__ import annotations

import json
import os
import sys

from deploy.local.starter_set import ensure_starter_set
from services.auth.bootstrap import ensure_admin
from services.common.database.migrations import upgrade

if __name__ == "__main__":
    asked = json.load(sys.stdin)
    for service, url in asked["urls"].items():
        upgrade(service, url)
    # Before the administrator: a system with people in it is not empty.
    ensure_starter_set(asked["urls"], asked["starter_set"])
    created = bool(asked["email"]) and ensure_admin(
        asked["urls"]["auth"], asked["email"], asked["password"], os.environ
    )
    print(json.dumps({"created": created}))
