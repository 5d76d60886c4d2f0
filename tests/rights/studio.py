"""The world of the walk as rows: two productions furnished alike, marks in all that is hidden."""

from __future__ import annotations

from typing import Final

from tests.rights.marks import mark
from tests.rights.people import EVERYBODY, FILM, GUEST, NEWCOMER, SERIES, SOMEBODY
from tests.rights.places import FURNISHED, OWNERS, Ids, Nothing, Place
from tests.world import World

KINDS: Final = ("episode", "sequence", "shot", "scene", "edit", "concept", "asset")
PARENTS: Final = {"sequence": "episode", "shot": "sequence", "scene": "sequence", "edit": "episode"}
REPLY: Final = "11111111-2222-4333-8444-{:012d}"
DAY: Final = "2026-01-05"


class Studio(World):
    """All rows, and the ids of each place by kind."""

    def __init__(self) -> None:
        self.ids: dict[str, Ids] = {"nowhere": Nothing(), "studio": Nothing()}
        self.own: dict[str, Ids] = {}
        super().__init__()

    def _studio(self) -> None:
        for name in ("modeling", "animation"):
            setattr(self, name, self.add("department", name, name=name, color="#78909C"))
        self.add("studio", "north", name="North", color="#000000")
        self.organisation = self.add(
            "organisation",
            "it",
            name="The Studio",
            hours_by_day=8,
            chat_token_slack=mark("studio", "chat token"),
        )
        self.people = {one.name: self.person(one.name, one.role) for one in EVERYBODY}
        self.admin = self.people["admin"]
        for row, one in zip(self.tables["person"], EVERYBODY, strict=True):
            row |= {"is_bot": one.bot, "active": one.active, "email": f"{one.id}@example.com"}
            row["jti"] = f"jti of {one.name}" if one.bot else None
            if one.department:
                self.link(
                    "department_link",
                    person_id=one.id,
                    department_id=self.department_of(one.department),
                )
        somebody = self.tables["person"][[p.name for p in EVERYBODY].index("somebody")]
        self.tables["person"][[p.name for p in EVERYBODY].index("somebody else")]["first_name"] = (
            mark("studio", "stranger")
        )
        somebody |= {
            "phone": mark("studio", "phone"),
            "email": f"{mark('studio', 'mail')}@example.com",
            "daily_salary": int(mark("studio", "salary")),
            "data": {"note": mark("studio", "person data")},
        }
        self.add(
            "login_log",
            "a",
            person_id=SOMEBODY.id,
            ip_address=mark("studio", "address"),
            origin="web",
        )
        self.add("desktop_login_log", "a", person_id=SOMEBODY.id, date="2026-01-05T10:00:00")

    def department_of(self, name: str) -> str:
        """The id of a department."""
        return str(getattr(self, name))

    def _productions(self) -> None:
        add = self.add
        self.open = add("project_status", "Open", name="Open", color="#000000")
        self.closed = add("project_status", "Closed", name="Closed", color="#111111")
        self.projects = {
            name: add(
                "project",
                name,
                name=mark(name, "production"),
                project_status_id=self.open,
                production_style="3d",
                is_clients_isolated=True,
                fps="25",
            )
            for name in (FILM, SERIES)
        }
        self.project = self.projects[FILM]
        for one in EVERYBODY:
            for production, role in one.seats.items():
                self.link(
                    "project_person_link",
                    project_id=self.projects[production],
                    person_id=one.id,
                    role=role,
                )
        self.shared = {
            "output_type": add("output_type", "cache", name="Cache", short_name="abc"),
            "file_status": add("file_status", "ok", name="To review", color="#000000"),
            "software": add(
                "software", "b", name="Blender", short_name="bl", file_extension=".blend"
            ),
            "preview_background_file": add("preview_background_file", "sky", name="Sky"),
            "hardware_item": add(
                "hardware_item", "h", name=mark("studio", "hardware"), short_name="h"
            ),
            "custom_action": add(
                "custom_action", "c", name=mark("studio", "custom action"), url="http://x"
            ),
            "plugin": add(
                "plugin",
                "p",
                plugin_id="p",
                name=mark("studio", "plugin"),
                version="1",
                maintainer_name="m",
                license="MIT",
            ),
            "project_template": add("project_template", "t", name=mark("studio", "template")),
            "salary_scale": add(
                "salary_scale",
                "s",
                department_id=self.department_of("modeling"),
                position="artist",
                seniority="mid",
                salary=int(mark("studio", "scale")),
            ),
            "api_event": add(
                "api_event",
                "e",
                name="asset:new",
                user_id=SOMEBODY.id,
                project_id=None,
                data={"note": mark("studio", "event")},
            ),
            "department": self.department_of("animation"),
            "studio": self.tables["studio"][0]["id"],
            "organisation": self.organisation,
            "project_status": self.closed,
            "newcomer": NEWCOMER.id,
        }

    def _work(self) -> None:
        add = self.add
        kinds = [*(kind.capitalize() for kind in KINDS[:-1]), "Character"]
        self.types = {name: add("entity_type", name, name=name) for name in kinds}
        self.status = add(
            "task_status", "todo", name="Todo", short_name="todo", color="#fff", is_default=True
        )
        self.shared |= {
            "task_status": self.status,
            "entity_type": self.types["Character"],
        }
        for place in FURNISHED:
            self.ids[place.name] = Furniture(self, place).ids
        self.task_type = self.ids["assigned"]["task_type"]


