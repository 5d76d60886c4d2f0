"""A built web interface beside the API."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from gateway.config import GatewaySettings
from services.common.config import ConfigError
from tests.running import System
from tests.system.auth.test_defences import restarted

PAGE = "<!doctype html><title>Studio</title>"
FILES = {
    "index.html": PAGE,
    "favicon.ico": "icon",
    "img/logo.svg": "<svg/>",
    "robots.txt": "none",
    "assets/index-Bx1_3aZ9.js": "let a",
    "assets/index-C0ffee42.css": "a{}",
    "assets/plain.js": "let b",
    "assets/noto-4fa1b2c3.woff2": "font",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built interface, and a secret outside it."""
    outside = tmp_path_factory.mktemp("site")
    root = outside / "dist"
    for name, text in FILES.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    (outside / "secret.txt").write_text("secret")
    (root / "img" / "link.txt").symlink_to(outside / "secret.txt")
    return root


@pytest.fixture(scope="module")
def site(system: System, folder: Path) -> Iterator[str]:
    """The URL at which it is served."""
    with restarted(system, "gateway", WEB_ROOT=str(folder)):
        yield system.base


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("favicon.ico", "image/x-icon"),
        ("img/logo.svg", "image/svg+xml"),
        ("robots.txt", "text/plain; charset=utf-8"),
        ("assets/plain.js", "text/javascript; charset=utf-8"),
        ("assets/index-Bx1_3aZ9.js", "text/javascript; charset=utf-8"),
        ("assets/index-C0ffee42.css", "text/css; charset=utf-8"),
        ("assets/noto-4fa1b2c3.woff2", "font/woff2"),
        ("index.html", "text/html; charset=utf-8"),
    ],
)
def test_files_have_a_content_type_and_cache_lifetime(site: str, path: str, kind: str) -> None:
    """Hashed names are immutable; others are revalidated, with a 304."""
    response = requests.get(f"{site}/{path}", timeout=10)
    assert (response.status_code, response.text) == (200, FILES[path])
    assert response.headers["Content-Type"] == kind
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    hashed = "Bx1" in path or "C0ff" in path or "4fa1" in path
    assert response.headers["Cache-Control"] == (
        "public, max-age=31536000, immutable" if hashed else "no-cache"
    )
    again = requests.get(
        f"{site}/{path}", headers={"If-None-Match": response.headers["ETag"]}, timeout=10
    )
    assert (again.status_code, again.content) == (304, b"")
    head = requests.head(f"{site}/{path}", timeout=10)
    assert head.headers["Content-Length"] == str(len(FILES[path]))


@pytest.mark.parametrize("path", ["", "login", "my-tasks/", "productions/1/assets", "people/a.b"])
def test_paths_of_the_interface_return_the_index_page(site: str, path: str) -> None:
    """The browser resolves them."""
    response = requests.get(f"{site}/{path}", timeout=10, allow_redirects=False)
    assert (response.status_code, response.text) == (200, PAGE)
    assert response.headers["Cache-Control"] == "no-cache"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api", 200),
        ("/api/", 200),
        ("/api/config", 200),
        ("/config", 200),
        ("/status", 200),
        ("/api/data/persons", 401),
        ("/data/persons", 401),
        ("/api/nothing", 404),
        ("/api/login", 404),
        ("/data/nothing", 404),
        ("/auth/nothing/at/all", 404),
        ("/assets/gone-12345678.js", 404),
    ],
)
def test_the_api_is_unaffected(site: str, path: str, status: int) -> None:
    """With and without prefix; unknown API paths and missing scripts stay 404."""
    response = requests.get(site + path, timeout=10)
    assert response.status_code == status
    assert response.headers["Content-Type"].startswith("application/json")


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/img/../../secret.txt",
        "/%2e%2e/secret.txt",
        "/..%2fsecret.txt",
        "/img/..%5c..%5csecret.txt",
        "//secret.txt",
        "/img/link.txt",
        "/%00secret.txt",
        "/etc/passwd",
        "//etc/passwd",
    ],
)
def test_nothing_outside_the_folder_is_served(system: System, site: str, path: str) -> None:
    """Whatever the spelling, and not through symbolic links."""
    connection = http.client.HTTPConnection("127.0.0.1", system.port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    body = answer.read().decode()
    connection.close()
    assert answer.status in {200, 404}
    assert body == PAGE if answer.status == 200 else "404 Not Found" in body


def test_the_interface_is_read_only(site: str) -> None:
    """Other methods than GET and HEAD are rejected."""
    response = requests.post(f"{site}/login", json={}, timeout=10)
    assert response.status_code == 405
    assert response.headers["Allow"] == "GET, HEAD"


def test_a_folder_without_an_index_page_stops_the_start(system: System, tmp_path: Path) -> None:
    """With one sentence."""
    environ = {**system.environment(), "WEB_ROOT": str(tmp_path)}
    with pytest.raises(ConfigError, match="WEB_ROOT"):
        GatewaySettings.load(environ)
