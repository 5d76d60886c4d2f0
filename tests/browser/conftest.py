"""Fixtures: a headless Chromium, and the folder of its screenshots."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

from tests.needs import needed

ROOT = Path(__file__).parent.parent.parent
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--hide-scrollbars",
    "--window-size=1280,860",
)


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """A fresh browser. Without Chromium, CI fails and local runs skip the test."""
    chromium, driver = needed("chromium chromium-driver", "chromium", "chromedriver")
    options = Options()
    options.binary_location = str(chromium)
    for flag in (*FLAGS, f"--user-data-dir={tmp_path / 'profile'}"):
        options.add_argument(flag)
    result = webdriver.Chrome(options, Service(driver))
    try:
        yield result
    finally:
        result.quit()


@pytest.fixture
def artefacts() -> Path:
    """The folder of screenshots, kept after the tests: ``ARTEFACTS``, else ``.run-artefacts``."""
    folder = Path(os.environ.get("ARTEFACTS") or ROOT / ".run-artefacts")
    folder.mkdir(parents=True, exist_ok=True)
    return folder
