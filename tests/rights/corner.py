"""The rows of a place, with marks in all that is hidden from somebody."""

from __future__ import annotations

from typing import Any, Final

from services.common.bulk.importing import own_tables
from services.common.wire.topology import SERVICES
from tests.rights.marks import mark
from tests.rights.people import EVERYBODY, GUEST
from tests.rights.places import FURNISHED, OWNERS, Ids, Place
from tests.rights.studio import KINDS, Studio

PARENTS: Final = {"sequence": "episode", "shot": "sequence", "scene": "sequence", "edit": "episode"}
COLUMNS: Final = {
    name: frozenset(table.c.keys())
    for service in SERVICES
    for name, table in own_tables(service).items()
}
DAY: Final = "2026-01-05"
REPLY: Final = "11111111-2222-4333-8444-{:012d}"
#: What a new row at a place refers to, by the name of the column and the kind of the id.
USUAL: Final = {
    "project_id": "project",
    "production_id": "project",
    "person_id": "person",
    "author_id": "person",
    "created_by": "person",
    "task_id": "task",
    "object_id": "task",
    "task_type_id": "task_type",
    "task_status_id": "task_status",
    "comment_id": "comment",
}


def furnished() -> Studio:
    """The studio with all places furnished."""
    world = Studio()
    for place in FURNISHED:
        world.ids[place.name] = Corner(world, place).ids
    world.task_type = world.ids["assigned"]["task_type"]
    return world


