"""Root of the tables of ``crud``."""

from __future__ import annotations

import sqlalchemy as sa

from services.common.database import stored_files, tables
from services.common.database.tables import Many, new_metadata


class Base(tables.Base):
    """Root of the tables of this service."""

    __abstract__ = True
    metadata = new_metadata()


stored_files.declare(Base.metadata, "crud")


def linked(table: sa.Table, owner: str, target: str) -> Many:
    """A writable to-many list, stored in a link table."""
    return Many(table.c[owner], table.c[target])
