"""A small series: two episodes with sequences and shots, characters and props to cast."""

from __future__ import annotations

from typing import Any

from tests.world import World


class Show(World):
    """The studio with a series in production; ``other`` is another production's."""

    def __init__(self) -> None:
        super().__init__()
        for name in ("Episode", "Scene", "Edit", "Concept", "Props"):
            self.types[name] = self.add("entity_type", name, name=name)
        self.other_project = self.add(
            "project",
            "other",
            name="Other",
            project_status_id=self.open,
            production_style="3d",
            fps="25",
        )
        self.link(
            "project_person_link", project_id=self.other_project, person_id=self.people["manager"]
        )
        self.episode = self.entity("E01", "Episode")
        self.next_episode = self.entity("E02", "Episode")
        self.opening = self.entity("S01", "Sequence", parent_id=self.episode)
        self.shots = [self.entity(f"P0{n}", "Shot", parent_id=self.opening) for n in (1, 2)]
        self.prop = self.entity("Tree", "Props")
        self.boat = self.entity("Boat", "Props")
        self.scene = self.entity("SC01", "Scene", parent_id=self.opening)
        self.concept = self.entity("Mood", "Concept", created_by=self.people["artist"])
        self.foreign = self.entity("Elsewhere", "Props", project_id=self.other_project)

    def entity(self, name: str, kind: str, **values: Any) -> str:
        """One more entity."""
        row = {
            "project_id": self.project,
            "status": "running",
            "is_shared": False,
            "canceled": False,
            "nb_entities_out": 0,
            "is_casting_standby": False,
            "data": {},
            **values,
        }
        return self.add("entity", name, name=name, entity_type_id=self.types[kind], **row)

    def cast(self, entity: str, *assets: str) -> None:
        """Castings that are there from the start."""
        for asset in assets:
            self.add(
                "entity_link",
                f"{asset} in {entity}",
                entity_in_id=entity,
                entity_out_id=asset,
                nb_occurences=1,
                label="",
            )
        row = next(r for r in self.tables["entity"] if r["id"] == entity)
        row["nb_entities_out"] = row.get("nb_entities_out", 0) + len(assets)

    def link_concept(self, concept: str, entity: str) -> None:
        """Draw a concept for an entity."""
        self.add(
            "entity_concept_link",
            f"{concept} for {entity}",
            entity_in_id=concept,
            entity_out_id=entity,
        )

    def assign(self, person: str, entity: str) -> None:
        """A task of that person's on an entity."""
        task = self.add(
            "task",
            f"{person} on {entity}",
            name="main",
            project_id=self.project,
            difficulty=3,
            task_type_id=self.task_type,
            task_status_id=self.status,
            entity_id=entity,
            duration=0.0,
        )
        self.link("task_person_link", task_id=task, person_id=self.people[person])
