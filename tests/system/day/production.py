"""Creation of a production, its settings and its team."""

from __future__ import annotations

import gazu
from PIL import Image

from tests.system.day.script import Day, Step, ids

SEATS = ("manager", "supervisor", "artist", "colleague", "client", "vendor")


def agree_on_task_types(day: Day) -> None:
    day.types = {
        "modeling": gazu.task.new_task_type(day.unique_name("Modeling")),
        "rigging": gazu.task.new_task_type(day.unique_name("Rigging"), "#827717"),
        "animation": gazu.task.new_task_type(day.unique_name("Animation"), "#009688", "Shot"),
        "storyboard": gazu.task.new_task_type(day.unique_name("Storyboard"), "#111111", "Sequence"),
        "editing": gazu.task.new_task_type(day.unique_name("Editing"), "#222222", "Edit"),
        "drawing": gazu.task.new_task_type(day.unique_name("Drawing"), "#333333", "Concept"),
    }
    for name in ("modeling", "animation"):
        gazu.task.update_task_type(
            {
                "id": day.types[name]["id"],
                "department_id": day.department["id"],
                "short_name": day.mark,
            }
        )
    result = gazu.task.get_task_type_by_name(day.unique_name("Rigging"))
    assert result["id"] == day.types["rigging"]["id"]
    short = gazu.task.get_task_type_by_short_name(day.mark, "Shot")
    assert short["id"] == day.types["animation"]["id"]
    assert gazu.task.get_task_type(result["id"])["color"] == "#827717"
    assert set(ids(day.types.values())) <= set(ids(gazu.task.all_task_types()))  # type: ignore[arg-type]


def agree_on_statuses(day: Day) -> None:
    day.statuses = {}
    for name, flags in (
        ("wip", {"is_wip": True}),
        ("wfa", {"is_feedback_request": True}),
        ("retake", {"is_retake": True, "is_artist_allowed": False}),
        ("done", {"is_done": True, "is_artist_allowed": False}),
    ):
        made = gazu.task.new_task_status(day.unique_name(name), f"{name[:4]}{day.mark}", "#22d160")
        gazu.task.update_task_status({"id": made["id"], **flags})
        day.statuses[name] = gazu.task.get_task_status(made["id"])
    wip = day.statuses["wip"]
    assert gazu.task.get_task_status_by_name(day.unique_name("wip"))["id"] == wip["id"]
    assert gazu.task.get_task_status_by_short_name(f"wip{day.mark}")["id"] == wip["id"]
    assert set(ids(list(day.statuses.values()))) <= set(ids(gazu.task.all_task_statuses()))


def agree_on_asset_types(day: Day) -> None:
    asset = gazu.asset
    day.character = asset.new_asset_type(day.unique_name("Character"))
    day.prop = asset.new_asset_type(day.unique_name("Prop"))
    spare = gazu.entity.new_entity_type(day.unique_name("Spare"))
    asset.update_asset_type({**day.prop, "name": day.unique_name("Props")})
    day.prop = asset.get_asset_type(day.prop["id"])
    assert day.prop["name"] == day.unique_name("Props")
    assert asset.get_asset_type_by_name(day.unique_name("Props"))["id"] == day.prop["id"]
    assert gazu.entity.get_entity_type_by_name(day.unique_name("Spare"))["id"] == spare["id"]
    assert gazu.entity.get_entity_type(spare["id"])["name"] == day.unique_name("Spare")
    gazu.entity.remove_entity_type(spare)
    assert spare["id"] not in ids(gazu.entity.all_entity_types())
    assert {day.prop["id"], day.character["id"]} <= set(ids(asset.all_asset_types()))


def open_the_production(day: Day) -> None:
    project = gazu.project
    day.project = project.new_project(
        day.unique_name("Film"),
        production_type="tvshow",
        production_style="3d",
        team=[day.people["manager"]["id"]],
    )
    assert project.get_project_by_name(day.unique_name("Film"))["id"] == day.project["id"]
    assert day.project["id"] in ids(project.all_open_projects())
    assert day.project["id"] in ids(project.all_projects())
    assert {"Open", "Closed"} <= {row["name"] for row in project.all_project_status()}
    assert project.get_project_status_by_name("Open")["id"] == day.project["project_status_id"]
    project.update_project({"id": day.project["id"], "code": "fm"})
    project.update_project_data(day.project, {"mood": "calm"})
    result = project.get_project(day.project["id"])
    assert (result["code"], result["data"]) == ("fm", {"mood": "calm"})
    assert day.project["id"] in project.get_project_url(day.project)


