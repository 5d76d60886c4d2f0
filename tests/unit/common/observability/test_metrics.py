"""Recording metrics."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

from prometheus_client import REGISTRY

from services.common.errors import NotFound
from services.common.observability import metrics


def value(name: str, **labels: str) -> float:
    """A sample's value; 0 without the sample."""
    return REGISTRY.get_sample_value(name, labels) or 0.0


def moment(seconds: float) -> str:
    """The time so many seconds ago, as events' headers have it."""
    return (datetime.now(UTC) - timedelta(seconds=seconds)).replace(tzinfo=None).isoformat()


def test_an_age_is_never_negative() -> None:
    """Clocks of machines differ."""
    assert 4 < metrics.age(moment(5)) < 6
    assert metrics.age(moment(-60)) == 0.0


def test_an_answered_call_is_timed_and_its_error_counted() -> None:
    """Exceptions that are no refusals are internal errors."""
    for error in (None, NotFound(), KeyError("x")):
        metrics.answered("unit.read", time.perf_counter() - 0.1, error)
    assert value("callboard_rpc_seconds_count", method="unit.read") == 3
    assert value("callboard_rpc_errors_total", method="unit.read", kind="not-found") == 1
    assert value("callboard_rpc_errors_total", method="unit.read", kind="internal") == 1


def test_a_subscribers_counters_begin_at_zero() -> None:
    """A rate needs a sample before the first event."""
    metrics.subscribed("unit.queue")
    for outcome in ("handled", "retried", "dead"):
        labels = {"subscriber": "unit.queue", "outcome": outcome}
        assert REGISTRY.get_sample_value("callboard_events_handled_total", labels) == 0.0


def test_only_handled_events_have_a_delay() -> None:
    """Those of a retry are handled later; one without a time has none."""
    metrics.handled("unit.delay", [moment(1), ""], "handled")
    metrics.handled("unit.delay", [moment(1)], "retried")
    assert value("callboard_event_delay_seconds_count", subscriber="unit.delay") == 1
    labels = {"subscriber": "unit.delay", "outcome": "handled"}
    assert value("callboard_events_handled_total", **labels) == 2
