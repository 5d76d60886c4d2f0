"""A series in production: people of every role around one task, statuses, notifications."""

from __future__ import annotations

from typing import Any

from tests.show import Show

FLAGS = ("is_done", "is_retake", "is_feedback_request", "is_wip")
EVERYBODY = (
    "admin",
    "manager",
    "supervisor",
    "artist",
    "colleague",
    "client",
    "vendor",
    "stranger",
)
TASK = {
    "name",
    "description",
    "priority",
    "difficulty",
    "duration",
    "estimation",
    "completion_rate",
    "retake_count",
    "sort_order",
    "start_date",
    "due_date",
    "real_start_date",
    "end_date",
    "done_date",
    "last_comment_date",
    "nb_assets_ready",
    "data",
    "nb_drawings",
    "shotgun_id",
    "last_preview_file_id",
    "project_id",
    "task_type_id",
    "task_status_id",
    "entity_id",
    "assigner_id",
    "id",
    "created_at",
    "updated_at",
    "type",
}


class Desk(Show):
    """The series, with a task on Hero that many people have to do with.

    ``artist`` is assigned; ``colleague`` is in the team and no more; ``maker`` created the entity;
    ``modeler`` and ``animator`` supervise a department, ``supervisor`` none in particular;
    ``hired`` is a vendor with a task on the entity, ``vendor`` one without; ``rival`` is a client
    of another studio.
    """

    cut: str
    """The edit, where there is one."""

    def __init__(self) -> None:
        super().__init__()
        self.animation = self.add("department", "animation", name="Animation", color="#000")
        self.south = self.add("studio", "south", name="South", color="#fff")
        self._more_people()
        self._statuses()
        self._types()
        hero = next(row for row in self.tables["entity"] if row["id"] == self.asset)
        hero["created_by"] = self.people["maker"]
        rigging = self.task_on(self.asset, "rigging", "hired")
        self.rigging = rigging
        self.animation_task = self.task_on(self.shots[0], "animation")
        self.concept_task = self.task_on(self.concept, "drawing", "artist")

    def _more_people(self) -> None:
        roles = {
            "colleague": "user",
            "maker": "user",
            "modeler": "supervisor",
            "animator": "supervisor",
            "hired": "vendor",
            "rival": "client",
            "outside": "user",
        }
        for name, role in roles.items():
            self.people[name] = self.person(name, role)
            if name != "outside":
                self.join(name)
        self.row("person", self.people["client"])["studio_id"] = self.studio
        self.row("person", self.people["rival"])["studio_id"] = self.south
        seats = {"modeler": self.department, "outside": self.department, "animator": self.animation}
        for name, department in seats.items():
            person = self.people[name]
            self.link("department_link", person_id=person, department_id=department)

    def _statuses(self) -> None:
        self.statuses = {"todo": self.status}
        for name, flag in (
            ("wip", "is_wip"),
            ("wfa", "is_feedback_request"),
            ("retake", "is_retake"),
            ("done", "is_done"),
            ("secret", ""),
        ):
            flags = dict.fromkeys(FLAGS, False) | ({flag: True} if flag else {})
            self.statuses[name] = self.add(
                "task_status",
                name,
                name=name.upper(),
                short_name=name,
                color="#abc",
                is_artist_allowed=name not in {"secret", "done"},
                is_client_allowed=name != "secret",
                is_default=False,
                for_concept=False,
                archived=False,
                **flags,
            )
        todo = self.row("task_status", self.status)
        todo |= {
            **dict.fromkeys(FLAGS, False),
            "is_artist_allowed": True,
            "for_concept": False,
            "is_client_allowed": True,
            "archived": False,
        }

    def _types(self) -> None:
        self.kinds = {"modeling": self.task_type}
        for name, entity, department in (
            ("rigging", "Asset", None),
            ("animation", "Shot", self.animation),
            ("drawing", "Concept", None),
        ):
            self.kinds[name] = self.add(
                "task_type",
                name,
                name=name.capitalize(),
                for_entity=entity,
                priority=2,
                department_id=department,
                short_name=name[:3],
                color="#123456",
            )

    def row(self, table: str, ident: str) -> dict[str, Any]:
        """A row to be loaded."""
        return next(row for row in self.tables[table] if row["id"] == ident)

    def join(self, name: str, project: str | None = None, **values: Any) -> None:
        """Add a person to a production's team."""
        where = project or self.project
        self.link("project_person_link", project_id=where, person_id=self.people[name], **values)

    def task_on(self, entity: str, kind: str, *people: str, **values: Any) -> str:
        """One more task."""
        task = self.add(
            "task",
            f"{kind} on {entity}",
            **{
                "name": "main",
                "project_id": self.project,
                "difficulty": 3,
                "entity_id": entity,
                "task_type_id": self.kinds[kind],
                "task_status_id": self.status,
                "duration": 0.0,
                "retake_count": 0,
                "priority": 0,
                "estimation": 0.0,
                **values,
            },
        )
        for name in people:
            self.link("task_person_link", task_id=task, person_id=self.people[name])
        return task

    def add_comment(self, name: str, who: str, task: str | None = None, **values: Any) -> str:
        """Add a comment."""
        return self.add(
            "comment",
            name,
            **{
                "object_id": task or self.task,
                "object_type": "Task",
                "text": name,
                "task_status_id": self.status,
                "person_id": self.people[who],
                "replies": [],
                "checklist": [],
                "for_client": False,
                **values,
            },
        )

    def rule(self, name: str, **values: Any) -> str:
        """Add a status automation to the production."""
        ident = self.add(
            "status_automation", name, **{"entity_type": "asset", "archived": False, **values}
        )
        self.link(
            "project_status_automation_link", project_id=self.project, status_automation_id=ident
        )
        return ident
