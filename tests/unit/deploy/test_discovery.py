"""Prometheus' service discovery of a local run."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.local.children import stop_all
from deploy.local.discovery import Discovery, Scraped
from tests.running import until

WAITING = [sys.executable, "-c", "import signal; signal.pause()"]


@pytest.fixture
def children() -> Iterator[list[Scraped]]:
    """Two processes of a service, and one with an HTTP port."""
    result = [
        Scraped("tasks", WAITING, {}),
        Scraped("tasks.2", WAITING, {}),
        Scraped("gateway", WAITING, {}, http_port=8080),
    ]
    yield result
    stop_all(result, 5)


def targets(folder: Path) -> dict[str, dict[str, Any]]:
    """What file discovery lists, by process."""
    listed = json.loads((folder / "prometheus" / "targets.json").read_text())
    return {one["labels"]["process"]: one for one in listed}


def test_it_lists_the_running_processes(tmp_path: Path, children: list[Scraped]) -> None:
    """From start to end, at their metrics ports."""
    discovery = Discovery(tmp_path, None)
    discovery.update(children)
    assert targets(tmp_path) == {}
    for child in children:
        child.start()
    discovery.update(children)
    result = targets(tmp_path)
    assert {name: one["labels"]["component"] for name, one in result.items()} == {
        "tasks": "tasks",
        "tasks.2": "tasks",
        "gateway": "gateway",
    }
    assert result["gateway"]["targets"] == ["127.0.0.1:8080"]
    for child in children[:2]:
        assert result[child.name]["targets"] == [f"127.0.0.1:{child.environ['METRICS_PORT']}"]
    assert children[0].environ["METRICS_PORT"] != children[1].environ["METRICS_PORT"]

    process = children[0].process
    assert process is not None
    process.kill()
    process.wait()
    discovery.update(children)
    assert set(targets(tmp_path)) == {"tasks.2", "gateway"}
    until(children[0].revive, 10, "its next start")
    discovery.update(children)
    assert set(targets(tmp_path)) == {"tasks", "tasks.2", "gateway"}
    stop_all(children, 5)
    discovery.update(children)
    assert targets(tmp_path) == {}


def test_the_configuration_refers_to_targets_alerts_and_broker(tmp_path: Path) -> None:
    """It can be passed to Prometheus."""
    Discovery(tmp_path / "a folder", 15692)
    config = yaml.safe_load((tmp_path / "a folder/prometheus/prometheus.yml").read_text())
    assert all(Path(path).exists() for path in config["rule_files"])
    jobs = {job["job_name"]: job for job in config["scrape_configs"]}
    assert jobs["callboard"]["file_sd_configs"][0]["files"] == ["*.json"]
    assert jobs["rabbitmq-queues"]["metrics_path"] == "/metrics/detailed"
    for name in ("rabbitmq", "rabbitmq-queues"):
        assert jobs[name]["static_configs"] == [{"targets": ["127.0.0.1:15692"]}]


def test_an_external_broker_is_not_scraped(tmp_path: Path) -> None:
    """Its metrics port is unknown."""
    Discovery(tmp_path, None)
    config = yaml.safe_load((tmp_path / "prometheus/prometheus.yml").read_text())
    assert [job["job_name"] for job in config["scrape_configs"]] == ["callboard"]
