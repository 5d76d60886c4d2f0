"""Operations have names for generated clients, summaries for people, topics to be listed under."""

from __future__ import annotations

import pytest

from deploy.docs.declarations import resource_of, resources
from deploy.docs.http_api.examples import Examples, id_of
from deploy.docs.http_api.operations import NAMED, operation_id, singular, summary
from deploy.docs.http_api.refusals import statuses
from deploy.docs.http_api.schemas import Schemas
from deploy.docs.http_api.topics import TOPICS, topic_of
from gateway.routes import ROUTES
from gateway.routes.table import Route
from services.common.contracts.types import Answer, Id


def route(name: str) -> Route:
    """The route of a method and path."""
    [found] = [one for one in ROUTES if f"{one.method} {one.path}" == name]
    return found


@pytest.mark.parametrize(
    ("name", "operation", "says"),
    [
        ("GET /data/task-types", "list_task_types", "List task types"),
        ("POST /data/entities", "create_entity", "Create an entity"),
        ("DELETE /data/task-status/{ident}", "delete_task_status", "Delete a task status"),
        ("PUT /actions/tasks/{task_id}/assign", "assign_task", "Assign"),
        ("GET /data/shots/{ident}/tasks", "list_tasks_of_shot", "List tasks of a shot"),
        ("GET /data/user/shots/{ident}/tasks", "list_own_tasks_of_shot", "List the caller's tasks"),
        ("GET /data/assets/with-tasks", "list_assets_with_tasks", "List assets with tasks"),
        (
            "GET /data/persons/{person_id}/time-spents/month/all/{year}/{month}",
            "list_time_spents_of_person_in_month",
            "List time spents of a person in month",
        ),
        ("POST /data/projects/{project_id}/shots", "create_shot_of_project", "Create a shot"),
        ("GET /config", "show_config", "Show the configuration"),
    ],
)
def test_names_and_summaries_come_from_methods_and_paths(
    name: str, operation: str, says: str
) -> None:
    """A method that one route calls names it; else the path does."""
    one = route(name)
    assert operation_id(one) == operation
    assert summary(one, resource_of(one, resources())).startswith(says)


def test_names_by_hand_are_of_routes() -> None:
    """Of ones that exist."""
    assert {f"{one.method} {one.path}" for one in ROUTES} >= NAMED.keys()


def test_words_are_put_in_the_singular() -> None:
    """The last of several."""
    assert [singular(one) for one in ("entities", "task_types", "task_status", "news")] == [
        "entity",
        "task_type",
        "task_status",
        "news",
    ]


def test_every_route_has_one_topic() -> None:
    """And every topic a route."""
    assert {topic_of(one).name for one in ROUTES} == {topic.name for topic in TOPICS}
    assert topic_of(route("GET /data/user/time-spents")).name == "Time"
    assert topic_of(route("GET /data/user/tasks")).name == "Tasks"


def test_refusals_of_another_method_count() -> None:
    """Where a docstring says that it raises as that one does."""
    assert "403" in statuses(route("POST /data/entities/{entity_id}/tasks"))
    assert "429" in statuses(route("POST /auth/login"))


def test_refusals_of_a_resources_rules_count() -> None:
    """A production begins from a template, which may be unknown."""
    assert "404" in statuses(route("POST /data/projects"))
    assert "404" not in statuses(route("POST /data/departments"))


class Node(Answer, kw_only=True):
    """Something that holds things of its own kind."""

    id: Id
    parent_id: Id | None
    above: Node | None
    below: list[Node]


def test_examples_end_and_name_things() -> None:
    """Ids by what they are of, whatever holds itself only once."""
    schemas = Schemas([Node])
    example = Examples(schemas.components).of(schemas.of(Node))
    assert example == {
        "id": id_of("node"),
        "parent_id": id_of("parent"),
        "above": None,
        "below": [],
    }
    assert id_of("task_id") == id_of("Task") == id_of("tasks")
    assert id_of("author_id") == id_of("assignees") == id_of("person")
