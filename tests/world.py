"""A small studio as table rows, and valid bodies for every resource made from its declaration."""

from __future__ import annotations

import itertools
import uuid
from collections import defaultdict
from datetime import date, datetime
from typing import Any, Final, get_origin

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from services.common.crud.resource import Resource

Row = dict[str, Any]
BCRYPT_MYPASSWORD: Final = (
    "JDJiJDA0JHpNYjBKdFFEM1VGbFZhM3BTSVc4YU9JRW9rMi5jVUY2RDFvSGNPQmtqSGV4VEx4YUsxSUxL"
)
TEAM: Final = ("manager", "supervisor", "artist", "client", "vendor")
OPEN, CLOSED = "Open", "Closed"


def ident(name: str) -> str:
    """The id of the row of that name, the same in every run."""
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


#: Values that a column's type alone does not tell; by path and field.
VALUES: Final[dict[tuple[str, str], Any]] = {
    ("persons", "email"): "new.person@example.com",
    ("persons", "country"): "FR",
    ("persons", "expiration_date"): "2099-05-01",
    ("persons", "is_bot"): False,
    ("persons", "timezone"): "Europe/Paris",
    ("persons", "locale"): "en_US",
    ("persons", "display_date_format"): "YYYY-MM-DD",
    ("projects", "resolution"): "1920x1080",
    ("playlists", "for_entity"): "shot",
    ("tasks", "difficulty"): 2,
    ("tasks", "name"): "second pass",
    ("metadata-descriptors", "task_type_id"): None,
    ("day-offs", "date"): "2030-01-07",
    ("day-offs", "end_date"): "2030-01-08",
    ("comments", "object_type"): "Task",
    ("comments", "replies"): [],
    ("preview-files", "annotations"): [{"time": 1.0, "drawing": {"objects": [{"id": "a"}]}}],
    ("comments", "checklist"): [{"text": "a", "checked": False}],
    ("webhooks", "url"): "https://hooks.example.com/callboard",
    ("webhooks", "names"): ["task:*"],
    ("playlists", "shots"): [],
    ("schedule-items", "object_id"): ident("entity sq1"),
    ("project-templates", "metadata_descriptors"): [],
    ("projects", "project_status_id"): ident("project_status Closed"),
}
COUNTER = itertools.count(1)


def json_of(shape: Any) -> Any:
    """A value of the shape of a JSON column."""
    if get_origin(shape) is list:
        return []
    return {"key": "value"} if shape in {None, dict[str, Any]} else {"key": 1}


