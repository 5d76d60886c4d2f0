"""Generates the secrets of ``deploy/compose.yml``: ``python3 -m deploy.secrets > deploy/.env``.

Needs only Python. The other settings of that file (``SITE_URL``, ``MAIL_URL`` …) are described in
docs/operations.md.
"""

from __future__ import annotations

import secrets
from typing import Final

NAMES: Final = (
    "SECRET_KEY",
    "ENCRYPTION_KEY",
    "WEBHOOK_ENCRYPTION_KEY",
    "POSTGRES_PASSWORD",
    "AUTH_DATABASE_PASSWORD",
    "ASSETS_DATABASE_PASSWORD",
    "TASKS_DATABASE_PASSWORD",
    "CHAT_DATABASE_PASSWORD",
    "CRUD_DATABASE_PASSWORD",
    "RABBITMQ_PASSWORD",
    "STORAGE_KEY_ID",
    "STORAGE_KEY",
    "METRICS_TOKEN",
    "GRAFANA_PASSWORD",
    "ADMIN_PASSWORD",
)


def env_file() -> str:
    """One line per secret, in characters that need no quoting in shells, YAML or URLs."""
    return "".join(f"{name}={secrets.token_hex(32)}\n" for name in NAMES)


if __name__ == "__main__":
    print(env_file(), end="")
