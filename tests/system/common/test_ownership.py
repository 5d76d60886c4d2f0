"""A service's database role has no privileges on another service's tables."""

import psycopg2
import pytest

from deploy.local.parts import Parts
from tests.running import SERVICES

TABLES = {"auth": "person", "assets": "entity", "tasks": "task", "chat": "chat", "crud": "project"}


@pytest.mark.parametrize("service", SERVICES)
def test_another_services_table_is_inaccessible(parts: Parts, service: str) -> None:
    """Not even for SELECT."""
    connection = psycopg2.connect(parts.urls[service])
    try:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {TABLES[service]}")
            for other in set(SERVICES) - {service}:
                with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                    cursor.execute(f"SELECT count(*) FROM {other}.{TABLES[other]}")
                connection.rollback()
    finally:
        connection.close()
