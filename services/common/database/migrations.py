"""Migrations, one numbered history per service (``services/<name>/migrations/versions``).

Alembic runs in process: ``upgrade`` when the system starts, ``revision`` when a table changes.
Concurrent upgrades wait for each other (advisory lock). Each migration is a transaction of its own;
one that builds an index on a large table does so in an ``autocommit_block()``, where
``CREATE INDEX CONCURRENTLY`` works and no timeout applies.
"""

from __future__ import annotations

import re
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import sqlalchemy as sa
from alembic.autogenerate import RevisionContext, compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory

from services.common.database.pools import with_driver

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT: Final = Path(__file__).parent.parent.parent
#: The names of partitions by day, and of their indexes.
PARTITION: Final = re.compile(r"_\d{8}(_|$)")
AUTOCOMMIT: Final = "AUTOCOMMIT"
#: For each transaction: requests queue up behind a migration that waits for a table lock.
TIMEOUTS: Final = "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '10min'"
TRY_LOCK: Final = "SELECT pg_try_advisory_lock(hashtext('migrate ' || current_schema()))"
#: Seconds between attempts to take the lock.
POLL_SECONDS: Final = 0.2


def metadata_of(service: str) -> sa.MetaData:
    """The declared tables of a service."""
    base: Any = import_module(f"services.{service}.models").Base
    metadata: sa.MetaData = base.metadata
    return metadata


def config_of(service: str) -> Config:
    """Alembic's configuration for the history of a service."""
    config = Config()
    config.set_main_option("script_location", str(ROOT / "common" / "database"))
    config.set_main_option("version_locations", str(ROOT / service / "migrations" / "versions"))
    # A path may hold spaces, the default separator.
    config.set_main_option("path_separator", "newline")
    config.set_main_option("file_template", "%%(rev)s_%%(slug)s")
    return config


def _limit(connection: sa.Connection) -> None:
    if connection.get_execution_options().get("isolation_level") != AUTOCOMMIT:
        connection.exec_driver_sql(TIMEOUTS)


def _lock(connection: sa.Connection) -> None:
    """Take the schema's advisory lock; it lasts until the connection is closed."""
    # Polled, not waited for: CREATE INDEX CONCURRENTLY waits until every older snapshot is gone,
    # also that of a statement which waits for this lock, so the two would deadlock.
    while not connection.exec_driver_sql(TRY_LOCK).scalar():
        connection.rollback()
        time.sleep(POLL_SECONDS)
    connection.commit()


def _run(service: str, url: str, step: Callable[..., Any], **options: Any) -> None:
    config = config_of(service)
    # No pool: the lock ends with the connection.
    engine = sa.create_engine(with_driver(url), poolclass=sa.NullPool)
    sa.event.listen(engine, "begin", _limit)
    context = EnvironmentContext(config, ScriptDirectory.from_config(config), fn=step, **options)
    with engine.connect() as connection:
        _lock(connection)
        with context as environment:
            environment.configure(
                connection=connection,
                target_metadata=metadata_of(service),
                transaction_per_migration=True,
            )
            environment.run_migrations()
        connection.commit()


def upgrade(service: str, url: str, target: str = "head") -> None:
    """Upgrade the schema behind ``url`` to the revision ``target``; idempotent."""
    script = ScriptDirectory.from_config(config_of(service))
    _run(service, url, lambda rev, _: script._upgrade_revs(target, rev))  # noqa: SLF001


def downgrade(service: str, url: str, target: str) -> None:
    """Downgrade the schema to the revision ``target``, or ``base``."""
    script = ScriptDirectory.from_config(config_of(service))
    _run(service, url, lambda rev, _: script._downgrade_revs(target, rev))  # noqa: SLF001


def differences(service: str, url: str) -> list[Any]:
    """Differences between the declared tables and the migrated schema, as Alembic lists them."""
    engine = sa.create_engine(with_driver(url), poolclass=sa.NullPool)
    with engine.connect() as connection:
        opts = {"compare_type": True, "include_object": _is_declared}
        context = MigrationContext.configure(connection, opts=opts)
        return list(compare_metadata(context, metadata_of(service)))


def _is_declared(_object: Any, name: str | None, kind: str, reflected: bool, _to: Any) -> bool:
    """Whether to compare it; partitions, which are made at run time, are no tables of their own."""
    partition = name is not None and PARTITION.search(name) is not None
    return not (reflected and kind in {"table", "index"} and partition)


def revision(service: str, url: str, message: str) -> Path:
    """Generate the next migration from the ``differences``; returns its file."""
    config = config_of(service)
    script = ScriptDirectory.from_config(config)
    number = f"{len(list(script.walk_revisions())) + 1:04d}"
    context = RevisionContext(
        config,
        script,
        {
            "message": message,
            "autogenerate": True,
            "rev_id": number,
            "sql": False,
            "head": "head",
            "splice": False,
            "branch_label": None,
            "version_path": None,
            "depends_on": None,
        },
    )

    def collect(rev: Any, migration: Any) -> list[Any]:
        context.run_autogenerate(rev, migration)
        return []

    _run(service, url, collect, as_sql=False, template_args=context.template_args)
    scripts = list(context.generate_scripts())
    if scripts[0] is None:
        message = "alembic generated no script"
        raise RuntimeError(message)
    return Path(scripts[0].path)


if __name__ == "__main__":
    command, service, url, *words = sys.argv[1:]
    if command == "revision":
        print(revision(service, url, " ".join(words)))  # noqa: T201 - command line output
    else:
        upgrade(service, url)
