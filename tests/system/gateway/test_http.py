"""The gateway's own manners: paths, bodies, headers, limits, refusals."""

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
def test_every_path_answers_with_and_without_slash_and_prefix(admin: Caller, path: str) -> None:
    """No redirect, which would lose a body."""
    answer = admin.get(path, allow_redirects=False)
    assert answer.status_code == 200
    assert [row["name"] for row in answer.json()] == ["Modeling"]


def test_every_answer_carries_the_security_headers(system: System, admin: Caller) -> None:
    """Also refusals and unknown routes."""
    for answer in (admin.get("/data/departments"), admin.get("/nope"), admin.get("/")):
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
        assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'self'"
        assert answer.headers["Referrer-Policy"] == "strict-origin-when-cross-origin"


def test_unknown_route_and_wrong_method_are_json(admin: Caller) -> None:
    """The texts that clients know."""
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
    """HEAD has no body, OPTIONS says what is allowed."""
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
def test_a_body_that_is_no_json_is_refused_with_a_reason(
    admin: Caller, body: bytes, kind: str
) -> None:
    """400, because scripts would take a 415 for a success."""
    answer = admin.session.post(
        admin.base + "/data/departments", data=body, headers={"Content-Type": kind}, timeout=20
    )
    assert answer.status_code == 400
    assert answer.json()["error"] is True
    assert answer.json()["message"]
    assert len(admin.get("/data/departments").json()) == 1