def give_the_production_a_face(day: Day) -> None:
    saved = str(day.folder / "face")
    gazu.files.upload_project_avatar(day.project, str(day.picture))
    gazu.files.download_project_avatar(day.project, saved)
    assert Image.open(saved).size == (400, 400)


def choose_what_it_uses(day: Day) -> None:
    project, film = gazu.project, day.project
    for kind in day.types.values():
        project.add_task_type(film, kind, 3)
    for status in day.statuses.values():
        project.add_task_status(film, status)
    project.add_asset_type(film, day.character)
    assert len(project.get_project_task_types(film)) == len(day.types)
    assert len(gazu.task.all_task_types_for_project(film)) == len(day.types)
    assert set(ids(project.get_project_task_statuses(film))) >= set(
        ids(list(day.statuses.values()))
    )
    project.remove_task_type(film, day.types["drawing"])
    assert len(project.get_project_task_types(film)) == len(day.types) - 1
    project.remove_task_status(film, day.statuses["retake"])
    project.add_task_status(film, day.statuses["retake"])


def automate_it(day: Day) -> None:
    project, film = gazu.project, day.project
    automation = gazu.client.create(
        "status-automations",
        {
            "entity_type": "asset",
            "in_task_type_id": day.types["modeling"]["id"],
            "in_task_status_id": day.statuses["done"]["id"],
            "out_field_type": "status",
            "out_task_type_id": day.types["rigging"]["id"],
            "out_task_status_id": day.statuses["wip"]["id"],
        },
    )
    project.add_status_automation(film, {"status_automation_id": automation["id"]})
    assert ids(project.all_status_automations(film)) == [automation["id"]]
    spare = gazu.client.create("status-automations", {"entity_type": "shot"})
    project.add_status_automation(film, {"status_automation_id": spare["id"]})
    project.remove_status_automation(film, spare)
    assert ids(project.all_status_automations(film)) == [automation["id"]]
    day.automation = automation
    background = gazu.client.create("preview-background-files", {"name": day.unique_name("Sky")})
    project.add_preview_background_file(film, {"preview_background_file_id": background["id"]})
    assert ids(project.get_preview_background_files(film)) == [background["id"]]
    project.remove_preview_background_file(film, background)
    assert project.get_preview_background_files(film) == []


def describe_what_is_noted(day: Day) -> None:
    project, film = gazu.project, day.project
    made = project.add_metadata_descriptor(film, "Render Layer", "Asset")
    assert project.get_metadata_descriptor(film, made["id"])["name"] == "Render Layer"
    result = project.get_metadata_descriptor_by_field_name(film, "render_layer")
    assert result["id"] == made["id"]
    project.update_metadata_descriptor(film, {"id": made["id"], "name": "Layer"})
    assert [row["name"] for row in project.all_metadata_descriptors(film)] == ["Layer"]
    project.remove_metadata_descriptor(film, made["id"])
    assert project.all_metadata_descriptors(film) == []
    day.descriptor = project.add_metadata_descriptor(
        film, "Difficulty", "Asset", data_type="list", choices=["easy", "hard"]
    )


def gather_the_team(day: Day) -> None:
    project, film = gazu.project, day.project
    for name in SEATS:
        project.add_person_to_team(film, day.people[name])
    team = {row["id"]: row["project_role"] for row in project.get_team(film)}
    assert {day.people[name]["id"] for name in SEATS} <= set(team)
    colleague = day.people["colleague"]
    project.update_team_member_role(film, colleague, "supervisor")
    team = {row["id"]: row["project_role"] for row in project.get_team(film)}
    assert team[colleague["id"]] == "supervisor"
    project.remove_person_from_team(film, colleague)
    assert colleague["id"] not in ids(project.get_team(film))
    project.add_person_to_team(film, colleague)
    project.update_team_member_role(film, colleague, None)


def plan_it(day: Day) -> None:
    film = day.project
    for name, on in (("Late", "2030-02-01"), ("Early", "2030-01-01")):
        gazu.client.create("milestones", {"name": name, "date": on, "project_id": film["id"]})
    assert [row["name"] for row in gazu.project.get_milestones(film)] == ["Early", "Late"]
    plan = {
        "project_id": film["id"],
        "task_type_id": day.types["modeling"]["id"],
        "start_date": "2030-01-01",
        "end_date": "2030-02-01",
    }
    made = gazu.client.create("schedule-items", plan)
    listed = gazu.client.fetch_all(f"projects/{film['id']}/schedule-items")
    assert made["id"] in ids(listed)


STEPS: list[Step] = [
    agree_on_task_types,
    agree_on_statuses,
    agree_on_asset_types,
    open_the_production,
    give_the_production_a_face,
    choose_what_it_uses,
    automate_it,
    describe_what_is_noted,
    gather_the_team,
    plan_it,
]
