"""Addresses of brokers."""

from __future__ import annotations

import pytest

from services.common.wire.address import Address, addresses


def test_a_uri_has_all_parts_of_an_address() -> None:
    """Percent-encoded where they hold special characters."""
    address = Address.read(" amqps://us%3Aer:p%40ss@broker.example:5999/v%2Fhost ")
    assert address == Address("broker.example", 5999, "us:er", "p@ss", "v/host", tls=True)


@pytest.mark.parametrize(
    ("uri", "port", "tls"),
    [
        ("amqp://broker", 5672, False),
        ("pyamqp://broker/", 5672, False),
        ("amqps://broker", 5671, True),
    ],
)
def test_absent_parts_have_the_usual_values(uri: str, port: int, tls: bool) -> None:
    """Those of AMQP and of RabbitMQ."""
    assert Address.read(uri) == Address("broker", port, "guest", "guest", "/", tls)


def test_the_nodes_of_a_cluster_are_tried_in_order() -> None:
    """Empty ones are skipped."""
    assert [node.host for node in addresses("amqp://a;;amqp://b; ")] == ["a", "b"]


@pytest.mark.parametrize("uri", ["http://broker", "broker:5672", "redis://broker"])
def test_another_scheme_is_refused(uri: str) -> None:
    """The message names the setting."""
    with pytest.raises(ValueError, match="AMQP_URI must begin with"):
        Address.read(uri)
