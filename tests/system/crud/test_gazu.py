"""What ``gazu`` does with templates, budgets, columns, schedules and concepts of a production.

Each function is called once, in an order in which each has something to act on.
"""

from __future__ import annotations

from typing import Any, Final

import gazu
import pytest
from gazu.client import KitsuClient
from gazu.exception import ParameterException

from tests.running import Caller, System
from tests.world import World, ident

SKY: Final = ident("preview_background_file sky")
NOTHING_LEFT: Final[list[Any]] = []


@pytest.fixture
def client(system: System, world: World) -> KitsuClient:
    """A session of the administrator's, in the small studio."""
    world.add(
        "status_automation",
        "it",
        entity_type="asset",
        in_task_type_id=world.task_type,
        in_task_status_id=world.status,
        out_field_type="ready_for",
        out_task_type_id=world.task_type,
        out_task_status_id=None,
        archived=False,
    )
    system.load(world.tables)
    gazu.cache.disable()
    made = gazu.client.create_client(system.base)
    gazu.log_in("admin@example.com", "mypassword", client=made)
    return made


def test_templates(client: KitsuClient, world: World) -> None:
    """Made by hand, changed, applied, and made of a production."""
    kit: Any = gazu.project_template
    template = kit.new_project_template("Film", fps="30", client=client)
    assert kit.get_project_template(template["id"], client=client)["fps"] == "30"
    changed = {"id": template["id"], "fps": "24"}
    assert kit.update_project_template(changed, client=client)["fps"] == "24"
    assert kit.get_project_template_by_name("Film", client=client)["id"] == template["id"]
    kit.apply_project_template(world.project, template, client=client)
    assert gazu.project.get_project(world.project, client=client)["fps"] == "24"
    copy = kit.new_project_template_from_project(world.project, "Copy", client=client)
    assert copy["fps"] == "24"
    names = [one["name"] for one in kit.all_project_templates(client=client)]
    assert names == ["Copy", "Film"]
    kit.remove_project_template(copy, client=client)
    assert [one["name"] for one in kit.all_project_templates(client=client)] == ["Film"]


@pytest.mark.parametrize(
    ("kind", "plural"),
    [
        ("task_type", "task_types"),
        ("task_status", "task_statuses"),
        ("asset_type", "asset_types"),
        ("status_automation", "status_automations"),
        ("preview_background_file", "preview_background_files"),
    ],
)
def test_lists_of_templates(client: KitsuClient, world: World, kind: str, plural: str) -> None:
    """Each is added, listed and removed."""
    kit: Any = gazu.project_template
    what = {
        "task_type": world.task_type,
        "task_status": world.status,
        "asset_type": world.types["Character"],
        "status_automation": ident("status_automation it"),
        "preview_background_file": SKY,
    }[kind]
    template = kit.new_project_template("Film", client=client)
    getattr(kit, f"add_{kind}_to_project_template")(template, what, client=client)
    (row,) = getattr(kit, f"all_{plural}_for_project_template")(template, client=client)
    assert row["id"] == what
    if kind == "preview_background_file":
        choose = kit.set_project_template_default_preview_background_file
        chosen = choose(template, what, client=client)
        assert chosen["default_preview_background_file_id"] == what
    getattr(kit, f"remove_{kind}_from_project_template")(template, what, client=client)
    listed = getattr(kit, f"all_{plural}_for_project_template")(template, client=client)
    assert listed == NOTHING_LEFT


def test_columns_of_templates(client: KitsuClient) -> None:
    """They are replaced as a whole."""
    kit: Any = gazu.project_template
    template = kit.new_project_template("Film", client=client)
    columns = [{"name": "Sun Light", "entity_type": "Shot", "data_type": "string"}]
    changed = kit.set_project_template_metadata_descriptors(template, columns, client=client)
    (column,) = changed["metadata_descriptors"]
    assert (column["name"], column["field_name"]) == ("Sun Light", "sun_light")


