"""HTTP conventions of the gateway: paths, bodies, headers, limits, errors."""

from __future__ import annotations

import gzip
import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests

from tests.running import Caller, System
from tests.world import World

PATHS = (
    "/data/departments",
    "/data/departments/",
    "/api/data/departments",
    "/api/data/departments/",
)


@pytest.mark.parametrize("path", PATHS)
def test_every_path_works_with_and_without_slash_and_prefix(admin: Caller, path: str) -> None:
    """Without a redirect, which would lose a body."""
    response = admin.get(path, allow_redirects=False)
    assert response.status_code == 200
    assert [row["name"] for row in response.json()] == ["Modeling"]


def test_every_answer_has_the_security_headers(system: System, admin: Caller) -> None:
    """Also errors and unknown routes."""
    for answer in (admin.get("/data/departments"), admin.get("/nope"), admin.get("/")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'self'"
        assert answer.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"


def test_unknown_routes_and_methods_answer_json(admin: Caller) -> None:
    """With the messages that clients expect."""
    missing = admin.get("/data/no-such-thing")
    assert missing.status_code == 404
    assert missing.json()["message"].startswith("404 Not Found: ")
    wrong = admin.send("PATCH", "/data/departments")
    assert wrong.status_code == 405
    assert wrong.json() == {
        "error": True,
        "message": "The method is not allowed for the requested URL.",
    }


def test_head_and_options_work_where_get_does(admin: Caller) -> None:
    """HEAD has no body, OPTIONS lists the methods."""
    head = admin.send("HEAD", "/data/departments")
    assert (head.status_code, head.content) == (200, b"")
    options = admin.send("OPTIONS", "/data/departments")
    assert options.status_code == 200
    assert {"GET", "POST"} <= set(options.headers["Allow"].replace(" ", "").split(","))


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b'{"name":', "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"\xff\xfe", "application/json"),
        (b'{"name": "x", "color": "#fff"}', "text/plain"),
        (b"name=x&color=%23fff", "application/x-www-form-urlencoded"),
        (b"", "application/json"),
    ],
)
def test_a_malformed_json_body_is_rejected_with_a_reason(
    admin: Caller, body: bytes, kind: str
) -> None:
    """400, because scripts treat a 415 as success."""
    response = admin.session.post(
        admin.base + "/data/departments", data=body, headers={"Content-Type": kind}, timeout=20
    )
    assert response.status_code == 400
    assert response.json()["error"] is True
    assert response.json()["message"]
    assert len(admin.get("/data/departments").json()) == 1


@pytest.mark.parametrize("body", ["[]", "3", '"text"'])
def test_a_body_of_declared_fields_must_be_an_object(
    admin: Caller, world: World, body: str
) -> None:
    """Also where a form or a query may stand in for it: the refusal names no field."""
    response = admin.session.put(
        f"{admin.base}/actions/tasks/{world.task}/assign",
        data=body,
        timeout=20,
        headers={"Content-Type": "application/json"},
    )
    assert response.status_code == 400
    (error,) = response.json()["data"]["errors"]
    assert error == {"field": "", "message": "Request body must be a JSON object."}


@pytest.mark.parametrize("body", ["null", "[]", "3", '"text"'])
def test_a_json_body_other_than_an_object_is_rejected(admin: Caller, body: str) -> None:
    """Array, string, number, null."""
    for method, path in (("POST", "/data/departments"),):
        response = admin.session.request(
            method,
            admin.base + path,
            data=body,
            timeout=20,
            headers={"Content-Type": "application/json"},
        )
        assert response.status_code == 400, response.text


def test_nested_json_over_the_limit_is_too_large(admin: Caller) -> None:
    """413 before anything is parsed."""
    body = b'{"a":' * 2_000_000 + b"1" + b"}" * 2_000_000
    response = admin.session.post(
        admin.base + "/data/departments",
        data=body,
        timeout=20,
        headers={"Content-Type": "application/json"},
    )
    assert response.status_code == 413
    assert response.json()["message"] == "The data value transmitted exceeds the capacity limit."


@pytest.mark.parametrize(
    "query",
    [
        "page=x",
        "limit=x&page=1",
        "archived=perhaps",
        "id=x",
        "id=[",
        "id=[1]",
        "page=1&limit=-2",
        "page=99999999999999999999",
    ],
)
def test_invalid_query_values_are_rejected_with_a_reason(admin: Caller, query: str) -> None:
    """400, not a crash; unknown names are ignored."""
    response = admin.get(f"/data/departments?{query}")
    assert response.status_code == 400, response.text
    assert response.json()["message"]
    assert admin.get("/data/departments?no_such_field=1").status_code == 200


