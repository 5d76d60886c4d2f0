"""A web interface at ``/`` beside ``/api``, with cookies instead of tokens."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from http.cookies import Morsel, SimpleCookie
from typing import Any

import msgspec
import pytest
import requests
from PIL import Image

from gateway.positions import COOKIE
from tests.desk import Desk
from tests.running import System
from tests.system.auth.test_defences import restarted

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/130"
PAGE = "<!doctype html><title>Studio</title>"
SCRIPT = "let everything = 1;\n" * 20_000
ELSEWHERE = "https://studio.example.com"
CONTEXT = {
    "projects",
    "project_status",
    "asset_types",
    "task_types",
    "task_status",
    "persons",
    "departments",
    "studios",
    "custom_actions",
    "status_automations",
    "search_filters",
    "search_filter_groups",
    "notification_count",
    "preview_background_files",
    "plugins",
    "project_roles",
}


class Browser:
    """A browser session of the web interface."""

    def __init__(self, base: str) -> None:
        self.base, self.session = base, requests.Session()
        self.session.headers["User-Agent"] = AGENT

    def send(self, method: str, path: str, **options: Any) -> requests.Response:
        """A request under the API's prefix; a redirect would lose the body."""
        url = f"{self.base}/api{path}"
        return self.session.request(method, url, timeout=20, allow_redirects=False, **options)

    def get(self, path: str, **options: Any) -> Any:
        """What a page reads."""
        response = self.send("GET", path, **options)
        assert response.status_code == 200, f"{path}: {response.status_code} {response.text[:200]}"
        return response.json()

    def post(self, path: str, body: Any = None, status: int = 201) -> Any:
        """What a page writes."""
        response = self.send("POST", path, json=body)
        assert response.status_code == status, (
            f"{path}: {response.status_code} {response.text[:200]}"
        )
        return response.json()

    def log_in(self, name: str) -> dict[str, Any]:
        """Fill in the log-in form."""
        who = {"email": f"{name}@example.com", "password": "mypassword"}
        response: dict[str, Any] = self.post("/auth/login", who, 200)
        return response


