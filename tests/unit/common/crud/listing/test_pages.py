"""Pages: their envelope, and which lists consist of whole productions."""

from __future__ import annotations

from uuid import uuid4

import msgspec
import pytest
import sqlalchemy as sa

from services.common.access.policy import STUDIO, Policy, Sight
from services.common.actor import SYSTEM, Actor
from services.common.crud.listing import pages
from services.common.crud.listing.pages import Extent
from services.common.crud.resource import Resource
from services.common.database.tables import table_of
from services.tasks.models import Notification, Task, TaskStatus

FILM, SERIES = uuid4(), uuid4()
TEAM = {FILM: "user", SERIES: "vendor"}
ARTIST = Actor(id=uuid4(), projects={FILM: "user"}, open_projects=frozenset({FILM}))
HIRED = Actor(id=uuid4(), projects=TEAM, open_projects=frozenset(TEAM))
POLICY = Policy(
    kind="tasks",
    table=table_of(Task),
    project=table_of(Task).c.project_id,
    sees={**STUDIO, "vendor": Sight("some", lambda _ctx, _rows: sa.true())},
)
SCOPED = Resource(path="tasks", model=Task, policy=POLICY)
OPEN = Resource(path="task-status", model=TaskStatus)


def test_an_envelope_counts_pages() -> None:
    """Partly filled ones, too; the offset is that of the page."""
    body = msgspec.json.decode(pages.envelope('{"id":1},{"id":2}', 21, 3, 10, stats='{"a":1}'))
    assert body == {
        "total": 21,
        "nb_pages": 3,
        "limit": 10,
        "offset": 20,
        "page": 3,
        "stats": {"a": 1},
        "data": [{"id": 1}, {"id": 2}],
    }


def test_an_empty_list_has_no_page() -> None:
    """Its page holds nothing."""
    body = msgspec.json.decode(pages.envelope("", 0, 1, 10))
    assert (body["nb_pages"], body["data"]) == (0, [])


def test_an_administrators_list_is_all_rows() -> None:
    """And one without a policy is everybody's."""
    assert pages.extent(SCOPED, SYSTEM, {"page": "1", "limit": "5"}) == Extent()
    assert pages.extent(OPEN, ARTIST, {"page": "1"}) == Extent()


def test_a_scoped_list_is_its_whole_productions() -> None:
    """Unless a part of a production is shown, as to vendors."""
    assert pages.extent(SCOPED, ARTIST, {"page": "1"}) == Extent(frozenset({FILM}))
    assert pages.extent(SCOPED, HIRED, {"page": "1"}) is None
    # Nothing says which production such a row belongs to.
    without = Resource(path="task-status", model=TaskStatus, policy=POLICY)
    assert pages.extent(without, ARTIST, {"page": "1"}) is None


def test_the_list_of_a_production_is_that_production() -> None:
    """Where the caller sees all of it."""
    assert pages.extent(SCOPED, SYSTEM, {"project_id": str(FILM)}) == Extent(frozenset({FILM}))
    assert pages.extent(SCOPED, HIRED, {"project_id": str(FILM)}) == Extent(frozenset({FILM}))
    assert pages.extent(SCOPED, HIRED, {"project_id": str(SERIES)}) is None
    assert pages.extent(SCOPED, ARTIST, {"project_id": str(uuid4())}) is None


def test_a_filter_by_what_rows_are_counted_by_leaves_them_whole() -> None:
    """Unless it asks for several values, for none, or for something else besides."""
    counted = Resource(path="tasks", model=Task, policy=POLICY, counted="task_type_id")
    kind = uuid4()
    by_kind = {"task_type_id": str(kind)}
    assert pages.extent(counted, SYSTEM, by_kind) == Extent(None, kind)
    assert pages.extent(counted, ARTIST, by_kind) == Extent(frozenset({FILM}), kind)
    in_film = {**by_kind, "project_id": str(FILM)}
    assert pages.extent(counted, HIRED, in_film) == Extent(frozenset({FILM}), kind)
    assert pages.extent(counted, HIRED, by_kind) is None
    assert pages.extent(SCOPED, SYSTEM, by_kind) is None
    for query in (
        {"task_type_id": f'["{kind}"]'},
        {"task_type_id": "x"},
        {**by_kind, "priority": "1"},
    ):
        assert pages.extent(counted, SYSTEM, query) is None


@pytest.mark.parametrize("query", [{"name": "main"}, {"project_id": "x"}, {"project_id": ""}])
def test_a_filtered_list_is_counted(query: dict[str, str]) -> None:
    """Its total is not known beforehand."""
    assert pages.extent(SCOPED, SYSTEM, query) is None


def test_the_production_of_a_row_is_its_column_or_its_copy() -> None:
    """A resource without productions has none."""
    assert pages.production_of(SCOPED).name == "project_id"
    notifications = Resource(path="notifications", model=Notification)
    assert pages.production_of(notifications).name == "production_id"
    with pytest.raises(TypeError, match="task-status"):
        pages.production_of(OPEN)
