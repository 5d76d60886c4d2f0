"""References to rows the caller may not see are refused: every resource, column and verb.

A new resource or column is walked with no line written here.
"""

from __future__ import annotations

from typing import Any, Final

import pytest
import sqlalchemy as sa

from deploy.docs.declarations import resources
from services.common.access.rules import admin as admins_only
from services.common.crud.resource import Resource
from tests.running import Caller, System
from tests.world import World, ident, target_of

WALKED = [
    pytest.param(resource, id=path)
    for path, resource in sorted(resources().items())
    if admins_only not in {resource.create, resource.update} or resource.update is not admins_only
]
REFUSED = {400, 403, 404}
#: References that no column declares, as they are to one of several tables.
TO_SEVERAL: Final = {"schedule-items": [("object_id", "entity")]}


class TwoProductions(World):
    """The studio, with a production that nobody is in; ``hidden`` are its rows by table."""

    def __init__(self) -> None:
        super().__init__()
        self.secret = self.add(
            "project",
            "secret",
            name="Secret",
            project_status_id=self.open,
            production_style="3d",
            fps="25",
        )
        self.hidden = {"project": self.secret}
        entity = self._hide(
            "entity",
            name="Hidden",
            entity_type_id=self.types["Character"],
            project_id=self.secret,
            status="running",
            is_shared=False,
        )
        task = self._hide(
            "task",
            name="main",
            project_id=self.secret,
            entity_id=entity,
            task_type_id=self.task_type,
            task_status_id=self.status,
            difficulty=3,
            duration=0.0,
        )
        comment = {"object_id": task, "object_type": "Task", "task_status_id": self.status}
        self._hide("comment", text="x", person_id=self.admin, replies=[], **comment)
        states = {"status": "ready", "validation_status": "neutral"}
        self._hide("preview_file", name="p2", task_id=task, revision=1, position=1, **states)
        self._hide("asset_instance", asset_id=entity, number=1, name="Hidden_0001")
        self._hide("working_file", name="w2", task_id=task, revision=1)
        outputs = {
            "output_type_id": ident("output_type cache"),
            "file_status_id": ident("file_status ok"),
        }
        self._hide("output_file", name="o2", entity_id=entity, revision=1, **outputs)
        self._hide("playlist", name="Hidden", project_id=self.secret, for_entity="shot")
        self._hide("budget", name="Hidden", project_id=self.secret, revision=1)
        self._hide("production_schedule_version", name="H", project_id=self.secret)
        self._hide(
            "search_filter_group",
            list_type="asset",
            name="H",
            color="#fff",
            project_id=self.secret,
        )

    def _hide(self, table: str, **values: Any) -> str:
        self.hidden[table] = self.add(table, f"hidden {table}", **values)
        return self.hidden[table]


def foreign(world: TwoProductions, resource: Resource) -> list[tuple[str, str]]:
    """Each column that may reference a hidden row, and that row's id."""
    columns = [(c.name, target_of(c)) for c in resource.table.c if c.name not in resource.hidden]
    lists = [(name, target_of(resource.lists[name].target)) for name in resource.writable_lists]
    targets = [*columns, *lists, *TO_SEVERAL.get(resource.path, ())]
    return [(name, world.hidden[table]) for name, table in targets if table in world.hidden]


def as_sent(resource: Resource, name: str, value: str) -> Any:
    """The value of a column, or of a list."""
    return [value] if name in resource.writable_lists else value


@pytest.fixture
def studio(system: System) -> TwoProductions:
    """Loaded afresh."""
    productions = TwoProductions()
    system.load(productions.tables)
    return productions


def test_the_walk_covers_every_table_of_productions(studio: TwoProductions) -> None:
    """A table of productions' rows that the walk lacks would not be walked to."""
    served = {str(r.table.name) for r in resources().values() if r.project is not None}
    referenced = {
        target_of(column) for resource in resources().values() for column in resource.table.c
    }
    assert (served & referenced) - {"project"} <= studio.hidden.keys()