@pytest.fixture(scope="module")
def site(system: System, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URLs of the interface and the API."""
    root = tmp_path_factory.mktemp("dist")
    (root / "index.html").write_text(PAGE)
    (root / "app.js").write_text(SCRIPT)
    with restarted(system, "gateway", WEB_ROOT=str(root), CORS_ORIGINS=ELSEWHERE):
        yield system.base


@pytest.fixture
def stage(system: System, site: str) -> Desk:
    """The series with work in progress."""
    desk = Desk()
    system.load(desk.tables)
    return desk


@pytest.fixture
def manager(site: str, stage: Desk) -> Browser:
    """A manager, logged in."""
    browser = Browser(site)
    browser.log_in("manager")
    return browser


def cookies_of(answer: requests.Response) -> dict[str, Morsel[str]]:
    """The cookies that an answer sets, with their attributes."""
    result: dict[str, Morsel[str]] = {}
    for line in answer.raw.headers.getlist("Set-Cookie"):
        for name, morsel in SimpleCookie(line).items():
            # That of a position has a name of its own in each answer.
            result[COOKIE if name.startswith(COOKIE) else name] = morsel
    return result


def test_an_interface_starts_up(site: str, stage: Desk) -> None:
    """From a deep link over the log-in to the first page, with its cookie only."""
    visitor = Browser(site)
    deep = visitor.session.get(f"{site}/productions/{stage.project}/assets", timeout=10)
    assert deep.text == PAGE
    assert visitor.get("/config")["crisp_token"] == ""
    assert visitor.send("GET", "/auth/authenticated").status_code == 401
    said = visitor.log_in("manager")
    assert (said["login"], said["user"]["role"]) == (True, "manager")
    assert "Authorization" not in visitor.session.headers
    response = visitor.get("/auth/authenticated")
    assert response["user"]["timezone"] == "Europe/Paris"
    assert response["organisation"]["name"] == "The Studio"
    context = visitor.get("/data/user/context")
    assert set(context) == CONTEXT
    listed = ("projects", "task_types", "task_status", "asset_types", "persons", "departments")
    assert all(
        row["name" if name != "persons" else "full_name"]
        for name in listed
        for row in context[name]
    )
    assert visitor.get("/data/organisations")[0]["id"] == response["organisation"]["id"]


def test_cookies_are_http_only(site: str, stage: Desk) -> None:
    """Log-out deletes them on the paths where they were set."""
    visitor = Browser(site)
    who = {"email": "manager@example.com", "password": "mypassword"}
    given = cookies_of(visitor.send("POST", "/auth/login", json=who))
    paths = {
        "access_token_cookie": "/",
        "refresh_token_cookie": "/auth/refresh-token",
        COOKIE: "/",  # what the next read must see; it holds no secret
    }
    assert {name: morsel["path"] for name, morsel in given.items()} == paths
    for name, morsel in given.items():
        assert (morsel["httponly"], morsel["samesite"]) == (True, "Lax")
        assert (int(morsel["max-age"]) > 10**7) == name.endswith("token_cookie")
    refresh = {"refresh_token_cookie": given["refresh_token_cookie"].value}
    renewed = requests.get(
        f"{site}/auth/refresh-token", cookies=refresh, headers={"User-Agent": AGENT}, timeout=10
    )
    assert renewed.json() == {"refresh": True}
    assert cookies_of(renewed)["access_token_cookie"].value
    response = visitor.send("GET", "/auth/logout")
    assert response.json() == {"logout": True}
    taken = cookies_of(response)
    assert {name: morsel["path"] for name, morsel in taken.items()} == paths
    assert not any(taken[name].value for name in taken if name.endswith("token_cookie"))
    assert visitor.send("GET", "/data/user/context").status_code == 401


def test_a_security_key_challenge_is_in_an_http_only_cookie(manager: Browser) -> None:
    """It is sent back with the key's response."""
    response = manager.send("PUT", "/auth/fido")
    assert response.status_code == 200
    state = cookies_of(response)["session"]
    assert (state["path"], state["httponly"], state["samesite"]) == ("/", True, "Lax")


def test_lists_of_a_production_have_two_formats(manager: Browser, stage: Desk) -> None:
    """NDJSON with a header, and plain rows, with the same contents."""
    for kind in ("assets", "shots"):
        path = f"/data/{kind}/with-tasks?project_id={stage.project}"
        response = manager.send("GET", path + "&stream=true&compact=true")
        assert response.headers["Content-Type"] == "application/x-ndjson"
        head, *lines = [msgspec.json.decode(line) for line in response.text.splitlines()]
        fields = head[f"{kind[:-1]}_fields"]
        decoded = [dict(zip(fields, row, strict=True)) for row in lines]
        for row in decoded:
            row["tasks"] = [dict(zip(head["task_fields"], t, strict=True)) for t in row["tasks"]]
        plain = manager.get(path)
        by_id = lambda row: row["id"]  # noqa: E731
        assert sorted(decoded, key=by_id) == sorted(plain, key=by_id)
        assert plain
    for path in (
        f"/data/sequences/with-tasks?project_id={stage.project}",
        f"/data/episodes/with-tasks?project_id={stage.project}",
        f"/data/edits/with-tasks?project_id={stage.project}",
        f"/data/concepts/with-tasks?project_id={stage.project}",
        f"/data/projects/{stage.project}/assets/shared-used",
        f"/data/projects/{stage.project}/episodes",
        f"/data/projects/{stage.project}/schedule-items/",
        f"/data/projects/{stage.project}/team",
    ):
        assert isinstance(manager.get(path), list), path


def test_a_task_page_works(manager: Browser, stage: Desk) -> None:
    """The task, a comment with a file, a reply, a preview and its thumbnail."""
    task = manager.get(f"/data/tasks/{stage.task}/full")
    assert task["entity"]["id"] == stage.asset
    manager.get(f"/data/playlists/entities/{stage.asset}/preview-files")
    form = {"task_status_id": stage.statuses["wfa"], "comment": "Look", "checklist": "[]"}
    response = manager.send(
        "POST",
        f"/actions/tasks/{stage.task}/comment",
        data=form,
        files={"file-0": ("note.txt", b"mind the eyes")},
    )
    assert response.status_code == 201
    comment = response.json()
    [attached] = comment["attachment_files"]
    file = manager.send("GET", f"/data/attachment-files/{attached['id']}/file/note.txt")
    assert file.content == b"mind the eyes"
    thread = f"/data/tasks/{stage.task}/comments"
    manager.post(f"{thread}/{comment['id']}/reply", {"text": "Done"}, 200)
    manager.post(f"{thread}/{comment['id']}/ack", status=200)
    path = f"/actions/tasks/{stage.task}/comments/{comment['id']}/add-preview"
    preview = manager.post(path, {})
    picture = io.BytesIO()
    Image.new("RGB", (300, 200), "teal").save(picture, "PNG")
    sent = manager.send(
        "POST",
        f"/pictures/preview-files/{preview['id']}",
        files={"file": ("v1.png", picture.getvalue())},
    )
    assert sent.json()["status"] == "ready"
    shown = manager.send("GET", f"/pictures/thumbnails/preview-files/{preview['id']}.png?t=1")
    assert (shown.status_code, shown.headers["Content-Type"]) == (200, "image/png")
    assert shown.headers["Cache-Control"] == "max-age=604800, private"
    tag = {"If-None-Match": shown.headers["ETag"]}
    path = f"/pictures/thumbnails/preview-files/{preview['id']}.png"
    assert manager.send("GET", path, headers=tag).status_code == 304
    [first, *_] = manager.get(thread)
    assert [one["id"] for one in first["previews"]] == [preview["id"]]
    main = manager.send("PUT", f"/actions/preview-files/{preview['id']}/set-main-preview")
    assert main.status_code == 200
    for missing in (
        "/pictures/previews/preview-files/.png",
        f"/movies/tiles/preview-files/{preview['id']}.png",
        f"/pictures/thumbnails/persons/{stage.people['artist']}.png?t=2",
    ):
        assert manager.send("GET", missing).status_code == 404


def test_bodies_of_interfaces_are_accepted(site: str, stage: Desk) -> None:
    """A trailing slash, no body, arrays, a body on DELETE."""
    admin, film = Browser(site), stage.project
    admin.log_in("admin")
    kind = admin.post("/data/task-types/", {"name": "Shading", "color": "#123456"}, 200)
    admin.post("/data/task-status/", {"name": "Hold", "short_name": "hold", "color": "#1"}, 200)
    admin.post("/data/custom-actions/", {"name": "Render", "url": "https://farm"}, 200)
    admin.post("/data/status-automations/", {"entity_type": "shot"}, 200)
    admin.post("/data/schedule-items/", {"project_id": film, "task_type_id": kind["id"]}, 200)
    admin.post("/data/playlists/", {"name": "Dailies", "project_id": film, "shots": []}, 200)
    admin.post("/data/projects/", {"name": "Short"}, 200)
    artist = stage.people["artist"]
    admin.post(f"/actions/persons/{artist}/reset-password-link", status=200)
    day = "2026-11-30T00:00:00.000+00:00"
    off = admin.post("/data/day-offs", {"person_id": artist, "date": day, "end_date": day}, 200)
    assert off["date"] == "2026-11-30"
    assert [one["id"] for one in admin.get(f"/data/persons/{artist}/day-offs/")] == [off["id"]]
    spent = f"/data/persons/{artist}/time-spents/?start_date=2026-11-01&end_date=2026-11-30"
    assert admin.get(spent) == []
    tasks = f"/actions/projects/{film}/task-types/{kind['id']}/assets/create-tasks"
    response = admin.post(tasks, [stage.prop])
    assert [task["entity_id"] for task in response] == [stage.prop]
    removed = admin.post(f"/actions/projects/{film}/delete-entities", [stage.boat], 200)
    assert removed == [stage.boat]
    refusal = admin.send("DELETE", "/auth/totp", json={"totp": "000000"})
    assert (refusal.status_code, refusal.json()["message"]) == (400, "TOTP not enabled.")
    news = admin.get(f"/data/projects/{film}/news?page=1&page_size=10")
    assert news["limit"] == 50


def test_repeated_reads_are_cheap(manager: Browser, stage: Desk) -> None:
    """Lists are compressed; unchanged ones are a 304."""
    path = f"/data/assets/with-tasks?project_id={stage.project}"
    first = manager.send("GET", path)
    again = manager.send("GET", path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    for path in ("/api/openapi.json", "/app.js"):
        response = requests.get(f"{manager.base}{path}", stream=True, timeout=10)
        assert response.headers["Content-Encoding"] == "gzip"
        packed = response.raw.read()
        plain = requests.get(
            f"{manager.base}{path}", headers={"Accept-Encoding": "identity"}, timeout=10
        )
        assert "Content-Encoding" not in plain.headers
        assert gzip.decompress(packed) == plain.content
        assert len(packed) < len(plain.content) / 5
        held = {"If-None-Match": response.headers["ETag"]}
        assert requests.get(manager.base + path, headers=held, timeout=10).status_code == 304


def test_errors_tell_log_in_from_permission(site: str, stage: Desk) -> None:
    """401 without a session, 403 without permission, 404 for unknown rows."""
    vendor = Browser(site)
    vendor.log_in("vendor")
    assert vendor.send("GET", f"/data/projects/{stage.project}/concepts").status_code == 403
    assert vendor.send("GET", "/data/tasks/00000000-0000-4000-8000-000000000000").status_code == 404
    vendor.session.cookies.clear()
    assert vendor.send("GET", "/data/user/context").status_code == 401


def test_only_configured_origins_may_call_cross_site(site: str) -> None:
    """With cookies; other origins get no CORS headers."""
    arguments = {
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "if-match",
    }
    for origin, allowed in ((ELSEWHERE, ELSEWHERE), ("https://evil.example.com", None)):
        headers = {"Origin": origin}
        response = requests.get(f"{site}/api/config", headers=headers, timeout=10)
        assert response.headers.get("Access-Control-Allow-Origin") == allowed
        preflight = requests.options(
            f"{site}/api/data/persons", headers={**headers, **arguments}, timeout=10
        )
        assert preflight.headers.get("Access-Control-Allow-Origin") == allowed
        credentials = preflight.headers.get("Access-Control-Allow-Credentials")
        assert credentials == ("true" if allowed else None)
