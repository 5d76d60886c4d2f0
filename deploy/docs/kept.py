"""The generated documents that are committed to git.

``docs/event-catalogue.md``, ``docs/observing.md``, ``docs/rights.md``, ``docs/house.md`` are read
on the web before anything is installed, and Grafana loads the dashboard from the checkout. A test
fails while one of them is stale.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from deploy.dashboard import dashboard
from deploy.docs.event_catalogue import event_catalogue
from deploy.docs.metrics_table import OBSERVING, observing
from deploy.docs.package_graph import HOUSE, house
from deploy.docs.rights_tables import RIGHTS, rights

ROOT: Final = Path(__file__).parents[2]


def documents() -> dict[Path, str]:
    """The text of each document, by its path."""
    panels = msgspec.json.format(msgspec.json.encode(dashboard()), indent=1).decode()
    return {
        ROOT / "docs" / "event-catalogue.md": event_catalogue(),
        ROOT / "deploy" / "monitoring" / "dashboard.json": f"{panels}\n",
        OBSERVING: observing(),
        HOUSE: house(),
        RIGHTS: rights(),
    }
