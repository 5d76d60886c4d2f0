"""``python3 -m deploy.secrets > deploy/.env``: secrets for ``deploy/compose.yml``, made anew.

Needs nothing but Python. What is to be set by hand besides (``SITE_URL``, ``MAIL_URL`` …) is in
docs/operations.md.
"""

from __future__ import annotations

import secrets
from typing import Final

NAMES: Final = (
    "SECRET_KEY",
    "ENCRYPTION_KEY",
    "POSTGRES_PASSWORD",
    "AUTH_DATABASE_PASSWORD",
    "ASSETS_DATABASE_PASSWORD",
    "TASKS_DATABASE_PASSWORD",
    "CHAT_DATABASE_PASSWORD",
    "CRUD_DATABASE_PASSWORD",
    "RABBITMQ_PASSWORD",
    "STORAGE_KEY_ID",
    "STORAGE_KEY",
    "GRAFANA_PASSWORD",
    "ADMIN_PASSWORD",
)


def env_file() -> str:
    """One line for each secret, of characters that need no quoting anywhere."""
    return "".join(f"{name}={secrets.token_hex(32)}\n" for name in NAMES)


if __name__ == "__main__":
    print(env_file(), end="")