class Furniture:
    """The rows of one place."""

    def __init__(self, world: Studio, place: Place) -> None:
        self.world, self.place = world, place
        self.project = world.projects[place.production]
        self.ids: Ids = {**world.shared, "project": self.project, "person": place.author.id}
        self.types: Ids = {}
        self._entities()
        self._tasks()
        self._comments()
        self._previews()
        self._files()
        self._planning()
        self._saved()
        self.ids["entity"] = self.ids["asset"]
        if place.name == "assigned":
            for one in OWNERS:
                world.own[one.name] = self._own(one.name, one.id)

    def mark(self, what: str) -> str:
        """A text that not everybody at the place may see."""
        return mark(self.place.name, what)

    def add(self, table: str, name: str, /, **values: object) -> str:
        """A row of the place."""
        return self.world.add(table, f"{self.place.name} {name}", **values)

    def _entities(self) -> None:
        place, world = self.place, self.world
        maker = world.people["maker"] if place.made else place.author.id
        for kind in KINDS:
            name = "Character" if kind == "asset" else kind.capitalize()
            self.ids[kind] = self.add(
                "entity",
                kind,
                name=self.mark(f"{kind} name"),
                entity_type_id=world.types[name],
                project_id=self.project,
                parent_id=self.ids.get(PARENTS.get(kind, "")),
                created_by=maker,
                status="running",
                is_shared=False,
                data={"open": self.mark("open data"), "bound": self.mark("bound data")},
            )
            self._descriptor(kind, "bound", bound=True, for_client=True)
        self._descriptor("asset", "internal", bound=False, for_client=False)
        self.add(
            "entity_version", "v", name="v1", entity_id=self.ids["shot"], person_id=place.author.id
        )
        self.ids["entity_link"] = self.add(
            "entity_link",
            "cast",
            entity_in_id=self.ids["shot"],
            entity_out_id=self.ids["asset"],
            nb_occurences=1,
            production_id=self.project,
        )
        self.ids["asset_instance"] = self.add(
            "asset_instance",
            "1",
            asset_id=self.ids["asset"],
            number=1,
            name=self.mark("instance"),
            scene_id=self.ids["scene"],
        )
        world.link(
            "asset_instance_link",
            entity_id=self.ids["shot"],
            asset_instance_id=self.ids["asset_instance"],
        )

    def _descriptor(self, kind: str, name: str, *, bound: bool, for_client: bool) -> None:
        if self.place.name == "other":
            self.ids["metadata_descriptor"] = self.world.ids["assigned"]["metadata_descriptor"]
            return
        self.ids["metadata_descriptor"] = self.add(
            "metadata_descriptor",
            f"{kind} {name}",
            project_id=self.project,
            entity_type=kind.capitalize(),
            name=self.mark(f"{name} descriptor"),
            field_name=name,
            data_type="string",
            for_client=for_client,
        )
        if bound:
            self.world.link(
                "department_metadata_descriptor_link",
                metadata_descriptor_id=self.ids["metadata_descriptor"],
                department_id=self.world.department_of("animation"),
            )

    def _tasks(self) -> None:
        world, place = self.world, self.place
        for kind in KINDS:
            title = kind.capitalize()
            self.types[kind] = self.add(
                "task_type",
                kind,
                name=f"{place.name} {kind}",
                for_entity=title,
                department_id=world.department_of(place.department),
            )
            self.ids[f"{kind} task"] = self.add(
                "task",
                kind,
                name=self.mark(f"{kind} task"),
                project_id=self.project,
                task_type_id=self.types[kind],
                task_status_id=world.status,
                entity_id=self.ids[kind],
                assigner_id=place.author.id,
                difficulty=3,
                estimation=480.0,
                due_date=f"{self.mark('due date')}T00:00:00",
            )
            workers = [one.id for one in EVERYBODY if one.assigned] if place.assigned else []
            for worker in (place.author.id, *workers):
                world.link("task_person_link", task_id=self.ids[f"{kind} task"], person_id=worker)
        self.ids |= {f"{kind} task type": ident for kind, ident in self.types.items()}
        self.ids |= {"task": self.ids["asset task"], "task_type": self.types["asset"]}
        self.ids["status_automation"] = self.add(
            "status_automation",
            "a",
            entity_type="asset",
            in_task_type_id=self.types["asset"],
            in_task_status_id=world.status,
            out_field_type="status",
            out_task_type_id=self.types["asset"],
            out_task_status_id=world.status,
        )

    def comment(self, name: str, author: str, text: str, **values: object) -> str:
        """A comment on the asset's task."""
        return self.add(
            "comment",
            name,
            object_id=self.ids["task"],
            object_type="Task",
            text=text,
            person_id=author,
            task_status_id=self.world.status,
            **{"replies": [], "checklist": [], **values},
        )

    def _comments(self) -> None:
        author, add = self.place.author.id, self.add
        reply = REPLY.format(len(self.world.tables["comment"]))
        self.ids["reply"] = reply
        said = {
            "id": reply,
            "date": DAY,
            "person_id": author,
            "text": self.mark("reply"),
            "mentions": [],
        }
        ticks = [{"text": self.mark("checklist"), "checked": False}]
        self.ids["comment"] = self.comment(
            "internal", author, self.mark("internal comment"), replies=[said], checklist=ticks
        )
        self.ids["attachment_file"] = add(
            "attachment_file",
            "a",
            name=f"{self.mark('attachment')}.txt",
            extension="txt",
            comment_id=self.ids["comment"],
            size=3,
        )
        self.ids["client comment"] = self.comment("client", GUEST.id, self.mark("client comment"))
        self.comment("for client", author, self.mark("comment for clients"), for_client=True)
        self.ids["news"] = add(
            "news",
            "n",
            author_id=author,
            comment_id=self.ids["comment"],
            task_id=self.ids["task"],
            change=True,
        )
        self.ids["notification"] = self._notification("n", author, self.ids["client comment"])
        self.ids["subscription"] = add(
            "subscription", "s", person_id=author, task_id=self.ids["task"]
        )
        self.ids["time_spent"] = add(
            "time_spent", "t", person_id=author, task_id=self.ids["task"], date=DAY, duration=60.0
        )
        self.ids["chat"] = add("chat", "c", object_id=self.ids["asset"], object_type="entity")
        self.world.link("chat_participant", chat_id=self.ids["chat"], person_id=author)
        self.ids["chat_message"] = add(
            "chat_message",
            "m",
            chat_id=self.ids["chat"],
            person_id=author,
            text=self.mark("chat message"),
        )

    def _notification(self, name: str, person: str, comment: str) -> str:
        return self.add(
            "notification",
            name,
            person_id=person,
            author_id=self.world.admin,
            comment_id=comment,
            task_id=self.ids["task"],
            type="comment",
        )

    def _previews(self) -> None:
        for name, verdict in (("rejected", "rejected"), ("preview", "neutral")):
            self.ids["preview_file"] = self.add(
                "preview_file",
                name,
                name=name,
                original_name=self.mark(name),
                extension="png",
                status="ready",
                task_id=self.ids["task"],
                revision=1 if name == "rejected" else 2,
                validation_status=verdict,
                person_id=self.place.author.id,
                position=1,
            )
            self.world.link(
                "comment_preview_link",
                comment=self.ids["comment"],
                preview_file=self.ids["preview_file"],
            )

        self.ids["preview without file"] = self.add(
            "preview_file",
            "expected",
            name="expected",
            extension="png",
            status="processing",
            task_id=self.ids["task"],
            revision=3,
            person_id=self.place.author.id,
            position=1,
        )

    def _files(self) -> None:
        self.ids["working_file"] = self.add(
            "working_file",
            "w",
            name=self.mark("working file"),
            task_id=self.ids["task"],
            entity_id=self.ids["asset"],
            revision=1,
            production_id=self.project,
        )
        self.ids["output_file"] = self.add(
            "output_file",
            "o",
            name=self.mark("output file"),
            entity_id=self.ids["asset"],
            revision=1,
            production_id=self.project,
            file_status_id=self.ids["file_status"],
            output_type_id=self.ids["output_type"],
            task_type_id=self.types["asset"],
            source_file_id=self.ids["working_file"],
        )

    def _planning(self) -> None:
        add, production = self.add, {"project_id": self.project}
        self.ids["milestone"] = add(
            "milestone", "m", name=self.mark("milestone"), date=DAY, **production
        )
        self.ids["schedule_item"] = add(
            "schedule_item",
            "s",
            start_date=DAY,
            end_date=DAY,
            task_type_id=self.types["asset"],
            **production,
        )
        version = add(
            "production_schedule_version", "v", name=self.mark("schedule version"), **production
        )
        self.ids["production_schedule_version"] = version
        self.ids["production_schedule_version_task_link"] = add(
            "production_schedule_version_task_link",
            "l",
            production_schedule_version_id=version,
            task_id=self.ids["task"],
        )
        self.ids["budget"] = add(
            "budget", "b", name=self.mark("budget"), revision=len(self.ids), **production
        )
        self.ids["budget_entry"] = add(
            "budget_entry",
            "b",
            budget_id=self.ids["budget"],
            department_id=self.world.department_of("modeling"),
            start_date=DAY,
            months_duration=1,
            daily_salary=int(self.mark("budgeted salary")),
        )
        shots = [{"entity_id": self.ids["shot"], "preview_file_id": None}]
        for name, shown in (("client playlist", True), ("playlist", False)):
            self.ids["playlist"] = add(
                "playlist",
                name,
                name=self.mark(name),
                for_client=shown,
                for_entity="shot",
                shots=shots,
                created_by=self.place.author.id,
                **production,
            )

    def _saved(self) -> None:
        person = {
            "person_id": self.place.author.id,
            "project_id": self.project,
            "list_type": "asset",
        }
        self.ids["search_filter"] = self.add(
            "search_filter",
            "f",
            name=self.mark("filter"),
            search_query="x",
            is_shared=False,
            **person,
        )
        self.ids["search_filter_group"] = self.add(
            "search_filter_group",
            "g",
            name=self.mark("filter group"),
            color="#fff",
            is_shared=False,
            **person,
        )
        self.ids["day_off"] = self.add(
            "day_off",
            "d",
            person_id=self.place.author.id,
            date=f"202{len(self.place.name) % 10}-03-03",
            end_date=f"202{len(self.place.name) % 10}-03-04",
            description=self.mark("day off"),
        )

    def _own(self, name: str, person: str) -> Ids:
        """Rows of somebody's own here."""
        mine = {"person_id": person, "project_id": self.project, "list_type": "asset"}
        comment = self.comment(f"of {name}", person, "own words")
        log = {"person_id": person, "task_id": self.ids["task"]}
        reply = REPLY.format(1000 + len(self.world.tables["comment"]))
        said = {"id": reply, "date": DAY, "person_id": person, "text": "own reply", "mentions": []}
        self.world.tables["comment"][-1]["replies"] = [said]
        self.world.link("chat_participant", chat_id=self.ids["chat"], person_id=person)
        if name == "former member":
            self.add("subscription", f"of {name}", **log)
        return {
            "person": person,
            "comment": comment,
            "reply": reply,
            "attachment_file": self.add(
                "attachment_file", f"of {name}", name="own.txt", comment_id=comment, size=3
            ),
            "day_off": self.add(
                "day_off", f"of {name}", person_id=person, date="2026-03-03", end_date="2026-03-04"
            ),
            "search_filter": self.add(
                "search_filter", f"of {name}", name="own", search_query="x", **mine
            ),
            "search_filter_group": self.add(
                "search_filter_group", f"of {name}", name="own", color="#fff", **mine
            ),
            "time_spent": self.add("time_spent", f"of {name}", date=DAY, duration=30.0, **log),
            "notification": self._notification(f"of {name}", person, self.ids["comment"]),
            "chat_message": self.add(
                "chat_message",
                f"of {name}",
                chat_id=self.ids["chat"],
                person_id=person,
                text="own words",
            ),
            "playlist": self.add(
                "playlist",
                f"of {name}",
                name=f"own of {name}",
                for_client=False,
                for_entity="shot",
                shots=[],
                created_by=person,
                project_id=self.project,
            ),
        }
