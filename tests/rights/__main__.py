"""``make rights``: every route as every kind of person, and how the answers differ from the rights.

Writes the differences as a table to ``.run/rights.md``, and ends with status 1 if there are any.
``ONLY=/data/tasks`` walks only the routes whose path or RPC method holds that (``tasks.`` for those
of a service); ``PHASE`` is ``read``, ``refuse`` or ``allow`` for a part of it.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Final

from tqdm import tqdm

from deploy.local.parts import backing
from deploy.local.settings import LocalSettings
from gateway.routes import ROUTES
from gateway.routes.table import Access
from tests.rights.corner import furnished
from tests.rights.database import Databases
from tests.rights.walk import Walk
from tests.running import System

REPORT: Final = Path(".run") / "rights.md"
HEAD: Final = "| service | route | who | status | what |\n|---|---|---|---|---|\n"


def run(walk: Walk) -> None:
    """All phases, with a bar."""
    only, phase = os.environ.get("ONLY", ""), os.environ.get("PHASE", "")
    routes = [
        r
        for r in ROUTES
        if r.access is not Access.PUBLIC and only in f"{r.method} {r.path} {r.rpc}"
    ]
    reads = list(walk.steps(r for r in routes if r.method == "GET"))
    writes = list(walk.steps(r for r in routes if r.method != "GET"))
    refused = [step for step in writes if not step.allowed]
    allowed = [step for step in writes if step.allowed]
    if phase in {"", "read"}:
        with tqdm(total=len(reads), desc="reads") as bar:
            walk.read(reads, bar.update)
    if phase in {"", "refuse"}:
        with tqdm(total=len(refused), desc="writes that are refused") as bar:
            for route in routes:
                walk.refuse([step for step in refused if step.route is route], bar.update)
    if phase in {"", "allow"}:
        with tqdm(total=len(allowed), desc="writes that are allowed") as bar:
            walk.allow(allowed, bar.update)


def main() -> None:
    """Run, report, and end with status 1 if anything differs."""
    folder = Path(tempfile.mkdtemp(prefix="callboard-rights-"))
    try:
        settings = LocalSettings(run_dir=str(folder), admin_email="", starter_set="none")
        with backing(settings) as parts:
            parts.wait()
            with System(parts, folder).up() as system:
                with closing(Databases(parts.urls)) as databases:
                    walk = Walk(system, furnished(), databases, report=tqdm.write)
                    run(walk)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    REPORT.parent.mkdir(exist_ok=True)
    rows = sorted({one.row() for one in walk.differences})
    REPORT.write_text(HEAD + "\n".join(rows) + "\n")
    print(f"{walk.sent} requests, {len(rows)} differences: {REPORT}")
    sys.exit(bool(rows))


if __name__ == "__main__":
    main()
