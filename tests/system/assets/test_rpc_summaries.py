"""Entities as the views with tasks show them, without the tasks."""

from __future__ import annotations

from typing import Any

import pytest

from services.assets.overview.views import SUMMARIES
from services.common.errors import Forbidden, InvalidInput, NotFound
from tests.running import System
from tests.show import Show
from tests.system.assets.conftest import Ask
from tests.system.callers import CALLERS

ASSET = [
    "id",
    "name",
    "preview_file_id",
    "description",
    "asset_type_name",
    "asset_type_id",
    "canceled",
    "ready_for",
    "episode_id",
    "casting_episode_ids",
    "is_casting_standby",
    "is_shared",
    "data",
]
SHOT = [
    "canceled",
    "data",
    "description",
    "entity_type_id",
    "episode_id",
    "episode_name",
    "fps",
    "frame_in",
    "frame_out",
    "id",
    "name",
    "nb_frames",
    "parent_id",
    "preview_file_id",
    "project_id",
    "project_name",
    "sequence_id",
    "sequence_name",
    "source_id",
    "nb_entities_out",
    "is_casting_standby",
    "type",
]
PART = [
    "id",
    "name",
    "status",
    "episode_id",
    "description",
    "frame_in",
    "frame_out",
    "fps",
    "preview_file_id",
    "canceled",
    "data",
]
EDIT = [
    "canceled",
    "data",
    "description",
    "entity_type_id",
    "episode_id",
    "episode_name",
    "id",
    "name",
    "parent_id",
    "preview_file_id",
    "project_id",
    "project_name",
    "source_id",
    "nb_entities_out",
    "type",
]
CONCEPT = [
    "canceled",
    "data",
    "description",
    "entity_type_id",
    "fps",
    "frame_in",
    "frame_out",
    "id",
    "name",
    "nb_frames",
    "parent_id",
    "preview_file_id",
    "project_id",
    "project_name",
    "source_id",
    "nb_entities_out",
    "is_casting_standby",
    "entity_concept_links",
    "type",
    "updated_at",
    "created_at",
    "created_by",
]
ROW = [
    "id",
    "name",
    "code",
    "description",
    "shotgun_id",
    "canceled",
    "nb_frames",
    "nb_entities_out",
    "is_casting_standby",
    "is_shared",
    "status",
    "project_id",
    "entity_type_id",
    "parent_id",
    "source_id",
    "preview_file_id",
    "data",
    "ready_for",
    "created_by",
    "created_at",
    "updated_at",
    "type",
    "entities_out",
    "entities_in",
    "entity_concept_links",
    "instance_casting",
]
KEYS = {
    "asset": ASSET,
    "shot": SHOT,
    "sequence": PART,
    "scene": PART,
    "episode": PART,
    "edit": EDIT,
    "concept": CONCEPT,
}


def outcome(ask: Ask, role: str, method: str, **kwargs: Any) -> Any:
    """How many rows somebody is answered, or the kind of the refusal."""
    try:
        return len(ask(role, method, **kwargs))
    except (Forbidden, NotFound, InvalidInput) as refused:
        return refused.kind


@pytest.mark.parametrize("kind", SUMMARIES)
def test_a_head_has_the_keys_of_its_view(system: System, show: Show, ask: Ask, kind: str) -> None:
    """And they come as pairs of id and head."""
    show.entity("Cut", "Edit", parent_id=show.episode)
    system.load(show.tables)
    pairs = ask("admin", "list_entity_summaries", kind=kind, query={"project_id": show.project})
    assert pairs
    for ident, head in pairs:
        assert head["id"] == ident
        assert list(head) == KEYS[kind]


@pytest.mark.parametrize("kind", ["asset", "shot"])
def test_a_compact_head_is_the_values_in_the_same_order(show: Show, ask: Ask, kind: str) -> None:
    """Field by field what the object holds."""
    query = {"project_id": show.project}
    plain = ask("admin", "list_entity_summaries", kind=kind, query=query)
    compact = ask("admin", "list_entity_summaries", kind=kind, query=query, compact=True)
    assert compact == [[ident, list(head.values())] for ident, head in plain]


