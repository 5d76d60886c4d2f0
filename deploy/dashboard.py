"""The Grafana dashboard ``deploy/monitoring/dashboard.json``, generated from a table of panels.

``make docs`` writes it with the other generated documents. A test checks that every metric and
label in its queries is declared.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from services.common.wire.topology import DEAD, SERVICES

WIDTH: Final = 24
HEIGHT: Final = 8
SOURCE: Final = {"type": "prometheus", "uid": "${source}"}
#: A regular expression for the queues of the services' event handlers.
SUBSCRIBERS: Final = f"({'|'.join(SERVICES)})[.].+"


class Panel(NamedTuple):
    """A graph; ``queries`` maps legends to PromQL, ``width`` is in 24ths of the dashboard."""

    title: str
    queries: dict[str, str]
    unit: str = "short"
    kind: str = "timeseries"
    width: int = 8


def quantile(q: float, metric: str, by: str = "") -> str:
    """PromQL: a quantile of a histogram."""
    labels = f"le, {by}" if by else "le"
    rates = f"sum by ({labels}) (rate({metric}_bucket[$__rate_interval]))"
    return f"histogram_quantile({q}, {rates})"


def rate(metric: str, by: str) -> str:
    """PromQL: the rate of a counter per second."""
    return f"sum by ({by}) (rate({metric}[$__rate_interval]))"


def per_queue(gauge: str, queues: str) -> str:
    """PromQL: a gauge of the broker for each queue whose name matches."""
    # max, not sum: several nodes of a cluster may report the same queue.
    return f'max by (queue) (rabbitmq_detailed_queue_{gauge}{{queue=~"{queues}"}})'


def top(expression: str) -> str:
    """PromQL: the ten highest series."""
    return f"topk(10, {expression})"


ROWS: Final[dict[str, tuple[Panel, ...]]] = {
    "Health": (
        Panel(
            "Services",
            {"{{service}}": "max by (service) (callboard_service_up)"},
            kind="stat",
            width=6,
        ),
        Panel(
            "Processes",
            {"{{component}}": 'sum by (component) (up{component!=""})'},
            kind="stat",
            width=6,
        ),
        Panel(
            "Dead letters",
            {"events": "max(callboard_dead_letters)"},
            kind="stat",
            width=4,
        ),
        Panel(
            "Oldest unpublished event",
            {"{{service}}": "max by (service) (callboard_outbox_age_seconds)"},
            "s",
            "stat",
            8,
        ),
    ),
    "Requests": (
        Panel(
            "Requests by status",
            {"{{status}}": rate("callboard_requests_total", "status")},
            "reqps",
        ),
        Panel(
            "Request latency",
            {
                "median": quantile(0.5, "callboard_request_seconds"),
                "95 %": quantile(0.95, "callboard_request_seconds"),
                "99 %": quantile(0.99, "callboard_request_seconds"),
            },
            "s",
        ),
        Panel("Refusals by kind", {"{{kind}}": rate("callboard_refusals_total", "kind")}, "reqps"),
        Panel(
            "Busiest routes",
            {"{{method}} {{route}}": top(rate("callboard_requests_total", "method, route"))},
            "reqps",
            width=12,
        ),
        Panel(
            "Slowest routes (95 %)",
            {
                "{{method}} {{route}}": top(
                    quantile(0.95, "callboard_request_seconds", "method, route")
                )
            },
            "s",
            width=12,
        ),
        Panel(
            "In flight, and shed by overload protection",
            {
                "in flight": "sum(callboard_requests_in_flight)",
                "shed: {{full}}": rate("callboard_overload_refusals_total", "full"),
            },
        ),
        Panel(
            "Conditional reads",
            {"{{outcome}}": rate("callboard_conditional_reads_total", "outcome")},
            "reqps",
        ),
        Panel(
            "Live connections",
            {"{{kind}}": "sum by (kind) (callboard_live_connections)"},
        ),
        Panel(
            "Events sent on live connections",
            {"{{kind}}": rate("callboard_live_events_total", "kind")},
            "eps",
        ),
        Panel(
            "Actor cache, and idempotency keys",
            {
                "actor: {{outcome}}": rate("callboard_actor_lookups_total", "outcome"),
                "idempotency key: {{outcome}}": rate(
                    "callboard_idempotent_answers_total", "outcome"
                ),
            },
            "reqps",
        ),
    ),
    "RPC": (
        Panel(
            "Busiest methods",
            {
                "{{component}}.{{method}}": top(
                    rate("callboard_rpc_seconds_count", "component, method")
                )
            },
            "reqps",
        ),
        Panel(
            "Slowest methods (95 %)",
            {
                "{{component}}.{{method}}": top(
                    quantile(0.95, "callboard_rpc_seconds", "component, method")
                )
            },
            "s",
        ),
        Panel(
            "Errors",
            {
                "{{component}}.{{method}}: {{kind}}": top(
                    rate("callboard_rpc_errors_total", "component, method, kind")
                )
            },
            "reqps",
        ),
        Panel(
            "Rejected messages",
            {"{{queue}}: {{reason}}": rate("callboard_messages_refused_total", "queue, reason")},
            "reqps",
        ),
        Panel(
            "Queued calls",
            {"{{queue}}": per_queue("messages_ready", "rpc-.+")},
            width=12,
        ),
        Panel(
            "Consumers",
            {"{{queue}}": per_queue("consumers", "rpc-.+")},
            width=12,
        ),
    ),
    "Database and files": (
        Panel(
            "Statement latency",
            {
                "median {{kind}}": quantile(0.5, "callboard_sql_seconds", "kind"),
                "95 % {{kind}}": quantile(0.95, "callboard_sql_seconds", "kind"),
            },
            "s",
        ),
        Panel(
            "Connections in use",
            {
                "{{component}} {{pool}}": "sum by (component, pool) (callboard_pool_used) / "
                "sum by (component, pool) (callboard_pool_size)"
            },
            "percentunit",
        ),
        Panel(
            "Waits for a connection",
            {
                "{{component}} {{pool}}": rate("callboard_pool_waits_total", "component, pool"),
                "{{component}} timed out": rate("callboard_pool_timeouts_total", "component"),
            },
        ),
        Panel(
            "Slow statements",
            {"{{component}}": rate("callboard_sql_slow_total", "component")},
            width=12,
        ),
        Panel(
            "Storage failures",
            {"{{component}}": rate("callboard_storage_failures_total", "component")},
            width=12,
        ),
    ),
    "Events": (
        Panel(
            "Requests of webhooks",
            {
                "{{kind}} {{outcome}}": (
                    "sum by (kind, outcome) "
                    "(rate(callboard_webhook_requests_total[$__rate_interval]))"
                )
            },
            "reqps",
        ),
        Panel(
            "Seconds of a request of a webhook (p99)",
            {"p99": quantile(0.99, "callboard_webhook_seconds")},
            "s",
        ),
        Panel(
            "Webhooks",
            {
                "{{state}}": "max by (state) (callboard_webhooks)",
                "failing": "max(callboard_webhooks_failing)",
                "behind, in events": "max(callboard_webhook_backlog)",
            },
        ),
        Panel("Unpublished events", {"{{service}}": "max by (service) (callboard_outbox_events)"}),
        Panel(
            "Published", {"{{service}}": rate("callboard_events_published_total", "service")}, "ops"
        ),
        Panel(
            "From commit to confirm (95 %)",
            {"{{service}}": quantile(0.95, "callboard_publish_delay_seconds", "service")},
            "s",
        ),
        Panel(
            "Queued events",
            {"{{queue}}": per_queue("messages_ready", f"{SUBSCRIBERS}|{DEAD}")},
        ),
        Panel(
            "Handled events",
            {
                "{{subscriber}}: {{outcome}}": rate(
                    "callboard_events_handled_total", "subscriber, outcome"
                )
                + " > 0"
            },
            "ops",
        ),
        Panel(
            "From commit to handled (95 %)",
            {"{{subscriber}}": quantile(0.95, "callboard_event_delay_seconds", "subscriber")},
            "s",
        ),
    ),
    "Processes": (
        Panel(
            "Memory",
            {"{{component}} {{process}} {{pid}}": "process_resident_memory_bytes"},
            "bytes",
        ),
        Panel(
            "CPU",
            {
                "{{component}} {{process}} {{pid}}": (
                    "rate(process_cpu_seconds_total[$__rate_interval])"
                )
            },
            "percentunit",
        ),
        Panel(
            "Broker",
            {
                "memory alarm": "max(rabbitmq_alarms_memory_used_watermark)",
                "disk alarm": "max(rabbitmq_alarms_free_disk_space_watermark)",
                "gateways connected": "sum(callboard_broker_up)",
            },
        ),
    ),
}


def dashboard() -> dict[str, Any]:
    """The dashboard in Grafana's import format."""
    panels: list[dict[str, Any]] = []
    y = 0
    for title, row in ROWS.items():
        panels.append(
            {
                "type": "row",
                "title": title,
                "collapsed": False,
                "panels": [],
                "gridPos": {"x": 0, "y": y, "w": WIDTH, "h": 1},
            }
        )
        x, y = 0, y + 1
        for panel in row:
            # Grafana would overlap panels: wrap a row that is full.
            if x + panel.width > WIDTH:
                x, y = 0, y + HEIGHT
            panels.append(_panel(panel, x, y))
            x += panel.width
        y += HEIGHT
    for number, panel_json in enumerate(panels, 1):
        panel_json["id"] = number
    variable = {
        "name": "source",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
    }
    return {
        "uid": "callboard",
        "title": "Callboard",
        "tags": ["callboard"],
        "schemaVersion": 39,
        "time": {"from": "now-1h", "to": "now"},
        "refresh": "15s",
        "timezone": "browser",
        "templating": {"list": [variable]},
        "panels": panels,
    }


def _panel(panel: Panel, x: int, y: int) -> dict[str, Any]:
    targets = [
        {
            "refId": chr(ord("A") + number),
            "expr": query,
            "legendFormat": legend,
            "datasource": SOURCE,
        }
        for number, (legend, query) in enumerate(panel.queries.items())
    ]
    return {
        "type": panel.kind,
        "title": panel.title,
        "datasource": SOURCE,
        "targets": targets,
        "gridPos": {"x": x, "y": y, "w": panel.width, "h": HEIGHT},
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
    }
