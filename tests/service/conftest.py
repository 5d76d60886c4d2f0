"""Fixtures: a migrated PostgreSQL for each worker, and services on it that are rolled back."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deploy.local.parts import backing
from deploy.local.settings import LocalSettings
from tests.running import ENCRYPTION, SECRET, SERVICES
from tests.service.fake_services import service_class
from tests.service.one_connection import OneConnection
from tests.service.one_service import OneService
from tests.world import World

MakeService = Callable[[str], OneService]


@pytest.fixture(scope="session")
def urls() -> Iterator[dict[str, str]]:
    """The URL of each service's migrated database. There is no broker."""
    folder = Path(tempfile.mkdtemp(prefix="callboard-tests-"))
    settings = LocalSettings(
        run_dir=str(folder),
        admin_email="",
        starter_set="none",
        amqp_uri="amqp://nobody@localhost:1//",
    )
    try:
        with backing(settings) as found:
            yield found.urls
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def databases(urls: dict[str, str]) -> Iterator[dict[str, OneConnection]]:
    """The single connection of each service."""
    result = {name: OneConnection(urls[name]) for name in SERVICES}
    yield result
    for database in result.values():
        database.close()


@pytest.fixture
def world() -> World:
    """A small studio."""
    return World()


@pytest.fixture
def make_service(
    urls: dict[str, str], databases: dict[str, OneConnection], tmp_path: Path
) -> Iterator[MakeService]:
    """A factory of services, ``make_service("tasks")``; their writes are rolled back."""
    storage = f"file://{tmp_path / 'storage'}"

    def make(name: str) -> OneService:
        given = {
            "AMQP_URI": "amqp://nobody@localhost:1//",
            "DATABASE_URL": urls[name],
            "SECRET_KEY": SECRET,
            "ENCRYPTION_KEY": ENCRYPTION,
            "BCRYPT_COST": "4",
            "ACCEPT_DEFAULT_PASSWORD": "true",
            "MAIL_URL": f"file://{tmp_path / 'mail'}",
            "STORAGE_URL": storage,
        }
        settings = service_class(name).settings_class.for_service(name, given)
        return OneService(name, databases[name], settings)

    yield make
    for database in databases.values():
        database.undo()