@pytest.mark.parametrize("body", ["null", "[]", "3", '"text"'])
def test_a_body_that_is_no_object_is_refused(admin: Caller, body: str) -> None:
    """Whatever else JSON can be."""
    for method, path in (("POST", "/data/departments"),):
        answer = admin.session.request(
            method,
            admin.base + path,
            data=body,
            timeout=20,
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code == 400, answer.text


def test_ten_megabytes_of_nested_json_are_too_large(admin: Caller) -> None:
    """413 before anything is parsed."""
    body = b'{"a":' * 2_000_000 + b"1" + b"}" * 2_000_000
    answer = admin.session.post(
        admin.base + "/data/departments",
        data=body,
        timeout=20,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 413
    assert answer.json()["message"] == "The data value transmitted exceeds the capacity limit."


@pytest.mark.parametrize(
    "query",
    [
        "page=x",
        "limit=x&page=1",
        "archived=perhaps",
        "id=x",
        "name=[",
        "name=[1]",
        "page=1&limit=-2",
        "page=99999999999999999999",
    ],
)
def test_a_query_that_means_nothing_is_refused_with_a_reason(admin: Caller, query: str) -> None:
    """400, never a crash; but an unknown name is ignored."""
    answer = admin.get(f"/data/departments?{query}")
    assert answer.status_code == 400, answer.text
    assert answer.json()["message"]
    assert admin.get("/data/departments?no_such_field=1").status_code == 200


def test_large_lists_travel_compressed_and_unpacked_alike(
    admin: Caller, system: System, world: World
) -> None:
    """The same bytes, whether the client reads gzip or not."""
    for number in range(1500):
        world.add("department", f"d{number}", name=f"Department {number}", color="#123456")
    system.load(world.tables)
    packed = admin.get("/data/departments", stream=True)
    assert packed.headers["Content-Encoding"] == "gzip"
    plain = admin.get("/data/departments", headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    assert json.loads(gzip.decompress(packed.raw.read())) == plain.json()
    assert len(plain.json()) == 1501


def test_a_request_keeps_the_id_it_came_with(admin: Caller) -> None:
    """So that it can be followed through every log."""
    answer = admin.get("/data/departments", headers={"X-Request-ID": "from-the-client"})
    assert answer.headers["X-Request-ID"] == "from-the-client"


class TestIdempotency:
    """``Idempotency-Key`` on a POST."""

    def test_the_same_request_is_executed_once(self, admin: Caller) -> None:
        """And answered twice."""
        key = {"Idempotency-Key": uuid.uuid4().hex}
        body = {"name": "Rigging", "color": "#123456"}
        first = admin.post("/data/departments", body, headers=key)
        again = admin.post("/data/departments", body, headers=key)
        assert (first.status_code, again.status_code) == (200, 200)
        assert first.json() == again.json()

    def test_a_key_goes_with_requests_that_ask_other_services(
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

    def test_the_key_with_another_body_is_refused(self, admin: Caller) -> None:
        """422, and nothing is written."""
        key = {"Idempotency-Key": uuid.uuid4().hex}
        admin.post("/data/departments", {"name": "One", "color": "#123456"}, headers=key)
        other = admin.post("/data/departments", {"name": "Two", "color": "#123456"}, headers=key)
        assert other.status_code == 422
        assert "Two" not in {row["name"] for row in admin.get("/data/departments").json()}

    def test_a_refused_request_may_be_corrected_under_its_key(self, admin: Caller) -> None:
        """Only what was done is remembered."""
        key = {"Idempotency-Key": uuid.uuid4().hex}
        assert admin.post("/data/departments", {"name": "X"}, headers=key).status_code == 400
        body = {"name": "X", "color": "#123456"}
        assert admin.post("/data/departments", body, headers=key).status_code == 200

    def test_a_write_that_asks_other_services_has_its_key_too(
        self, admin: Caller, world: World
    ) -> None:
        """A comment's author is looked up elsewhere before it is stored."""
        key = {"Idempotency-Key": uuid.uuid4().hex}
        body = {"object_id": world.task, "object_type": "Task", "person_id": world.admin}
        first = admin.post("/data/comments", body, headers=key)
        again = admin.post("/data/comments", body, headers=key)
        assert (first.status_code, again.status_code) == (200, 200), first.text
        assert first.json()["id"] == again.json()["id"]

    def test_of_two_at_the_same_time_one_is_executed(self, admin: Caller) -> None:
        """The other gets the same answer or is told to come again."""
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

    def test_keys_belong_to_their_caller(self, admin: Caller, system: System, world: World) -> None:
        """Somebody else's key is another key."""
        key = {"Idempotency-Key": "the same"}
        world.add("person", "boss", first_name="B", last_name="B", role="admin", active=True)
        system.load(world.tables)
        other = system.caller(world.tables["person"][-1]["id"])
        one = admin.post("/data/departments", {"name": "A1", "color": "#1"}, headers=key)
        two = other.post("/data/departments", {"name": "B1", "color": "#1"}, headers=key)
        assert (one.json()["name"], two.json()["name"]) == ("A1", "B1")


class TestStatus:
    """What operators and scripts look at."""

    def test_the_root_says_what_it_is(self, system: System) -> None:
        """Gazu checks that it answers 200."""
        assert set(requests.get(system.base, timeout=5).json()) == {"api", "version"}

    def test_status_names_the_parts(self, system: System) -> None:
        """For people and for simple monitors."""
        shown = requests.get(f"{system.base}/status", timeout=5).json()
        assert shown["database-up"] is True
        assert shown["event-stream-up"] is True
        text = requests.get(f"{system.base}/status.txt", timeout=5).text
        assert "database-up: up" in text

    def test_health_and_metrics(self, system: System, admin: Caller) -> None:
        """For orchestrators and Prometheus."""
        admin.get("/data/departments")
        assert requests.get(f"{system.base}/health/live", timeout=5).status_code == 200
        assert requests.get(f"{system.base}/health/ready", timeout=5).status_code == 200
        text = requests.get(f"{system.base}/metrics", timeout=5).text
        assert 'method="GET"' in text
        assert 'route="/data/departments"' in text

    def test_the_documentation_works_offline(self, system: System) -> None:
        """It fetches nothing but the description beside it."""
        page = requests.get(f"{system.base}/docs", timeout=5)
        assert page.headers["Content-Type"].startswith("text/html")
        assert "http://" not in page.text
        assert "https://" not in page.text
        described = requests.get(f"{system.base}/openapi.json", timeout=5).json()
        assert described["openapi"] == "3.1.0"
        assert "/data/departments/{ident}" in described["paths"]

    def test_the_events_are_described_for_machines(self, system: System) -> None:
        """In the form that generators of subscribers read."""
        described = requests.get(f"{system.base}/api/asyncapi.json", timeout=5).json()
        assert described["asyncapi"] == "3.0.0"
        assert described["channels"]["task_assign"]["address"] == "task:assign"
