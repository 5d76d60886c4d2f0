"""Fixtures: the running system, loaded rows, callers."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from tests.system import System


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Any:
    if "DEV_SYSTEM" in os.environ:
        urls = {s: f"postgresql://callboard_{s}@127.0.0.1:5499/callboard" for s in "auth assets tasks chat crud".split()}
        found = System(urls, os.environ["AMQP_URI"], Path("/tmp/w"))
        found.port = 8090
        yield found
        return
