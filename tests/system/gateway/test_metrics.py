"""``/metrics`` of a gateway with several workers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.parts import Parts
from tests.running import System, until
from tests.scrape import Scrape

WORKERS = 2


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the workers' metrics, with files of an earlier start."""
    result = tmp_path / "figures"
    result.mkdir()
    (result / "counter_1.db").write_bytes(b"of another time, and broken")
    return result


@pytest.fixture
def gateway(parts: Parts, tmp_path: Path, folder: Path) -> Iterator[System]:
    """A gateway with two workers."""
    extra = {"WEB_CONCURRENCY": str(WORKERS), "PROMETHEUS_MULTIPROC_DIR": str(folder)}
    system = System(parts, tmp_path, extra)
    system.start("gateway")
    try:
        yield system
    finally:
        system.stop()


def workers(system: System) -> set[str]:
    """The workers in the metrics."""
    return system.scrape().labels("process_resident_memory_bytes", "pid")


def test_any_worker_reports_all_workers_of_this_start(gateway: System, folder: Path) -> None:
    """Files of the earlier start are deleted."""
    until(lambda: len(workers(gateway)) == WORKERS, 20, "both workers")
    assert not (folder / "counter_1.db").exists()

    def counted() -> float:
        return gateway.scrape().sum("callboard_requests_total", route="other")

    before = counted()
    for _ in range(10):
        Scrape(gateway.targets)
    # Each scrape counts as a request, whichever of the workers it met.
    assert counted() - before == 11
    result = gateway.scrape()
    assert result.labels("callboard_service_up", "service") == {
        "auth",
        "assets",
        "tasks",
        "chat",
        "crud",
    }
    assert result.values("callboard_broker_up") == [1.0]
    assert len(result.values("callboard_requests_in_flight")) == 1
