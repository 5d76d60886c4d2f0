"""Migrations match the models, and can be reverted."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg2
import pytest
from alembic.config import Config

from deploy.local.parts import Parts
from services.common.database import migrations
from services.common.database.migrations import differences, downgrade, upgrade
from tests.running import SERVICES, System, until
from tests.world import World


@pytest.mark.parametrize("service", SERVICES)
def test_migrated_schemas_equal_the_models(parts: Parts, service: str) -> None:
    """Nothing is missing, nothing is left over."""
    assert differences(service, parts.urls[service]) == []


def test_all_migrations_can_be_reverted_and_applied_again(system: System, world: World) -> None:
    """Down to an empty schema."""
    url = system.parts.urls["chat"]
    downgrade("chat", url, "base")
    upgrade("chat", url)
    assert differences("chat", url) == []
    system.kill("chat")
    system.start("chat")
    until(lambda: system.caller(world.admin).get("/data/chats").ok, 20, "the service's return")


CONCURRENTLY = """
from alembic import op
revision, down_revision = "{number:04d}", "{before:04d}"

def upgrade():
    op.execute("SELECT 1 / (current_setting('lock_timeout') = '5s')::int")
    with op.get_context().autocommit_block():
        op.execute("SELECT 1 / (current_setting('lock_timeout') = '0')::int")
        op.create_index("{name}", "chat", ["object_type"], postgresql_concurrently=True)
    op.execute("SELECT 1 / (current_setting('lock_timeout') = '5s')::int")

def downgrade():
    with op.get_context().autocommit_block():
        op.drop_index("{name}", "chat", postgresql_concurrently=True)
"""


@pytest.fixture
def longer_history(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[list[str]]:
    """Chat's history with two more migrations, and the names of their indexes."""
    kept = migrations.config_of("chat")
    folder = tmp_path / "versions"
    shutil.copytree(str(kept.get_main_option("version_locations")), folder)
    last = max(int(path.name[:4]) for path in folder.glob("0*.py"))
    names = ["ix_chat_one", "ix_chat_two"]
    for number, name in enumerate(names, last + 1):
        script = CONCURRENTLY.format(number=number, before=number - 1, name=name)
        (folder / f"{number:04d}_{name}.py").write_text(script)

    def config(_service: str) -> Config:
        kept.set_main_option("version_locations", str(folder))
        return kept

    monkeypatch.setattr(migrations, "config_of", config)
    yield names
    downgrade("chat", parts.urls["chat"], f"{last:04d}")


def test_indexes_are_built_concurrently_while_others_wait_to_upgrade(
    parts: Parts, longer_history: list[str]
) -> None:
    """Who waits holds no snapshot, or the two would deadlock; timeouts bind transactions only."""
    url = parts.urls["chat"]
    with ThreadPoolExecutor(3) as several:
        for done in [several.submit(upgrade, "chat", url) for _ in range(3)]:
            done.result(60)
    result = "SELECT c.relname FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid"
    connection = psycopg2.connect(url)
    with connection, connection.cursor() as cursor:
        cursor.execute(f"{result} WHERE i.indisvalid AND c.relname = ANY(%s)", (longer_history,))
        assert sorted(name for (name,) in cursor.fetchall()) == longer_history
    connection.close()
