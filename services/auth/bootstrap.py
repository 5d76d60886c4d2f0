"""The first administrator of a new studio."""

from __future__ import annotations

import sqlalchemy as sa

from services.auth.credentials.passwords import digest
from services.auth.models import Organisation, Person
from services.common.database.transaction import with_driver


def ensure_admin(url: str, email: str, password: str) -> bool:
    """Create an administrator unless there is one; returns whether it was created."""
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
            )
        )
        if not session.scalar(sa.select(Organisation.id).limit(1)):
            session.add(Organisation(name="Kitsu"))
    return True
