"""Prepare a database for containers: roles, schemas, migrations, the first administrator.

``DATABASE_URL`` (a role that may create roles), ``ROLE_PASSWORD`` (of the five service roles),
``ADMIN_EMAIL`` and ``ADMIN_PASSWORD`` come from the environment. Running it again changes nothing.
"""

from __future__ import annotations

import os
import sys

from deploy.local.provision import provision
from deploy.local.settings import SERVICES, StartError
from services.auth.bootstrap import ensure_admin
from services.common.migrations import upgrade


class Given:
    """The one password of the environment, where a local run makes five of its own."""

    def __init__(self, password: str) -> None:
        self.password = password

    def get(self, _name: str) -> str:
        """The password of any role."""
        return self.password


def main() -> None:
    """Do it, or say in one sentence why not."""
    try:
        urls = provision(os.environ["DATABASE_URL"], Given(os.environ["ROLE_PASSWORD"]))
        admin = os.environ["ADMIN_EMAIL"], os.environ["ADMIN_PASSWORD"]
    except KeyError as missing:
        sys.exit(f"Set {missing.args[0]}.")
    except StartError as error:
        sys.exit(str(error))
    for service in SERVICES:
        upgrade(service, urls[service])
    created = ensure_admin(urls["auth"], *admin)
    print(f"ready; administrator {'created' if created else 'was there'}")


if __name__ == "__main__":
    main()