class World:
    """Rows by table. People are named for their roles; one production is open, one closed."""

    def __init__(self) -> None:
        self.tables: dict[str, list[Row]] = defaultdict(list)
        self._studio()
        self._productions()
        self._work()

    def add(self, table: str, name: str, /, **values: Any) -> str:
        """Add a row and answer its id."""
        key = ident(f"{table} {name}")
        stamp = "2026-01-05T10:00:00.123456"
        self.tables[table].append({"id": key, "created_at": stamp, "updated_at": stamp, **values})
        return key

    def link(self, table: str, **values: Any) -> None:
        """Add a row without an id."""
        self.tables[table].append(values)

    def _studio(self) -> None:
        self.department = self.add("department", "modeling", name="Modeling", color="#78909C")
        self.studio = self.add("studio", "north", name="North", color="#000000")
        self.add("organisation", "it", name="The Studio", hours_by_day=8, chat_token_slack="secret")
        self.people = {
            "admin": self.person("admin", "admin"),
            "manager": self.person("manager", "manager"),
            "supervisor": self.person("supervisor", "supervisor"),
            "artist": self.person("artist", "user"),
            "client": self.person("client", "client"),
            "vendor": self.person("vendor", "vendor"),
            "stranger": self.person("stranger", "user"),
        }
        self.admin = self.people["admin"]
        self.link("department_link", person_id=self.people["artist"], department_id=self.department)

    def person(self, name: str, role: str) -> str:
        """One more person, called for their name and ``Example``."""
        return self.add(
            "person",
            name,
            first_name=name.capitalize(),
            last_name="Example",
            role=role,
            email=f"{name}@example.com",
            password={"b64": BCRYPT_MYPASSWORD},
            active=True,
            contract_type="open-ended",
            timezone="Europe/Paris",
            locale="en_US",
            is_bot=False,
            desktop_login=f"{name}.desk",
        )

    def _productions(self) -> None:
        self.open = self.add("project_status", OPEN, name=OPEN, color="#000000")
        self.closed = self.add("project_status", CLOSED, name=CLOSED, color="#111111")
        self.project = self.add(
            "project",
            "film",
            name="Film",
            project_status_id=self.open,
            production_style="3d",
            fps="25",
        )
        self.past = self.add(
            "project",
            "past",
            name="Past",
            project_status_id=self.closed,
            production_style="3d",
            fps="25",
        )
        for project in (self.project, self.past):
            for name in TEAM:
                self.link("project_person_link", project_id=project, person_id=self.people[name])
        self.add("output_type", "cache", name="Cache", short_name="abc")
        self.add("file_status", "ok", name="To review", color="#000000")
        self.add("software", "blender", name="Blender", short_name="bl", file_extension=".blend")
        self.add("preview_background_file", "sky", name="Sky")
        self.add("budget", "first", name="First", project_id=self.project, revision=1)
        self.add("production_schedule_version", "a", name="A", project_id=self.project)
        self.add("search_filter_group", "mine", list_type="asset", name="Mine", color="#fff")

    def _work(self) -> None:
        add = self.add
        types = {n: add("entity_type", n, name=n) for n in ("Character", "Shot", "Sequence")}
        self.types = types
        common = {"project_id": self.project, "status": "running", "is_shared": False}
        self.asset = add(
            "entity",
            "hero",
            name="Hero",
            entity_type_id=types["Character"],
            created_by=self.people["artist"],
            data={"mood": "calm"},
            **common,
        )
        self.sequence = add("entity", "sq1", name="SQ1", entity_type_id=types["Sequence"], **common)
        self.shot = add(
            "entity",
            "sh1",
            name="SH1",
            entity_type_id=types["Shot"],
            parent_id=self.sequence,
            **common,
        )
        self.past_asset = add(
            "entity",
            "old",
            name="Old",
            entity_type_id=types["Character"],
            **{**common, "project_id": self.past},
        )
        add("entity_link", "hero in sh1", entity_in_id=self.shot, entity_out_id=self.asset)
        add("asset_instance", "hero 1", asset_id=self.asset, number=1, name="Hero_0001")
        self.task_type = add(
            "task_type",
            "modeling",
            name="Modeling",
            for_entity="Asset",
            department_id=self.department,
        )
        self.status = add(
            "task_status", "todo", name="Todo", short_name="todo", color="#fff", is_default=True
        )
        self.task = add(
            "task",
            "hero modeling",
            name="main",
            project_id=self.project,
            task_type_id=self.task_type,
            task_status_id=self.status,
            difficulty=3,
            entity_id=self.asset,
            assigner_id=self.people["manager"],
            duration=0.0,
        )
        self.link("task_person_link", task_id=self.task, person_id=self.people["artist"])
        self.comment = add(
            "comment",
            "first",
            object_id=self.task,
            object_type="Task",
            text="Go",
            task_status_id=self.status,
            person_id=self.people["artist"],
            replies=[],
        )
        self.preview = add(
            "preview_file",
            "p1",
            name="p1",
            task_id=self.task,
            revision=1,
            status="ready",
            validation_status="neutral",
            position=1,
        )
        self.chat = add("chat", "hero", object_id=self.asset, object_type="entity")
        add("chat_message", "hi", chat_id=self.chat, person_id=self.people["artist"], text="hi")
        add("working_file", "w1", name="w1", task_id=self.task, revision=1)
        add("playlist", "review", name="Review", project_id=self.project, for_entity="shot")

    def body(self, resource: Resource, *, every_field: bool = False) -> dict[str, Any]:
        """A valid body for a create: the required fields, or all that can be given."""
        result = {}
        for column in resource.fields:
            skipped = column.name in {"id", "created_at", "updated_at"} | resource.hidden
            needed = not column.nullable and column.default is None
            special = (resource.path, column.name)
            if skipped or not (needed or every_field or column.name in ALWAYS):
                continue
            value = VALUES[special] if special in VALUES else self.value(column)
            if value is not None:
                result[column.name] = value
        return result

    def value(self, column: sa.Column[Any]) -> Any:
        """A value that the column takes."""
        target = target_of(column)
        if target is not None:
            rows = self.tables.get(target)
            return rows[0]["id"] if rows else None
        if choices := column.info.get("choices"):
            return choices[-1]
        if "bitrate" in column.name:
            return column.info["example"]  # from 1 to 28, the low one below the high one
        kinds: tuple[tuple[Any, Any], ...] = (
            (ARRAY, ["a"]),
            (JSONB, json_of(column.info.get("shape"))),
            (sa.Uuid, ident("somewhere")),
            (sa.Boolean, True),
            (sa.Integer, next(COUNTER) % 1000 + 2),
            (sa.Float, 1.5),
            (sa.TIMESTAMP, "2026-02-03T04:05:06"),
            (sa.Date, "2026-02-03"),
        )
        for kind, value in kinds:
            if isinstance(column.type, kind):
                return value
        length = getattr(column.type, "length", None) or 40
        return f"{next(COUNTER)}-{column.name}"[:length]


ALWAYS: Final = frozenset(
    {
        "project_id",
        "entity_id",
        "task_type_id",
        "person_id",
        "project_status_id",
    }
)
"""References that rights hang on are given although they may be null."""


def target_of(column: sa.Column[Any]) -> str | None:
    """The table a column points at, here or in another service."""
    ref = column.info.get("ref")
    if ref:
        return str(ref.table)
    for key in column.foreign_keys:
        return str(key.column.table.name)
    return None


def as_json(value: Any) -> Any:
    """A Python value as the API shows it."""
    if isinstance(value, datetime):
        return value.replace(microsecond=0).isoformat()
    return value.isoformat() if isinstance(value, date) else value