def test_assets_come_by_type_and_name_with_the_episodes_they_are_cast_in(
    system: System, show: Show, ask: Ask
) -> None:
    """The episodes by name, and only when a production is asked for."""
    show.cast(show.next_episode, show.prop)
    show.cast(show.episode, show.prop)
    system.load(show.tables)
    pairs = ask("admin", "list_entity_summaries", kind="asset", query={"project_id": show.project})
    assert [head["name"] for _, head in pairs] == ["Hero", "Boat", "Tree"]
    tree = pairs[2][1]
    assert tree["casting_episode_ids"] == [show.episode, show.next_episode]
    assert (tree["preview_file_id"], tree["ready_for"], tree["episode_id"]) == ("", "None", "")
    every = ask("admin", "list_entity_summaries", kind="asset", query={})
    assert {head["name"] for _, head in every} >= {"Tree", "Elsewhere", "Old"}
    assert all(head["casting_episode_ids"] == [] for _, head in every)


@pytest.mark.parametrize(
    ("view", "want"),
    [
        (("asset", "episode"), {"Tree", "Mine"}),
        (("asset", "main"), {"Hero", "Boat", "Tree"}),
        (("asset", "all"), {"Hero", "Boat", "Tree", "Mine"}),
        (("shot", "episode"), {"P01", "P02"}),
        (("shot", "all"), {"P01", "P02", "SH1"}),
        (("shot", "main"), set()),
        (("sequence", "episode"), {"S01"}),
        (("sequence", "all"), set()),
    ],
)
def test_views_are_narrowed_to_an_episode(
    system: System, show: Show, ask: Ask, view: tuple[str, str], want: set[str]
) -> None:
    """By its id, or by the words that clients use for all and for none."""
    kind, episode = view
    show.cast(show.episode, show.prop)
    show.entity("Mine", "Props", source_id=show.episode)
    system.load(show.tables)
    query = {"project_id": show.project, "episode_id": getattr(show, episode, episode)}
    pairs = ask("manager", "list_entity_summaries", kind=kind, query=query)
    assert {head["name"] for _, head in pairs} == want


@pytest.mark.parametrize(
    ("kind", "want"),
    [
        ("asset", [3, 3, 3, 3, 3, 1, "forbidden"]),
        ("shot", [3, 3, 3, 3, 3, 1, "forbidden"]),
        ("sequence", [2, 2, 2, 2, 2, 1, "forbidden"]),
        ("episode", [2, 2, 2, 2, 2, 1, "forbidden"]),
        ("scene", [1, 1, 1, 1, 1, "forbidden", "forbidden"]),
        ("edit", [0, 0, 0, 0, 0, 0, "forbidden"]),
        ("concept", [1, 1, 1, 1, "forbidden", "forbidden", "forbidden"]),
    ],
)
def test_a_vendor_is_shown_what_they_work_on(
    system: System, show: Show, ask: Ask, kind: str, want: list[Any]
) -> None:
    """What is assigned, or holds a shot that is; everybody else of the team is shown all."""
    show.assign("vendor", show.shots[0])
    show.assign("vendor", show.prop)
    system.load(show.tables)
    query = {"project_id": show.project}
    assert [
        outcome(ask, role, "list_entity_summaries", kind=kind, query=query) for role in CALLERS
    ] == want


def test_without_a_production_only_assets_are_listed(show: Show, ask: Ask) -> None:
    """Those of one's own teams; an administrator is shown all of everything."""
    outcomes = [
        outcome(ask, role, "list_entity_summaries", kind="asset", query={}) for role in CALLERS
    ]
    assert outcomes == [5, 5, 4, 4, 4, 0, 0]
    outcomes = [
        outcome(ask, role, "list_entity_summaries", kind="shot", query={}) for role in CALLERS
    ]
    assert outcomes == [3, *["forbidden"] * 6]
    unknown = {"project_id": show.shot}
    outcomes = [
        outcome(ask, role, "list_entity_summaries", kind="shot", query=unknown) for role in CALLERS
    ]
    assert outcomes == [0, *["not-found"] * 6]
    with pytest.raises(InvalidInput, match="Invalid UUID format for project_id: x"):
        ask("admin", "list_entity_summaries", kind="shot", query={"project_id": "x"})


