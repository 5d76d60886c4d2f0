"""The first administrator of a new studio."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from services.auth.config import DEFAULT_LOCALE, DEFAULT_TIMEZONE
from services.auth.credentials.passwords import digest
from services.auth.models import Organisation, Person
from services.common.database.pools import with_driver

if TYPE_CHECKING:
    from collections.abc import Mapping


def ensure_admin(url: str, email: str, password: str, environ: Mapping[str, str]) -> bool:
    """Create an administrator unless there is one; returns whether it was created.

    In the time zone and language that the environment sets for new accounts.
    """
    engine = sa.create_engine(with_driver(url), poolclass=sa.NullPool)
    with sa.orm.Session(engine) as session, session.begin():
        admins = sa.select(Person.id).where(Person.role == "admin", Person.active.is_(True))
        if session.scalar(admins.limit(1)):
            return False
        session.add(
            Person(
                first_name="Super",
                last_name="Admin",
                email=email.lower(),
                role="admin",
                password=digest(password),
                timezone=environ.get("DEFAULT_TIMEZONE") or DEFAULT_TIMEZONE,
                locale=environ.get("DEFAULT_LOCALE") or DEFAULT_LOCALE,
            )
        )
        if not session.scalar(sa.select(Organisation.id).limit(1)):
            session.add(Organisation(name="Kitsu"))
    return True