def test_large_lists_are_the_same_with_and_without_gzip(
    admin: Caller, system: System, world: World
) -> None:
    """The same bytes after decoding."""
    for number in range(1500):
        world.add("department", f"d{number}", name=f"Department {number}", color="#123456")
    system.load(world.tables)
    packed = admin.get("/data/departments", stream=True)
    assert packed.headers["Content-Encoding"] == "gzip"
    plain = admin.get("/data/departments", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert json.loads(gzip.decompress(packed.raw.read())) == plain.json()
    assert len(plain.json()) == 1501


def test_a_request_id_from_the_client_is_kept(admin: Caller) -> None:
    """It appears in every log."""
    response = admin.get("/data/departments", headers={"X-Request-ID": "from-the-client"})
    assert response.headers["X-Request-ID"] == "from-the-client"


class TestIdempotency:
    """``Idempotency-Key`` on a POST."""

    def test_the_same_request_is_executed_once(self, admin: Caller) -> None:
        """A repetition gets the same answer."""
        key = {"Idempotency-Key": uuid.uuid4().hex}
        body = {"name": "Rigging", "color": "#123456"}
        first = admin.post("/data/departments", body, headers=key)
        again = admin.post("/data/departments", body, headers=key)
        assert (first.status_code, again.status_code) == (200, 200)
        assert first.json() == again.json()

    def test_keys_cover_requests_that_call_other_services(
        self, admin: Caller, world: World
    ) -> None:
        """Here for the entity and the assignees of a task."""
        key = {"Idempotency-Key": uuid.uuid4().hex}
        body = {
            "name": "second",
            "project_id": world.project,
            "entity_id": world.asset,
            "task_type_id": world.task_type,
            "task_status_id": world.status,
        }
        first = admin.post("/data/tasks", body, headers=key)
        again = admin.post("/data/tasks", body, headers=key)
        assert (first.status_code, again.status_code) == (200, 200)
        assert first.json()["id"] == again.json()["id"]

    def test_the_key_with_another_body_is_rejected(self, admin: Caller) -> None:
        """422, and nothing is written."""
        key = {"Idempotency-Key": uuid.uuid4().hex}
        admin.post("/data/departments", {"name": "One", "color": "#123456"}, headers=key)
        other = admin.post("/data/departments", {"name": "Two", "color": "#123456"}, headers=key)
        assert other.status_code == 422
        assert "Two" not in {row["name"] for row in admin.get("/data/departments").json()}

    def test_a_rejected_request_may_reuse_its_key(self, admin: Caller) -> None:
        """Only successful writes are stored."""
        key = {"Idempotency-Key": uuid.uuid4().hex}
        assert admin.post("/data/departments", {"name": "X"}, headers=key).status_code == 400
        body = {"name": "X", "color": "#123456"}
        assert admin.post("/data/departments", body, headers=key).status_code == 200

    def test_comments_are_idempotent_too(self, admin: Caller, world: World) -> None:
        """The author is looked up in another service first."""
        key = {"Idempotency-Key": uuid.uuid4().hex}
        body = {"object_id": world.task, "object_type": "Task", "person_id": world.admin}
        first = admin.post("/data/comments", body, headers=key)
        again = admin.post("/data/comments", body, headers=key)
        assert (first.status_code, again.status_code) == (200, 200), first.text
        assert first.json()["id"] == again.json()["id"]

    def test_of_two_concurrent_requests_one_is_executed(self, admin: Caller) -> None:
        """The others get the same answer or a 409."""
        key = {"Idempotency-Key": uuid.uuid4().hex}
        body = {"name": "Twice", "color": "#123456"}
        with ThreadPoolExecutor(4) as pool:
            answers = list(
                pool.map(lambda _: admin.post("/data/departments", body, headers=key), range(4))
            )
        assert {a.status_code for a in answers} <= {200, 409}
        assert len({a.json()["id"] for a in answers if a.status_code == 200}) == 1
        names = [row["name"] for row in admin.get("/data/departments").json()]
        assert names.count("Twice") == 1

    def test_keys_are_scoped_to_the_caller(
        self, admin: Caller, system: System, world: World
    ) -> None:
        """The same key of another caller is another key."""
        key = {"Idempotency-Key": "the same"}
        world.add("person", "boss", first_name="B", last_name="B", role="admin", active=True)
        system.load(world.tables)
        other = system.caller(world.tables["person"][-1]["id"])
        response = admin.post("/data/departments", {"name": "A1", "color": "#1"}, headers=key)
        two = other.post("/data/departments", {"name": "B1", "color": "#1"}, headers=key)
        assert (response.json()["name"], two.json()["name"]) == ("A1", "B1")


class TestStatus:
    """Routes for operators and monitoring."""

    def test_the_root_names_the_api_and_its_version(self, system: System) -> None:
        """Gazu expects a 200."""
        assert set(requests.get(system.base, timeout=5).json()) == {"api", "version"}

    def test_status_lists_the_components(self, system: System) -> None:
        """For people and simple monitors."""
        body = requests.get(f"{system.base}/status", timeout=5).json()
        assert body["database-up"] is True
        assert body["event-stream-up"] is True
        text = requests.get(f"{system.base}/status.txt", timeout=5).text
        assert "database-up: up" in text

    def test_health_and_metrics_are_served(self, system: System, admin: Caller) -> None:
        """For orchestrators and Prometheus."""
        admin.get("/data/departments")
        assert requests.get(f"{system.base}/health/live", timeout=5).status_code == 200
        assert requests.get(f"{system.base}/health/ready", timeout=5).status_code == 200
        text = requests.get(f"{system.base}/metrics", timeout=5).text
        assert 'method="GET"' in text
        assert 'route="/data/departments"' in text

    def test_the_documentation_works_offline(self, system: System) -> None:
        """It loads only the description beside it."""
        page = requests.get(f"{system.base}/docs", timeout=5)
        assert page.headers["Content-Type"].startswith("text/html")
        assert "http://" not in page.text
        assert "https://" not in page.text
        described = requests.get(f"{system.base}/openapi.json", timeout=5).json()
        assert described["openapi"] == "3.1.0"
        assert "/data/departments/{ident}" in described["paths"]

    def test_the_events_are_described_as_asyncapi(self, system: System) -> None:
        """For generators of subscribers."""
        described = requests.get(f"{system.base}/api/asyncapi.json", timeout=5).json()
        assert described["asyncapi"] == "3.0.0"
        assert "task_assign" in described["channels"]["tasks_events"]["messages"]
