"""Every kernel module has unit tests in the mirrored tree, or is tested with real parts."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[2]
KERNEL: Final = ROOT / "services" / "common"
#: Parts of the path of a service's declarations, beside the one of the contracts' own modules.
DECLARED: Final = 2
UNIT: Final = ROOT / "tests" / "unit" / "common"
#: Modules that only work with a database or broker, or hold declarations only: by what they are
#: tested instead.
TESTED_BY: Final = {
    "access/context.py": "",
    "bulk/importing.py": "tests/system/deploy/test_transfer.py",
    "bulk/starter_set.py": "tests/unit/deploy/test_starter_set.py",
    "bulk/suspended_constraints.py": "tests/system/deploy/test_transfer.py",
    "contracts/full_events.py": "tests/system/whole/test_full_events.py",
    "contracts/shapes.py": "tests/unit/deploy/test_documents.py",
    "contracts/types.py": "tests/service/test_malformed_bodies.py",
    "contracts/references.py": "tests/system/contracts/test_foreign_references.py",
    "crud/cross_references.py": "tests/service/common/test_late_references.py",
    "crud/deletion/cascade.py": "tests/service/tasks/test_told_deletions.py",
    "crud/deletion/following.py": "tests/service/common/test_late_references.py",
    "crud/deletion/removal.py": "tests/service/tasks/test_cascades.py",
    "crud/reading.py": "tests/system/contracts/test_every_resource.py",
    "crud/resource_service.py": "",
    "crud/row_statements.py": "tests/system/contracts/test_every_resource.py",
    "crud/rpc.py": "tests/system/contracts/test_every_resource.py",
    "crud/service_state.py": "tests/system/whole/test_console.py",
    "crud/writing.py": "tests/service/test_every_value.py",
    "database/change_version.py": "tests/system/tasks/test_polling.py",
    "database/connect_options.py": "",
    "database/free_json.py": "tests/service/assets/test_shared_descriptors.py",
    "database/migrations.py": "tests/system/common/test_migrations.py",
    "database/pools.py": "tests/system/whole/test_bad_days.py",
    "database/row_counts.py": "tests/system/common/test_pages.py",
    "database/stored_files.py": "tests/service/files/test_crashes.py",
    "database/sql_types.py": "",
    "database/timed_connection.py": "tests/system/whole/test_watching.py",
    "database/transaction.py": "tests/service/files/test_guard.py",
    "events/inbox.py": "tests/system/whole/test_events.py",
    "events/given_up.py": "tests/system/whole/test_dead_letters.py",
    "events/letter_collector.py": "tests/system/whole/test_dead_letters.py",
    "events/relay.py": "tests/system/common/test_relay.py",
    "events/subscriber.py": "tests/system/whole/test_ordered_events.py",
    "files/avatars.py": "tests/system/common/test_avatars.py",
    "files/rpc.py": "tests/service/files/test_guard.py",
    "files/storage_access.py": "tests/service/files/test_guard.py",
    "files/thumbnails/client.py": "tests/system/tasks/test_previews.py",
    "files/thumbnails/order.py": "tests/unit/common/files/thumbnails/test_worker.py",
    "json_types.py": "",
    "observability/metrics_server.py": "tests/system/common/test_metrics.py",
    "observability/otel.py": "tests/system/whole/test_watching.py",
    "runtime/database_collector.py": "tests/system/common/test_metrics.py",
    "runtime/idempotency.py": "tests/service/chat/test_chat.py",
    "runtime/inbox_listener.py": "tests/service/test_inbox_listener.py",
    "runtime/nameko_container.py": "tests/system/whole/test_replicas.py",
    "runtime/positions.py": "tests/system/whole/test_who_wrote_sees_it.py",
    "runtime/publishing.py": "tests/system/whole/test_full_events.py",
    "runtime/service.py": "tests/system/gateway/test_conditional.py",
    "version.py": "",
    "wire/queue_depths.py": "tests/system/whole/test_console.py",
    "search/finding.py": "tests/service/assets/test_search.py",
    "search/tables.py": "tests/system/common/test_migrations.py",
    "wire/errors.py": "tests/unit/common/wire/test_connection.py",
}


def modules() -> list[str]:
    """The kernel's modules, without packages, migrations' frozen steps, services' declarations."""
    paths = (path.relative_to(KERNEL) for path in KERNEL.rglob("*.py"))
    return sorted(
        path.as_posix()
        for path in paths
        if path.name != "__init__.py"
        and "frozen" not in path.parts
        and not (path.parts[0] == "contracts" and len(path.parts) > DECLARED)
    )


def mirrored(module: str) -> Path:
    """The unit tests of a module."""
    path = UNIT / module
    return path.with_name(f"test_{path.name}")


@pytest.mark.parametrize("module", modules())
def test_a_kernel_module_has_its_tests(module: str) -> None:
    """In the mirrored tree; else the table names them, or says that there is nothing to test."""
    if module not in TESTED_BY:
        assert mirrored(module).exists()
    elif TESTED_BY[module]:
        assert (ROOT / TESTED_BY[module]).exists()


def test_the_table_names_modules_without_unit_tests_only() -> None:
    """An entry goes once its module has unit tests, or is gone."""
    assert [module for module in TESTED_BY if mirrored(module).exists()] == []
    assert set(TESTED_BY) <= set(modules())