class Corner:
    """The rows of one place."""

    def __init__(self, world: Studio, place: Place) -> None:
        self.world, self.place = world, place
        self.ids: Ids = {
            **world.shared,
            "project": world.projects[place.production],
            "person": place.author.id,
        }
        for kind in KINDS:
            self._entity(kind)
            self._task(kind)
        self._folder()
        self.ids |= {name: self.ids[f"asset {name}"] for name in ("task", "task_type")}
        self.ids["entity"] = self.ids["asset"]
        self._casting()
        self._conversation()
        self._previews()
        self._files()
        self._planning()
        self._saved()
        if place.name == "assigned":
            for one in OWNERS:
                world.own[one.name] = self._own(one.name, one.id)

    def mark(self, what: str) -> str:
        """A text that not everybody at the place may see."""
        return mark(self.place.name, what)

    def put(self, table: str, name: str = "it", /, **values: Any) -> str:
        """Add a row of the place, which refers to what is usual there."""
        usual = {
            column: self.ids[kind]
            for column, kind in USUAL.items()
            if column in COLUMNS[table] and kind in self.ids
        }
        row = {**usual, **values}
        self.ids[table] = self.world.add(table, f"{self.place.name} {name}", **row)
        return self.ids[table]

    def _entity(self, kind: str) -> None:
        maker = self.world.people["maker"] if self.place.made else self.place.author.id
        self.ids[kind] = self.put(
            "entity",
            kind,
            name=self.mark(f"{kind} name"),
            entity_type_id=self.world.types[kind],
            parent_id=self.ids.get(PARENTS.get(kind, "")),
            created_by=maker,
            status="running",
            is_shared=False,
            data={"open": self.mark("open data"), "bound": self.mark("bound data")},
        )
        if self.place.name == "other":
            # The production has its descriptors.
            self.ids["metadata_descriptor"] = self.world.ids["assigned"]["metadata_descriptor"]
            return
        bound = self._descriptor(kind, "bound", for_client=True)
        department = self.world.departments["animation"]
        link = {"metadata_descriptor_id": bound, "department_id": department}
        self.world.link("department_metadata_descriptor_link", **link)
        if kind == "asset":
            self._descriptor(kind, "internal", for_client=False)

    def _folder(self) -> None:
        self.ids["concept_folder"] = self.put(
            "entity",
            "concept folder",
            name=self.mark("concept folder"),
            entity_type_id=self.world.folder_type,
            status="running",
            is_shared=False,
        )

    def _descriptor(self, kind: str, name: str, *, for_client: bool) -> str:
        return self.put(
            "metadata_descriptor",
            f"{kind} {name}",
            entity_type=kind.capitalize(),
            name=self.mark(f"{name} descriptor"),
            field_name=name,
            data_type="string",
            for_client=for_client,
            task_type_id=None,
        )

    def _task(self, kind: str) -> None:
        department = {"department_id": self.world.departments[self.place.department]}
        about = {"name": f"{self.place.name} {kind}", "for_entity": kind.capitalize()}
        self.ids[f"{kind} task_type"] = self.put("task_type", kind, **about, **department)
        self.ids[f"{kind} task"] = self.put(
            "task",
            kind,
            name=self.mark(f"{kind} task"),
            entity_id=self.ids[kind],
            assigner_id=self.place.author.id,
            difficulty=3,
            estimation=480.0,
            due_date=f"{self.mark('due date')}T00:00:00",
        )
        workers = [one.id for one in EVERYBODY if one.assigned] if self.place.assigned else []
        for worker in (self.place.author.id, *workers):
            self.world.link("task_person_link", task_id=self.ids["task"], person_id=worker)

    def _casting(self) -> None:
        shot, asset = self.ids["shot"], self.ids["asset"]
        self.put("entity_version", name="v1", entity_id=shot)
        self.put("entity_link", entity_in_id=shot, entity_out_id=asset, nb_occurences=1)
        held = {"asset_id": asset, "scene_id": self.ids["scene"]}
        instance = self.put("asset_instance", number=1, name=self.mark("instance"), **held)
        self.world.link("asset_instance_link", entity_id=shot, asset_instance_id=instance)
        ends = {"in_task_type_id": self.ids["task_type"], "in_task_status_id": self.world.status}
        ends |= {name.replace("in_", "out_", 1): ident for name, ident in ends.items()}
        self.put("status_automation", entity_type="asset", out_field_type="status", **ends)

    def comment(self, name: str, text: str, **values: Any) -> str:
        """A comment on the asset's task."""
        about = {"object_type": "Task", "replies": [], "checklist": []}
        return self.put("comment", name, text=text, **{**about, **values})

    def reply(self, text: str, person: str) -> list[dict[str, Any]]:
        """The replies of a comment: one."""
        self.ids["reply"] = REPLY.format(len(self.world.tables["comment"]))
        said = {"id": self.ids["reply"], "date": DAY, "person_id": person, "text": text}
        return [{**said, "mentions": []}]

    def _conversation(self) -> None:
        outside = self.comment("client", self.mark("client comment"), person_id=GUEST.id)
        self.put("notification", type="comment", author_id=self.world.admin)
        self.comment("for client", self.mark("comment for clients"), for_client=True)
        replies = self.reply(self.mark("reply"), self.place.author.id)
        ticks = [{"text": self.mark("checklist"), "checked": False}]
        self.comment("internal", self.mark("internal comment"), replies=replies, checklist=ticks)
        self.ids["client comment"] = outside
        name = f"{self.mark('attachment')}.txt"
        self.put("attachment_file", name=name, extension="txt", size=3)
        self.put("news", change=True)
        self.put("subscription", task_type_id=None)
        self.put("time_spent", date=DAY, duration=60.0)
        self.put("chat", object_id=self.ids["asset"], object_type="entity")
        self._join(self.place.author.id)
        self.put("chat_message", chat_id=self.ids["chat"], text=self.mark("chat message"))

    def _join(self, person: str) -> None:
        self.world.link("chat_participant", chat_id=self.ids["chat"], person_id=person)

    def _previews(self) -> None:
        expected = {"extension": "png", "position": 1}
        self.ids["preview without file"] = self.put(
            "preview_file", "expected", name="expected", revision=3, status="processing", **expected
        )
        for revision, (name, verdict) in enumerate(
            (("rejected", "rejected"), ("preview", "neutral")), start=1
        ):
            judged = {"validation_status": verdict, "status": "ready", "revision": revision}
            shown = {"name": name, "original_name": self.mark(name), **judged, **expected}
            link = {"comment": self.ids["comment"], "preview_file": ""}
            link["preview_file"] = self.put("preview_file", name, **shown)
            self.world.link("comment_preview_link", **link)

    def _files(self) -> None:
        entity = {"entity_id": self.ids["asset"], "revision": 1}
        source = self.put("working_file", name=self.mark("working file"), **entity)
        kinds = {f"{name}_id": self.ids[name] for name in ("file_status", "output_type")}
        name = self.mark("output file")
        self.put("output_file", name=name, source_file_id=source, **kinds, **entity)

    def _planning(self) -> None:
        self.put("project_task_type_link")
        if self.place.name != "other":  # the production has its statuses
            self.put("project_task_status_link", task_status_id=self.world.status)
        self.put("milestone", name=self.mark("milestone"), date=DAY)
        self.put("schedule_item", start_date=DAY, end_date=DAY, object_id=None)
        copy = f"{self.place.name} copy"
        self.ids["another version"] = self.put("production_schedule_version", "b", name=copy)
        version = self.put("production_schedule_version", name=self.mark("schedule version"))
        link = {"production_schedule_version_id": version}
        self.put("production_schedule_version_task_link", **link)
        number = [one.name for one in FURNISHED].index(self.place.name)
        budget = self.put("budget", name=self.mark("budget"), revision=number)
        salary = {"daily_salary": int(self.mark("budgeted salary")), "budget_id": budget}
        department = {"department_id": self.world.departments["modeling"]}
        self.put("budget_entry", start_date=DAY, months_duration=1, **salary, **department)
        for name, shown in (("client playlist", True), ("playlist", False)):
            self._playlist(name, name=self.mark(name), for_client=shown)

    def _playlist(self, key: str, /, **values: Any) -> str:
        shots = [{"entity_id": self.ids["shot"], "preview_file_id": None}]
        about = {"for_entity": "shot", "shots": shots, "task_type_id": None}
        return self.put("playlist", key, **about, **values)

    def _saved(self) -> None:
        hidden = {"list_type": "asset", "is_shared": False}
        self.put("search_filter", name=self.mark("filter"), search_query="x", **hidden)
        self.put("search_filter_group", name=self.mark("filter group"), color="#fff", **hidden)
        self.put(
            "webhook",
            url=f"http://127.0.0.1:9/{self.mark('webhook')}",
            description=self.mark("webhook"),
            names=["task:*"],
            ordered=True,
            state="paused",
            secret="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        )
        year = 2020 + [one.name for one in FURNISHED].index(self.place.name)
        days = {"date": f"{year}-03-03", "end_date": f"{year}-03-04"}
        self.put("day_off", description=self.mark("day off"), **days)

    def _own(self, name: str, person: str) -> Ids:
        """Rows of somebody's own here."""
        there, self.ids = self.ids, {**self.ids, "person": person}
        own, hidden = f"of {name}", {"list_type": "asset", "is_shared": False}
        self.put("notification", own, type="comment", author_id=self.world.admin)
        self.comment(own, "own words", replies=self.reply("own reply", person))
        self.put("attachment_file", own, name="own.txt", extension="txt", size=3)
        self.put("day_off", own, date="2026-03-03", end_date="2026-03-04")
        self.put("search_filter", own, name="own", search_query="x", **hidden)
        self.put("search_filter_group", own, name="own", color="#fff", **hidden)
        self.put("time_spent", own, date=DAY, duration=30.0)
        self.put("chat_message", own, chat_id=self.ids["chat"], text="own words")
        self._playlist(own, name=own, for_client=False)
        self._join(person)
        if name == "former member":
            self.put("subscription", own, task_type_id=None)
        mine, self.ids = self.ids, there
        return mine