def test_metadata_of_other_departments_is_kept_from_vendors(
    system: System, show: Show, ask: Ask
) -> None:
    """Their own department's, and what is nobody's, they see."""
    other = show.add("department", "fx", name="FX", color="#000")
    show.link("department_link", person_id=show.people["vendor"], department_id=show.department)
    for key, departments in {"cost": [other], "size": [show.department, other], "note": []}.items():
        ident = show.add(
            "metadata_descriptor",
            key,
            project_id=show.project,
            entity_type="Shot",
            name=key,
            data_type="string",
            field_name=key,
            choices=[],
            for_client=False,
        )
        for department in departments:
            show.link(
                "department_metadata_descriptor_link",
                metadata_descriptor_id=ident,
                department_id=department,
            )
    data = {"cost": 1, "size": 2, "note": 3, "undescribed": 4}
    shot = show.entity("P99", "Shot", parent_id=show.opening, data=data)
    show.assign("vendor", shot)
    system.load(show.tables)
    query = {"project_id": show.project, "id": shot}
    [[_, shown]] = ask("vendor", "list_entity_summaries", kind="shot", query=query)
    assert shown["data"] == {"size": 2, "note": 3, "undescribed": 4}
    [[_, shown]] = ask("artist", "list_entity_summaries", kind="shot", query=query)
    assert shown["data"] == data


@pytest.mark.parametrize(
    ("kind", "keys"),
    [
        ("asset", ({*ROW, *ASSET} | {"project_name"}) - {"source_id", "nb_frames"}),
        ("shot", {*ROW, *SHOT}),
        ("edit", {*EDIT}),
        ("concept", {*ROW, *CONCEPT}),
    ],
)
def test_a_detail_is_the_row_and_the_view_together(
    system: System, show: Show, ask: Ask, kind: str, keys: set[str]
) -> None:
    """With the production it is in."""
    cut = show.entity("Cut", "Edit", parent_id=show.episode)
    system.load(show.tables)
    ident = {"asset": show.prop, "shot": show.shots[0], "edit": cut, "concept": show.concept}[kind]
    reply = ask("admin", "read_entity_summary", kind=kind, ident=ident)
    assert reply["project_id"] == show.project
    assert set(reply["head"]) == keys
    assert reply["head"]["project_name"] == "Film"
    for other in ("nonsense", show.opening):
        assert outcome(ask, "admin", "read_entity_summary", kind=kind, ident=other) == "not-found"


@pytest.mark.parametrize(
    ("kind", "want"),
    [
        ("shot", [2, 2, 2, 2, 2, "forbidden", "forbidden"]),
        ("concept", [2, 2, 2, 2, "forbidden", "forbidden", "forbidden"]),
    ],
)
def test_details_are_for_the_team(show: Show, ask: Ask, kind: str, want: list[Any]) -> None:
    """A vendor needs a task on the entity; concepts are closed to clients."""
    ident = {"shot": show.shots[0], "concept": show.concept}[kind]
    outcomes = [
        outcome(ask, role, "read_entity_summary", kind=kind, ident=ident) for role in CALLERS
    ]
    assert outcomes == want


def test_an_entity_tells_of_the_concepts_drawn_for_it(system: System, show: Show, ask: Ask) -> None:
    """As heads of concepts, of their real kind."""
    show.add(
        "entity_concept_link", "mood of tree", entity_in_id=show.concept, entity_out_id=show.prop
    )
    system.load(show.tables)
    [[ident, head]] = ask("artist", "list_linked_summaries", ident=show.prop)
    assert (ident, head["type"], head["entity_concept_links"]) == (
        show.concept,
        "Concept",
        [show.prop],
    )
    assert list(head) == CONCEPT
    assert ask("artist", "list_linked_summaries", ident=show.concept) == []


def test_what_was_just_renamed_is_shown_so(show: Show, ask: Ask, system: System) -> None:
    """A production's name is asked for, not remembered."""
    system.caller(show.admin).put(f"/data/projects/{show.project}", {"name": "Renamed"})
    reply = ask("admin", "read_entity_summary", kind="shot", ident=show.shots[0])
    assert reply["head"]["project_name"] == "Renamed"