def test_columns_of_productions(client: KitsuClient, world: World) -> None:
    """In their order."""
    kit: Any = gazu.project
    first, second = (
        kit.add_metadata_descriptor(world.project, name, "Asset", client=client)
        for name in ("Mood", "Weather")
    )
    asked = [second["id"], first["id"]]
    ordered = kit.reorder_metadata_descriptors(world.project, "Asset", asked, client=client)
    assert [(one["id"], one["position"]) for one in ordered] == [(asked[0], 1), (asked[1], 2)]
    change = {"id": first["id"], "name": "Light", "departments": [world.department]}
    assert kit.update_metadata_descriptor(world.project, change, client=client)
    found = kit.get_metadata_descriptor(world.project, first["id"], client=client)
    assert (found["field_name"], found["departments"]) == ("light", [world.department])
    by_key = kit.get_metadata_descriptor_by_field_name(world.project, "weather", client=client)
    assert by_key["id"] == second["id"]
    kit.remove_metadata_descriptor(world.project, second["id"], client=client)
    assert [one["id"] for one in kit.all_metadata_descriptors(world.project, client=client)] == [
        first["id"]
    ]


def test_budgets(client: KitsuClient, admin: Caller, world: World) -> None:
    """Its entries need a department, which ``create_budget_entry`` can't name."""
    kit: Any = gazu.project
    budget = kit.create_budget(world.project, "Pilot", currency="EUR", client=client)
    assert budget["currency"] == "EUR"
    changed = kit.update_budget(world.project, budget, {"name": "Season"}, client=client)
    assert kit.get_budget(world.project, budget, client=client) == changed
    assert "Season" in {one["name"] for one in kit.get_budgets(world.project, client=client)}
    with pytest.raises(ParameterException):
        kit.create_budget_entry(world.project, budget, "Ann", client=client)
    salary = {
        "department_id": world.department,
        "start_date": "2026-01-05",
        "months_duration": 2,
        "daily_salary": 300,
    }
    path = f"/data/projects/{world.project}/budgets/{budget['id']}/entries"
    entry = admin.post(path, salary).json()
    place = (world.project, budget, entry)
    kit.update_budget_entry(*place, {**salary, "daily_salary": 400}, client=client)
    assert kit.get_budget_entry(*place, client=client)["daily_salary"] == 400
    (row,) = kit.get_budget_entries(world.project, budget, client=client)
    assert row["id"] == entry["id"]
    kit.remove_budget_entry(*place, client=client)
    assert kit.get_budget_entries(world.project, budget, client=client) == NOTHING_LEFT
    kit.remove_budget(world.project, budget, client=client)
    assert "Season" not in {one["name"] for one in kit.get_budgets(world.project, client=client)}


def test_departments(client: KitsuClient, world: World) -> None:
    """With who works there."""
    kit: Any = gazu.person
    made = kit.new_department("Lighting", client=client)
    assert kit.get_department(made["id"], client=client)["name"] == "Lighting"
    assert kit.get_department_by_name("Lighting", client=client)["id"] == made["id"]
    assert made["id"] in {one["id"] for one in kit.all_departments(client=client)}
    kit.update_department({"id": made["id"], "color": "#123456"}, client=client)
    artist = world.people["artist"]
    kit.add_person_to_department(artist, made, client=client)
    kit.remove_person_from_department(artist, made, client=client)
    kit.remove_department(made, client=client)
    assert made["id"] not in {one["id"] for one in kit.all_departments(client=client)}


def test_concepts_and_plans(client: KitsuClient, world: World) -> None:
    """Concepts of a production, and its milestones and team."""
    kit: Any = gazu.concept
    concept = kit.new_concept(world.project, "Mood", client=client)
    assert concept["parent_id"] is None
    assert kit.get_concept(concept["id"], client=client)["name"] == "Mood"
    assert kit.get_concept_by_name(world.project, "Mood", client=client)["id"] == concept["id"]
    kit.update_concept({"id": concept["id"], "description": "Dark."}, client=client)
    listed = kit.all_concepts_for_project(world.project, client=client)
    assert [one["description"] for one in listed] == ["Dark."]
    assert [one["id"] for one in kit.all_concepts(client=client)] == [concept["id"]]
    assert not kit.all_previews_for_concept(concept, client=client)
    kit.remove_concept(concept, client=client)
    assert kit.all_concepts_for_project(world.project, client=client) == NOTHING_LEFT
    assert gazu.project.get_milestones(world.project, client=client) == NOTHING_LEFT
    assert len(gazu.project.get_team(world.project, client=client)) == len(
        [row for row in world.tables["project_person_link"] if row["project_id"] == world.project]
    )
