"""Alerts, dashboard and runbooks agree with the declared metrics."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from deploy.dashboard import dashboard
from deploy.measures import FOREIGN, WHERE, declared

ROOT = Path(__file__).parents[3]
RULES = ROOT / "deploy" / "monitoring" / "alerts.yml"
HANDBOOK = ROOT / "docs" / "observing.md"
NAMES = re.compile(r"\b(?:(?:callboard|process|rabbitmq)_\w+|up(?=\{))")
SELECTORS = re.compile(r"(\w+)\{([^}]*)\}")
GROUPINGS = re.compile(r"by \(([^)]*)\)")
SAMPLES = {sample: measure for measure in (*declared(), *FOREIGN) for sample in measure.samples}


def alerts() -> list[dict[str, Any]]:
    """The alert rules."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return [rule for group in groups for rule in group["rules"]]


def queries() -> list[str]:
    """The PromQL of dashboard and alerts."""
    panels = dashboard()["panels"]
    shown = [target["expr"] for panel in panels for target in panel.get("targets", ())]
    return [*shown, *(rule["expr"] for rule in alerts())]


@pytest.mark.parametrize("query", queries())
def test_every_query_uses_declared_metrics_and_labels(query: str) -> None:
    """By the names of their samples."""
    names = set(NAMES.findall(query))
    assert names
    assert names <= set(SAMPLES), names - set(SAMPLES)
    labels = {*WHERE, "le", *(label for name in names for label in SAMPLES[name].labels)}
    grouped = {label.strip() for group in GROUPINGS.findall(query) for label in group.split(",")}
    assert grouped <= labels, grouped - labels
    for name, selector in SELECTORS.findall(query):
        used = set(re.findall(r"(\w+)\s*[=!]", selector))
        assert used <= {*WHERE, *SAMPLES[name].labels}, (name, used)


@pytest.mark.parametrize("rule", alerts(), ids=lambda rule: str(rule["alert"]))
def test_every_alert_has_a_meaning_and_a_runbook(rule: dict[str, Any]) -> None:
    """The runbook is in docs/observing.md."""
    name = rule["alert"]
    assert rule["labels"]["severity"] in {"page", "warn"}
    assert set(rule["annotations"]) == {"summary", "meaning", "runbook"}
    assert rule["annotations"]["runbook"] == f"docs/observing.md#{name.lower()}"
    section = HANDBOOK.read_text().partition(f"\n### {name}\n")[2].partition("\n### ")[0]
    assert len(section.split()) > 15, f"no runbook for {name}"


def test_every_runbook_has_an_alert() -> None:
    """None is left over."""
    text = HANDBOOK.read_text().partition("\n## Alerts\n")[2].partition("\n## ")[0]
    assert set(re.findall(r"^### (\w+)$", text, re.MULTILINE)) == {r["alert"] for r in alerts()}


def test_every_metric_is_used_by_dashboard_or_alerts() -> None:
    """Except for those of the client library."""
    asked = set(NAMES.findall("\n".join(queries())))
    for measure in declared():
        if measure.name.startswith("callboard_"):
            assert asked & set(measure.samples), measure.name


def test_panels_do_not_overlap() -> None:
    """Each has its place on the grid."""
    taken: set[tuple[int, int]] = set()
    for panel in dashboard()["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells
    assert max(x for x, _ in taken) == 23


@pytest.mark.skipif(shutil.which("promtool") is None, reason="Prometheus' promtool is not here")
def test_promtool_accepts_the_rules_and_they_fire(tmp_path: Path) -> None:
    """Also every query of the dashboard."""
    panels = [query for query in queries() if "$__rate_interval" in query]
    rules = [
        {"record": f"panel:{number}", "expr": query.replace("$__rate_interval", "5m")}
        for number, query in enumerate(panels)
    ]
    copy = tmp_path / "panels.yml"
    copy.write_text(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
    for command in (
        ["check", "rules", str(RULES)],
        ["check", "rules", str(copy)],
        ["test", "rules", str(Path(__file__).parent / "alerts_test.yml")],
    ):
        done = subprocess.run(
            ["promtool", *command], capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stdout + done.stderr
