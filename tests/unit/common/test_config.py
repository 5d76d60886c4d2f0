"""Settings from the environment."""

from __future__ import annotations

import pytest

from services.common.config import ConfigError, ServiceSettings, Settings

SECRET = "0123456789abcdef" * 4
ENVIRON = {"AMQP_URI": "amqp://broker", "SECRET_KEY": SECRET}
SERVICE = {**ENVIRON, "DATABASE_URL": "postgresql://db/tasks"}


def test_numbers_are_read_from_text() -> None:
    """Other variables of the environment are ignored."""
    settings = Settings.load({**ENVIRON, "RPC_DEADLINE": "2.5", "HOME": "/root"})
    assert (settings.rpc_deadline, settings.log_level) == (2.5, "INFO")


@pytest.mark.parametrize("name", ["AMQP_URI", "SECRET_KEY"])
def test_a_missing_variable_is_named(name: str) -> None:
    """In a sentence, not a traceback."""
    environ = {key: value for key, value in ENVIRON.items() if key != name}
    with pytest.raises(ConfigError, match=name):
        Settings.load(environ)


def test_a_malformed_variable_is_named() -> None:
    """The process does not start with a default instead."""
    with pytest.raises(ConfigError, match="RPC_DEADLINE"):
        Settings.load({**ENVIRON, "RPC_DEADLINE": "soon"})


@pytest.mark.parametrize("secret", ["", "changeme", "SECRET", "x" * 31])
def test_a_weak_secret_is_refused(secret: str) -> None:
    """Short ones, and known defaults in any case."""
    with pytest.raises(ConfigError, match="SECRET_KEY must be at least 32 characters"):
        Settings.load({**ENVIRON, "SECRET_KEY": secret})


def test_a_weak_previous_secret_is_refused() -> None:
    """Its tokens would be accepted, too."""
    with pytest.raises(ConfigError):
        Settings.load({**ENVIRON, "PREVIOUS_SECRET_KEYS": f"{SECRET},short"})


def test_previous_secrets_are_separated_by_commas() -> None:
    """Blanks and empty ones are dropped."""
    settings = Settings.load({**ENVIRON, "PREVIOUS_SECRET_KEYS": f" {SECRET} ,, {SECRET[::-1]}"})
    assert settings.old_keys == [SECRET, SECRET[::-1]]


def test_a_variable_with_the_services_name_takes_precedence() -> None:
    """Of this service only."""
    environ = {**SERVICE, "POOL_SIZE": "5", "TASKS_POOL_SIZE": "7", "AUTH_POOL_SIZE": "9"}
    assert ServiceSettings.for_service("tasks", environ).pool_size == 7
    assert ServiceSettings.for_service("chat", environ).pool_size == 5


def test_an_empty_metrics_port_serves_no_metrics() -> None:
    """As compose sets it where no value is given."""
    assert ServiceSettings.for_service("tasks", {**SERVICE, "METRICS_PORT": ""}).metrics_port == 0
