"""Prepares the databases for a release: ``python -m deploy.prepare``, before services start.

With ``DATABASE_URL``, a role that may create roles on the one server of all services, it creates
the roles and schemas that the services' ``*_DATABASE_URL`` name, with their passwords; without it
they must exist. Then it migrates the schemas, creates the starter set in an empty system (unless
``STARTER_SET=none``), and with ``ADMIN_EMAIL`` and ``ADMIN_PASSWORD`` the first administrator if
there is none. Idempotent; concurrent runs wait for each other.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from alembic.util import CommandError

from deploy.local.provision import provision
from deploy.local.settings import NO_STARTER_SET, SERVICES, STARTER_SET, StartError
from deploy.local.starter_set import ensure_starter_set
from services.auth.bootstrap import ensure_admin
from services.common.database.migrations import upgrade

if TYPE_CHECKING:
    from collections.abc import Mapping


class UrlPasswords:
    """The roles' passwords from the services' URLs. Raises StartError for a URL without one."""

    def __init__(self, urls: Mapping[str, str]) -> None:
        self.passwords = {}
        for service, url in urls.items():
            parts = urlsplit(url)
            if parts.username != f"callboard_{service}" or not parts.password:
                name = f"{service.upper()}_DATABASE_URL"
                message = f"{name} must log in as callboard_{service}, with a password."
                raise StartError(message)
            self.passwords[f"database_password_{service}"] = unquote(parts.password)

    def get(self, name: str) -> str:
        """The password of that name."""
        return self.passwords[name]


def prepare(environ: Mapping[str, str]) -> bool:
    """Prepare the databases; returns whether an administrator was created.

    Raises StartError, and KeyError for a missing variable.
    """
    urls = {service: environ[f"{service.upper()}_DATABASE_URL"] for service in SERVICES}
    if admin_url := environ.get("DATABASE_URL"):
        provision(admin_url, UrlPasswords(urls))
    for service, url in urls.items():
        upgrade(service, url)
    # Before the administrator: a system with people is not empty.
    ensure_starter_set(urls, _starter_set(environ))
    email = environ.get("ADMIN_EMAIL")
    return bool(email) and ensure_admin(
        urls["auth"], str(email), environ["ADMIN_PASSWORD"], environ
    )


def _starter_set(environ: Mapping[str, str]) -> str:
    """The starter set to create. Raises StartError for an unknown one."""
    wanted = environ.get("STARTER_SET") or STARTER_SET
    if wanted not in {STARTER_SET, NO_STARTER_SET}:
        message = f"STARTER_SET is {wanted!r}: leave it out, or say {NO_STARTER_SET}."
        raise StartError(message)
    return wanted


def main() -> None:
    """Prepare the databases; an error prints one sentence and exits with status 1."""
    try:
        created = prepare(os.environ)
    except KeyError as missing:
        sys.exit(f"Set {missing.args[0]}.")
    except (StartError, CommandError) as error:
        sys.exit(str(error))
    print(f"ready; {'an administrator' if created else 'no administrator'} was created")


if __name__ == "__main__":
    main()
