"""What schedules are about: parts of productions, by name."""

from __future__ import annotations

from tests.service.conftest import MakeService
from tests.world import World, ident

EPISODE = ident("entity episode")


def test_parts_of_a_production_are_listed_by_kind(make_service: MakeService, world: World) -> None:
    """Of an episode, if one is given; canceled edits are left out."""
    kinds = {
        name: world.add("entity_type", name, name=name) for name in ("Episode", "Edit", "Props")
    }
    kinds["Sequence"] = world.types["Sequence"]
    common = {"project_id": world.project, "status": "running", "is_shared": False}

    def add(name: str, kind: str, **values: object) -> str:
        return world.add("entity", name, name=name, entity_type_id=kinds[kind], **common, **values)

    add("episode", "Episode", canceled=True)
    add("sequence", "Sequence", parent_id=EPISODE)
    add("edit", "Edit", parent_id=EPISODE)
    add("gone", "Edit", parent_id=EPISODE, canceled=True)
    add("chair", "Props", source_id=EPISODE, canceled=True)
    assets = make_service("assets")
    assets.fill(world)

    def listed(kind: str, episode: str | None = None) -> set[str]:
        question = {"project_id": world.project, "kind": kind, "episode_id": episode}
        return set(assets.call("admin", "list_schedule_objects", **question).values())

    assert listed("episodes") == listed("episodes", EPISODE) == {"episode"}
    assert listed("edits") == listed("edits", EPISODE) == {"edit"}
    assert listed("sequences") > listed("sequences", EPISODE) == {"sequence"}
    assert listed("asset-types", EPISODE) == {"Props"}
    assert listed("asset-types") == {"Props", "Character"}