@pytest.mark.parametrize("role", ["manager", "supervisor", "artist"])
@pytest.mark.parametrize("resource", WALKED)
def test_rows_of_other_productions_cannot_be_referenced(
    system: System, studio: TwoProductions, resource: Resource, role: str
) -> None:
    """By no update of a row of one's own, and by no create."""
    base, admin = f"/data/{resource.path}", system.caller(studio.admin)
    caller = system.caller(studio.people[role])
    row = _own(admin, studio, resource)
    for name, hidden in foreign(studio, resource):
        value = as_sent(resource, name, hidden)
        response = caller.put(f"{base}/{row}", {name: value})
        assert response.status_code in {200, *REFUSED}, (name, response.text)
        now = admin.get(f"{base}/{row}").json()
        assert hidden not in str(now.get(name)), (name, response.text)
        body = {**studio.body(resource), name: value}
        response = caller.post(base, body)
        assert response.status_code in {200, *REFUSED}, (name, response.text)
        made = response.json() if response.status_code == 200 else {}
        assert hidden not in str(made.get(name)), (name, response.text)


def _own(admin: Caller, world: TwoProductions, resource: Resource) -> str:
    """A row of the production that the caller is in."""
    rows = world.tables.get(str(resource.table.name), [])
    own = [row["id"] for row in rows if row["id"] not in world.hidden.values()]
    if own:
        return str(own[0])
    response = admin.post(f"/data/{resource.path}", world.body(resource))
    assert response.status_code == 200, response.text
    return str(response.json()["id"])


def test_an_existing_reference_may_be_sent_back(system: System, studio: TwoProductions) -> None:
    """Clients send rows as they got them; an administrator may have moved this one."""
    admin, manager = system.caller(studio.admin), system.caller(studio.people["manager"])
    path, hidden = f"/data/entities/{studio.shot}", studio.hidden["entity"]
    assert admin.put(path, {"source_id": hidden}).status_code == 200
    row = {"source_id": hidden, "name": "SH2"}
    assert manager.put(path, row).json()["name"] == "SH2"
    assert manager.put(path, {"parent_id": hidden}).status_code == 403


def test_a_shared_asset_is_everybodys(system: System, studio: TwoProductions) -> None:
    """It may be cast in another production; what is not shared may not."""
    admin, manager = system.caller(studio.admin), system.caller(studio.people["manager"])
    hidden = studio.hidden["entity"]
    path = f"/data/projects/{studio.project}/entities/{studio.shot}/casting"
    casting = [{"asset_id": hidden, "nb_occurences": 1}]
    assert manager.put(path, casting).status_code == 403
    assert admin.put(f"/data/entities/{hidden}", {"is_shared": True}).status_code == 200
    assert manager.put(path, casting).status_code == 200
    assert admin.put(f"/data/entities/{hidden}", {"is_shared": False}).status_code == 200
    # Cast already: the same casting may be sent again.
    assert manager.put(path, casting).status_code == 200


def test_a_playlist_references_only_what_its_author_may_see(
    system: System, studio: TwoProductions
) -> None:
    """Its entities are JSON, so their references are checked by hand."""
    manager = system.caller(studio.people["manager"])
    playlist = studio.tables["playlist"][0]["id"]
    hidden, preview = studio.hidden["entity"], studio.hidden["preview_file"]
    own = {"entity_id": studio.asset, "preview_file_id": studio.preview}
    for shot in ({**own, "entity_id": hidden}, {**own, "preview_file_id": preview}):
        assert manager.put(f"/data/playlists/{playlist}", {"shots": [shot]}).status_code == 403
        # An unknown entity is not found, and of a known one its own preview is shown.
        added = manager.post(f"/actions/playlists/{playlist}/add-entity", shot)
        assert added.status_code == (404 if shot["entity_id"] == hidden else 200), added.text
        assert hidden not in added.text
        assert preview not in added.text
    assert manager.put(f"/data/playlists/{playlist}", {"shots": [own]}).status_code == 200


def test_columns_without_a_table_are_no_references() -> None:
    """The walk knows a column by its declaration."""
    ids = [
        f"{path}.{column.name}"
        for path, resource in resources().items()
        for column in resource.table.c
        if isinstance(column.type, sa.Uuid) and column.name != "id" and target_of(column) is None
    ]
    assert sorted(ids) == UNDECLARED


#: Ids of what may be of several tables, that outlive what they name, or that triggers copy.
UNDECLARED: Final = [
    "attachment-files.reply_id",
    "comments.production_id",
    "entity-links.production_id",
    "events.project_id",
    "events.user_id",
    "news.given_status_id",
    "news.production_id",
    "notifications.production_id",
    "notifications.reply_id",
    "output-files.production_id",
    "preview-files.production_id",
    "schedule-items.object_id",
    "subscriptions.production_id",
    "tasks.last_preview_file_id",
    "time-spents.production_id",
    "webhooks.entity_id",
    "webhooks.person_id",
    "webhooks.task_id",
    "working-files.production_id",
]
