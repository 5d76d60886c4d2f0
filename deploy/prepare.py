"""Bring the databases to this release: ``python -m deploy.prepare``, before its services start.

Each service's ``*_DATABASE_URL`` says who it is and where its tables lie. With ``DATABASE_URL`` (a
role that may create roles, of the one server behind all five) the roles are made with the passwords
of those URLs, and a schema for each; without it whoever runs the databases has made them. Then come
the migrations; an empty system is given what a studio starts with (``STARTER_SET=none``: nothing),
and with ``ADMIN_EMAIL`` and ``ADMIN_PASSWORD`` the first administrator, unless there is one.
Running it again changes nothing; two at a time wait for each other.
"""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from deploy.local.provision import provision
from deploy.local.settings import NO_STARTER_SET, SERVICES, STARTER_SET, StartError
from deploy.local.starter_set import ensure_starter_set
from services.auth.bootstrap import ensure_admin
from services.common.database.migrations import upgrade

if TYPE_CHECKING:
    from collections.abc import Mapping


class Given:
    """The roles' passwords, as the services' URLs have them."""

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
    """Do it; whether an administrator was made. Raises StartError, KeyError for what is not set."""
    urls = {service: environ[f"{service.upper()}_DATABASE_URL"] for service in SERVICES}
    if admin_url := environ.get("DATABASE_URL"):
        provision(admin_url, Given(urls))
    for service, url in urls.items():
        upgrade(service, url)
    # Before the administrator: a system with people in it is not empty.
    ensure_starter_set(urls, _starter_set(environ))
    email = environ.get("ADMIN_EMAIL")
    return bool(email) and ensure_admin(
        urls["auth"], str(email), environ["ADMIN_PASSWORD"], environ
    )


def _starter_set(environ: Mapping[str, str]) -> str:
    """Raises StartError for one that there isn't."""
    wanted = environ.get("STARTER_SET") or STARTER_SET
    if wanted not in {STARTER_SET, NO_STARTER_SET}:
        message = f"STARTER_SET is {wanted!r}: leave it out, or say {NO_STARTER_SET}."
        raise StartError(message)
    return wanted


def main() -> None:
    """Do it, or say in one sentence why not."""
    try:
        created = prepare(os.environ)
    except KeyError as missing:
        sys.exit(f"Set {missing.args[0]}.")
    except StartError as error:
        sys.exit(str(error))
    print(f"ready; {'an administrator was made' if created else 'no administrator was made'}")


if __name__ == "__main__":
    main()
