"""``deploy/compose.yml``, as far as it can be checked without starting it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.measures import WHERE
from deploy.secrets import NAMES, env_file
from services.common.wire.topology import SERVICES
from tests.unit.deploy.environments import databases, start, unknown

FOLDER = Path(__file__).parents[3] / "deploy"
TEXT = (FOLDER / "compose.yml").read_text()
VARIABLE = re.compile(r"\$\{(\w+)(?::([-?])([^}]*))?\}")
WRITABLE = "/tmp"  # noqa: S108 - a mount
ENDING = {"prepare", "bucket"}
OURS = [*SERVICES, "gateway", "relay", "webhooks", "prepare"]


def filled(what: Any, given: dict[str, str]) -> Any:
    """The values with variables substituted, as compose does it."""

    def value(match: re.Match[str]) -> str:
        name, mark, default = match.groups()
        if name in given:
            return given[name]
        assert mark == "-", f"{name} has no default and is not among the secrets"
        return str(default)

    if isinstance(what, dict):
        return {name: filled(one, given) for name, one in what.items()}
    if isinstance(what, list):
        return [filled(one, given) for one in what]
    return VARIABLE.sub(value, what) if isinstance(what, str) else what


@pytest.fixture(scope="module")
def secrets() -> dict[str, str]:
    """The variables that ``deploy.secrets`` generates."""
    return dict(line.split("=", 1) for line in env_file().splitlines())


@pytest.fixture(scope="module")
def composed(secrets: dict[str, str]) -> dict[str, Any]:
    """The services, with the generated secrets and no other variable set."""
    result: dict[str, Any] = filled(yaml.safe_load(TEXT)["services"], secrets)
    return result


def test_the_generated_secrets_are_exactly_the_required_ones(secrets: dict[str, str]) -> None:
    """All are long and different."""
    required = {name for name, mark, _ in VARIABLE.findall(TEXT) if mark == "?"}
    assert required == set(NAMES)
    assert len(set(secrets.values())) == len(NAMES)


@pytest.mark.parametrize("name", OURS)
def test_each_process_can_start_with_its_environment(composed: dict[str, Any], name: str) -> None:
    """Every required variable is set, and none that no process reads."""
    environ = composed[name]["environment"]
    start(name, environ)
    assert unknown(name, environ) == set()


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_has_only_its_own_database_url(composed: dict[str, Any], name: str) -> None:
    """With its own role and password."""
    environ = composed[name]["environment"]
    assert databases(environ) == {name}
    assert f"callboard_{name}:" in environ[f"{name.upper()}_DATABASE_URL"]
    assert "DATABASE_URL" not in environ


def test_no_two_roles_share_a_password(composed: dict[str, Any]) -> None:
    """Including the superuser."""
    urls = [v for k, v in composed["prepare"]["environment"].items() if k.endswith("DATABASE_URL")]
    passwords = [url.split(":")[2].split("@")[0] for url in urls]
    assert len(passwords) == len(SERVICES) + 1 == len(set(passwords))


def test_only_the_gateway_publishes_a_port(composed: dict[str, Any]) -> None:
    """Everything else is internal."""
    assert [name for name, one in composed.items() if "ports" in one] == ["gateway"]


@pytest.mark.parametrize("name", OURS)
def test_containers_are_restricted_and_read_only(composed: dict[str, Any], name: str) -> None:
    """Except for a tmpfs at /tmp."""
    one = composed[name]
    assert one["read_only"] is True
    assert one["cap_drop"] == ["ALL"]
    assert one["security_opt"] == ["no-new-privileges:true"]
    assert [mount.partition(":")[0] for mount in one["tmpfs"]] == [WRITABLE]
    assert "user" not in one  # the image's own


def test_every_container_restarts_and_has_a_health_check(composed: dict[str, Any]) -> None:
    """The images of the project have their own."""
    for name, one in composed.items():
        assert one["restart"] == ("on-failure" if name in ENDING else "unless-stopped"), name
        if name not in {*OURS, *ENDING}:
            assert one["healthcheck"]["test"][0] == "CMD", name


@pytest.mark.parametrize("name", [*SERVICES, "gateway", "relay", "webhooks"])
def test_nothing_starts_before_the_databases_are_prepared(
    composed: dict[str, Any], name: str
) -> None:
    """Nor without a broker."""
    waits = composed[name]["depends_on"]
    assert waits["prepare"]["condition"] == "service_completed_successfully"
    assert waits["rabbitmq"]["condition"] == "service_healthy"


def test_dependency_conditions_can_be_met(composed: dict[str, Any]) -> None:
    """Services waited for have a health check, jobs waited for end."""
    for name, one in composed.items():
        for other, waits in one.get("depends_on", {}).items():
            if waits["condition"] == "service_healthy":
                assert "healthcheck" in composed[other] or other in OURS, (name, other)
            else:
                assert other in ENDING, (name, other)


def test_mounted_files_exist(composed: dict[str, Any]) -> None:
    """The configuration of broker and monitoring."""
    for one in composed.values():
        for volume in one.get("volumes", ()):
            source = volume.partition(":")[0]
            assert not source.startswith(".") or (FOLDER / source).exists(), source


def test_prometheus_has_the_gateway_s_token(composed: dict[str, Any]) -> None:
    """From a file that only its container gets."""
    config = yaml.safe_load((FOLDER / "monitoring/prometheus.yml").read_text())
    (job,) = [one for one in config["scrape_configs"] if one["job_name"] == "callboard"]
    folder, _, name = job["authorization"]["credentials_file"].rpartition("/")
    assert folder == "/run/secrets"
    variable = yaml.safe_load(TEXT)["secrets"][name]["environment"]
    assert composed["gateway"]["environment"][variable]
    assert [who for who, one in composed.items() if name in one.get("secrets", ())] == [
        "prometheus"
    ]


def test_prometheus_scrapes_existing_containers(composed: dict[str, Any]) -> None:
    """By their internal names."""
    config = yaml.safe_load((FOLDER / "monitoring/prometheus.yml").read_text())
    for job in config["scrape_configs"]:
        for group in job.get("static_configs", ()):
            for target in group["targets"]:
                assert target.partition(":")[0] in {*composed, "localhost"}
        for group in job.get("dns_sd_configs", ()):
            assert set(group["names"]) <= set(composed)


@pytest.mark.parametrize("name", [*SERVICES, "gateway", "relay", "webhooks"])
def test_prometheus_scrapes_each_process_at_its_metrics_port(
    composed: dict[str, Any], name: str
) -> None:
    """With the labels that alerts and dashboard rely on."""
    config = yaml.safe_load((FOLDER / "monitoring/prometheus.yml").read_text())
    (job,) = (one for one in config["scrape_configs"] if one["job_name"] == "callboard")
    (port,) = (group["port"] for group in job["dns_sd_configs"] if name in group["names"])
    environ = composed[name]["environment"]
    assert str(port) == environ.get("METRICS_PORT", "8080")
    assert ("METRICS_PORT" in environ) == (name != "gateway")
    assert {one["target_label"] for one in job["relabel_configs"]} == set(WHERE)
    assert "METRICS_HOST=0.0.0.0" in (FOLDER / "Dockerfile").read_text()
