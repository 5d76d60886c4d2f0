"""Fixtures: a headless Chromium, and the folder of its screenshots."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

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
NONE_HERE = "Chromium and its driver aren't installed: apt-get install chromium chromium-driver"


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    """A fresh browser. Without Chromium, CI fails and local runs skip the test."""
    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not chromium or not driver:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(NONE_HERE)
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
