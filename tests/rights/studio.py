"""The world of the walk as rows: the studio, its people, two productions furnished alike."""

from __future__ import annotations

from typing import Any, Final

from tests.rights.marks import mark
from tests.rights.people import (
    EVERYBODY,
    FILM,
    NEWCOMER,
    SERIES,
    SOMEBODY,
    SOMEBODY_ELSE,
    Person,
)
from tests.rights.places import Ids, Nothing
from tests.world import World

#: The kinds of entities; the asset comes last, and the usual task is its.
KINDS: Final = ("episode", "sequence", "shot", "scene", "edit", "concept", "asset")
STUDIO: Final = "studio"
#: Dead letters come from the broker, not with a world.
NO_LETTER: Final = "11111111-3333-4333-8444-000000000001"


class Studio(World):
    """All rows, and the ids of each place by kind."""

    def __init__(self) -> None:
        self.ids: dict[str, Ids] = {"nowhere": Nothing(), STUDIO: Nothing()}
        #: What the callers have of their own, by their names.
        self.own: dict[str, Ids] = {}
        #: What is there once, whatever the place.
        self.shared: Ids = {}
        super().__init__()

    def share(self, table: str, name: str = "it", /, **values: Any) -> str:
        """Add a row that every place has."""
        self.shared[table] = self.add(table, name, **values)
        return self.shared[table]

    def _studio(self) -> None:
        self.departments = {
            name: self.share("department", name, name=name, color="#78909C")
            for name in ("modeling", "animation")
        }
        self.share("studio", name="North", color="#000000")
        secret = {"chat_token_slack": mark(STUDIO, "chat token")}
        self.share("organisation", name="The Studio", hours_by_day=8, **secret)
        self.people = {one.name: self.person(one.name, one.role) for one in EVERYBODY}
        self.admin = self.people["admin"]
        for one in EVERYBODY:
            self._complete(one)
        self.row_of(SOMEBODY_ELSE)["first_name"] = mark(STUDIO, "stranger")
        self.row_of(SOMEBODY).update(
            phone=mark(STUDIO, "phone"),
            email=f"{mark(STUDIO, 'mail')}@example.com",
            daily_salary=int(mark(STUDIO, "salary")),
            data={"note": mark(STUDIO, "person data")},
        )
        log = {"person_id": SOMEBODY.id, "ip_address": mark(STUDIO, "address"), "origin": "web"}
        self.add("login_log", "it", **log)
        self.add("desktop_login_log", "it", person_id=SOMEBODY.id, date="2026-01-05T10:00:00")

    def row_of(self, who: Person) -> dict[str, Any]:
        """Somebody's account."""
        return next(row for row in self.tables["person"] if row["id"] == who.id)

    def _complete(self, who: Person) -> None:
        token = f"jti of {who.name}" if who.bot else None
        email = f"{who.id}@example.com"
        self.row_of(who).update(is_bot=who.bot, active=who.active, email=email, jti=token)
        if who.department:
            department = self.departments[who.department]
            self.link("department_link", person_id=who.id, department_id=department)

    def _productions(self) -> None:
        self.open = self.share("project_status", "Open", name="Open", color="#000000")
        self.closed = self.share("project_status", "Closed", name="Closed", color="#111111")
        settings = {"production_style": "3d", "is_clients_isolated": True, "fps": "25"}
        status = {"project_status_id": self.open}
        self.projects = {
            name: self.add("project", name, name=mark(name, "production"), **settings, **status)
            for name in (FILM, SERIES)
        }
        self.project = self.projects[FILM]
        for one in EVERYBODY:
            for name, role in one.seats.items():
                seat = {"project_id": self.projects[name], "person_id": one.id}
                self.link("project_person_link", role=role, **seat)
        self._equipment()

    def _equipment(self) -> None:
        """What no production owns."""
        share = self.share
        self.shared["dead_letter"] = NO_LETTER
        share("output_type", name="Cache", short_name="abc")
        share("file_status", name="To review", color="#000000")
        share("software", name="Blender", short_name="bl", file_extension=".blend")
        link = {"department_id": self.departments["animation"]}
        self.add("software_department_link", "it", software_id=self.shared["software"], **link)
        share("preview_background_file", name="Sky")
        share("hardware_item", name=mark(STUDIO, "hardware"), short_name="h")
        self.add(
            "hardware_item_department_link",
            "it",
            hardware_item_id=self.shared["hardware_item"],
            **link,
        )
        share("custom_action", name=mark(STUDIO, "custom action"), url="http://x")
        plugin = {"plugin_id": "p", "version": "1", "maintainer_name": "m", "license": "MIT"}
        share("plugin", name=mark(STUDIO, "plugin"), **plugin)
        share("project_template", name=mark(STUDIO, "template"))
        grade = {"position": "artist", "seniority": "mid"}
        scale = {
            "salary": int(mark(STUDIO, "scale")),
            "department_id": self.departments["modeling"],
        }
        share("salary_scale", **grade, **scale)
        note = {"note": mark(STUDIO, "event")}
        share("api_event", name="asset:new", user_id=SOMEBODY.id, project_id=None, data=note)
        self.shared["newcomer"] = NEWCOMER.id

    def _work(self) -> None:
        self.status = self.share(
            "task_status", name="Todo", short_name="todo", color="#fff", is_default=True
        )
        self.types = {
            kind: self.share("entity_type", kind, name=name)
            for kind in KINDS
            for name in ("Character" if kind == "asset" else kind.capitalize(),)
        }
